"""The drawing of an LSTM step colours the part it is asked for."""

import pytest
from matplotlib.colors import to_hex

from lessons_lib import diagrams
from lessons_lib.plots.style import BLUE, VERMILION


def coloured_texts(figure):
    (axes,) = figure.axes
    colours = {VERMILION.lower(), BLUE.lower()}
    coloured = [text for text in axes.texts if to_hex(text.get_color()) in colours]
    return sorted(text.get_text() for text in coloured if text.get_text())


LSTM, GRU = diagrams.lstm_cell, diagrams.gru_cell


@pytest.mark.parametrize(
    ("draw", "part", "texts"),
    [
        (LSTM, [], []),
        (LSTM, ["memory"], ["$\\times$", "+"]),
        (LSTM, ["forget"], ["$\\sigma$", "$\\times$", "$f$"]),
        (LSTM, ["input"], ["$\\sigma$", "$\\times$", "$g$", "$i$", "+", "tanh"]),
        (LSTM, ["output"], ["$\\sigma$", "$\\times$", "$o$", "tanh"]),
        (GRU, [], []),
        (GRU, ["reset"], ["$\\sigma$", "$\\times$", "$r$"]),
        (GRU, ["update"], ["$1 - z$", "$\\sigma$", "$\\times$", "$\\times$", "$z$"]),
    ],
)
def test_a_part_is_coloured(draw, part, texts):
    assert coloured_texts(draw(highlight=part)) == texts


def test_each_view_of_the_lstm_has_one_gate_in_colour():
    coloured = [
        {t.get_text() for t in axes.texts if to_hex(t.get_color()) == VERMILION.lower()}
        for axes in diagrams.lstm_gates().axes
    ]
    assert [names & {"$f$", "$i$", "$g$", "$o$"} for names in coloured] == [
        {"$f$"},
        {"$i$", "$g$"},
        {"$o$"},
    ]


@pytest.mark.parametrize(("draw", "part"), [(LSTM, "update"), (GRU, "output")])
def test_an_unknown_part_is_refused(draw, part):
    with pytest.raises(ValueError, match=rf"highlight: expected parts of .*, got '{part}'"):
        draw(highlight=[part])
