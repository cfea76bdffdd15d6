"""Figures show the numbers they are given, on axes that say what they are."""

import functools
import importlib.util
import inspect
import pkgutil

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from lessons_lib import course, plots

NORMS = np.array([[1.0, 0.1, 1e-20], [1.0, 0.3, 0.01], [1.0, 0.2, 0.04]])  # (seeds, lags)
OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


@functools.cache
def make_figures():
    tokens = ["Tom", "was", "in", "$", "( a_b"]
    records = [
        {"epoch": 0.5, "train_loss": 2.0},
        {"epoch": 1.0, "train_loss": 1.5, "valid_perplexity": 5.0},
    ]
    return {
        "learning_curve": plots.learning_curve(records, best_possible=2.5),
        "lines_over_time": plots.lines_over_time(
            {"left": {"a": [1, 2, 3], "b": [3, 2, 1]}, "right": {"a": [0, 0, 0]}},
            ylabel="c (no unit)",
        ),
        "heat_map_over_text": plots.heat_map_over_text(
            {"one": [0, 1, -1, 0.5, 0], "two": [1, 1, 1, 1, 1]},
            tokens,
            label="memory cell c",
            limits=(-1, 1),
            full_bars={"two": [False, True, True, False, True]},
            open_bars={"one": [True, False, False, False, False]},
        ),
        "lines_over_text": plots.lines_over_text(
            {"held": [0, 1, 2, 3, 4]}, tokens, ylabel="distance (no unit)", marked=[3]
        ),
        "lines_by_distance": plots.lines_by_distance(
            ["1-4", "5+"],
            {"RNN": [0.9, 0.1], "oracle": [1, 1]},
            xlabel="words back",
            ylabel="probability",
        ),
        "lines_with_markers": plots.lines_with_markers(
            [1, 10, 100],
            {"a": [1, 2, 3], "b": [3, 2, 1]},
            xlabel="words",
            ylabel="perplexity",
        ),
        "gradient_over_lag": plots.gradient_over_lag(
            {"one": {"a": NORMS}, "two": {"b": NORMS[0]}}, bounds={"one": {"bound": [1, 2, 4]}}
        ),
        "learning_curves": plots.learning_curves({"village": {"lstm": [[1, 2, 3], [5, 3, 2]]}}),
    }


LESSONS = [lesson for _, lesson, is_folder in pkgutil.iter_modules(course.__path__) if is_folder]
WITH_FIGURES = [
    lesson for lesson in LESSONS if importlib.util.find_spec(f"{course.__name__}.{lesson}.figures")
]


def functions_of(module):
    return {
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    }


@pytest.mark.parametrize("lesson", WITH_FIGURES)
def test_every_figure_of_a_lesson_is_labelled_and_can_be_drawn(lesson):
    """Each lesson's tests make all its figures, by the name of the function."""
    figures = importlib.import_module(f"{course.__name__}.{lesson}.figures")
    made = importlib.import_module(f"tests.course.{lesson}.test_figures").make_figures()
    assert made.keys() == functions_of(figures)
    check_figures(made)


def test_every_figure_of_several_lessons_is_labelled_and_can_be_drawn(tmp_path):
    made = make_figures()
    assert {*plots.__all__} - {"save_figure"} <= made.keys()
    plots.save_figure(made["learning_curve"], tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    check_figures(made)


def check_figures(made):
    for name, figure in made.items():
        figure.set_layout_engine("none")  # most of the time goes into it; notebooks show it
        figure.draw_without_rendering()
        # A drawing has no axes.
        shown = [axes for axes in figure.axes if axes.axison or axes.name == "3d"]
        if shown:
            assert any(axes.get_xlabel() for axes in shown), name
            assert figure.get_supylabel() or any(map(tells_its_rows, shown)), name


def tells_its_rows(axes):
    """Whether the vertical axis has a label, or a name for every row, or nothing to be told."""
    names = [text.get_text() for text in axes.get_yticklabels()]
    return axes.get_ylabel() or not names or any(name[:1].isalpha() for name in names)


def test_lines_differ_in_colour_and_in_dash():
    colours = [style["color"].upper() for style in plots.style.LINE_STYLES]
    dashes = [style["linestyle"] for style in plots.style.LINE_STYLES]
    assert len(set(colours)) == len(set(dashes)) == len(plots.style.LINE_STYLES)
    assert set(colours) <= OKABE_ITO


def test_lines_over_time_show_each_panels_values():
    left, right = make_figures()["lines_over_time"].axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in left.get_lines()}
    assert (drawn["a"], drawn["b"]) == ([1, 2, 3], [3, 2, 1])
    assert left.get_ylim() == right.get_ylim()


def test_the_heat_map_has_rows_words_and_bars_in_their_places():
    axes = make_figures()["heat_map_over_text"].axes[0]
    mesh = next(item for item in axes.collections if isinstance(item, QuadMesh))
    np.testing.assert_array_equal(mesh.get_array(), [[0, 1, -1, 0.5, 0], [1, 1, 1, 1, 1]])
    assert [t.get_text() for t in axes.get_xticklabels()] == ["Tom", "was", "in", "$", "( a_b"]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    found = {
        (bar.get_x(), bar.get_width(), round(bar.get_y()), bar.get_facecolor()) for bar in bars
    }
    assert found == {
        (-0.5, 1, 0, to_rgba("white")),
        (0.5, 2, 1, to_rgba("black")),
        (3.5, 1, 1, to_rgba("black")),
    }


def test_lines_and_marks_are_the_numbers_given():
    line, mark = make_figures()["lines_over_text"].axes[0].get_lines()
    assert line.get_ydata().tolist() == [0, 1, 2, 3, 4]
    assert mark.get_xdata() == [3, 3]
    training, validation, best = make_figures()["learning_curve"].axes[0].get_lines()
    np.testing.assert_allclose(training.get_xydata().T, [[0.5, 1.0], np.exp([2.0, 1.5])])
    assert validation.get_ydata().tolist() == [5.0]
    assert best.get_ydata()[0] == 2.5
    rnn, oracle = make_figures()["lines_by_distance"].axes[0].get_lines()
    assert (rnn.get_ydata().tolist(), oracle.get_ydata().tolist()) == ([0.9, 0.1], [1, 1])


def test_lines_show_their_values_and_differ_in_dash_and_marker():
    (axes,) = make_figures()["lines_with_markers"].axes
    a, b = axes.get_lines()
    assert (list(a.get_xdata()), list(a.get_ydata())) == ([1, 10, 100], [1, 2, 3])
    assert list(b.get_ydata()) == [3, 2, 1]
    assert a.get_linestyle() != b.get_linestyle() and a.get_marker() != b.get_marker()


def test_the_gradient_over_lag_has_a_median_a_band_and_a_bound():
    left, right = make_figures()["gradient_over_lag"].axes
    lines = {line.get_label(): line.get_ydata() for line in left.lines}
    np.testing.assert_allclose(lines["a"], [1, 0.2, 0.01])
    np.testing.assert_array_equal(lines["bound"], [1, 2, 4])
    (band,) = left.collections
    corners = band.get_paths()[0].vertices
    np.testing.assert_allclose([corners[:, 1].min(), corners[:, 1].max()], [1e-12, 1])
    assert left.get_yscale() == "log"
    assert "bound" not in {line.get_label() for line in right.lines}
