"""Lesson 03: its references are held to the functions and the backward pass they speak of."""

import numpy as np

from lessons_lib.course import exercises
from lessons_lib.functions import relu, sigmoid
from lessons_lib.gradients import numerical_gradient
from lessons_lib.layers import RNN
from tests.course.judged import cases_of


def test_the_derivatives_are_those_of_the_functions():
    for case in cases_of("activation_derivatives", 1)[:-1]:  # the last one is float32
        a = case.arguments["a"]
        found = exercises.find("activation_derivatives")(a)
        for got, function in zip(found, (sigmoid, np.tanh, relu), strict=True):
            wanted = numerical_gradient(lambda v, f=function: f(v).sum(), a)
            np.testing.assert_allclose(got, wanted, atol=1e-8)


def test_the_norms_are_those_of_the_backward_pass_and_never_cross_the_bound():
    rng = np.random.default_rng(2)
    T, N, D, H = 6, 3, 2, 5
    layer = RNN(D, H, rng=rng, dtype=np.float64)
    x, dh, Wh = rng.normal(size=(T, N, D)), rng.normal(size=(N, H)), layer.params["Wh"]
    hs, _ = layer.forward(x)
    norms = exercises.find("gradient_norms")(dh, hs, Wh)
    for k in range(1, T):
        # The last k steps alone, from the state before them.
        layer.forward(x[T - k :], hs[T - 1 - k])
        _, dstate = layer.backward(np.zeros((k, N, H)), dh)
        np.testing.assert_allclose(norms[k], np.linalg.norm(dstate, axis=1), rtol=1e-12)
    assert np.all(norms <= norms[0] * exercises.find("gradient_bound")(hs, Wh) * (1 + 1e-12))


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


RIGHT = [
    (
        "activation_derivatives",
        lambda a: (np.exp(-a) / (1 + np.exp(-a)) ** 2, 1 / np.cosh(a) ** 2, (a >= 0) + 0 * a),
    ),
    ("gradient_norms", norms_by_whole_jacobians),
    ("gradient_bound", bound_by_cumulative_product),
    ("rescale_to_radius", lambda W, r: r * (W / max(abs(np.linalg.eig(W)[0])))),
]
