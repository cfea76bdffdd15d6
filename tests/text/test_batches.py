"""Training batches carry on from each other; evaluation batches predict every token once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.text import IGNORE_INDEX, TrainingBatches, evaluation_batches

sizes = st.integers(1, 7)


@given(st.integers(2, 60), sizes, sizes, st.integers(0, 200))
def test_training_batches_follow_the_published_recipe(length, N, T, step):
    """A loop over single tokens, as the recipe is written down, gives the same batches."""
    if (length - 1) // (N * T) == 0:
        return
    ids = np.random.default_rng(length).integers(0, 50, length)
    xs, ts = ids[:-1], ids[1:]
    jump = len(xs) // N
    batches = TrainingBatches(ids, N, T)
    assert len(batches) == len(xs) // (N * T)
    inputs, targets = batches.batch(step)
    assert inputs.shape == targets.shape == (T, N)
    for t in range(T):
        for lane in range(N):
            place = (lane * jump + step * T + t) % len(xs)
            assert inputs[t, lane] == xs[place]
            assert targets[t, lane] == ts[place]


def test_exactly_one_batch_is_enough():
    assert len(TrainingBatches(np.arange(13), 3, 4)) == 1
    with pytest.raises(ValueError, match="ids: expected at least 13 tokens, got 12"):
        TrainingBatches(np.arange(12), 3, 4)
    for step in (-1, 1.0, "1"):
        with pytest.raises(ValueError, match="step: expected a whole number of 0 or more, got"):
            TrainingBatches(np.arange(13), 3, 4).batch(step)


@given(st.integers(2, 80), sizes, sizes)
def test_every_token_but_the_first_is_predicted_once(length, N, T):
    ids = np.arange(length)
    predicted = []
    for inputs, targets in evaluation_batches(ids, N, T):
        assert inputs.shape == targets.shape
        assert inputs.shape[0] <= T
        assert inputs.shape[1] == min(N, length - 1)
        assert inputs.dtype == targets.dtype == np.int64
        counts = targets != IGNORE_INDEX
        assert counts.any()
        np.testing.assert_array_equal(targets[counts], inputs[counts] + 1)
        predicted += targets[counts].tolist()
    assert sorted(predicted) == list(range(1, length))


@given(st.integers(2, 80), sizes, sizes)
def test_evaluation_lanes_continue_and_only_their_ends_are_padded(length, N, T):
    batches = list(evaluation_batches(np.arange(length), N, T))
    inputs = np.concatenate([inputs for inputs, _ in batches])  # (all T, N)
    targets = np.concatenate([targets for _, targets in batches])
    np.testing.assert_array_equal(inputs[1:], inputs[:-1] + 1)
    assert (targets[:-1] != IGNORE_INDEX).all()  # lanes differ by one, so only the last step is cut
    assert all(len(inputs) == T for inputs, _ in batches[:-1])


@pytest.mark.parametrize("make", [TrainingBatches, evaluation_batches])
@pytest.mark.parametrize(
    ("ids", "batch_size", "seq_len", "error", "message"),
    [
        (np.zeros((5, 5), int), 2, 2, ValueError, r"ids: expected a 1-D array, got shape \(5, 5\)"),
        (np.zeros(9), 2, 2, TypeError, "ids: expected integers, got dtype float64"),
        (np.zeros(9, bool), 2, 2, TypeError, "ids: expected integers"),
        ([], 1, 1, ValueError, "ids: expected at least 2 tokens, got 0"),
        ([1], 1, 1, ValueError, "ids: expected at least 2 tokens, got 1"),
        (range(9), 0, 2, ValueError, "batch_size: expected at least 1, got 0"),
        (range(9), 2, -1, ValueError, "seq_len: expected at least 1, got -1"),
        (range(9), 2.0, 2, TypeError, "batch_size: expected a whole number"),
        (range(9), 2, True, TypeError, "seq_len: expected a whole number"),
    ],
)
def test_bad_arguments(make, ids, batch_size, seq_len, error, message):
    with pytest.raises(error, match=message):
        make(ids, batch_size, seq_len)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64])
def test_any_integer_type_will_do_and_is_not_written_to(dtype):
    ids = np.array([200, 3, 3, 9, 1, 4, 5], dtype)
    ids.flags.writeable = False
    inputs, targets = TrainingBatches(ids, 2, 3).batch(0)
    assert inputs.dtype == targets.dtype == np.int64
    assert sum((t != IGNORE_INDEX).sum() for _, t in evaluation_batches(ids, 4, 2)) == 6
