"""Each kind of clipping does what it is called, in a step and in a training."""

import numpy as np
import pytest

from lessons_lib.course.clipping import trainings
from lessons_lib.course.shared.weights import fresh_weights, scale_to_radius
from lessons_lib.gradients import global_norm
from lessons_lib.layers import RNN
from lessons_lib.text import load_corpus


@pytest.fixture
def grads():
    rng = np.random.default_rng(0)
    return {"Wh": 10 * rng.normal(size=(4, 4)), "b": rng.normal(size=4), "c": 0.01 * np.ones(2)}


def test_each_kind_cuts_what_it_is_called_after_and_leaves_the_gradients_alone(grads):
    before = {name: g.copy() for name, g in grads.items()}
    norms = {
        kind: [np.linalg.norm(g) for g in trainings.clipped(grads, kind, 1.0).values()]
        for kind in trainings.KINDS
    }
    whole = global_norm(grads)
    expected = [np.linalg.norm(g) / whole for g in grads.values()]
    np.testing.assert_allclose(norms["global norm"], expected, rtol=1e-5)
    np.testing.assert_allclose(norms["per array"], [1, 1, 0.01 * 2**0.5], rtol=1e-5)
    expected = [np.linalg.norm(np.clip(g, -1, 1)) for g in grads.values()]
    np.testing.assert_allclose(norms["by value"], expected)
    for name, g in grads.items():
        np.testing.assert_array_equal(g, before[name])


def test_the_cosine_is_that_of_the_long_vectors(grads):
    others = {name: g[::-1] + 1 for name, g in grads.items()}
    a, b = (np.concatenate([g.ravel() for g in part.values()]) for part in (grads, others))
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert trainings.cosine(grads, others) == pytest.approx(expected)


def test_a_training_records_every_update():
    corpus = load_corpus("village")
    run = trainings.train_language_model(
        corpus.train, len(corpus.vocab), lr=3.0, threshold=0.5, num_updates=40
    )
    assert run.losses.shape == run.norms.shape == run.lengths.shape == (40,)
    np.testing.assert_allclose(run.lengths, np.minimum(run.norms, 0.5), rtol=1e-5)
    assert run.share_clipped == (run.norms > 0.5).mean()
    assert run.final_loss == run.losses[-30:].mean() < run.losses[0]


def test_contributions_add_up_to_the_gradient():
    parts = trainings.grads_by_lag(1.0, T=6, hidden_size=3, seed=2)
    rng = np.random.default_rng(2)
    rnn = RNN(8, 3, dtype=np.float64)
    rnn.params["Wx"], Wh, _ = fresh_weights("rnn", 8, 3, rng)
    rnn.params["Wh"] = scale_to_radius(Wh, 1.0)
    rnn.forward(0.1 * rng.normal(size=(6, 1, 8)))
    rnn.backward(np.zeros((6, 1, 3)), rng.normal(size=(1, 3)))
    for name, whole in rnn.grads.items():
        np.testing.assert_allclose(sum(part[name] for part in parts), whole, rtol=1e-12)


def test_recall_is_learned_over_one_step():
    near = trainings.train_recall(1, radius=0.3, max_norm=0.3)
    assert near.accuracy > 0.99
    assert near.norms.shape == (600,)
    assert np.median(near.reach) > 0.1
