"""The figures of lesson 02 show what they are given, and gradients stop at the cuts."""

from functools import cache

import numpy as np
from matplotlib.colors import to_hex
from matplotlib.text import Annotation

from lessons_lib import plots
from lessons_lib.course.backpropagation import figures

REACHED = np.tri(4, dtype=bool)


@cache
def make_figures():
    return {
        "unrolled_graph": figures.unrolled_graph(),
        "chunk_graph": figures.chunk_graph(num_steps=6, length=2),
        "measured_curves": figures.measured_curves(
            [1, 10, 100],
            {"one": [[1.0, 0.1, 0.01], [3.0, 0.3, 0.03], [2.0, 0.2, 0.02]], "two": [5, 4, 3]},
            xlabel="length (steps)",
            ylabel="error (no unit)",
            log="xy",
            theory={"bound": [1, 2, 3]},
            marked={"lag": 8},
        ),
        "loss_reach": figures.loss_reach({"full": REACHED, "none": ~REACHED}),
    }


def test_curves_show_medians_bands_theory_and_marks():
    (axes,) = make_figures()["measured_curves"].axes
    drawn = {line.get_label(): line for line in axes.get_lines()}
    values = {label: list(line.get_ydata()) for label, line in drawn.items() if label != "lag"}
    assert values == {"one": [2.0, 0.2, 0.02], "two": [5, 4, 3], "bound": [1, 2, 3]}
    assert list(drawn["lag"].get_xdata()) == [8, 8]
    (band,) = axes.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {(1.0, 1.0), (1.0, 3.0), (100.0, 0.01), (100.0, 0.03)} <= corners
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    bottom, top = axes.get_ylim()
    assert 0.001 < bottom < 0.01 < 5 < top < 50


def test_the_reach_of_losses_is_a_map_for_each_panel():
    for axes, expected in zip(make_figures()["loss_reach"].axes, (REACHED, ~REACHED), strict=True):
        (mesh,) = axes.collections
        np.testing.assert_array_equal(mesh.get_array(), expected)
        assert axes.yaxis_inverted()  # time runs downwards


def test_gradients_stop_at_the_cuts_and_carried_states_do_not():
    texts = make_figures()["chunk_graph"].axes[0].texts
    arrows = [text for text in texts if isinstance(text, Annotation)]
    colours = [to_hex(arrow.arrow_patch.get_edgecolor()) for arrow in arrows]
    assert colours.count(plots.style.VERMILION.lower()) == 2 * 3  # in three chunks, in both rows
    assert colours.count("#333333") == 5 + 3  # over all steps above, within chunks below
    for arrow, colour in zip(arrows, colours, strict=True):
        if colour == plots.style.VERMILION.lower():
            end, start = arrow.xy[0], arrow.xyann[0]
            assert end < start and not any(end < cut < start for cut in (2, 4))
