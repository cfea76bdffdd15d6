"""The figures of what a network remembers: equal to `influence`, and to what is known."""

import numpy as np
import pytest

from lessons_lib.course.lstm_gradient.remembering import (
    KINDS,
    StandIns,
    between_names,
    matters_most,
    name_effects,
    read_scene,
    stand_ins,
)
from lessons_lib.course.shared.names_asked import find_recalls
from lessons_lib.files import data_path
from lessons_lib.influence import in_float64, influence
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus


@pytest.fixture(scope="module")
def village():
    return load_corpus("village")


@pytest.fixture(scope="module")
def gru():
    return LanguageModel.load(data_path("weights", "village-gru.safetensors"))


def test_a_scene_read_at_once_is_each_word_by_influence(village, gru):
    ids = np.asarray(village.test[:14])
    words = village.vocab.decode(ids[:-1])
    unigram = np.full(len(village.vocab), 1 / len(village.vocab))
    instead = stand_ins(words, village.vocab, unigram, np.random.default_rng(0))
    reading = read_scene(gru, ids, instead)
    for t in (3, 12):
        for k in (0, 3):
            assert np.sum(ids[: t + 1] == ids[k]) == 1  # else `influence` swaps too little
            swap = influence(gru, ids, t, replacement=list(map(int, instead[k].ids)))[k]
            assert reading.swap[t, k] == pytest.approx(swap, abs=1e-9)
    assert not np.triu(reading.swap, 1).any() and not np.triu(reading.foretold, 1).any()
    with gru.evaluating():
        logits, _ = gru.forward(ids[:6, None])
    assert reading.likeliest[5, 0] == np.argmax(logits[-1, 0])


def test_what_is_foretold_is_the_slope_of_a_small_step(village, gru):
    ids = np.asarray(village.test[:10])
    gru64 = LanguageModel(**gru.config | {"dtype": "float64", "vocab_size": len(village.vocab)})
    for name, value in gru.params.items():
        gru64.params[name] = value.astype(np.float64)
    E = gru64.params["embedding.W"]
    # A word that stands nowhere else and is near to the one it replaces.
    other = next(n for n in range(len(E)) if n not in ids)
    E[other] = E[ids[4]] + 1e-6 * np.linspace(-1, 1, E.shape[1])
    instead = [StandIns(np.array([one]), False) for one in ids[:-1]]
    instead[4] = StandIns(np.array([other]), True)
    reading = read_scene(gru64, ids, instead)
    np.testing.assert_allclose(reading.foretold[4:, 4], reading.swap[4:, 4], rtol=1e-3)


def test_names_and_the_way_between_them(village, gru):
    ids = np.asarray(village.test[:3000])
    recalls = find_recalls(ids, village.vocab.decode(ids), 20)[:3]
    effects = name_effects(gru, village.vocab, ids, recalls)
    recall = recalls[0]
    text = ids[recall.start : recall.asked]
    (name,) = village.vocab.decode([ids[recall.asked]])
    kind = next(kind for kind in KINDS if name in kind)
    rival = next(one for one in kind if one not in village.vocab.decode(text))
    odds, slope = between_names(gru, village.vocab, text, (name, rival), np.array([0, 1e-6, 1]))
    assert odds[2] - odds[0] == pytest.approx(effects.swapped[0], abs=1e-9)
    assert (odds[1] - odds[0]) / 1e-6 == pytest.approx(slope, rel=1e-3)
    assert slope == pytest.approx(effects.foretold[0], abs=1e-9)


def test_the_word_that_matters_most_when_it_is_blotted_out(village, gru):
    ids = np.asarray(village.test[:30])
    quiet = in_float64(gru)
    E = quiet.params["embedding.W"]

    def odds(x, right, rival):
        for layer in quiet.layers:
            x, _ = layer.forward(x)
        logits = x[-1, 0] @ quiet.params["output.W"] + quiet.params["output.b"]
        return logits[right] - logits[rival]

    assert len(set(ids)) < len(ids)  # some words stand there several times
    for pair in ((5, 9), (20, 3), (1, 43), (87, 26), (15, 219), (2, 100)):
        changes = {}
        for word in ids:
            blotted = np.where((ids == word)[:, None], E.mean(axis=0), E[ids])
            changes[int(word)] = abs(odds(blotted[:, None], *pair) - odds(E[ids][:, None], *pair))
        assert matters_most(gru, ids, *pair) == max(changes, key=changes.get)
