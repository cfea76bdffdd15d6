"""Distributions to sample from, and text generated with carried state."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lessons_lib.functions import softmax
from lessons_lib.models import LanguageModel
from lessons_lib.text import generate, sample, sampling_distribution

logits_arrays = hnp.arrays(
    np.float64, st.integers(1, 12), elements=st.floats(-30, 30, allow_subnormal=False)
)
temperatures = st.floats(0.05, 20)

# --- the distribution ---------------------------------------------------------------------------


@given(
    logits_arrays, st.floats(0, 20), st.none() | st.integers(1, 14), st.none() | st.floats(0.001, 1)
)
def test_always_a_distribution_that_keeps_the_order(logits, temperature, top_k, top_p):
    probs = sampling_distribution(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    assert probs.shape == logits.shape
    assert probs.dtype == np.float64
    assert (probs >= 0).all()
    assert abs(probs.sum() - 1) < 1e-12
    assert probs[logits.argmax()] == probs.max()
    in_order = probs[np.argsort(-logits, kind="stable")]
    assert (np.diff(in_order) <= 0).all()


@given(logits_arrays, temperatures, st.integers(1, 14))
def test_top_k_keeps_the_k_best_in_proportion(logits, temperature, top_k):
    full = softmax(logits / temperature)
    np.testing.assert_allclose(
        sampling_distribution(logits, temperature=temperature), full, rtol=1e-12, atol=1e-300
    )
    cut = sampling_distribution(logits, temperature=temperature, top_k=top_k)
    assume((full > 0).all())
    kept = cut > 0
    assert kept.sum() == min(top_k, len(logits))
    assert full[kept].min() >= full[~kept].max(initial=0)
    np.testing.assert_allclose(cut[kept], full[kept] / full[kept].sum(), rtol=1e-12)


@given(logits_arrays, temperatures, st.floats(0.001, 0.999))
def test_nucleus_is_the_smallest_set_that_reaches_the_mass(logits, temperature, top_p):
    full = sampling_distribution(logits, temperature=temperature)
    cut = sampling_distribution(logits, temperature=temperature, top_p=top_p)
    kept = cut > 0
    assert full[kept].sum() >= top_p - 1e-12
    assert full[kept].sum() - full[kept].min() < top_p + 1e-12  # one fewer would not reach it
    assert full[kept].min() >= full[~kept].max(initial=0)
    np.testing.assert_allclose(cut[kept], full[kept] / full[kept].sum(), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_nucleus_that_is_reached_is_enough_however_the_scores_are_rounded(dtype):
    for probs, top_p, kept in (
        ([0.3, 0.1, 0.1, 0.5], 0.8, 2),
        ([0.1] * 10, 0.3, 3),
        ([0.1] * 10, 0.7, 7),
        ([0.01] * 100, 0.57, 57),
        ([0.6, 0.3, 0.1], 0.91, 3),
    ):
        logits = np.log(probs).astype(dtype)
        for reached in (top_p, np.float32(top_p), np.float64(top_p)):
            assert (sampling_distribution(logits, top_p=reached) > 0).sum() == kept


def test_numpys_numbers_are_numbers():
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    for make in (np.int64, np.uint8, np.float16, np.float32, np.float64):
        one = sampling_distribution(logits, temperature=make(1), top_p=make(1))
        np.testing.assert_array_equal(one, sampling_distribution(logits))
    np.testing.assert_allclose(sampling_distribution(logits, top_k=np.int32(1)), [1, 0, 0, 0])
    tokens = generate(RunningSum(), [1], np.int16(3), np.random.default_rng(0), top_k=np.int32(5))
    assert list(tokens) == [1, 2, 4]


def test_order_is_temperature_then_top_k_then_nucleus():
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    logits.flags.writeable = False  # writing raises
    # top-k leaves 0.4 and 0.3, that is 4/7 and 3/7: the first alone reaches 0.55 of it.
    np.testing.assert_allclose(sampling_distribution(logits, top_k=2, top_p=0.55), [1, 0, 0, 0])
    # At temperature 1/2 the odds are squared, 16 : 9 : 4 : 1, and the first alone has 16/30.
    cut = sampling_distribution(logits, temperature=0.5, top_p=0.5)
    np.testing.assert_allclose(cut, [1, 0, 0, 0])


def test_temperature_zero_is_greedy_and_equal_logits_are_cut_by_id():
    np.testing.assert_array_equal(sampling_distribution([1, 5, 5, 2], temperature=0), [0, 1, 0, 0])
    tiny = sampling_distribution([1.0, 5.0, 4.999], temperature=1e-300)
    np.testing.assert_array_equal(tiny, [0, 1, 0])
    np.testing.assert_allclose(sampling_distribution(np.zeros(4), top_k=2), [0.5, 0.5, 0, 0])
    np.testing.assert_allclose(sampling_distribution(np.zeros(4), top_p=0.5), [0.5, 0.5, 0, 0])


def test_extreme_logits_give_no_warning():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        probs = sampling_distribution([1e4, -1e4, 0], top_k=3, top_p=0.9)
        np.testing.assert_array_equal(probs, [1, 0, 0])
        probs = sampling_distribution([1e308, -1e308], temperature=0.5)
        np.testing.assert_array_equal(probs, [1, 0])
        probs = sampling_distribution([-np.inf, 0, 0])
        np.testing.assert_array_equal(probs, [0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.1}, "temperature: expected a finite number of 0 or more, got -0.1"),
        ({"temperature": np.nan}, "temperature"),
        ({"temperature": np.inf}, "temperature"),
        ({"temperature": "hot"}, "temperature: .* got 'hot'"),
        ({"top_k": 0}, "top_k: expected at least 1, got 0"),
        ({"top_p": 0}, "top_p: expected a number above 0 and at most 1, got 0"),
        ({"top_p": 1.01}, "top_p"),
        ({"top_p": np.nan}, "top_p"),
    ],
)
def test_options_out_of_range(options, message):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=message):
        sampling_distribution([1.0, 2.0], **options)
    with pytest.raises(ValueError, match=message):  # before the first token is asked for
        generate(RunningSum(), [1], 5, rng, **options)


@pytest.mark.parametrize(
    "logits", [[], [[1.0, 2.0]], 1.0, [np.nan, 1], [np.inf, 1], [-np.inf, -np.inf]]
)
def test_bad_logits(logits):
    with pytest.raises(ValueError, match="logits: expected"):
        sampling_distribution(logits)


# --- drawing ------------------------------------------------------------------------------------


def test_frequencies_follow_the_probabilities():
    probs = np.array([0.5, 0.0, 0.3, 0.15, 0.05])
    rng = np.random.default_rng(20)
    n = 20_000
    counts = np.bincount([sample(probs, rng) for _ in range(n)], minlength=5)
    assert counts[1] == 0
    expected = n * probs[probs > 0]
    chi_square = ((counts[probs > 0] - expected) ** 2 / expected).sum()
    assert chi_square < 16.27  # the value that 3 degrees of freedom pass once in 1,000 times


class FixedUniform(np.random.Generator):
    """A generator whose next uniform number is known."""

    def __init__(self, value):
        super().__init__(np.random.PCG64(0))
        self.value = value

    def random(self):
        return self.value


def test_edges_of_the_unit_interval_never_hit_probability_zero():
    probs = [0, 0.5, 0, 0.5, 0]
    assert sample(probs, FixedUniform(0.0)) == 1
    assert sample(probs, FixedUniform(0.5)) == 3
    assert sample(probs, FixedUniform(1 - 2**-53)) == 3
    assert sample([0.5, 0.4999995], FixedUniform(1 - 2**-53)) == 1  # sums to 1 only roughly


@pytest.mark.parametrize("probs", [[0.5, 0.6], [-0.5, 1.5], [np.nan, 1], [], [[1.0]], [0.0]])
def test_what_is_no_distribution(probs):
    with pytest.raises(ValueError, match="probs: expected"):
        sample(probs, np.random.default_rng(0))


@pytest.mark.parametrize("rng", [None, 0, np.random])
def test_generator_must_be_passed(rng):
    with pytest.raises(TypeError, match=r"rng: expected a numpy\.random\.Generator, got"):
        sample([1.0], rng)
    with pytest.raises(TypeError, match="rng"):
        generate(RunningSum(), [1], 5, rng)


# --- generating ---------------------------------------------------------------------------------


class RunningSum:
    """Predicts (sum of all tokens so far) mod 10 for certain, and writes down what it was fed."""

    def __init__(self):
        self.fed = []

    def forward(self, ids, state=None):
        self.fed.append(ids.tolist())
        totals = (0 if state is None else state) + np.cumsum(ids, axis=0)  # (T, N)
        return np.where(np.arange(10) == totals[..., None] % 10, 0.0, -1e9), totals[-1]


def test_prompt_is_read_at_once_then_a_token_at_a_time():
    model = RunningSum()
    tokens = list(generate(model, [1, 2, 4], 4, np.random.default_rng(0)))
    assert tokens == [7, 4, 8, 6]
    assert model.fed == [[[1], [2], [4]], [[7]], [[4]], [[8]]]  # nothing read in vain at the end


def test_tokens_come_one_by_one():
    model = RunningSum()
    assert next(generate(model, [1], 1_000_000, np.random.default_rng(0))) == 1
    assert len(model.fed) == 1
    assert list(generate(model, [1], 0, np.random.default_rng(0))) == []


@pytest.mark.parametrize(
    ("prompt", "length", "error", "message"),
    [
        ([], 5, ValueError, "prompt_ids: expected at least one token to go on from, got none"),
        ([[1, 2]], 5, ValueError, "prompt_ids"),
        (1, 5, ValueError, "prompt_ids"),
        ([1.0], 5, TypeError, "prompt_ids: expected integers"),
        ([1], -1, ValueError, "length: expected a whole number of 0 or more, got -1"),
        ([1], 1.5, ValueError, "length"),
    ],
)
def test_bad_arguments_of_generate(prompt, length, error, message):
    with pytest.raises(error, match=message):
        generate(RunningSum(), prompt, length, np.random.default_rng(0))


def test_language_model_generates_as_if_it_read_the_whole_text_each_time():
    model = LanguageModel(
        7, 5, 6, num_layers=2, dropout=0.5, rng=np.random.default_rng(3), dtype=np.float64
    )
    prompt = [3, 1, 4]
    tokens = list(generate(model, prompt, 30, np.random.default_rng(9), temperature=0.5, top_k=5))

    rng = np.random.default_rng(9)
    text = list(prompt)
    for token in tokens:
        with model.evaluating():
            logits, _ = model.forward(np.array(text)[:, None])
        assert token == sample(sampling_distribution(logits[-1, 0], temperature=0.5, top_k=5), rng)
        text.append(token)
    assert len(set(tokens)) > 1 and model.training
