"""Moving a dial redraws the memory with that gate."""

import numpy as np
import pytest

from lessons_lib import widgets


@pytest.fixture
def shown(monkeypatch):
    """The figures that were shown, in order; and the sliders, by name."""
    figures, sliders = [], {}
    monkeypatch.setattr(widgets, "display", figures.append)
    interact = widgets.ipywidgets.interact

    def record(draw, **controls):
        sliders.update(controls)
        return interact(draw, **controls)

    monkeypatch.setattr(widgets.ipywidgets, "interact", record)
    return figures, sliders


def memory(figure):
    return next(
        line.get_ydata()
        for line in figure.axes[1].get_lines()
        if line.get_label() == "memory cell c"
    )


def test_a_dial_moves_its_gate(shown):
    figures, sliders = shown
    widgets.gate_dials(["i", "f"], [1, 0, 0])
    assert list(sliders) == ["i", "f"]
    np.testing.assert_array_equal(memory(figures[-1]), [1, 1, 1])
    sliders["f"].value = 0.5
    np.testing.assert_array_equal(memory(figures[-1]), [1, 0.5, 0.25])
    sliders["i"].value = 0.1
    np.testing.assert_allclose(memory(figures[-1]), [0.1, 0.05, 0.025])
    rows = [label.get_text() for label in figures[-1].axes[0].get_yticklabels()]
    assert rows == ["input i", "forget f"]
    (mesh,) = figures[-1].axes[0].collections
    np.testing.assert_array_equal(mesh.get_array(), [[0.1] * 3, [0.5] * 3])


def test_the_axis_stays_where_it_is(shown):
    figures, sliders = shown
    widgets.gate_dials(["f"], [1, 1, -0.5])
    sliders["f"].value = 0.0
    axes = [figure.axes[1] for figure in figures]
    assert len(axes) == 2
    assert axes[0].get_ylim() == axes[1].get_ylim() == pytest.approx((-0.55, 2.2))


def test_dials_go_from_closed_to_open(shown):
    widgets.gate_dials(["o"], [1, 1])
    slider = shown[1]["o"]
    assert (slider.min, slider.max, slider.value, slider.description) == (0, 1, 1, "output o")


def test_an_unknown_dial_is_refused():
    with pytest.raises(ValueError, match="dials: expected names of i, f, o, got 'z'"):
        widgets.gate_dials(["z"], [1])
