"""The figures of lesson 09 show the numbers they are given."""

from functools import cache

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from lessons_lib.course.better_model import figures

PANELS = {"a": ([9, 5, 2], [9, 6, 7]), "b": ([9, 5, 2], [9, 6, 5])}  # training, validation


@cache
def make_figures():
    return {
        "stacked_layers": figures.stacked_layers({"a": "fresh", "b": "same"}, num_steps=4),
        "mask_maps": figures.mask_maps({"a": [[0, 2.0], [2.0, 2.0], [0, 0]]}),
        "sums_under_dropout": figures.sums_under_dropout(
            {"p": [1.0, 1.0, 3.0, 3.0]}, 2.5, limits=(0, 4)
        ),
        "training_and_validation": figures.training_and_validation(PANELS, top=20),
        "rates_and_perplexities": figures.rates_and_perplexities({"a": ([4, 4, 1], [9, 8, 7])}),
    }


def lines_of(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_mask_maps_show_what_is_dropped():
    (axes,) = make_figures()["mask_maps"].axes
    (mesh,) = [item for item in axes.collections if isinstance(item, QuadMesh)]
    np.testing.assert_array_equal(mesh.get_array(), [[0, 1, 0], [1, 1, 0]])


def test_sums_are_shares_around_their_mean():
    (axes,) = make_figures()["sums_under_dropout"].axes
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == pytest.approx(1)
    assert sorted(heights)[-2:] == [0.5, 0.5]
    lines = lines_of(axes)
    assert lines["dropout off"].get_xdata()[0] == 2.5
    assert lines["mean"].get_xdata()[0] == 2.0


def test_training_and_validation_mark_the_best_epoch():
    figure = make_figures()["training_and_validation"]
    for axes, (train, valid) in zip(figure.axes, PANELS.values(), strict=True):
        lines = lines_of(axes)
        assert lines["training"].get_ydata().tolist() == train
        assert lines["validation"].get_xydata().T.tolist() == [[1, 2, 3], valid]
        assert lines["best validation"].get_xdata()[0] == 1 + np.argmin(valid)


def test_lines_are_the_numbers_given():
    left, right = make_figures()["rates_and_perplexities"].axes
    assert lines_of(left)["a"].get_ydata().tolist() == [4, 4, 1]
    assert lines_of(right)["a"].get_ydata().tolist() == [9, 8, 7]
