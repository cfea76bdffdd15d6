"""Gradients of one unit and of a matrix are what they say, and no bound is crossed."""

import numpy as np
import pytest

from lessons_lib.course.rnn_limits import jacobians
from lessons_lib.course.shared.weights import spectral_radius
from lessons_lib.layers import RNN


@pytest.mark.parametrize("activation", jacobians.ACTIVATIONS)
def test_the_gradient_is_the_change_of_the_last_state(activation):
    inputs = np.random.default_rng(2).normal(size=6)

    def last(h, steps):
        if not steps:
            return h
        rest = inputs[6 - steps :]
        return jacobians.run_one_unit(1.3, steps, h0=h, inputs=rest, activation=activation).h[-1]

    eps = 1e-6
    run = jacobians.run_one_unit(1.3, 6, h0=0.4, inputs=inputs, activation=activation)
    for k in range(7):
        h = run.h[6 - k]
        wanted = (last(h + eps, k) - last(h - eps, k)) / (2 * eps)
        assert run.gradients[k] == pytest.approx(wanted, rel=1e-6, abs=1e-9)
    assert (run.h.shape, run.slopes.shape, run.gradients.shape) == ((7,), (6,), (7,))


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match=r"activation: expected one of linear, .*, got softplus"):
        jacobians.run_one_unit(1.0, 1, activation="softplus")


def test_radius_and_singular_value_of_known_matrices():
    W = jacobians.shear(0.9, 2.0)
    assert spectral_radius(W) == pytest.approx(0.9)
    assert jacobians.largest_singular_value(W) == pytest.approx(
        np.sqrt(np.linalg.eigvalsh(W @ W.T))[1]
    )
    turn = jacobians.rotation(0.5, 0.9)
    assert spectral_radius(turn) == pytest.approx(0.9)
    assert jacobians.largest_singular_value(turn) == pytest.approx(0.9)
    np.testing.assert_allclose([1, 0] @ turn, 0.9 * np.array([np.cos(0.5), np.sin(0.5)]))


def test_powers_lie_between_the_radius_and_the_singular_value():
    W = np.random.default_rng(0).normal(size=(6, 6)) / 3
    k = np.arange(31)
    norms = jacobians.power_norms(W, 30)
    assert np.all(norms <= jacobians.largest_singular_value(W) ** k * (1 + 1e-12))
    assert np.all(norms >= spectral_radius(W) ** k * (1 - 1e-9))
    assert norms[1] == pytest.approx(jacobians.largest_singular_value(W))


def test_an_orthogonal_matrix_keeps_every_length():
    Q = jacobians.random_orthogonal(7, np.random.default_rng(3))
    np.testing.assert_allclose(Q @ Q.T, np.eye(7), atol=1e-12)
    assert spectral_radius(Q) == pytest.approx(1)


def test_the_product_of_jacobians_is_the_backward_pass():
    rng = np.random.default_rng(4)
    layer = RNN(3, 5, rng=rng, dtype=np.float64)
    hs, _ = layer.forward(rng.normal(size=(6, 1, 3)))
    dh = rng.normal(size=(1, 5))
    _, dstate = layer.backward(np.zeros_like(hs), dh)
    row = dh[0]
    for h in hs[::-1, 0]:
        row = row @ jacobians.jacobian(h, layer.params["Wh"])
    np.testing.assert_allclose(row, dstate[0], rtol=1e-12)
