"""Measure what each ingredient of the recipe `best` is worth: one taken away at a time, small.

    python -m tools.make_best

trains every variant on words of tiny Shakespeare (`lessons data fetch shakespeare`) and writes what
it measured to data/best/best.json.
"""

from dataclasses import replace

from lessons_lib.files import data_path
from lessons_lib.training import PRESETS, Recipe
from tools.make_ablation import Variant, measure_all

# Little text for many parameters, and many passes: as 650 units meet Penn Treebank.
SHARE = 1 / 16  # of the training text


def small(preset: str) -> Recipe:
    """A preset at a size that trains in a minute."""
    return replace(PRESETS[preset], embed_size=128, hidden_size=128, epochs=100)


# As they were then; what has changed since is compared in docs/performance.md.
BEST = replace(small("best"), seq_len=35, schedule="cosine", average=0.0)
BETTER = replace(small("better"), schedule="plateau", average=0.0)
WIDER = replace(BEST, embed_size=256, hidden_size=256)

VARIANTS = (
    Variant("book", small("book")),
    Variant("better", BETTER),
    Variant("best", BEST),
    Variant("no dropout between layers", replace(BEST, dropout=0.0)),
    Variant("no dropped words", replace(BEST, word_dropout=0.0)),
    Variant("no dropped recurrent weights", replace(BEST, weight_dropout=0.0)),
    Variant("no tied weights", replace(BEST, tie_weights=False)),
    Variant("no weight decay", replace(BEST, weight_decay=0.0)),
    Variant("no forget bias", replace(BEST, forget_bias=0.0)),
    Variant("a rate of 30", replace(BEST, lr=30.0)),
    Variant("plateau for cosine", replace(BEST, schedule="plateau")),
    Variant("best, same mask", BEST, same_mask=True),
    Variant("better, seed 1", replace(BETTER, seed=1)),
    Variant("best, seed 1", replace(BEST, seed=1)),
    Variant("best, 256 units", WIDER),
    Variant(
        "only entries dropped, 256 units", replace(WIDER, word_dropout=0.0, weight_dropout=0.0)
    ),
)


if __name__ == "__main__":
    measure_all(VARIANTS, SHARE, data_path("best", "best.json"))
