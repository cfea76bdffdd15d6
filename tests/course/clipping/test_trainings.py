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


def test_the_global_norm_keeps_the_direction(grads):
    step = trainings.clipped(grads, "global norm", 1.0)
    assert global_norm(step) == pytest.approx(1.0)
    assert trainings.cosine(grads, step) == pytest.approx(1.0, abs=1e-12)


def test_per_array_every_array_has_a_norm_of_its_own(grads):
    step = trainings.clipped(grads, "per array", 1.0)
    norms = [np.linalg.norm(g) for g in step.values()]
    np.testing.assert_allclose(norms, [1, 1, 0.01 * 2**0.5], rtol=1e-5)
    assert trainings.cosine(grads, step) < 0.9


def test_by_value_every_entry_is_cut(grads):
    step = trainings.clipped(grads, "by value", 0.5)
    np.testing.assert_array_equal(step["Wh"], np.clip(grads["Wh"], -0.5, 0.5))
    assert trainings.cosine(grads, step) < 0.99


@pytest.mark.parametrize("kind", trainings.KINDS)
def test_the_gradients_themselves_stay(grads, kind):
    before = {name: g.copy() for name, g in grads.items()}
    trainings.clipped(grads, kind, 0.1)
    for name, g in grads.items():
        np.testing.assert_array_equal(g, before[name])


def test_the_cosine_is_that_of_the_long_vectors(grads):
    others = {name: g[::-1] + 1 for name, g in grads.items()}
    a, b = (np.concatenate([g.ravel() for g in part.values()]) for part in (grads, others))
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert trainings.cosine(grads, others) == pytest.approx(expected)


@pytest.fixture(scope="module")
def village():
    corpus = load_corpus("village")
    return {"ids": corpus.train, "vocab_size": len(corpus.vocab)}


def test_a_training_records_every_update(village):
    run = trainings.train_language_model(**village, lr=3.0, threshold=0.5, num_updates=40)
    assert run.losses.shape == run.norms.shape == run.lengths.shape == (40,)
    np.testing.assert_allclose(run.lengths, np.minimum(run.norms, 0.5), rtol=1e-5)
    assert run.share_clipped == (run.norms > 0.5).mean()
    assert run.final_loss == run.losses[-30:].mean() < run.losses[0]


def test_clipping_makes_a_large_learning_rate_possible(village):
    plain = trainings.train_language_model(**village, lr=3.0, num_updates=60)
    clipped = trainings.train_language_model(**village, lr=3.0, threshold=0.3, num_updates=60)
    assert plain.share_clipped == 0
    assert plain.losses.max() > 10
    assert clipped.losses.max() < 5.6
    assert clipped.final_loss < 4


def test_if_all_updates_are_clipped_only_the_product_counts(village):
    runs = [
        trainings.train_language_model(**village, lr=lr, threshold=m, num_updates=50)
        for lr, m in ((1.0, 0.1), (4.0, 0.025))
    ]
    assert all(run.share_clipped == 1 for run in runs)
    np.testing.assert_allclose(runs[0].losses, runs[1].losses, rtol=1e-4)


def test_contributions_fade_or_grow_with_the_lag():
    small = [global_norm(part) for part in trainings.grads_by_lag(0.5)]
    large = [global_norm(part) for part in trainings.grads_by_lag(3.0)]
    assert len(small) == 40
    assert small[20] < 1e-4 * small[0]
    assert large[39] > 100 * large[0]


def test_contributions_add_up_to_the_gradient():
    parts = trainings.grads_by_lag(1.0, T=6, hidden_size=3, seed=2)
    rng = np.random.default_rng(2)
    rnn = RNN(8, 3, dtype=np.float64)
    rnn.params["Wx"], Wh, _ = fresh_weights("rnn", 8, 3, rng)
    rnn.params["Wh"] = scale_to_radius(Wh, 1.0)
    rnn.forward(0.1 * rng.normal(size=(6, 1, 8)))
    rnn.backward(np.zeros((6, 1, 3)), rng.normal(size=(1, 3)))
    for name, whole in rnn.grads.items():
        # Where large terms cancel, what is left has the rounding error of the large ones.
        total, atol = sum(part[name] for part in parts), 1e-13 * np.abs(whole).max()
        np.testing.assert_allclose(total, whole, rtol=1e-12, atol=atol)


@pytest.mark.parametrize("max_norm", [np.inf, 0.3])
def test_no_threshold_helps_where_gradients_vanish(max_norm):
    near = trainings.train_recall(1, radius=0.3, max_norm=max_norm)
    far = trainings.train_recall(10, radius=0.3, max_norm=max_norm)
    assert near.accuracy > 0.99
    assert far.accuracy < 0.2
    assert far.norms.shape == (600,)
    assert far.norms.max() < 1
    assert np.median(far.reach) < 1e-3  # and so little arrives at the first symbol
    assert np.median(near.reach) > 0.1


def test_clipping_helps_where_gradients_explode():
    plain, clipped = (trainings.train_recall(10, radius=1.0, max_norm=m) for m in (np.inf, 0.3))
    assert plain.accuracy < 0.4
    assert plain.norms.max() > 5
    assert clipped.accuracy > 0.95
    assert np.median(clipped.reach) > 1
