"""Small networks have the right gradients, answer once or always, and learn."""

import numpy as np
import pytest

from lessons_lib.course.shared.networks import RecurrentNetwork
from lessons_lib.course.shared.weights import fresh_weights, scale_to_radius
from lessons_lib.gradients import numerical_gradient
from lessons_lib.models import CELLS


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_the_numerical_ones(cell, once):
    rng = np.random.default_rng(2)
    network = RecurrentNetwork(cell, 3, 4, 2, rng, once=once, forget_bias=0.5)
    x = rng.normal(size=(3, 2, 3))
    weight = rng.normal(size=network.forward(x).shape)
    assert weight.shape == ((2, 2) if once else (3, 2, 2))
    dx = network.backward(weight)
    grads = {name: g.copy() for name, g in network.grads.items()}
    assert grads.keys() == network.params.keys()

    def loss(values, array):
        before = array.copy()
        array[...] = values
        try:
            return (network.forward(x) * weight).sum()
        finally:
            array[...] = before

    for analytic, array in [(dx, x), *((grads[name], p) for name, p in network.params.items())]:
        expected = numerical_gradient(lambda values, a=array: loss(values, a), array)
        np.testing.assert_allclose(analytic, expected, atol=1e-8)


def test_a_state_can_be_handed_on():
    rng = np.random.default_rng(3)
    network = RecurrentNetwork("lstm", 3, 4, 2, rng)
    x = rng.normal(size=(6, 2, 3))
    whole = network.forward(x)
    first = network.forward(x[:4])
    second = network.forward(x[4:], network.state)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-12)


def test_a_step_moves_every_parameter_against_its_gradient():
    rng = np.random.default_rng(4)
    network = RecurrentNetwork("gru", 3, 4, 2, rng)
    before = {name: p.copy() for name, p in network.params.items()}
    network.backward(network.forward(rng.normal(size=(5, 2, 3))))
    network.step(lr=0.01)
    for name, p in network.params.items():
        g = network.grads[name]
        np.testing.assert_allclose(p, before[name] - 0.01 * np.sign(g), atol=1e-4)


def test_fresh_weights_have_their_bias_and_scale():
    cell, blocks = "lstm", 4
    one = fresh_weights(cell, 16, 64, np.random.default_rng(0))
    two = fresh_weights(cell, 16, 64, np.random.default_rng(0), gate_bias=2.0, recurrent_scale=3.0)
    np.testing.assert_array_equal(one.b, np.zeros(64 * blocks))
    kept = [[2.0 if k == 1 else 0.0] * 64 for k in range(blocks)]
    np.testing.assert_array_equal(two.b.reshape(blocks, 64), kept)
    np.testing.assert_allclose(two.Wh, 3 * one.Wh)
    assert one.Wx.std() == pytest.approx(1 / 4, rel=0.05)
    assert one.Wh.std() == pytest.approx(1 / 8, rel=0.05)


def test_the_radius_and_the_forget_bias_are_where_they_belong():
    network = RecurrentNetwork("rnn", 1, 6, 1, np.random.default_rng(0), radius=0.7)
    eigenvalues = np.linalg.eigvals(network.params["layer.Wh"])
    assert np.abs(eigenvalues).max() == pytest.approx(0.7)
    np.testing.assert_allclose(scale_to_radius(np.diag([1.0, -4.0]), 2.0), np.diag([0.5, -2.0]))
    network = RecurrentNetwork("lstm", 1, 6, 1, np.random.default_rng(0), forget_bias=2.0)
    blocks = network.params["layer.b"].reshape(4, -1)
    np.testing.assert_array_equal(blocks, [[b] * 6 for b in (0, 2, 0, 0)])
