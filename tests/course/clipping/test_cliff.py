"""The cliff is where the formula says, as steep as it says, and clipping bounds every step."""

import numpy as np
import pytest

from lessons_lib.cells import rnn_step
from lessons_lib.course.clipping import cliff
from lessons_lib.gradients import numerical_gradient


def test_the_loss_is_that_of_a_one_unit_rnn():
    w, b = 1.3, -0.2
    h = np.array([[cliff.START]])
    for _ in range(7):
        h, _ = rnn_step(np.zeros((1, 1)), h, np.zeros((1, 1)), np.array([[w]]), np.array([b]))
    loss = cliff.surface(w, b, num_steps=7).loss
    assert loss == pytest.approx((h[0, 0] - cliff.TARGET) ** 2)


@pytest.mark.parametrize(("w", "b"), [(0.8, 0.1), (1.4, -0.3), (2.0, 0.2)])
def test_the_gradient_is_the_numerical_one(w, b):
    T = 7  # few steps: after many the state has settled, and h[t - 1] is as good as h[t]
    here = cliff.surface(w, b, num_steps=T)
    expected = numerical_gradient(lambda p: float(cliff.surface(*p, num_steps=T).loss), [w, b])
    np.testing.assert_allclose([here.dw, here.db], expected, rtol=1e-5, atol=1e-9)
    assert here.norm == pytest.approx(np.hypot(*expected), rel=1e-5)


def test_the_relief_covers_the_piece_and_sees_the_wall_from_both_sides():
    ws = np.array([1.0, 1.7, 2.4])
    w, b, loss = cliff.relief(ws, (-1.1, 0.5))
    np.testing.assert_array_equal(w, np.broadcast_to(ws, w.shape))
    np.testing.assert_array_equal(loss, cliff.surface(w, b).loss)
    assert (b[0] == -1.1).all() and (b[-1] == 0.5).all()
    assert (np.diff(b, axis=0) >= 0).all()
    for k in (1, 2):  # where there is a wall: from the high plain to the low one in next to no b
        above, below = (loss[:, k] > 2).nonzero()[0].max(), (loss[:, k] < 0.2).nonzero()[0].min()
        assert b[below, k] - b[above, k] < 1e-4
        edge = np.arctanh(cliff.START) - cliff.START * ws[k]  # the bias at which h stays at START
        assert b[below, k] == pytest.approx(edge, abs=1e-4)


def test_descent_steps_down_the_gradient():
    way = cliff.descend(1.2, 0.3, lr=0.05, num_updates=4)
    assert way.w.shape == (5,)
    here = cliff.surface(way.w[2], way.b[2])
    assert way.w[3] == pytest.approx(way.w[2] - 0.05 * here.dw)
    assert way.b[3] == pytest.approx(way.b[2] - 0.05 * here.db)
    assert (way.loss[2], way.norm[2]) == (here.loss, here.norm)


def test_no_clipped_step_is_longer_than_learning_rate_times_threshold():
    starts = np.meshgrid(np.linspace(1.4, 2.2, 9), np.linspace(-1.0, -0.4, 9))
    way = cliff.descend(*starts, lr=0.1, num_updates=80, max_norm=0.5)
    steps = np.hypot(np.diff(way.w, axis=0), np.diff(way.b, axis=0))
    assert way.norm.max() > 10
    np.testing.assert_allclose(steps, 0.1 * np.minimum(way.norm[:-1], 0.5), rtol=1e-5, atol=1e-12)
