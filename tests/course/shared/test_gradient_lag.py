"""Gradients over lag: what theory fixes exactly."""

import numpy as np
import pytest

from lessons_lib.course.shared.gradient_lag import over_lag


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_shapes_and_the_start(cell):
    found = over_lag(cell, T=5, seeds=[3, 4, 5], hidden_size=6)
    np.testing.assert_array_equal(found.lags, range(6))
    assert found.h.shape == (3, 6)
    np.testing.assert_array_equal(found.state[:, 0], 1)
    assert (found.c is None) == (cell != "lstm")
    assert (found.bound is None) == (cell != "rnn")
    again = over_lag(cell, T=5, seeds=[4], hidden_size=6)
    np.testing.assert_array_equal(again.h[0], found.h[1])


@pytest.mark.parametrize("radius", [0.5, 2.0])
def test_the_bound_is_never_crossed(radius):
    found = over_lag("rnn", T=60, seeds=[0, 1], radius=radius, hidden_size=20)
    assert (found.h <= found.bound * (1 + 1e-12)).all()


@pytest.mark.parametrize("radius", [0.9, 1.1])
def test_without_input_the_gradient_goes_as_the_radius_to_the_lag(radius):
    """State 0 stays 0, tanh' is 1: the product of Wh alone, whose rate is the spectral radius."""
    found = over_lag("rnn", T=200, seeds=[0], radius=radius, input_scale=0.0, hidden_size=24)
    rate = (found.h[:, 200] / found.h[:, 100]) ** (1 / 100)
    np.testing.assert_allclose(rate, radius, rtol=0.02)


def test_a_gate_that_keeps_everything_keeps_the_gradient():
    gru = over_lag("gru", T=200, seeds=[0], gate_bias=40.0, hidden_size=8)
    np.testing.assert_allclose(gru.h, 1, rtol=1e-9)  # h = h_prev


@pytest.mark.parametrize(
    ("cell", "radius", "message"),
    [("LSTM", None, "cell: expected one of rnn"), ("gru", 0.9, "radius: expected None")],
)
def test_bad_input(cell, radius, message):
    with pytest.raises(ValueError, match=message):
        over_lag(cell, T=3, radius=radius)
