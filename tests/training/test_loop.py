"""The training loop: it learns, and it can be taken up again."""

from dataclasses import replace

import numpy as np
import pytest

from lessons_lib.training import Recipe, Trainer, perplexity

SMALL = Recipe(embed_size=8, hidden_size=8, optimizer="adam", lr=1e-2, batch_size=4, seq_len=5)
IDS = np.tile(np.arange(7), 60)  # 0 1 2 … 6 0 1 …: each token decides the next


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_loss_falls(cell, optimizer):
    recipe = replace(SMALL, cell=cell, optimizer=optimizer, lr=0.02 if optimizer == "adam" else 5.0)
    trainer = Trainer(recipe.build(7), IDS, recipe)
    losses = [trainer.step().loss for _ in range(200)]
    assert np.isclose(losses[0], np.log(7), rtol=0.1)
    assert losses[-1] < 0.1


def test_weight_decay_shrinks_by_its_share_of_the_learning_rate():
    plain = replace(SMALL, optimizer="sgd", lr=0.5)
    decayed = replace(plain, weight_decay=0.1)
    a, b = (Trainer(recipe.build(7), IDS, recipe) for recipe in (plain, decayed))
    before = {name: p.copy() for name, p in a.model.params.items()}
    a.step()
    b.step()
    for name, p in a.model.params.items():
        expected = p - 0.5 * 0.1 * before[name]
        np.testing.assert_allclose(b.model.params[name], expected, rtol=1e-5, atol=1e-9)


def test_state_is_carried_from_batch_to_batch():
    trainer = Trainer(SMALL.build(7), IDS, SMALL)
    trainer.step()
    h, c = trainer.state[0]
    inputs, targets = trainer.batches.batch(1)
    expected, _ = trainer.model.loss(inputs, targets, ((h, c),))
    without, _ = trainer.model.loss(inputs, targets)
    assert trainer.step().loss == expected != without


def test_some_lanes_start_afresh(monkeypatch):
    recipe = replace(SMALL, reset_prob=0.5)
    trainer = Trainer(recipe.build(7), IDS, recipe)
    trainer.step()
    carried = [part.copy() for part in trainer.state[0]]
    loss, states = trainer.model.loss, []
    monkeypatch.setattr(
        trainer.model, "loss", lambda i, t, state: (states.append(state), loss(i, t, state))[1]
    )
    trainer.step()
    for part, before in zip(states[0][0], carried, strict=True):
        kept = part.any(axis=1)
        assert 0 < kept.sum() < 4
        np.testing.assert_array_equal(part[kept], before[kept])


def test_a_restored_trainer_goes_on_the_same_way():
    drops = {"dropout": 0.3, "word_dropout": 0.2, "weight_dropout": 0.2}
    recipe = replace(SMALL, **drops, schedule="plateau", reset_prob=0.2, average=2)
    trainer = Trainer(recipe.build(7), IDS, recipe)
    for _ in range(5):
        trainer.step()
    trainer.schedule.validated(False)
    arrays, values = trainer.save()
    arrays = {name: array.copy() for name, array in arrays.items()}
    again = Trainer(replace(recipe, seed=9).build(7), IDS, recipe)
    again.restore(arrays, values)
    assert [trainer.step() for _ in range(5)] == [again.step() for _ in range(5)]
    for name, p in trainer.model.params.items():
        np.testing.assert_array_equal(p, again.model.params[name])
    assert trainer.validate(IDS) == again.validate(IDS)


def test_averaged_weights_are_validated_and_those_of_the_training_stay():
    recipe = replace(SMALL, average=0.5)
    trainer, plain = (Trainer(r.build(7), IDS, r) for r in (recipe, SMALL))
    steps = max(1, round(recipe.average * trainer.steps_per_epoch))
    seen = {name: [] for name in trainer.model.params}
    for _ in range(steps):
        assert trainer.step() == plain.step()
        for name, p in plain.model.params.items():
            seen[name].append(p.copy())
    with trainer.with_averages() as model:
        for name, values in seen.items():  # until then all count alike
            np.testing.assert_allclose(model.params[name], np.mean(values, axis=0), rtol=1e-5)
        expected = perplexity(model, IDS)
    assert trainer.validate(IDS) == expected != plain.validate(IDS)
    assert trainer.step() == plain.step()
    for name, p in plain.model.params.items():
        average = (1 - 1 / steps) * np.mean(seen[name], axis=0) + p / steps
        np.testing.assert_allclose(trainer.averaged[name], average, rtol=1e-5, atol=1e-7)


def test_a_loss_that_is_not_finite_stops_and_changes_nothing():
    trainer = Trainer(SMALL.build(7), IDS, SMALL)
    trainer.model.params["output.b"][0] = np.nan
    before = {name: p.copy() for name, p in trainer.model.params.items()}
    with pytest.raises(FloatingPointError, match=r"step 1: loss nan .* try a lower learning rate"):
        trainer.step()
    for name, p in trainer.model.params.items():
        np.testing.assert_array_equal(p, before[name])
    assert trainer.steps == 0
