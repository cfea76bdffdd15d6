"""Places that ask for a name are found, and another name makes another village text."""

import numpy as np
import pytest

from lessons_lib.course.shared import names_asked
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus, oracle_log_probs


@pytest.fixture(scope="module")
def village():
    corpus = load_corpus("village")
    return corpus, corpus.test[:6000], corpus.vocab.decode(corpus.test[:6000])


def test_recalls_are_certain_and_as_far_as_they_say(village):
    _, ids, words = village
    recalls = names_asked.find_recalls(ids, words, min_distance=25)
    assert len(recalls) > 20
    certain = oracle_log_probs(ids)
    for recall in recalls:
        assert words[recall.start] == "***" and "***" not in words[recall.start + 1 : recall.asked]
        assert certain[recall.asked - 1] == pytest.approx(0, abs=1e-12)
        name = words[recall.asked]
        last = max(t for t in range(recall.start, recall.asked) if words[t] == name)
        assert recall.distance == recall.asked - last >= 25


def test_a_renamed_scene_is_still_village_text(village):
    corpus, ids, words = village
    for recall in names_asked.find_recalls(ids, words, min_distance=25)[:10]:
        scene, name = words[recall.start : recall.asked + 1], words[recall.asked]
        renamed, new = names_asked.rename(scene, name)
        assert new not in scene and name not in renamed
        assert [a == b for a, b in zip(scene, renamed, strict=True)] == [w != name for w in scene]
        oracle_log_probs(corpus.vocab.encode(renamed))  # raises if it is not


def test_swapping_a_name_compares_two_readings(village):
    corpus, _, words = village
    model = LanguageModel(len(corpus.vocab), 3, 4, rng=np.random.default_rng(0), dtype=np.float64)
    words = words[:40]
    name = next(word for word in words if word in names_asked.PEOPLE)
    swap = names_asked.swap_name(model, corpus.vocab, words, name)
    assert swap.names[0] == name and swap.names[1] not in words
    first = words.index(name)
    one, two = swap.traces
    apart = np.abs(one.h - two.h).max(axis=1), np.abs(one.c - two.c).max(axis=1)
    for distance in apart:
        assert (distance[:first] == 0).all() and (distance[first:] > 0).all()
