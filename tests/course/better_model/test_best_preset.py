"""The ablation of the recipe `best`: what is varied, and what the shipped results tell."""

import pytest

from lessons_lib.course.better_model import best_preset
from lessons_lib.files import data_path
from lessons_lib.training import PRESETS

SIZES = {"embed_size", "hidden_size", "epochs"}


@pytest.fixture(scope="module")
def shipped():
    return best_preset.load_results()


def changes(one, two):
    a, b = one.as_dict(), two.as_dict()
    return {name for name in a if a[name] != b[name]}


def test_the_recipes_are_the_presets_but_for_their_size():
    variants = {variant.name: variant for variant in best_preset.VARIANTS}
    for preset in ("book", "better", "best"):
        assert changes(variants[preset].recipe, PRESETS[preset]) <= SIZES


def test_each_variant_changes_one_thing():
    by_name = {variant.name: variant for variant in best_preset.VARIANTS}
    assert len(by_name) == len(best_preset.VARIANTS)
    for variant in best_preset.VARIANTS:
        if variant.name not in PRESETS and "256 units" not in variant.name:
            model = by_name["better" if variant.name.startswith("better") else "best"]
            changed = changes(variant.recipe, model.recipe)
            assert len(changed) + variant.same_mask == 1, variant.name
    wider, less = (
        by_name[f"{name}, 256 units"].recipe for name in ("best", "only entries dropped")
    )
    assert changes(wider, by_name["best"].recipe) == {"embed_size", "hidden_size"}
    assert changes(less, wider) == {"word_dropout", "weight_dropout"}


def test_the_shipped_results_are_of_these_variants(shipped):
    assert list(shipped.results) == [variant.name for variant in best_preset.VARIANTS]
    for variant in best_preset.VARIANTS:
        result = shipped.results[variant.name]
        assert result.num_params == variant.recipe.build(shipped.sizes["vocab"]).num_params
        assert len(result.epochs) == variant.recipe.epochs
        assert result.epochs[0].lr == pytest.approx(variant.recipe.lr)
        assert result.valid_perplexity == min(e.valid_perplexity for e in result.epochs)


def test_the_story_that_the_results_tell(shipped):
    valid = {name: result.valid_perplexity for name, result in shipped.results.items()}
    test = {name: result.test_perplexity for name, result in shipped.results.items()}
    for perplexities in (valid, test):
        assert perplexities["best"] < perplexities["better"] < perplexities["book"]
    seeds = abs(valid["best"] - valid["best, seed 1"])
    for name in ("no dropout between layers", "no tied weights", "plateau for cosine"):
        assert valid[name] - valid["best"] > 2 * seeds, name
    for name in ("no dropped words", "no dropped recurrent weights", "no weight decay"):
        assert abs(valid[name] - valid["best"]) < 2 * seeds, f"{name}: the README says otherwise"
    wider, less = (
        shipped.results[f"{name}, 256 units"].epochs[-1].valid_perplexity
        for name in ("best", "only entries dropped")
    )
    assert wider < 0.8 * less, "dropped words and weights keep a wide model from overfitting"


def test_the_table_in_the_readme(shipped):
    readme = data_path("best", "README.md").read_text(encoding="utf-8")
    for r in shipped.results.values():
        figures = f"{r.train_perplexity:.1f} | {r.valid_perplexity:.2f} | {r.test_perplexity:.2f}"
        last = r.epochs[-1].valid_perplexity
        assert f"| {r.name} | {r.best_epoch} | {figures} | {last:.1f} |" in readme
