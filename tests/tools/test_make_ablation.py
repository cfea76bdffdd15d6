"""The ablation changes one thing at a time, keeps the best epoch, and ships what it found."""

from dataclasses import replace

import numpy as np
import pytest

from lessons_lib.course.better_model.ablation import Epoch, VariantResult, load
from lessons_lib.files import data_path
from lessons_lib.text import UNKNOWN, Corpus, Vocabulary
from lessons_lib.training import PRESETS, Recipe
from tools import make_ablation, make_best


def test_one_mask_for_all_steps_forwards_and_backwards():
    layer = make_ablation.SameMaskDropout(0.4, rng=np.random.default_rng(0))
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
        make_ablation.build(make_ablation.Variant("", recipe, same_mask=same_mask), 7)
        for same_mask in (False, True)
    ]
    ids = np.arange(6).reshape(6, 1)
    losses = [model.loss(ids, ids)[0] for model in models]
    assert losses[0] != losses[1]
    for model in models:
        model.training = False
    assert models[0].loss(ids, ids)[0] == models[1].loss(ids, ids)[0]


@pytest.fixture(scope="module")
def corpus():
    # Every other token is a function of the one before, so there is something to learn.
    rng = np.random.default_rng(2)
    ids = np.repeat(rng.integers(5, size=300), 2)
    return Corpus(ids[:400], ids[400:500], ids[500:], Vocabulary([*"abcd", UNKNOWN]))


@pytest.fixture(scope="module")
def variant():
    recipe = Recipe(embed_size=6, hidden_size=6, lr=5.0, batch_size=4, seq_len=10, dtype="float64")
    return make_ablation.Variant("small", replace(recipe, epochs=6, schedule="plateau"))


def test_a_run_learns_and_reports_its_best_epoch(variant, corpus):
    seen = []
    result = make_ablation.train_variant(variant, corpus, on_epoch=seen.append)
    assert list(result.epochs) == seen and len(seen) == 6
    valid = [epoch.valid_perplexity for epoch in seen]
    assert result.valid_perplexity == min(valid) < 4
    assert valid[result.best_epoch - 1] == min(valid)
    assert seen[-1].train_loss < seen[0].train_loss
    assert result.num_params == make_ablation.build(variant, 5).num_params


def test_the_weights_of_the_best_epoch_are_measured(variant, corpus):
    """Where the test text is the validation text, both perplexities are of the same weights."""
    wild = replace(variant.recipe, lr=200.0, max_norm=1.0, schedule="constant")
    result = make_ablation.train_variant(
        variant._replace(recipe=wild), corpus._replace(test=corpus.valid)
    )
    assert result.best_epoch < 6, "the last epoch is the best: nothing is tested"
    assert result.test_perplexity == pytest.approx(result.valid_perplexity, rel=1e-12)


def test_results_come_back_as_they_were_saved(tmp_path, corpus):
    epochs = (Epoch(1.0, 2.0, 9.0), Epoch(0.5, 1.5, 8.0))
    result = VariantResult("a", 10, 3.25, 8.0, 8.5, epochs)
    make_ablation.save([result], corpus, tmp_path / "a.json")
    found = load(tmp_path / "a.json")
    assert found.results == {"a": result}
    assert found.results["a"].best_epoch == 2
    assert found.sizes == {"train": 400, "valid": 100, "test": 100, "vocab": 5}
    unknown = (corpus.valid == 4).mean()
    assert found.unknown["valid"] == pytest.approx(unknown) and unknown > 0


# What is shipped


def changes(one, two):
    """What two variants differ in."""
    values = [v.recipe.as_dict() | {"same_mask": v.same_mask} for v in (one, two)]
    return {name for name in values[0] if values[0][name] != values[1][name]}


@pytest.mark.parametrize(
    ("maker", "file"), [(make_ablation, "ablation/ablation.json"), (make_best, "best/best.json")]
)
def test_the_shipped_results_are_of_these_variants(maker, file):
    results, sizes, _ = load(data_path(*file.split("/")))
    assert list(results) == [variant.name for variant in maker.VARIANTS]
    for variant in maker.VARIANTS:
        result = results[variant.name]
        assert result.num_params == make_ablation.build(variant, sizes["vocab"]).num_params
        assert len(result.epochs) == variant.recipe.epochs
        assert result.epochs[0].lr == pytest.approx(variant.recipe.lr)
        assert result.valid_perplexity == min(e.valid_perplexity for e in result.epochs)


def test_each_variant_changes_one_thing():
    for before, after in zip(make_ablation.BUILT_UP, make_ablation.BUILT_UP[1:], strict=False):
        assert len(changes(before, after)) == 1
    for variant in make_ablation.CHANGED:
        assert len(changes(make_ablation.BUILT_UP[-1], variant)) == 1
    by_name = {variant.name: variant for variant in make_ablation.BUILT_UP}
    for variant in make_ablation.OTHER_SEEDS:
        assert changes(by_name[variant.name.split(",")[0]], variant) == {"seed"}


# The recipe `best`


SINCE = {
    "book": set(),
    "better": {"schedule", "average"},
    "best": {"schedule", "average", "seq_len"},
}


def test_the_recipes_are_the_presets_as_they_were_but_for_their_size():
    variants = {variant.name: variant for variant in make_best.VARIANTS}
    sizes = {"embed_size", "hidden_size", "epochs"}
    for preset, since in SINCE.items():
        now = make_ablation.Variant("", PRESETS[preset])
        assert changes(variants[preset], now) - sizes == since


def test_each_variant_of_best_changes_one_thing():
    by_name = {variant.name: variant for variant in make_best.VARIANTS}
    assert len(by_name) == len(make_best.VARIANTS)
    for variant in make_best.VARIANTS:
        if variant.name not in PRESETS and "256 units" not in variant.name:
            model = by_name["better" if variant.name.startswith("better") else "best"]
            assert len(changes(variant, model)) == 1, variant.name
    wider, less = (by_name[f"{name}, 256 units"] for name in ("best", "only entries dropped"))
    assert changes(wider, by_name["best"]) == {"embed_size", "hidden_size"}
    assert changes(less, wider) == {"word_dropout", "weight_dropout"}


def test_the_table_in_the_readme():
    readme = data_path("best", "README.md").read_text(encoding="utf-8")
    for r in load(data_path("best", "best.json")).results.values():
        figures = f"{r.train_perplexity:.1f} | {r.valid_perplexity:.2f} | {r.test_perplexity:.2f}"
        last = r.epochs[-1].valid_perplexity
        assert f"| {r.name} | {r.best_epoch} | {figures} | {last:.1f} |" in readme
