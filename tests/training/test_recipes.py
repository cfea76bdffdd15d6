"""Recipes: what the presets say, and settings that are refused in plain words."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lessons_lib.text import load_corpus
from lessons_lib.training import PRESETS, Recipe, Trainer


def test_the_book_recipe():
    """Deep Learning from Scratch 2, chapter 6: the figures of its first language model."""
    recipe = PRESETS["book"]
    assert (recipe.embed_size, recipe.hidden_size, recipe.num_layers) == (100, 100, 1)
    assert (recipe.optimizer, recipe.lr, recipe.schedule) == ("sgd", 20.0, "constant")
    assert (recipe.batch_size, recipe.seq_len, recipe.max_norm) == (20, 35, 0.25)
    assert recipe.epochs == 4
    params = recipe.build(2000).params
    assert np.isclose(params["embedding.W"].std(), 0.01, rtol=0.02)
    assert np.isclose(params["rnn.0.Wx"].std(), 0.1, rtol=0.02)
    assert np.isclose(params["output.W"].std(), 0.1, rtol=0.02)
    assert not params["rnn.0.b"].any() and not params["output.b"].any()


def test_the_best_recipe_is_the_better_one_with_more_dropped():
    best, better = PRESETS["best"].as_dict(), PRESETS["better"].as_dict()
    assert {name for name in best if best[name] != better[name]} == {
        "dropout",
        "word_dropout",
        "weight_dropout",
        "forget_bias",
        "weight_decay",
        "seq_len",
    }


def test_numpys_numbers_become_pythons():
    given = Recipe(hidden_size=np.int64(4), lr=np.float32(0.5), epochs=np.int8(2), seed=np.uint8(3))
    assert json.dumps(given.as_dict()) == json.dumps(
        Recipe(hidden_size=4, lr=0.5, epochs=2, seed=3).as_dict()
    )


def test_first_values_that_a_recipe_sets():
    model = Recipe(hidden_size=4, embed_size=50, embed_scale=0.3, forget_bias=1.5).build(400)
    assert np.isclose(model.params["embedding.W"].std(), 0.3, rtol=0.05)
    np.testing.assert_array_equal(model.params["rnn.0.b"].reshape(4, 4)[1], 1.5)
    assert np.count_nonzero(model.params["rnn.0.b"]) == 4


def test_what_is_dropped_reaches_the_model():
    recipe = Recipe(hidden_size=4, embed_size=4, dropout=0.1, word_dropout=0.2, weight_dropout=0.3)
    config = recipe.build(7).config
    for name in ("dropout", "word_dropout", "weight_dropout"):
        assert config[name] == getattr(recipe, name)


def test_settings():
    recipe = Recipe().with_settings(["lr=0.5", "cell=gru", "epochs=3", "tie_weights=true"])
    assert (recipe.lr, recipe.cell, recipe.epochs, recipe.tie_weights) == (0.5, "gru", 3, True)
    assert Recipe().with_settings([]) == Recipe()


@pytest.mark.parametrize("preset", PRESETS)
def test_other_cells(preset):
    lstm = PRESETS[preset]
    gru_lr = lstm.lr / 2 if lstm.optimizer == "sgd" else lstm.lr
    for cell, lr in (("lstm", lstm.lr), ("gru", gru_lr), ("rnn", lstm.lr / 5)):
        set_by_name = lstm.with_settings([f"cell={cell}"])
        assert set_by_name.lr == pytest.approx(lr)
        assert replace(set_by_name, lr=lstm.lr) == replace(lstm, cell=cell)
        other = lstm.for_cell(cell, 12)
        assert (other.cell, other.hidden_size, other.lr) == (cell, 12, set_by_name.lr)
        assert other.embed_size == (12 if lstm.tie_weights else lstm.embed_size)
        assert other.for_cell("lstm", 12).lr == pytest.approx(lstm.lr)


def test_a_learning_rate_that_is_set_stays():
    rnn = PRESETS["better"].with_settings(["cell=rnn", "lr=0.5"])
    assert rnn.lr == 0.5 == rnn.with_settings(["cell=rnn"]).lr


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_learns_with_every_cell(preset, cell):
    """At a small size, on the beginning of the village."""
    village = load_corpus("village")
    recipe = PRESETS[preset].for_cell(cell, 16)
    recipe = replace(recipe, seq_len=min(recipe.seq_len, 20), batch_size=min(recipe.batch_size, 20))
    trainer = Trainer(recipe.build(len(village.vocab)), village.train[:20_000], recipe)
    losses = [trainer.step().loss for _ in range(60)]
    assert np.isclose(losses[0], np.log(len(village.vocab)), rtol=0.2)
    assert min(losses[-10:]) < losses[0] - 0.3
    for p in trainer.model.params.values():
        assert np.isfinite(p).all()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("colour=red", "NAME=VALUE"),
        ("lr", "lr: expected a number"),
        ("lr=fast", "lr: expected a number, got 'fast'"),
        ("lr=0", "lr: expected a number above 0"),
        ("lr=nan", "lr: expected a number above 0"),
        ("epochs=1.5", "epochs: expected a whole number"),
        ("epochs=0", "epochs: expected at least 1"),
        ("tie_weights=maybe", "tie_weights: expected true or false"),
        ("cell=transformer", "cell: expected one of rnn, lstm, gru"),
        ("optimizer=magic", "optimizer: expected one of sgd, adam"),
        ("dropout=1", "dropout: expected a probability from 0 up to"),
        ("word_dropout=-0.1", "word_dropout: expected a probability from 0 up to"),
        ("weight_dropout=1.5", "weight_dropout: expected a probability from 0 up to"),
        ("seed=-1", "seed: expected 0 or more"),
        ("average=inf", "average: expected 0 or more, and no infinity, got inf"),
    ],
)
def test_settings_that_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Recipe().with_settings([setting])


@pytest.mark.parametrize("name", ["seed", "patience"])
def test_a_count_that_is_no_whole_number(name):
    with pytest.raises(TypeError, match=f"{name}: expected a whole number, got 1.0"):
        Recipe(**{name: 1.0})


def test_no_memory_is_taken_for_a_model_that_no_file_may_hold():
    for setting in ("hidden_size=100000", "num_layers=99999999999999", "embed_size=99999999999"):
        with pytest.raises(ValueError, match="expected a model of at most 4,000,000,000 bytes"):
            Recipe().with_settings([setting]).build(10)
