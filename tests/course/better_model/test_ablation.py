"""The ablation changes one thing at a time, keeps the best epoch, and ships what it found."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from lessons_lib.course.better_model import ablation
from lessons_lib.files import data_path
from lessons_lib.layers import Dropout
from lessons_lib.models import LanguageModel
from lessons_lib.text import UNKNOWN, Corpus, Vocabulary, word_corpus
from lessons_lib.text.tokens import words_of
from lessons_lib.training import Recipe, exp_loss, perplexity, token_losses


def characters(train, valid, test):
    vocab = Vocabulary(sorted(set(train + valid + test)))
    return Corpus(*(vocab.encode(text) for text in (train, valid, test)), vocab)


def test_words_are_small_and_marks_and_line_ends_stand_alone():
    words = words_of("ROMEO:\n\n'Tis Fire, is't?\nNo")
    assert words == ["romeo", ":", "\n", "'tis", "fire", ",", "is't", "?", "\n", "no"]


def test_rare_words_of_the_share_that_is_used_become_unknown():
    corpus = word_corpus(
        characters("to be or to be be xx yy yy yy", "to yy", "or be"), share=0.6, min_count=2
    )
    assert corpus.vocab.tokens == ("be", "to", UNKNOWN)
    assert corpus.vocab.decode(corpus.train) == ["to", "be", UNKNOWN, "to", "be", "be"]
    assert corpus.vocab.decode(corpus.valid) == ["to", UNKNOWN]
    assert corpus.vocab.decode(corpus.test) == [UNKNOWN, "be"]


def test_one_mask_for_all_steps_forwards_and_backwards():
    layer = ablation.SameMaskDropout(0.4, rng=np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(6, 5, 40))
    mask = layer.forward(x) / x
    np.testing.assert_allclose(mask, np.broadcast_to(mask[0], mask.shape))
    assert (mask == 0).mean() == pytest.approx(0.4, abs=0.08)
    np.testing.assert_allclose(np.unique(mask.round(12)), [0, 1 / 0.6])
    assert not np.array_equal(mask[0, 0], mask[0, 1])
    np.testing.assert_allclose(layer.backward(np.ones_like(x)), mask)
    assert not np.array_equal(layer.forward(x) / x, mask)
    layer.training = False
    np.testing.assert_array_equal(layer.forward(x), x)


def test_the_same_mask_changes_nothing_but_the_masks():
    recipe = Recipe(embed_size=4, hidden_size=4, num_layers=2, dropout=0.5, dtype="float64")
    models = [
        ablation.build(ablation.Variant("", recipe, same_mask=same_mask), 7)
        for same_mask in (False, True)
    ]
    for name, value in models[0].params.items():
        np.testing.assert_array_equal(value, models[1].params[name])
    assert [len(model.dropouts) for model in models] == [3, 3]
    assert [layer.p for layer in models[1].dropouts] == [0.5] * 3
    kinds = [{type(layer) for layer in model.dropouts} for model in models]
    assert kinds == [{Dropout}, {ablation.SameMaskDropout}]
    ids = np.arange(6).reshape(6, 1)
    losses = [model.loss(ids, ids)[0] for model in models]
    assert losses[0] != losses[1]
    for model in models:
        model.training = False
    losses = [model.loss(ids, ids)[0] for model in models]
    assert losses[0] == losses[1]


@pytest.fixture(scope="module")
def corpus():
    # Every other token is a function of the one before, so there is something to learn.
    rng = np.random.default_rng(2)
    ids = np.repeat(rng.integers(5, size=300), 2)
    return Corpus(ids[:400], ids[400:500], ids[500:], Vocabulary([*"abcd", UNKNOWN]))


@pytest.fixture(scope="module")
def variant():
    recipe = Recipe(embed_size=6, hidden_size=6, lr=5.0, batch_size=4, seq_len=10, dtype="float64")
    return ablation.Variant("small", replace(recipe, epochs=6, schedule="plateau"))


def test_a_run_learns_and_reports_its_best_epoch(variant, corpus):
    seen = []
    result = ablation.run(variant, corpus, on_epoch=seen.append)
    assert list(result.epochs) == seen and len(seen) == 6
    valid = [epoch.valid_perplexity for epoch in seen]
    assert result.valid_perplexity == min(valid) < 4
    assert valid[result.best_epoch - 1] == min(valid)
    assert seen[-1].train_loss < seen[0].train_loss
    assert result.num_params == ablation.build(variant, 5).num_params


def test_the_weights_of_the_best_epoch_are_measured(variant, corpus):
    """Where the test text is the validation text, both perplexities are of the same weights."""
    wild = replace(variant.recipe, lr=200.0, max_norm=1.0, schedule="constant")
    result = ablation.run(variant._replace(recipe=wild), corpus._replace(test=corpus.valid))
    assert result.best_epoch < 6, "the last epoch is the best: nothing is tested"
    assert result.test_perplexity == pytest.approx(result.valid_perplexity, rel=1e-12)


def test_the_rate_falls_on_a_plateau(variant, corpus):
    result = ablation.run(variant._replace(recipe=replace(variant.recipe, lr=40.0)), corpus)
    best, lr = math.inf, 40.0
    for epoch in result.epochs:
        assert epoch.lr == pytest.approx(lr)
        if epoch.valid_perplexity >= best:
            lr /= 4
        best = min(best, epoch.valid_perplexity)


def test_results_come_back_as_they_were_saved(tmp_path, corpus):
    epochs = (ablation.Epoch(1.0, 2.0, 9.0), ablation.Epoch(0.5, 1.5, 8.0))
    result = ablation.Result("a", 10, 3.25, 8.0, 8.5, epochs)
    ablation.save([result], corpus, tmp_path / "a.json")
    found = ablation.load(tmp_path / "a.json")
    assert found.results == {"a": result}
    assert found.results["a"].best_epoch == 2
    assert found.sizes == {"train": 400, "valid": 100, "test": 100, "vocab": 5}
    unknown = (corpus.valid == 4).mean()
    assert found.unknown["valid"] == pytest.approx(unknown) and unknown > 0


# What is shipped


def test_the_shipped_results_are_of_these_variants():
    results, sizes, _ = ablation.load()
    assert list(results) == [variant.name for variant in ablation.VARIANTS]
    for variant in ablation.VARIANTS:
        result = results[variant.name]
        assert result.num_params == ablation.build(variant, sizes["vocab"]).num_params
        assert len(result.epochs) == variant.recipe.epochs
        assert result.epochs[0].lr == variant.recipe.lr
        lowest = min(epoch.valid_perplexity for epoch in result.epochs)
        assert result.valid_perplexity == lowest


def test_the_story_that_the_ablation_tells():
    results = ablation.load().results
    test = {name: result.test_perplexity for name, result in results.items()}
    tied, seeds = (
        [test[name], test[f"{name}, seed 1"], test[f"{name}, seed 2"]]
        for name in ("+ tied weights", "+ cosine schedule")
    )
    assert test["+ dropout"] < 0.95 * min(test["1 layer"], test["2 layers"])
    assert max(seeds) < test["all, same mask"] < test["all, no dropout"]
    assert max(tied) < min(seeds), "the lesson says that the schedule does not pay here"
    assert max(seeds) - min(seeds) < 0.3, "the lesson says that the cosine is calm"
    assert max(tied) - min(tied) > 0.5, "the lesson says that the constant rate is not"
    two = results["2 layers"]
    assert two.epochs[-1].valid_perplexity > 1.1 * two.valid_perplexity


def test_each_variant_changes_one_thing():
    for before, after in zip(ablation.BUILT_UP, ablation.BUILT_UP[1:], strict=False):
        assert len(_changes(before, after)) == 1
    for variant in ablation.CHANGED:
        assert len(_changes(ablation.BUILT_UP[-1], variant)) == 1
    by_name = {variant.name: variant for variant in ablation.BUILT_UP}
    for variant in ablation.OTHER_SEEDS:
        assert _changes(by_name[variant.name.split(",")[0]], variant) == ["seed"]


def _changes(one, two):
    values = [v.recipe.as_dict() | {"same_mask": v.same_mask} for v in (one, two)]
    return [name for name in values[0] if values[0][name] != values[1][name]]


def test_the_shipped_model_of_characters_reads_the_excerpt():
    model = LanguageModel.load(data_path("weights", "shakespeare-char.safetensors"))
    vocab = Vocabulary(json.loads(model.metadata["vocabulary"]))
    ids = vocab.encode(data_path("shakespeare", "excerpt.txt").read_text(encoding="utf-8"))
    assert (model.config["num_layers"], model.config["tie_weights"]) == (2, True)
    reached = exp_loss(token_losses(model, ids).mean(dtype=float))
    assert 4.5 < reached < 6
    assert reached == pytest.approx(perplexity(model, ids), rel=1e-6)
