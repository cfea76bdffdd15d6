"""The split by distance adds up."""

import numpy as np
import pytest

from lessons_lib.text import dependency_distances, load_corpus, oracle_log_probs
from lessons_lib.training.loss_by_distance import by_distance


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
