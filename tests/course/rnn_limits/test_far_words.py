"""Recall by distance, and the gradient that flows back from a name to where it was read."""

import numpy as np
import pytest

from lessons_lib.course.rnn_limits import far_words
from lessons_lib.course.shared.names_asked import Recall
from lessons_lib.course.shared.traces import read
from lessons_lib.functions import log_softmax
from lessons_lib.gradients import numerical_gradient
from lessons_lib.models import LanguageModel
from lessons_lib.text import dependency_distances, load_corpus, oracle_log_probs


@pytest.fixture
def small():
    model = LanguageModel(7, 3, 5, cell="rnn", rng=np.random.default_rng(0), dtype=np.float64)
    model.params["rnn.0.b"][...] = np.random.default_rng(1).normal(size=5)
    return model


def test_the_scene_is_village_text_in_which_only_tom_fits():
    vocab, lengths = load_corpus("village").vocab, []
    for num_fillers in range(len(far_words.FILLERS) + 1):
        words = far_words.scene(num_fillers)
        ids = vocab.encode([*words, "Tom"])
        assert oracle_log_probs(ids)[-1] == 0
        assert words[len(words) - dependency_distances(ids)[-1]] == "Tom"
        lengths.append(len(words))
    assert lengths == sorted(set(lengths))


def test_bands_hold_every_place_once():
    distances = np.arange(1, 100)
    rows = far_words.by_band(distances, {"distance": distances, "one": np.ones(99)})
    assert sum(row.places for row in rows) == 99
    assert (rows[1].label, rows[1].places, rows[1].means["distance"]) == ("5-9", 5, 7)
    assert rows[-1].label == "45+"
    assert all(row.means["one"] == 1 for row in rows)


def test_the_way_back_is_the_gradient(small):
    ids, target, position = np.array([3, 1, 4, 1, 5, 6, 2]), 2, 6
    p = small.params
    x = p["embedding.W"][ids]  # (T, D)

    def loss(start, h, inputs):
        for x_t in inputs[start:]:
            h = np.tanh(x_t @ p["rnn.0.Wx"] + h @ p["rnn.0.Wh"] + p["rnn.0.b"])
        return -log_softmax(h @ p["output.W"] + p["output.b"])[target]

    hs = read(small, ids).h
    way = far_words.way_back(small, hs, target, position, 4)
    for k in range(5):
        t = position - k
        dh = numerical_gradient(lambda h, t=t: loss(t + 1, h, x), hs[t])
        assert way.h[k] == pytest.approx(np.linalg.norm(dh), rel=1e-5)
        dx = numerical_gradient(
            lambda v, t=t: loss(t, hs[t - 1], np.vstack([x[:t], v, x[t + 1 :]])), x[t]
        )
        assert way.x[k] == pytest.approx(np.linalg.norm(dx), rel=1e-5)

    def last_step(Wh):
        h = np.tanh(x[6] @ p["rnn.0.Wx"] + hs[5] @ Wh + p["rnn.0.b"])
        return -log_softmax(h @ p["output.W"] + p["output.b"])[target]

    dWh = numerical_gradient(last_step, p["rnn.0.Wh"])
    assert way.Wh[0] == pytest.approx(np.linalg.norm(dWh), rel=1e-5)


def test_several_ways_back_are_stacked(small):
    ids = np.array([3, 1, 4, 1, 5, 6, 2])
    hs = read(small, ids).h
    places = [Recall(0, 6, 3), Recall(0, 5, 2)]
    ways = far_words.ways_back(small, hs, ids, places, 3)
    np.testing.assert_array_equal(ways.h[1], far_words.way_back(small, hs, 6, 4, 3).h)
    assert ways.x.shape == ways.Wh.shape == (2, 4)
