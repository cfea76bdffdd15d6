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


def test_float32_and_integers_are_differentiated_in_float64():
    for x in (np.array([3], np.float32), np.array([3])):
        gradient = numerical_gradient(lambda v: float(v[0] ** 2), x)
        assert gradient.dtype == np.float64
        np.testing.assert_allclose(gradient, [6], rtol=1e-9)
