"""A mask keeps means, and dropout with p = 0 is the network itself."""

import numpy as np
import pytest

from lessons_lib.course.better_model import dropout
from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.shared.names_asked import find_recalls
from lessons_lib.course.shared.traces import next_word_probs, read
from lessons_lib.text import load_corpus


def test_a_mask_has_mean_1_and_the_variance_of_theory():
    for p in (0.0, 0.5, 0.8):
        mask = dropout.draw_mask((200, 1000), p, np.random.default_rng(1))
        assert mask.mean() == pytest.approx(1, abs=0.02)
        assert mask.var() == pytest.approx(p / (1 - p), rel=0.02)


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
