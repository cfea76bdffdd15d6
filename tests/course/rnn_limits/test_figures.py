"""The figures of lesson 03 show the numbers they are given, on labelled axes."""

import numpy as np
import pytest

from lessons_lib.course.rnn_limits import figures


def make_figures():
    a = np.linspace(-2, 2, 5)
    return {
        "functions_and_derivatives": figures.functions_and_derivatives(
            a, {"tanh": (np.tanh(a), 1 - np.tanh(a) ** 2), "line": (a, np.ones(5))}
        ),
        "histograms": figures.histograms(
            {"left": [0.1, 0.1, 0.9, 0.9], "right": [0.2, 0.3, 0.4, 1.0]}, xlabel="slope", bins=2
        ),
    }


def test_functions_stand_beside_their_derivatives():
    left, _ = make_figures()["functions_and_derivatives"].axes
    curve, slope = left.get_lines()[:2]
    np.testing.assert_allclose(curve.get_ydata(), np.tanh([-2, -1, 0, 1, 2]))
    np.testing.assert_allclose(slope.get_ydata(), 1 - np.tanh([-2, -1, 0, 1, 2]) ** 2)


def test_bars_are_shares_and_the_line_is_the_mean():
    left, right = make_figures()["histograms"].axes
    assert [bar.get_height() for bar in left.patches] == [0.5, 0.5]
    assert [bar.get_height() for bar in right.patches] == [0.75, 0.25]
    assert right.get_lines()[0].get_xdata() == pytest.approx([0.475, 0.475])
