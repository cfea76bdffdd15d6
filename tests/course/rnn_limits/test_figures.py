"""The figures of lesson 03 show the numbers they are given, on labelled axes."""

import numpy as np

from lessons_lib.course.rnn_limits import figures


def test_functions_stand_beside_their_derivatives():
    a = np.linspace(-2, 2, 5)
    panels = {"tanh": (np.tanh(a), 1 - np.tanh(a) ** 2), "line": (a, np.ones(5))}
    left, _ = figures.functions_and_derivatives(a, panels).axes
    curve, slope = left.get_lines()[:2]
    np.testing.assert_allclose(curve.get_ydata(), np.tanh([-2, -1, 0, 1, 2]))
    np.testing.assert_allclose(slope.get_ydata(), 1 - np.tanh([-2, -1, 0, 1, 2]) ** 2)


def test_the_way_back_passes_two_boxes_at_each_step():
    texts = [text.get_text() for text in figures.way_back(2).axes[0].texts]
    assert texts.count(r"$W_h^\top$") == 2
    assert {"$L$", "$h_{T}$", "$h_{T-2}$", "$1-h_{T}^2$", "$1-h_{T-1}^2$"} <= set(texts)


def test_circles_are_drawn_on_one_scale():
    points = np.array([[0.0, 1.0], [3.0, 0.0]])
    one, other = figures.circles({"A": {0: points, 1: 2 * points}, "B": {0: points}}).axes
    assert [line.get_label() for line in one.get_lines()] == ["after 0 steps", "after 1 steps"]
    np.testing.assert_array_equal(one.get_lines()[1].get_xydata(), 2 * points)
    assert one.get_xlim() == other.get_xlim() and one.get_ylim() == other.get_ylim()
