"""One unit fades or grows as a power, a matrix as its radius says, and no bound is crossed."""

import numpy as np
import pytest

from lessons_lib.course.rnn_limits import jacobians
from lessons_lib.course.shared.weights import spectral_radius
from lessons_lib.layers import RNN

SLOPE_AT_0 = {"linear": 1, "tanh": 1, "sigmoid": 0.25, "relu": 0}


@pytest.mark.parametrize("w", [-1.2, -0.5, 0.0, 0.5, 0.9, 1.0, 1.1, 1.5])
def test_a_linear_unit_fades_or_grows_exactly_as_a_power(w):
    inputs = np.random.default_rng(0).normal(size=40)
    run = jacobians.run_one_unit(w, 40, inputs=inputs, activation="linear")
    np.testing.assert_allclose(run.gradients, w ** np.arange(41.0), rtol=1e-12)


@pytest.mark.parametrize("w", [0.5, 1.0, 1.5])
def test_a_tanh_unit_at_rest_fades_or_grows_exactly_as_a_power(w):
    run = jacobians.run_one_unit(w, 30)
    np.testing.assert_array_equal(run.h, np.zeros(31))
    np.testing.assert_allclose(run.gradients, w ** np.arange(31.0), rtol=1e-12)


@pytest.mark.parametrize("w", [0.5, 1.0, 1.5, -2.0])
def test_tanh_never_lets_through_more_than_the_power(w):
    inputs = np.random.default_rng(1).normal(size=30)
    run = jacobians.run_one_unit(w, 30, inputs=inputs)
    power = np.abs(w) ** np.arange(31.0)
    assert np.all(np.abs(run.gradients[1:]) < power[1:])


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


@pytest.mark.parametrize(("activation", "slope"), SLOPE_AT_0.items())
def test_slopes_at_zero(activation, slope):
    assert jacobians.run_one_unit(0.0, 1, activation=activation).slopes[0] == slope


def test_a_large_weight_that_has_settled_fades_too():
    run = jacobians.run_one_unit(1.5, 100, h0=0.1)
    assert abs(run.gradients[20]) < 0.01  # although 1.5 ** 20 is above 3,000


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


@pytest.mark.parametrize("seed", range(5))
def test_powers_lie_between_the_radius_and_the_singular_value(seed):
    W = np.random.default_rng(seed).normal(size=(6, 6)) / 3
    k = np.arange(31)
    norms = jacobians.power_norms(W, 30)
    assert np.all(norms <= jacobians.largest_singular_value(W) ** k * (1 + 1e-12))
    assert np.all(norms >= spectral_radius(W) ** k * (1 - 1e-9))


def test_the_rate_of_powers_tends_to_the_radius():
    W = jacobians.shear(0.9, 2.0)
    rates = jacobians.power_norms(W, 3000)[1:] ** (1 / np.arange(1, 3001))
    assert rates[0] == pytest.approx(jacobians.largest_singular_value(W))
    assert np.all(np.diff(rates) < 0)
    assert rates[-1] == pytest.approx(0.9, abs=0.005)


def test_a_shear_grows_before_it_fades_and_a_rotation_does_not():
    shear = jacobians.power_norms(jacobians.shear(0.9, 2.0), 100)
    assert shear.max() > 5 and 5 < shear.argmax() < 15 and shear[-1] < 0.05
    np.testing.assert_allclose(
        jacobians.power_norms(jacobians.rotation(0.5, 0.9), 20), 0.9 ** np.arange(21.0), rtol=1e-12
    )


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
    np.testing.assert_allclose(row, dstate[0], rtol=1e-12, atol=1e-15)
