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


def test_an_unknown_dial_is_refused():
    with pytest.raises(ValueError, match="dials: expected names of i, f, o, got 'z'"):
        widgets.gate_dials(["z"], [1])


def test_the_radius_dial_redraws_the_gradient(shown):
    figures, sliders = shown
    widgets.radius_dial(T=5, seeds=[0])
    sliders["radius"].value = 0.5
    sliders["inputs"].value = 1.0
    norms = [figure.axes[0].get_lines()[0].get_ydata() for figure in figures]
    assert len(norms) == 3
    assert norms[0][5] > norms[1][5] > norms[2][5]
    assert "radius 0.50" in figures[-1].axes[0].get_title()
    assert len({figure.axes[0].get_ylim() for figure in figures}) == 1


def test_the_dials_of_a_gru_move_its_state(shown):
    figures, sliders = shown
    widgets.gru_dials([0.5, 0.0, 0.0], w=2.0)

    def state():
        lines = {line.get_label(): line.get_ydata() for line in figures[-1].axes[1].get_lines()}
        return lines["hidden state h"]

    first = np.tanh(0.5)
    np.testing.assert_allclose(state()[:2], [first, np.tanh(2 * first)])  # r = 1, z = 0
    sliders["r"].value = 0.0
    np.testing.assert_allclose(state(), [first, 0, 0])
    sliders["z"].value = 0.5
    np.testing.assert_allclose(state(), [first / 2, first / 4, first / 8])
    assert [slider.description for slider in sliders.values()] == ["reset r", "update z"]
    assert len({figure.axes[1].get_ylim() for figure in figures}) == 1


def test_the_dropout_dial_spreads_the_sum(shown):
    figures, sliders = shown
    widgets.dropout_dial([1.0, 2.0, 3.0], num_masks=200)
    sliders["p"].value = 0.0
    sliders["p"].value = 0.75
    titles = [figure.axes[0].get_title() for figure in figures]
    assert titles[1] == "p = 0.00: standard deviation 0.00"
    spreads = [float(title.split()[-1]) for title in titles]
    assert spreads[1] < spreads[0] < spreads[2]
    assert len({figure.axes[0].get_xlim() for figure in figures}) == 1


def test_the_clipping_dials_redraw_the_descent(shown):
    figures, sliders = shown
    widgets.clipping_dials(2.05, -0.65)
    sliders["max_norm"].value = 1.0
    sliders["lr"].value = 0.03
    titles = [figure.axes[0].get_title() for figure in figures]
    assert titles[0] == "loss after 300 updates: 0.1600"
    assert len(set(titles)) == 3
    ends = [line for line in figures[1].axes[0].get_lines() if line.get_label() == "end"]
    assert ends[0].get_xdata()[0] == pytest.approx(1.1933, abs=1e-3)


def test_the_forget_bias_dial_redraws_both_gradients(shown):
    figures, sliders = shown
    widgets.forget_bias_dial(T=5, seeds=[0])
    sliders["bias"].value = 4.0
    norms = [[line.get_ydata() for line in figure.axes[0].get_lines()] for figure in figures]
    assert len(norms) == 2
    (full, cell, *_), (full_open, cell_open, *_) = norms
    assert full_open[5] > 5 * full[5] and cell_open[5] > 5 * cell[5]
    assert "bias 4.0" in figures[-1].axes[0].get_title()
    assert len({figure.axes[0].get_ylim() for figure in figures}) == 1


def test_the_temperature_dial_flattens_the_distribution(shown):
    figures, sliders = shown
    widgets.temperature_dial([0.0, 2.0, 1.0], ["a", "b", "c"], num_shown=2)
    sliders["temperature"].value = 0.5
    sliders["temperature"].value = 3.0
    heights = [[bar.get_height() for bar in figure.axes[0].patches] for figure in figures]
    total = np.exp([0.0, 2.0, 1.0]).sum()
    np.testing.assert_allclose(heights[0], np.exp([2.0, 1.0]) / total)
    assert heights[1][0] > heights[0][0] > heights[2][0]
    names = [label.get_text() for label in figures[0].axes[0].get_xticklabels()]
    assert names == ["b", "c"]
    assert "like 2.3 equal choices" in figures[0].axes[0].get_title()


def test_a_dial_in_words_says_what_is_shown(shown):
    figures, sliders = shown
    widgets.gate_dials(["f"], [1, 0, 0])
    sliders["f"].value = 0.95
    said = widgets.in_words(figures[-1])
    assert said.startswith("forget f 0.95 throughout; memory cell c from 1 to 0.902, ")
    assert {text.get_text() for text in figures[-1].axes[0].texts} == {"0.95"}
