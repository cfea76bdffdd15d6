"""What is shipped and printed as a result is what the code here measures."""

import json
import re
from pathlib import Path

import pytest

from lessons_lib.files import data_path
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus
from lessons_lib.training import PRESETS, exp_loss, token_losses
from lessons_lib.training.comparison import ModelRow, equal_size, table
from lessons_lib.training.loss_split import DistanceRow, by_distance


def read_comparison(corpus: str) -> dict[str, ModelRow]:
    rows = json.loads(data_path(corpus, "comparison.json").read_text(encoding="utf-8"))
    for row in rows:
        row["by_distance"] = tuple(DistanceRow(*band) for band in row["by_distance"])
    return {row["name"].split()[0]: ModelRow(**row) for row in rows}


@pytest.fixture(scope="module")
def comparison():
    return read_comparison("village")


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_shipped_models_are_as_good_as_the_comparison_says(comparison, cell: str):
    model = LanguageModel.load(data_path("weights", f"village-{cell}.safetensors"))
    village = load_corpus("village")
    assert json.loads(model.metadata["vocabulary"]) == list(village.vocab.tokens)
    recipe = equal_size(PRESETS["lesson"], cell, len(village.vocab))
    for name in ("cell", "embed_size", "hidden_size", "num_layers", "dropout", "dtype"):
        assert model.config[name] == getattr(recipe, name)
    losses = token_losses(model, village.test, batch_size=1)
    stored = comparison[cell]
    assert exp_loss(losses.mean(dtype=float)) == pytest.approx(stored.perplexity, rel=1e-4)
    for row, stored_row in zip(by_distance(village.test, losses), stored.by_distance, strict=True):
        assert row.excess == pytest.approx(stored_row.excess, abs=1e-3)


@pytest.mark.parametrize(
    ("corpus", "page"), [("village", "README.md"), ("shakespeare", "data/shakespeare/README.md")]
)
def test_the_table_of_a_comparison(corpus, page):
    text = Path(__file__).parent.parent.joinpath(page).read_text(encoding="utf-8")
    shown = re.findall(r"^\| .*\|$", text, flags=re.MULTILINE)
    for line in table(read_comparison(corpus).values()).splitlines():
        if line.startswith("| "):
            assert line in shown


def test_shakespeare_was_read_by_models_of_the_preset():
    rows = read_comparison("shakespeare")
    for cell in ("rnn", "gru", "lstm"):
        recipe = equal_size(PRESETS["char"], cell, 65)
        assert rows[cell].name == f"{cell} {recipe.hidden_size}"
        assert rows[cell].num_params == recipe.build(65).num_params
