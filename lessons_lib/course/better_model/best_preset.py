"""What each ingredient of the recipe `best` is worth: one taken away at a time, at a small size.

`python -m lessons_lib.course.better_model.best_preset` trains every variant on words of tiny
Shakespeare and writes what it measured to data/best/best.json.
"""

from dataclasses import replace

from lessons_lib.course.better_model.ablation import Ablation, Variant, load, run, save
from lessons_lib.files import data_path
from lessons_lib.text import load_corpus, word_corpus
from lessons_lib.training import PRESETS, Recipe

RESULTS = "best.json"
# Little text for many parameters, and many passes: as 650 units meet Penn Treebank.
SHARE = 1 / 16  # of the training text


def small(preset: str) -> Recipe:
    """A preset at a size that trains in a minute."""
    return replace(PRESETS[preset], embed_size=128, hidden_size=128, epochs=100)


BEST = small("best")
BETTER = small("better")
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


def load_results() -> Ablation:
    """The results that are shipped."""
    return load(data_path("best", RESULTS))


def main() -> None:
    """Train every variant and write the results."""
    corpus = word_corpus(load_corpus("shakespeare"), share=SHARE)
    results = []
    for variant in VARIANTS:
        results.append(run(variant, corpus))
        result = results[-1]
        print(
            f"{result.name}: validation perplexity {result.valid_perplexity:.2f}, test "
            f"{result.test_perplexity:.2f} after {result.best_epoch} epochs",
            flush=True,
        )
        save(results, corpus, data_path("best") / RESULTS)


if __name__ == "__main__":
    main()
