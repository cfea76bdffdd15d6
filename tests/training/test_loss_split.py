"""Splits of a loss: classes are the right ones, and shares and losses add up to the whole."""

import numpy as np
import pytest

from lessons_lib.models import LanguageModel
from lessons_lib.text import dependency_distances, load_corpus, oracle_log_probs
from lessons_lib.training import loss_split, token_losses
from lessons_lib.training.loss_split import by_distance, by_frequency, by_position


def test_classes_by_frequency(monkeypatch):
    monkeypatch.setattr(loss_split, "_BLOCK", 100)
    unknown = 4_000_000_000  # would take 32 GB to count up to
    train = np.array([0] * 1000 + [1] * 99 + [2] * 10 + [3] * 9 + [4, unknown], np.uint32)
    ids = np.array([2, 0, 0, 1, 2, 3, 4, 5])  # the first is not predicted; 5 was never seen
    losses = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
    rows = by_frequency(ids, losses, train)
    assert [row.label for row in rows] == ["0", "1-9", "10-99", "1,000-9,999"]
    assert [row.share * 7 for row in rows] == pytest.approx([1, 2, 2, 2])
    assert [row.loss for row in rows] == [64, 24, 6, 1.5]


@pytest.fixture(scope="module")
def model():
    return LanguageModel(7, 4, 5, rng=np.random.default_rng(1), dtype=np.float64)


def test_positions_are_those_since_the_state_was_zeros(model):
    """Pieces of 8 predictions, read one by one from a fresh state, give the same means."""
    ids = np.random.default_rng(0).integers(0, 7, 24 * 8 + 1)
    alone = np.array(
        [token_losses(model, ids[k : k + 9], batch_size=1) for k in range(0, 24 * 8, 8)]
    )
    assert alone.shape == (24, 8)
    rows = by_position(model, ids, span=8)
    assert [row.label for row in rows] == ["1", "2-3", "4-7", "8"]
    expected = [alone[:, 0], alone[:, 1:3], alone[:, 3:7], alone[:, 7:]]
    assert [row.loss for row in rows] == pytest.approx([e.mean() for e in expected])
    assert [row.share for row in rows] == pytest.approx([1 / 8, 2 / 8, 4 / 8, 1 / 8])


@pytest.mark.parametrize("length", [2, 3, 100, 255, 256, 257, 1000])
def test_shares_and_losses_add_up(model, length):
    ids = np.random.default_rng(length).integers(0, 7, length)
    rows = by_position(model, ids)
    assert sum(row.share for row in rows) == pytest.approx(1)
    pieces = -(-(length - 1) // 255)
    whole = token_losses(model, ids, batch_size=pieces).mean()
    assert sum(row.share * row.loss for row in rows) == pytest.approx(whole)


def test_long_vocabularies_are_read_in_short_batches(model, monkeypatch):
    """Steps for each batch are cut so that its scores fit; the losses do not change."""
    from lessons_lib.training import loss_split

    ids = np.random.default_rng(0).integers(0, 7, 1000)
    before = by_position(model, ids)
    monkeypatch.setattr(loss_split, "_SCORES", 1)
    assert np.allclose([r.loss for r in by_position(model, ids)], [r.loss for r in before])


# By distance, on village text


@pytest.fixture(scope="module")
def test_text():
    return load_corpus("village").test


def test_the_oracle_has_no_excess_and_recalls_everything(test_text):
    for row in by_distance(test_text, -oracle_log_probs(test_text)):
        assert row.excess == pytest.approx(0, abs=1e-12)
        assert row.recall == pytest.approx(1, abs=1e-12)


def test_a_model_that_forgets_after_20_tokens_is_found_out(test_text):
    losses = -oracle_log_probs(test_text)
    losses[dependency_distances(test_text) >= 20] += np.log(8)
    excess = {row.label: row.excess for row in by_distance(test_text, losses)}
    assert excess == pytest.approx(
        {"1": 0, "2-4": 0, "5-9": 0, "10-19": 0, "20-34": np.log(8), "35-59": np.log(8)}
        | {"60+": np.log(8)}
    )
