"""Global norm, clipping, and the numerical gradient itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.gradients import clip_grads, clip_values, global_norm, numerical_gradient
from tests.strategies import seeds

shape_lists = st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), max_size=4)


def make_grads(seed, shapes, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return {str(k): np.array(rng.standard_normal(s), dtype) for k, s in enumerate(shapes)}


@given(seeds, shape_lists)
def test_the_global_norm_is_that_of_one_long_vector(seed, shapes):
    grads = make_grads(seed, shapes)
    expected = np.linalg.norm(np.concatenate([np.zeros(0), *(g.ravel() for g in grads.values())]))
    for same in (grads, list(grads.values()), (g for g in grads.values())):
        norm = global_norm(same)
        assert type(norm) is float
        assert norm == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("size", [1e-30, 1e-3, 1e30])
def test_float32_neither_overflows_nor_vanishes(size):
    size = np.float32(size)
    assert global_norm([np.full((2, 8), size)]) == pytest.approx(4 * float(size), rel=1e-12)
    long = np.full(1_000_000, size)  # is summed with the digits of float64
    assert global_norm([long]) == pytest.approx(1000 * float(size), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(seed=seeds, max_norm=st.floats(0.01, 10))
def test_all_gradients_are_multiplied_by_one_rate(dtype, seed, max_norm):
    grads = make_grads(seed, [(2, 3), (4,)], dtype)
    before = {name: g.copy() for name, g in grads.items()}
    norm = global_norm(before)
    rate = min(1.0, max_norm / (norm + 1e-6))
    assert clip_grads(grads, max_norm) == norm
    for name, g in grads.items():
        assert g.dtype == dtype
        np.testing.assert_allclose(g, before[name] * rate, rtol=np.finfo(dtype).eps)


def test_a_norm_of_exactly_max_norm_is_scaled_too():
    g = np.array([3.0, 4.0])
    clip_grads([g], 5.0)
    np.testing.assert_array_equal(g, np.array([3.0, 4.0]) * (5 / (5 + 1e-6)))


@pytest.mark.parametrize("as_argument", [list, iter, tuple, lambda gs: dict(enumerate(gs))])
def test_clipping_is_in_place_for_each_kind_of_collection(as_argument):
    whole = np.full((4, 6), 10.0)
    grads = [whole[::2, 1::2], np.full(3, -10.0)]  # the first is a view with gaps
    norm = clip_grads(as_argument(grads), 1.0)
    rate = 1.0 / (norm + 1e-6)
    np.testing.assert_allclose(grads[1], -10 * rate)
    np.testing.assert_allclose(whole[::2, 1::2], 10 * rate)
    np.testing.assert_array_equal(whole[1::2], 10)  # what lies in the gaps is not touched
    assert global_norm(grads) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("shape", [(), (4,), (2, 2), (2, 0)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_array_of_any_shape_is_clipped_in_place(shape, dtype):
    g = np.full(shape, 10, dtype)
    norm = 10.0 * np.sqrt(g.size)
    assert clip_grads(g, 1.0) == pytest.approx(norm)
    np.testing.assert_allclose(g, 10 / norm if g.size else 0, rtol=1e-3)
    g = np.full(shape, -10, dtype)
    clip_values(g, np.float32(0.5))
    np.testing.assert_array_equal(g, -0.5)


def test_none_is_left_out():
    g = np.full(4, 10.0)
    assert global_norm([None, g]) == clip_grads({"frozen": None, "W": g}, 1.0) == 20
    np.testing.assert_allclose(g, 0.5)
    clip_values(iter([None, g]), 0.25)
    np.testing.assert_array_equal(g, 0.25)
    assert global_norm([None]) == clip_grads([], 1.0) == 0


@pytest.mark.parametrize("size", [1e-200, 1e200, 5e-324])
def test_squares_that_float64_cannot_hold(size):
    g = np.full((4, 4), -size)
    assert global_norm([g, None]) == pytest.approx(4 * size, rel=1e-12)
    clip_grads(g, 1.0)
    np.testing.assert_allclose(g, -min(0.25, size))


def test_a_rate_that_the_dtype_cannot_hold():
    g = np.full(4, 6e4, np.float16)
    clip_grads(g, 1e-3)  # the rate, 8e-9, is 0 in float16
    np.testing.assert_allclose(g, 5e-4, rtol=1e-3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("clip", [clip_grads, clip_values])
def test_gradients_that_are_not_finite_can_be_an_error(clip, bad):
    grads = {"Wx": np.full(3, 30.0), "Wh": np.array([1.0, bad])}
    with pytest.raises(FloatingPointError, match=r"Wh: expected finite gradients, got NaN or inf"):
        clip(grads, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(grads["Wx"], 30)  # nothing is clipped then
    clip(grads["Wx"], 1.0, error_if_nonfinite=True)


@pytest.mark.parametrize(
    ("grads", "error", "words"),
    [
        (3.0, TypeError, "not iterable"),
        ([np.ones(2), 3.0], TypeError, r"grads\[1\]: expected an array of floating.*, got float"),
        ({"W": np.ones(2, int)}, TypeError, "W: expected an array of floating.*, got int64"),
        (np.broadcast_to(1.0, 3), ValueError, "grads: expected .* in place, got a read-only one"),
    ],
)
def test_what_cannot_be_clipped(grads, error, words):
    for clip in (clip_grads, clip_values):
        with pytest.raises(error, match=words):
            clip(grads, 0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_gradients_without_a_finite_norm_are_left_alone(bad):
    grads = [np.array([30.0, 40.0]), np.array([bad])]
    np.testing.assert_equal(clip_grads(grads, 1.0), bad)
    np.testing.assert_array_equal(grads[0], [30, 40])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clip_values_cuts_each_entry_in_place(dtype):
    g = np.array([-3, -0.5, 0, 0.5, 3], dtype)
    assert clip_values(iter([g]), 1.0) is None
    assert g.dtype == dtype
    np.testing.assert_array_equal(g, [-1, -0.5, 0, 0.5, 1])


@given(seed=seeds, shape=st.lists(st.integers(0, 3), max_size=3).map(tuple))
def test_the_numerical_gradient_of_a_quadratic(seed, shape):
    rng = np.random.default_rng(seed)
    weights, x = np.array(rng.standard_normal(shape)), np.array(rng.standard_normal(shape))
    x.flags.writeable = False
    gradient = numerical_gradient(lambda v: float((weights * v**2).sum()), x)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, 2 * weights * x, atol=1e-7)


def test_differences_are_central_and_eps_is_half_the_distance():
    # ((x + e)^3 - (x - e)^3) / 2e = 3 x^2 + e^2
    gradient = numerical_gradient(lambda v: float((v**3).sum()), [1.0, 2.0], eps=0.5)
    np.testing.assert_allclose(gradient, [3.25, 12.25], rtol=1e-14)


def test_a_step_that_is_lost_beside_x_is_an_error():
    with pytest.raises(
        ValueError, match=r"eps: expected a step that changes 1000000000000.0, got 1e-06"
    ):
        numerical_gradient(lambda v: float((v**2).sum()), [1.0, 1e12])


def test_float32_and_integers_are_differentiated_in_float64():
    for x in (np.array([3], np.float32), np.array([3])):
        gradient = numerical_gradient(lambda v: float(v[0] ** 2), x)
        assert gradient.dtype == np.float64
        np.testing.assert_allclose(gradient, [6], rtol=1e-9)
