"""Figures of the bridge show the numbers they are given, on axes that say what they are."""

from functools import cache

import numpy as np

from lessons_lib.course.pytorch import figures

WX = np.arange(24.0).reshape(3, 8) - 12


@cache
def make_figures():
    return {
        "two_layouts": figures.two_layouts(WX, WX.T),
        "differences_on_log_axis": figures.differences_on_log_axis(
            {"right": {"RNN": 0.0, "LSTM": 1e-15}, "wrong": {"GRU": 0.5}},
            xlabel="difference (no unit)",
        ),
    }


def test_both_layouts_are_shown_on_one_scale():
    left, right, _ = make_figures()["two_layouts"].axes
    images = left.get_images()[0], right.get_images()[0]
    np.testing.assert_array_equal(images[0].get_array(), WX)
    np.testing.assert_array_equal(images[1].get_array(), WX.T)
    assert images[0].get_clim() == images[1].get_clim() == (-12, 12)


def test_every_difference_has_its_row():
    (axes,) = make_figures()["differences_on_log_axis"].axes
    right, wrong = axes.get_lines()
    assert right.get_xydata().tolist() == [[1e-17, 0], [1e-15, 1]]
    assert wrong.get_xydata().tolist() == [[0.5, 2]]
