"""A table of numbers: what is read in a terminal, and what a notebook shows."""

import numpy as np
import pytest

from lessons_lib.tables import table

SHOWN = """\
cell      steps    loss
------  -------  ------
RNN           5   0.125
GRU       1,200  -2.000
LSTM         10"""


def test_numbers_stand_below_each_other_and_words_to_the_left():
    columns = {
        "cell": ["RNN", "GRU", "LSTM"],
        "steps": np.array([5, 1200, 10]),
        "loss": [0.125, np.float32(-2), None],
    }
    assert repr(table(columns, digits=3)).splitlines() == SHOWN.splitlines()
    assert repr(table({"x": [-0.001]})).splitlines()[-1] == "0.00"
    assert "0.1250" in repr(table(columns, digits={"loss": 4}))


def test_a_notebook_shows_cells_and_no_markup_of_theirs():
    html = table({"<b>": ["<script>"], "n": [0.5]})._repr_html_()
    assert html.count("<tr>") == 2 and "0.50</td>" in html
    assert "<b>" not in html and "<script>" not in html


@pytest.mark.parametrize("columns", [{}, {"a": [1], "b": [1, 2]}])
def test_columns_that_do_not_fit_are_refused(columns):
    with pytest.raises(ValueError, match=r"^columns: expected some, all of one length, got"):
        table(columns)
