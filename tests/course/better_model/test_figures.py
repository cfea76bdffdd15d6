"""The figures of lesson 09 show the numbers they are given."""

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from lessons_lib.course.better_model import figures

PANELS = {"a": ([9, 5, 2], [9, 6, 7]), "b": ([9, 5, 2], [9, 6, 5])}  # training, validation


def make_figures():
    return {
        "stacked_layers": figures.stacked_layers({"a": "fresh", "b": "same"}, num_steps=4),
        "mask_maps": figures.mask_maps({"a": [[0, 2.0], [2.0, 2.0], [0, 0]]}),
        "sums_under_dropout": figures.sums_under_dropout(
            {"p": [1.0, 1.0, 3.0, 3.0]}, 2.5, limits=(0, 4)
        ),
        "training_and_validation": figures.training_and_validation(PANELS, top=20),
        "rates_and_perplexities": figures.rates_and_perplexities({"a": ([4, 4, 1], [9, 8, 7])}),
        "perplexity_by_variant": figures.perplexity_by_variant(
            {"x": 40.0, "y": 35.0}, seeds={"y": [34.0, 36.0]}
        ),
    }


def lines_of(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def arrows_of(axes):
    """Every arrow: where it starts and ends, its colour and its dash."""
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    return [
        (
            tuple(np.round(arrow.xyann).astype(int)),
            tuple(np.round(arrow.xy).astype(int)),
            (arrow.arrow_patch.get_edgecolor(), str(arrow.arrow_patch.get_linestyle())),
        )
        for arrow in arrows
    ]


def test_the_stack_has_an_arrow_for_all_that_is_handed_on():
    (axes,) = figures.stacked_layers({"a": "none"}, num_steps=4).axes
    arrows = arrows_of(axes)
    up = [a for a in arrows if a[0][0] == a[1][0]]
    along = [a for a in arrows if a[0][1] == a[1][1]]
    assert (len(up), len(along)) == (12, 6)
    assert {row for (_, row), _, _ in along} == {1, 2}
    assert axes.get_xlabel() == "time step"


def test_masks_are_told_apart_by_colour_and_dash():
    fresh, same = make_figures()["stacked_layers"].axes
    for axes, by_step in ((fresh, True), (same, False)):
        arrows = arrows_of(axes)
        along = {style for start, end, style in arrows if start[1] == end[1]}
        assert len(along) == 1
        up = [(start, style) for start, end, style in arrows if start[0] == end[0]]
        groups = {}
        for (step, row), style in up:
            groups.setdefault(step if by_step else row, set()).add(style)
        assert all(len(styles) == 1 for styles in groups.values())
        assert len(set.union(*groups.values())) == len(groups)


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
        assert lines["validation"].get_ydata().tolist() == valid
        assert lines["validation"].get_xdata().tolist() == [1, 2, 3]
        assert lines["best validation"].get_xdata()[0] == 1 + np.argmin(valid)
        assert axes.get_ylim() == (0, 20)


def test_rates_stand_beside_perplexities():
    left, right = make_figures()["rates_and_perplexities"].axes
    assert lines_of(left)["a"].get_ydata().tolist() == [4, 4, 1]
    assert lines_of(right)["a"].get_ydata().tolist() == [9, 8, 7]
    assert left.get_ylabel().startswith("learning rate")
    assert right.get_ylabel() == "validation perplexity"


def test_variants_stand_in_order_with_their_other_seeds():
    (axes,) = make_figures()["perplexity_by_variant"].axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "y"]
    assert axes.yaxis_inverted()
    lines = lines_of(axes)
    assert list(lines["seed 0"].get_xdata()) == [40.0, 35.0]
    assert list(lines["other seeds"].get_xdata()) == [34.0, 36.0]
    assert list(lines["other seeds"].get_ydata()) == [1, 1]
