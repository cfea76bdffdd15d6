"""Measure what each ingredient of a better language model is worth: one change at a time.

    python -m tools.make_ablation

trains every variant on words of tiny Shakespeare (`lessons data fetch shakespeare`) and writes what
it measured to data/ablation/ablation.json.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.course.better_model.ablation import Epoch, VariantResult
from lessons_lib.files import data_path, write_atomically
from lessons_lib.layers import Dropout
from lessons_lib.models import LanguageModel
from lessons_lib.text import UNKNOWN, Corpus, load_corpus, word_corpus
from lessons_lib.text.words import words_of
from lessons_lib.training import Recipe, Trainer, perplexity

# The book's recipe, and its better model, at a size that a laptop trains in minutes.
ONE_LAYER = Recipe(embed_size=128, hidden_size=128, forget_bias=1.0, epochs=20)
TWO_LAYERS = replace(ONE_LAYER, num_layers=2)
DROPOUT = replace(TWO_LAYERS, dropout=0.4)
TIED = replace(DROPOUT, tie_weights=True)
ALL = replace(TIED, schedule="cosine")


class Variant(NamedTuple):
    """One row of the table."""

    name: str
    recipe: Recipe
    same_mask: bool = False  # one dropout mask for all steps of a batch


# Built up one by one, then the last of them with one thing changed.
BUILT_UP = (
    Variant("1 layer", ONE_LAYER),
    Variant("2 layers", TWO_LAYERS),
    Variant("+ dropout", DROPOUT),
    Variant("+ tied weights", TIED),
    Variant("+ cosine schedule", ALL),
)
CHANGED = (
    Variant("all, same mask", ALL, same_mask=True),
    Variant("all, plateau schedule", replace(ALL, schedule="plateau")),
    Variant("all, no dropout", replace(ALL, dropout=0.0)),
)
OTHER_SEEDS = tuple(
    Variant(f"{variant.name}, seed {seed}", replace(variant.recipe, seed=seed))
    for variant in BUILT_UP[-2:]
    for seed in (1, 2)
)
VARIANTS = (*BUILT_UP, *CHANGED, *OTHER_SEEDS)


class SameMaskDropout(Dropout):
    """Dropout with one mask for all time steps of a batch.

    Source: Gal and Ghahramani (2016), "A theoretically grounded application of dropout in recurrent
    neural networks".
    """

    def forward(self, x: npt.ArrayLike) -> np.ndarray:
        """Drop the same entries of x (T, N, H) at each step."""
        x = np.asarray(x)
        mask = super().forward(np.ones_like(x[:1]))  # (1, N, H)
        self._cache = mask, x.shape
        return x * mask


def build(variant: Variant, vocab_size: int) -> LanguageModel:
    """The untrained model of a variant."""
    model = variant.recipe.build(vocab_size)
    if variant.same_mask:
        p = variant.recipe.dropout
        model.dropouts = [SameMaskDropout(p, rng=model.rng) for _ in model.dropouts]
    return model


def train_variant(
    variant: Variant, corpus: Corpus, *, on_epoch: Callable[[Epoch], None] = lambda epoch: None
) -> VariantResult:
    """Train one variant, and measure it with the weights of its best epoch.

    Args:
        variant: what to train.
        corpus: on what.
        on_epoch: called after each epoch.
    """
    model = build(variant, len(corpus.vocab))
    trainer = Trainer(model, corpus.train, variant.recipe)
    best = math.inf
    kept: dict[str, np.ndarray] = {}
    epochs = []
    for _ in range(variant.recipe.epochs):
        steps = [trainer.step() for _ in range(trainer.steps_per_epoch)]
        valid = perplexity(model, corpus.valid)
        epochs.append(Epoch(steps[0].lr, float(np.mean([s.loss for s in steps])), valid))
        on_epoch(epochs[-1])
        trainer.schedule.validated(valid < best)
        if valid < best:
            best = valid
            kept = {name: p.copy() for name, p in model.params.items()}
    model.params.update(kept)
    seen, test = corpus.train[: len(corpus.valid)], corpus.test
    return VariantResult(
        variant.name,
        model.num_params,
        perplexity(model, seen),
        best,
        perplexity(model, test),
        tuple(epochs),
    )


def save(results: Sequence[VariantResult], corpus: Corpus, path: str | Path) -> None:
    """Write results to a JSON file, rounded to what is worth keeping."""
    parts = {name: getattr(corpus, name) for name in ("train", "valid", "test")}
    unknown_id = corpus.vocab.encode([UNKNOWN])[0]
    content = {
        "sizes": {name: len(ids) for name, ids in parts.items()} | {"vocab": len(corpus.vocab)},
        "unknown": {name: float((ids == unknown_id).mean()) for name, ids in parts.items()},
        "results": tuple(result._asdict() for result in results),
    }
    write_atomically(path, json.dumps(_rounded(content)).encode() + b"\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def measure_all(variants: Sequence[Variant], share: float, path: Path) -> None:
    """Train variants on a share of tiny Shakespeare's words, and write what was measured."""
    corpus = word_corpus(load_corpus("shakespeare"), share=share, split=words_of)
    results = []
    for variant in variants:
        results.append(train_variant(variant, corpus))
        result = results[-1]
        print(
            f"{result.name}: {result.num_params:,} parameters, perplexity in validation "
            f"{result.valid_perplexity:.2f}, test {result.test_perplexity:.2f} after "
            f"{result.best_epoch} epochs",
            flush=True,
        )
        save(results, corpus, path)


if __name__ == "__main__":
    measure_all(VARIANTS, 0.25, data_path("ablation", "ablation.json"))
