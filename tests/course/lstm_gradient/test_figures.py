"""The figures of lesson 06 show the numbers they are given, on labelled axes."""

from functools import cache

import numpy as np

from lessons_lib.course.lstm_gradient import figures


@cache
def make_figures():
    return {
        "ways_back": figures.ways_back(2),
        "sorted_half_lives": figures.sorted_half_lives([2.0, 30.0, 0.5], {"mean distance": 12.0}),
        "accuracy_over_lag": figures.accuracy_over_lag(
            [1, 5, 9],
            {"a": [[1, 0.8, 0.6], [0.8, 0.6, 0.2]], "b": [[1, 1, 1]]},
            chance=0.1,
            trained_to=5,
        ),
    }


def test_half_lives_are_sorted_and_marked():
    (axes,) = make_figures()["sorted_half_lives"].axes
    assert [bar.get_height() for bar in axes.patches] == [30, 2, 0.5]
    (line,) = axes.get_lines()
    assert line.get_label() == "mean distance" and set(line.get_ydata()) == {12.0}


def test_accuracy_is_a_mean_with_a_band():
    (axes,) = make_figures()["accuracy_over_lag"].axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    np.testing.assert_allclose(lines["a"].get_ydata(), [0.9, 0.7, 0.4])
    assert set(lines["chance"].get_ydata()) == {0.1}
    assert set(lines["longest lag in training"].get_xdata()) == {5}
    corners = axes.collections[0].get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (0.2, 1)
