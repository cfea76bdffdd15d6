"""Figures show the numbers they are given, on axes that say what they are."""

import functools

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from lessons_lib import plots
from lessons_lib.course.lstm_gates import figures

OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


@functools.cache
def make_figures():
    tokens = ["Tom", "was", "in", "$", "( a_b"]
    records = [
        {"epoch": 0.5, "train_loss": 2.0},
        {"epoch": 1.0, "train_loss": 1.5, "valid_perplexity": 5.0},
    ]
    return {
        "learning curve": plots.learning_curve(records, best_possible=2.5),
        "lines over time": plots.lines_over_time(
            {"left": {"a": [1, 2, 3], "b": [3, 2, 1]}, "right": {"a": [0, 0, 0]}},
            ylabel="c (no unit)",
        ),
        "memory cell": figures.memory_cell(
            {"input i": [0, 1], "forget f": [1, 0.25]},
            [0.5, -1],
            [0, 2],
            [0, 0.75],
            marks={2: "store"},
        ),
        "heat map": plots.heat_map_over_text(
            {"one": [0, 1, -1, 0.5, 0], "two": [1, 1, 1, 1, 1]},
            tokens,
            label="memory cell c",
            limits=(-1, 1),
            full_bars={"two": [False, True, True, False, True]},
            open_bars={"one": [True, False, False, False, False]},
        ),
        "lines over text": plots.lines_over_text(
            {"held": [0, 1, 2, 3, 4]}, tokens, ylabel="distance (no unit)", marked=[3]
        ),
    }


def test_figures_are_labelled_and_can_be_saved(tmp_path):
    for name, figure in make_figures().items():
        plots.save_figure(figure, tmp_path / "figure.png")
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG"), name
        xlabels = [axes.get_xlabel() for axes in figure.axes if axes.get_label() != "<colorbar>"]
        assert any(xlabels), f"{name}: no horizontal axis is labelled"
        assert any(axes.get_ylabel() for axes in figure.axes), name


def test_lines_differ_in_colour_and_in_dash():
    colours = [style["color"].upper() for style in plots.style.LINE_STYLES]
    dashes = [style["linestyle"] for style in plots.style.LINE_STYLES]
    assert len(set(colours)) == len(set(dashes)) == len(plots.style.LINE_STYLES)
    assert set(colours) <= OKABE_ITO


def test_lines_over_time_show_each_panels_values():
    left, right = make_figures()["lines over time"].axes
    assert (left.get_title(), right.get_title()) == ("left", "right")
    drawn = {line.get_label(): list(line.get_ydata()) for line in left.get_lines()}
    assert (drawn["a"], drawn["b"]) == ([1, 2, 3], [3, 2, 1])
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["a", "b"]
    assert left.get_ylim() == right.get_ylim()


def test_the_memory_cell_shows_gates_marks_and_states():
    top, bottom, colorbar = make_figures()["memory cell"].axes
    (mesh,) = [item for item in top.collections if isinstance(item, QuadMesh)]
    np.testing.assert_array_equal(mesh.get_array(), [[0, 1], [1, 0.25]])
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0, 1)
    assert top.yaxis_inverted()  # the first row on top
    assert [text.get_text() for text in top.texts] == ["0", "1", "1", "0.2", "store"]
    assert [label.get_text() for label in top.get_yticklabels()] == ["input i", "forget f"]
    assert [bar.get_height() for bar in bottom.patches] == [0.5, -1]
    drawn = {line.get_label(): list(line.get_ydata()) for line in bottom.get_lines()}
    assert drawn["hidden state h"] == [0, 0.75]
    assert drawn["memory cell c"] == [0, 2]
    assert colorbar.get_ylabel() == "openness"


def test_the_heat_map_has_rows_words_and_bars_in_their_places():
    axes = make_figures()["heat map"].axes[0]
    mesh = next(item for item in axes.collections if isinstance(item, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), [[0, 1, -1, 0.5, 0], [1, 1, 1, 1, 1]])
    assert [t.get_text() for t in axes.get_xticklabels()] == ["Tom", "was", "in", "$", "( a_b"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["one", "two"]
    assert axes.yaxis_inverted()
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    found = {
        (bar.get_x(), bar.get_width(), round(bar.get_y()), bar.get_facecolor()) for bar in bars
    }
    assert found == {
        (-0.5, 1, 0, to_rgba("white")),
        (0.5, 2, 1, to_rgba("black")),
        (3.5, 1, 1, to_rgba("black")),
    }


def test_lines_over_text_mark_words():
    axes = make_figures()["lines over text"].axes[0]
    line, mark = axes.get_lines()
    assert line.get_ydata().tolist() == [0, 1, 2, 3, 4]
    assert mark.get_xdata() == [3, 3]


def test_the_learning_curve_shows_perplexities():
    axes = make_figures()["learning curve"].axes[0]
    training, validation, best = axes.get_lines()
    np.testing.assert_allclose(training.get_ydata(), np.exp([2.0, 1.5]))
    np.testing.assert_allclose(training.get_xdata(), [0.5, 1.0])
    assert validation.get_ydata().tolist() == [5.0]
    assert best.get_ydata()[0] == 2.5
