"""Lesson 03: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.functions import relu, sigmoid
from lessons_lib.gradients import numerical_gradient
from lessons_lib.layers import RNN
from tests.course.judged import assert_accepted, cases_of


def test_the_derivatives_are_those_of_the_functions():
    for case in cases_of("activation_derivatives", 1)[:-1]:  # the last one is float32
        a = case.arguments["a"]
        for got, function in zip(
            exercises.find("activation_derivatives")(a), (sigmoid, np.tanh, relu), strict=True
        ):
            wanted = numerical_gradient(lambda v, f=function: f(v).sum(), a)
            np.testing.assert_allclose(got, wanted, atol=1e-8)


def test_the_norms_are_those_of_the_backward_pass():
    rng = np.random.default_rng(2)
    T, N, D, H = 6, 3, 2, 5
    layer = RNN(D, H, rng=rng, dtype=np.float64)
    x = rng.normal(size=(T, N, D))
    hs, _ = layer.forward(x)
    dh = rng.normal(size=(N, H))
    norms = exercises.find("gradient_norms")(dh, hs, layer.params["Wh"])
    for k in range(1, T):
        # The last k steps alone, from the state before them.
        layer.forward(x[T - k :], hs[T - 1 - k])
        _, dstate = layer.backward(np.zeros((k, N, H)), dh)
        np.testing.assert_allclose(norms[k], np.linalg.norm(dstate, axis=1), rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_norms_never_cross_the_bound(seed):
    for case in cases_of("gradient_norms", seed)[:-1]:
        dh, hs, Wh = case.arguments.values()
        norms = exercises.find("gradient_norms")(dh, hs, Wh)
        assert np.all(norms <= norms[0] * exercises.find("gradient_bound")(hs, Wh) * (1 + 1e-12))


@pytest.mark.parametrize("seed", range(3))
def test_the_scaled_weights_have_the_radius_and_the_direction(seed):
    for case in cases_of("rescale_to_radius", seed)[:-1]:
        Wh, radius = case.arguments.values()
        scaled = exercises.find("rescale_to_radius")(Wh, radius)
        assert np.abs(np.linalg.eigvals(scaled)).max() == pytest.approx(radius)
        np.testing.assert_allclose(scaled / np.linalg.norm(scaled), Wh / np.linalg.norm(Wh))
        # What the two yardsticks say must differ, or the wrong one would pass.
        assert np.linalg.norm(Wh, ord=2) > 1.05 * np.abs(np.linalg.eigvals(Wh)).max()


@pytest.mark.parametrize("seed", range(3))
def test_the_largest_eigenvalue_stands_neither_first_nor_last(seed):
    for case in cases_of("rescale_to_radius", seed):
        sizes = np.abs(np.linalg.eigvals(case.arguments["Wh"]))
        if len(sizes) > 2:
            assert max(sizes[0], sizes[-1]) < 0.6 * sizes.max()


# Right answers that do it in another way.


def derivatives_by_formulas(a):
    one = np.ones_like(a)
    return np.exp(-a) / (1 + np.exp(-a)) ** 2, 1 / np.cosh(a) ** 2, np.where(a >= 0, one, 0 * one)


def norms_in_an_array(dh, hs, Wh):
    T, N, _ = hs.shape
    norms = np.empty((T, N), dh.dtype)
    for k in range(T):
        norms[k] = np.sqrt(np.einsum("nh,nh->n", dh, dh))
        dh = np.einsum("nj,nj,ij->ni", dh, 1 - hs[T - 1 - k] ** 2, Wh)
    return norms


def norms_by_whole_jacobians(dh, hs, Wh):
    T, N, _ = hs.shape
    norms = np.zeros((T, N), dh.dtype)
    for n in range(N):
        row = dh[n]
        norms[0, n] = np.sqrt(row @ row)
        for k in range(1, T):
            row = row @ np.diag(1 - hs[T - k, n] ** 2) @ Wh.T
            norms[k, n] = np.sqrt(row @ row)
    return norms


def bound_by_cumulative_product(hs, Wh):
    steps = (1 - np.abs(hs[:0:-1]).min(axis=2) ** 2) * np.linalg.svd(Wh)[1][0]
    return np.concatenate([np.ones_like(steps[:1]), np.cumprod(steps, axis=0)])


def radius_in_two_steps(W, r):
    eigenvalues, _ = np.linalg.eig(W)
    return r * (W / max(abs(eigenvalues)))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("activation_derivatives", derivatives_by_formulas),
        ("gradient_norms", norms_in_an_array),
        ("gradient_norms", norms_by_whole_jacobians),
        ("gradient_bound", bound_by_cumulative_product),
        ("rescale_to_radius", radius_in_two_steps),
    ],
)
def test_right_variants_are_accepted(name, function):
    assert_accepted(name, function)
