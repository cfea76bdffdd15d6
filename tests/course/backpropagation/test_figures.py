"""The figures of lesson 02 show what they are given, and the drawings have all their labels."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Annotation

from lessons_lib import plots
from lessons_lib.course.backpropagation import figures

REACHED = np.tri(4, dtype=bool)


def curves(**options):
    lines = {"one": [[1.0, 0.1, 0.01], [3.0, 0.3, 0.03], [2.0, 0.2, 0.02]], "two": [5, 4, 3]}
    return figures.measured_curves(
        [1, 10, 100], lines, xlabel="length (steps)", ylabel="error (no unit)", **options
    ).axes[0]


def make_figures():
    return {
        "step_graph": figures.step_graph(),
        "unrolled_graph": figures.unrolled_graph(),
        "chunk_graph": figures.chunk_graph(num_steps=6, length=2),
        "measured_curves": curves().figure,
        "loss_reach": figures.loss_reach({"full": REACHED, "none": ~REACHED}),
    }


def test_curves_show_medians_and_bands():
    axes = curves()
    one, two = axes.get_lines()
    assert (one.get_label(), list(one.get_ydata())) == ("one", [2.0, 0.2, 0.02])
    assert list(two.get_ydata()) == [5, 4, 3]
    (band,) = axes.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert {(1.0, 1.0), (1.0, 3.0), (100.0, 0.01), (100.0, 0.03)} <= corners
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("length (steps)", "error (no unit)")
    styles = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in (one, two)}
    assert all(len(set(kind)) == 2 for kind in zip(*styles, strict=True))


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_logarithmic_axes_hold_all_values(log):
    axes = curves(log=log)
    assert axes.get_xscale() == ("log" if "x" in log else "linear")
    assert axes.get_yscale() == ("log" if "y" in log else "linear")
    bottom, top = axes.get_ylim()
    assert bottom < 0.01 < 5 < top < 50
    if "y" in log:
        assert bottom > 0.001


def test_theory_and_marks_are_drawn():
    axes = curves(theory={"bound": [1, 2, 3]}, marked={"lag": 8})
    drawn = {line.get_label(): line for line in axes.get_lines()}
    assert list(drawn["bound"].get_ydata()) == [1, 2, 3]
    assert list(drawn["lag"].get_xdata()) == [8, 8]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["one", "two", "bound", "lag"]


def test_the_reach_of_losses_is_a_map_for_each_panel():
    panels = make_figures()["loss_reach"].axes
    for axes, title, expected in zip(panels, ("full", "none"), (REACHED, ~REACHED), strict=True):
        (mesh,) = axes.collections
        np.testing.assert_array_equal(mesh.get_array(), expected)
        assert axes.get_title() == title
        assert axes.yaxis_inverted()  # time runs downwards


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_step_has_a_gradient_for_everything_that_goes_in():
    found = texts(figures.step_graph())
    assert {"dx", "dWx", "dh_prev", "dWh", "db", "da", "dh"} <= set(found)


def test_the_unrolled_graph_names_both_gradients_that_meet():
    figure = figures.unrolled_graph()
    found = texts(figure)
    assert {"dhs[0]", "dhs[1]", "dhs[2]", "dh_next", "dh0"} <= set(found)
    thick = [arrow.xy for arrow in arrows_of(figure) if arrow.arrow_patch.get_linewidth() > 2]
    assert len(thick) == 2
    assert all(abs(x - 6.5) < 0.7 for x, _ in thick)  # both end in the middle state


def arrows_of(figure):
    return [text for text in figure.axes[0].texts if isinstance(text, Annotation)]


def arrows(figure, colour):
    """Start and end of each arrow of a colour."""
    return [
        (arrow.xyann, arrow.xy)
        for arrow in arrows_of(figure)
        if to_hex(arrow.arrow_patch.get_edgecolor()) == colour
    ]


def test_gradients_stop_at_the_cuts_and_carried_states_do_not():
    figure = make_figures()["chunk_graph"]
    back = arrows(figure, plots.style.VERMILION.lower())
    forward = arrows(figure, "#333333")
    assert len(back) == 2 * 3  # within three chunks, in both rows
    assert len(forward) == 5 + 3  # over all steps above, within chunks below
    for start, end in back:
        assert end[0] < start[0]
        assert not any(end[0] < cut < start[0] for cut in (2, 4))
