"""Dropout keeps means, wears a memory away as a power, and spares what it does not touch."""

import numpy as np
import pytest

from lessons_lib.course.better_model import dropout
from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.shared.names_asked import find_recalls
from lessons_lib.course.shared.traces import next_word_probs, read
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus
from lessons_lib.training import perplexity


def test_a_sum_keeps_its_mean_and_spreads_as_theory_says():
    x = np.random.default_rng(0).normal(loc=0.5, size=50)
    for p in (0.0, 0.5):
        spread = dropout.spread_of_a_sum(x, p, 40_000, np.random.default_rng(1))
        assert spread.without == pytest.approx(x.sum())
        assert spread.sums.mean() == pytest.approx(x.sum(), abs=0.15)
        theory = np.sqrt(p / (1 - p) * (x**2).sum())
        assert spread.sums.std() == pytest.approx(theory, rel=0.02)


def test_fresh_masks_wear_a_memory_away_as_a_power_and_the_same_mask_takes_its_share_once():
    shares = dropout.still_held(0.1, 20, 20_000, np.random.default_rng(2))
    np.testing.assert_allclose(shares, 0.9 ** np.arange(21), atol=0.015)
    shares = dropout.still_held(0.3, 20, 20_000, np.random.default_rng(3), same_mask=True)
    assert (shares[0], shares[1]) == (1, pytest.approx(0.7, abs=0.015))
    np.testing.assert_array_equal(shares[1:], shares[1])


@pytest.mark.parametrize("place", dropout.PLACES)
def test_without_dropout_each_place_is_the_model_itself(place):
    model, corpus = shipped("lstm"), load_corpus("village")
    ids = corpus.test[:3000]
    recalls = find_recalls(ids, corpus.vocab.decode(ids), min_distance=15)[:4]
    expected = []
    for recall in recalls:
        trace = read(model, ids[recall.start : recall.asked])
        expected.append(next_word_probs(model, trace.h[-1:])[0, ids[recall.asked]])
    rng = np.random.default_rng(4)
    found = dropout.recall_under_dropout(model, ids, recalls, place, 0.0, rng)
    assert found == pytest.approx(np.mean(expected), rel=1e-10)
    dropped = dropout.recall_under_dropout(model, ids, recalls, place, 0.5, rng)
    assert dropped != pytest.approx(found, rel=0.01)


def test_dropout_left_on_costs_and_off_it_is_the_usual_perplexity():
    rng = np.random.default_rng(7)
    ids = rng.integers(6, size=203)
    model = LanguageModel(6, 4, 4, dropout=0.5, rng=rng, dtype=np.float64)
    for name in ("embedding.W", "output.W"):
        model.params[name] *= 5
    first, second = (
        dropout.perplexity_left_on(model, ids, np.random.default_rng(seed)) for seed in (0, 1)
    )
    assert first != second
    for layer in model.dropouts:
        layer.p = 0.0
    off = dropout.perplexity_left_on(model, ids, np.random.default_rng(0))
    assert off == pytest.approx(perplexity(model, ids), rel=1e-12)
