"""Models of equal size are of equal size, on every text, and what is compared is what is run."""

from dataclasses import replace

import pytest

from lessons_lib.training import (
    PRESETS,
    Recipe,
    TimeLimitReached,
    comparison,
    find_runs,
    read_metrics,
)
from lessons_lib.training.comparison import ModelRow, compare, equal_size, table
from lessons_lib.training.loss_split import DistanceRow
from tests.training.test_run import make_corpus


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("preset", PRESETS)
def test_equal_size(cell, preset):
    recipe = replace(PRESETS[preset])
    if recipe.hidden_size > 300:  # small enough to build, and with every other feature
        recipe = replace(recipe, embed_size=90, hidden_size=90)
    sized = equal_size(recipe, cell, 240)
    params = sized.build(240).num_params
    wanted = recipe.build(240).num_params
    assert sized.cell == cell
    assert abs(params - wanted) <= 0.01 * wanted
    assert (sized == recipe) == (cell == recipe.cell)


@pytest.fixture(scope="module")
def letters():
    return make_corpus()


RECIPE = Recipe(
    embed_size=8, hidden_size=16, optimizer="adam", lr=1e-2, batch_size=4, seq_len=10, epochs=2
)


def test_a_text_without_oracle(letters, tmp_path):
    rows = compare("letters", letters, RECIPE, tmp_path, preset="tiny", cells=("lstm", "rnn"))
    assert [row.name.split()[0] for row in rows] == ["unigram", "trigram", "lstm", "rnn"]
    assert all(row.ratio is None and row.by_distance == () for row in rows)
    unigram, trigram, lstm, rnn = rows
    assert trigram.perplexity < unigram.perplexity == pytest.approx(9, rel=0.02)
    assert abs(lstm.num_params - rnn.num_params) < 0.03 * lstm.num_params
    runs = {run.recipe["cell"]: run for run in find_runs(tmp_path)}
    for row in (lstm, rnn):
        run = runs[row.name.split()[0]]
        assert run.preset == "tiny"
        assert (run.num_params, run.test_perplexity) == (row.num_params, row.perplexity)
        assert row.seconds == run.seconds > 0


def test_it_goes_on_where_it_was_stopped(letters, tmp_path):
    with pytest.raises(TimeLimitReached):
        compare("letters", letters, RECIPE, tmp_path / "stopped", cells=["rnn"], time_limit=0)
    rows = compare("letters", letters, RECIPE, tmp_path / "stopped", cells=["rnn"])
    whole = compare("letters", letters, RECIPE, tmp_path / "whole", cells=["rnn"])
    assert rows[-1].perplexity == whole[-1].perplexity
    before = read_metrics(tmp_path / "whole" / "rnn")
    again = compare(
        "letters", letters, RECIPE, tmp_path / "whole", cells=["rnn"], time_limit=0
    )  # what is finished needs no time
    assert again == whole
    assert read_metrics(tmp_path / "whole" / "rnn") == before


def test_seconds_of_earlier_days_count_for_no_limit(letters, tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "_seconds", lambda run: 1e6)
    compare("letters", letters, RECIPE, tmp_path, cells=["rnn", "gru"], time_limit=600)


def test_table_has_a_line_for_each_model():
    bands = (DistanceRow("1", 0.9, 0.01, 1.0), DistanceRow("2-4", 0.1, 0.2, 0.8))
    text = table([ModelRow("lstm 128", 145_329, 1.7, 1.05, 90.4, bands)])
    assert "| lstm 128 | 145,329 | 1.700 | 90 | x 1.050 | 0.010 | 0.200 |" in text
    assert "| 1 | 2-4 |" in text.splitlines()[0]
    text = table([ModelRow("lstm 128", 145_329, 1.7, None, 90.4, ())])
    assert text.splitlines()[0] == "| model | parameters | perplexity | seconds |"
    assert text.splitlines()[2:] == ["| lstm 128 | 145,329 | 1.700 | 90 |"]
