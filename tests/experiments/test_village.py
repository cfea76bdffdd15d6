"""The split by distance adds up, and models of equal size are of equal size."""

import numpy as np
import pytest

from lessons_lib.experiments.village import by_distance, equal_size, table
from lessons_lib.text import dependency_distances, load_corpus, oracle_log_probs
from lessons_lib.training import PRESETS


@pytest.fixture(scope="module")
def test_text():
    return load_corpus("village").test


def test_the_oracle_has_no_excess_and_recalls_everything(test_text):
    for row in by_distance(test_text, -oracle_log_probs(test_text)):
        assert row.excess == pytest.approx(0, abs=1e-12)
        assert row.recall == pytest.approx(1, abs=1e-12)


def test_shares_and_excesses_add_up_to_the_whole(test_text):
    oracle = -oracle_log_probs(test_text)
    losses = oracle + np.random.default_rng(0).random(len(oracle))
    rows = by_distance(test_text, losses)
    assert sum(row.share for row in rows) == pytest.approx(1)
    total = sum(row.share * row.excess for row in rows)
    assert total == pytest.approx((losses - oracle).mean())


def test_a_model_that_forgets_after_20_tokens_is_found_out(test_text):
    losses = -oracle_log_probs(test_text)
    losses[dependency_distances(test_text) >= 20] += np.log(8)
    excess = {row.label: row.excess for row in by_distance(test_text, losses)}
    assert excess == pytest.approx(
        {"1": 0, "2-4": 0, "5-9": 0, "10-19": 0, "20-34": np.log(8), "35-59": np.log(8)}
        | {"60+": np.log(8)}
    )


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("preset", ["lesson", "better"])
def test_equal_size(cell, preset):
    recipe = PRESETS[preset]
    if preset == "better":  # small enough to build, and with every other feature
        recipe = recipe.with_settings(["embed_size=90", "hidden_size=90", "tie_weights=false"])
    sized = equal_size(recipe, cell, 240)
    params = sized.build(240).num_params
    wanted = recipe.build(240).num_params
    assert sized.cell == cell
    assert abs(params - wanted) <= 0.01 * wanted
    if cell == "lstm":
        assert sized == recipe


def test_table_has_a_line_for_each_model():
    from lessons_lib.experiments.village import DistanceRow, ModelRow

    bands = (DistanceRow("1", 0.9, 0.01, 1.0), DistanceRow("2-4", 0.1, 0.2, 0.8))
    text = table([ModelRow("lstm 128", 145_329, 1.7, 1.05, 90.4, bands)])
    assert "| lstm 128 | 145,329 | 1.700 | x 1.050 | 0.010 | 0.200 |" in text
    assert "| 1 | 2-4 |" in text.splitlines()[0]
