"""The drawing of an LSTM step colours the part it is asked for."""

import pytest
from matplotlib.colors import to_hex

from lessons_lib import diagrams
from lessons_lib.plots.style import VERMILION


def coloured_texts(figure):
    (axes,) = figure.axes
    wanted = VERMILION.lower()
    coloured = [text for text in axes.texts if to_hex(text.get_color()) == wanted]
    return sorted(text.get_text() for text in coloured if text.get_text())


def test_nothing_is_coloured_unless_asked():
    assert coloured_texts(diagrams.lstm_cell()) == []


@pytest.mark.parametrize(
    ("part", "texts"),
    [
        ("forget", ["$\\sigma$", "$\\times$", "$f$"]),
        ("input", ["$\\sigma$", "$\\times$", "$g$", "$i$", "+", "tanh"]),
        ("output", ["$\\sigma$", "$\\times$", "$o$", "tanh"]),
    ],
)
def test_a_part_is_coloured(part, texts):
    assert coloured_texts(diagrams.lstm_cell(highlight=[part])) == texts


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match=r"highlight: expected parts of .*, got 'update'"):
        diagrams.lstm_cell(highlight=["update"])


@pytest.mark.parametrize(
    ("parts", "texts"),
    [
        ([], []),
        (["reset"], ["$\\sigma$", "$\\times$", "$r$"]),
        (["update"], ["$1 - z$", "$\\sigma$", "$\\times$", "$\\times$", "$z$"]),
    ],
)
def test_a_part_of_the_gru_is_coloured(parts, texts):
    assert coloured_texts(diagrams.gru_cell(highlight=parts)) == texts


def test_the_gru_has_no_output_gate():
    with pytest.raises(ValueError, match=r"highlight: expected parts of .*, got 'output'"):
        diagrams.gru_cell(highlight=["output"])
