"""Element-wise functions, softmax and cross entropy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib.functions import cross_entropy, log_softmax, one_hot, relu, sigmoid, softmax, tanh
from tests.strategies import check_gradients, seeds

ELEMENTWISE = [sigmoid, tanh, relu, softmax, log_softmax]
DTYPES = [np.float32, np.float64]

shapes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))


def draw(seed, shape, dtype=np.float64):
    return (3 * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


@given(st.floats(-30, 30))
def test_elementwise_functions_follow_their_definition(x):
    array = np.array([x])
    assert sigmoid(array)[0] == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-14, abs=2e-16)
    assert tanh(array)[0] == pytest.approx(math.tanh(x), rel=1e-14)
    assert relu(array)[0] == (x if x > 0 else 0)


@given(seeds, shapes, st.integers(-3, 2))
def test_softmax_follows_its_definition_along_any_axis(seed, shape, axis):
    x = draw(seed, shape)
    expected = np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(softmax(x, axis=axis), expected, rtol=1e-13)
    np.testing.assert_allclose(log_softmax(x, axis=axis), np.log(expected), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(softmax(x, axis=axis).sum(axis=axis), 1, rtol=1e-14)


def test_one_hot_rows():
    ids = np.array([[2, 0], [1, 2]])
    rows = one_hot(ids, 4)
    assert rows.shape == (2, 2, 4)
    np.testing.assert_array_equal(rows.argmax(axis=-1), ids)
    np.testing.assert_array_equal(np.sort(rows, axis=-1), np.tile([0, 0, 0, 1], (2, 2, 1)))
    assert one_hot(ids, 4, dtype=np.float32).dtype == np.float32
    assert one_hot([], 4).shape == (0, 4)


@given(seeds, shapes, st.booleans())
def test_cross_entropy_is_the_mean_over_the_targets_that_count(seed, shape, ignoring):
    logits = draw(seed, shape)
    rng = np.random.default_rng(seed + 1)
    targets = rng.integers(0, shape[-1], shape[:-1])
    ignored = np.zeros(targets.shape, bool)
    if ignoring:
        ignored = rng.random(targets.shape) < 0.5
        ignored.flat[0] = False
    nats = [
        math.log(math.fsum(math.exp(v) for v in logits[index])) - logits[index][targets[index]]
        for index in np.ndindex(targets.shape)
        if not ignored[index]
    ]
    loss, dlogits = cross_entropy(
        logits, np.where(ignored, -100, targets), ignore_index=-100 if ignoring else None
    )
    assert type(loss) is float
    assert loss == pytest.approx(math.fsum(nats) / len(nats), rel=1e-12, abs=1e-13)
    assert not dlogits[ignored].any()


@pytest.mark.parametrize("ignore_index", [None, -100, 0, 2])
@given(seed=seeds, T=st.integers(1, 6), N=st.integers(1, 3), V=st.integers(3, 5))
@settings(max_examples=8)
def test_numerical_gradient_of_cross_entropy(ignore_index, seed, T, N, V):
    logits = draw(seed, (T, N, V))
    targets = np.random.default_rng(seed + 1).integers(0, V, (T, N))
    targets[0, 0] = 1  # counts in any case
    if ignore_index is not None:
        targets.flat[1::2] = ignore_index
    _, dlogits = cross_entropy(logits, targets, ignore_index=ignore_index)
    check_gradients(
        lambda point: cross_entropy(point["logits"], targets, ignore_index=ignore_index)[0],
        {"logits": logits},
        {"logits": dlogits},
    )


@pytest.mark.parametrize("function", ELEMENTWISE)
@pytest.mark.parametrize("dtype", DTYPES)
def test_finite_for_any_finite_input_without_a_warning(function, dtype):
    largest = float(np.finfo(dtype).max)
    for extreme in (1e4, largest):
        x = np.array([[-extreme, 0, extreme], [extreme] * 3, [-extreme] * 3], dtype)
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            assert np.isfinite(function(x)).all()
            assert function(np.empty((2, 0), dtype)).shape == (2, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_of_extreme_logits(dtype):
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        loss, dlogits = cross_entropy(logits, np.array([0, 1]))
    assert loss == 1e4  # 0 nats for the first row, 2e4 for the second
    np.testing.assert_array_equal(dlogits, np.array([[0, 0], [0.5, -0.5]], dtype))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_long_axis_of_equal_scores(dtype, axis):
    n = 70_000  # more than float16 can count
    scores = np.zeros((n, 1) if axis == 0 else (1, n), dtype)
    probs, log_probs = softmax(scores, axis), log_softmax(scores, axis)
    assert probs.dtype == log_probs.dtype == dtype
    # float16 has steps of 6e-8 here: 1 / n is off by up to 3e-8.
    np.testing.assert_allclose(probs, 1 / n, atol=3e-8 if dtype == np.float16 else 1e-12)
    assert probs.sum(dtype=float) == pytest.approx(1, abs=3e-8 * n if dtype == np.float16 else 1e-6)
    np.testing.assert_allclose(log_probs, -math.log(n), rtol=np.finfo(dtype).eps)
    if axis == 1:
        loss, dlogits = cross_entropy(scores, [3])
        assert loss == pytest.approx(math.log(n), rel=1e-6) and dlogits.dtype == dtype


def test_truth_values_and_small_integers_count_as_float64():
    for function in (sigmoid, tanh, softmax, log_softmax):
        for x in (np.array([1, 0], np.int8), np.array([True, False]), [1, 0]):
            np.testing.assert_array_equal(function(x), function(np.array([1.0, 0.0])))
            assert function(x).dtype == np.float64
    assert cross_entropy([[1, 0]], [0])[0] == cross_entropy(np.array([[1.0, 0.0]]), [0])[0]
