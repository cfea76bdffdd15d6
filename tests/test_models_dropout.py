"""What the language model drops in training: entries, words, recurrent weights."""

import numpy as np
import pytest

from lessons_lib.models import LanguageModel

each_cell = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])


def make_model(**options):
    rng = np.random.default_rng(0)
    return LanguageModel(30, 8, 8, rng=rng, dtype=np.float64, **options)


def what_the_layers_read(model, ids):
    """The input of the first recurrent layer, in a training step on ids."""
    seen, forward = [], model.layers[0].forward
    model.layers[0].forward = lambda x, state: (seen.append(x.copy()), forward(x, state))[1]
    model.loss(ids, ids)
    return seen[0]


def test_a_dropped_word_is_dropped_wherever_it_is_read():
    model = make_model(word_dropout=0.4)
    ids = np.random.default_rng(2).integers(0, 30, (20, 10))
    share = what_the_layers_read(model, ids) / model.params["embedding.W"][ids]
    kept = np.array([share[ids == word].mean() for word in range(30)])
    np.testing.assert_allclose(share, np.broadcast_to(kept[ids][..., None], share.shape))
    np.testing.assert_allclose(np.unique(kept.round(12)), [0, 1 / 0.6])


@pytest.mark.parametrize("tied", [False, True])
def test_a_dropped_word_learns_nothing_from_being_read(tied):
    model = make_model(word_dropout=0.5, tie_weights=tied)
    ids = np.arange(30).reshape(15, 2)
    dropped = (what_the_layers_read(model, ids) == 0).all(axis=2)
    reading = []  # the gradients that arrive where words were read
    for name in ("backward", "add_gradient"):
        setattr(model.embedding, name, lambda dx: reading.append(dx))
    model.backward()
    np.testing.assert_array_equal((reading[0] == 0).all(axis=2), dropped)
    assert 0 < dropped.sum() < 30


@each_cell
def test_dropped_recurrent_weights(cell):
    """A step with dropped weights is that of a model which has them at 0 and the rest larger."""
    model = make_model(cell=cell, num_layers=2, weight_dropout=0.4)
    before = {name: p.copy() for name, p in model.params.items()}
    masks_from = np.random.default_rng()
    masks_from.bit_generator.state = model.rng.bit_generator.state
    ids, targets = np.random.default_rng(2).integers(0, 30, (2, 9, 4))
    loss, state = model.loss(ids, targets)
    model.backward()

    plain = make_model(cell=cell, num_layers=2)
    masks = {}
    for k in range(2):
        Wh = plain.params[f"rnn.{k}.Wh"]
        masks[f"rnn.{k}.Wh"] = (masks_from.random(Wh.shape, np.float32) >= 0.4) / 0.6
        plain.params[f"rnn.{k}.Wh"] = Wh * masks[f"rnn.{k}.Wh"]
    expected, expected_state = plain.loss(ids, targets)
    plain.backward()
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(np.ravel(state), np.ravel(expected_state), rtol=1e-12)
    for name, g in plain.grads.items():
        np.testing.assert_allclose(model.grads[name], g * masks.get(name, 1), atol=1e-14)
        np.testing.assert_array_equal(model.params[name], before[name])  # training moves all


@each_cell
def test_nothing_is_dropped_in_evaluation(cell):
    dropping = make_model(cell=cell, dropout=0.4, word_dropout=0.3, weight_dropout=0.3)
    ids = np.arange(20).reshape(10, 2)
    dropping.loss(ids, ids)  # has drawn masks once
    with dropping.evaluating():
        logits, _ = dropping.forward(ids)
        dropping.loss(ids, ids)
        dropping.backward()
    plain = make_model(cell=cell)
    np.testing.assert_array_equal(logits, plain.forward(ids)[0])
    plain.loss(ids, ids)
    plain.backward()
    for name, g in plain.grads.items():
        np.testing.assert_array_equal(dropping.grads[name], g)


def test_what_is_dropped_is_saved_with_the_model(tmp_path):
    options = {"dropout": 0.4, "word_dropout": 0.2, "weight_dropout": 0.3}
    make_model(**options).save(tmp_path / "model.safetensors")
    loaded = LanguageModel.load(tmp_path / "model.safetensors")
    assert {name: loaded.config[name] for name in options} == options
    assert (loaded.word_dropout.p, loaded.weight_dropouts[0].p) == (0.2, 0.3)


@pytest.mark.parametrize("name", ["dropout", "word_dropout", "weight_dropout"])
def test_a_probability_is_below_1(name):
    with pytest.raises(ValueError, match=f"{name}: expected a probability from 0 up to but not 1"):
        make_model(**{name: 1.0})
