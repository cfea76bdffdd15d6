"""What `better` and `best` reach by time, as they were and as they are, and what else was tried.

    OPENBLAS_NUM_THREADS=1 python benchmarks/recipes.py [NAME ...]
    python benchmarks/recipes.py --cores 2

trains the recipes with 100 units on the words of the text that is shipped, and keeps the
perplexities after each epoch in results/recipes.json, beside the seconds of a processor that
training took until there; measuring them is not counted, nor is what else the machine does. What
the file has already is not trained again. Then it prints two tables and draws
docs/images/recipes.png. With --cores it prints what share of the time a step takes on so many.
"""

import json
import math
import statistics
import sys
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from lessons_lib.files import write_atomically
from lessons_lib.plots import save_figure
from lessons_lib.plots.drawing import side_by_side
from lessons_lib.plots.style import LINE_STYLES
from lessons_lib.text import Corpus, Vocabulary, shakespeare_opening, word_corpus
from lessons_lib.text.words import words_of
from lessons_lib.training import PRESETS, Recipe, Trainer, perplexity

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "recipes.json"
FIGURE = ROOT / "docs" / "images" / "recipes.png"
SEEDS = (0, 1, 2)


def small(preset: str, **changes: Any) -> Recipe:
    """A preset at a size that trains in minutes, with some values changed."""
    return replace(PRESETS[preset], **{"embed_size": 100, "hidden_size": 100} | changes)


COSINE: dict[str, Any] = {"schedule": "cosine", "average": 0.0}
BEFORE = {
    "better": small("better", schedule="plateau", epochs=40, average=0.0),
    "best": small("best", seq_len=35, **COSINE),
}
COMPARED = {
    "better, as before": BEFORE["better"],
    "better": small("better"),
    "best, as before": BEFORE["best"],
    "best": small("best"),
}
TRIED = {
    "better, without averages": small("better", average=0.0),
    "better, cosine": small("better", **COSINE),
    "better, cosine, batches of 20 steps": small("better", seq_len=20, **COSINE),
    "best, without averages": small("best", average=0.0),
    "best, cosine": small("best", **COSINE),
    "best, cosine, embedding from 0.1 and rate 30": small(
        "best", embed_scale=0.1, lr=30.0, **COSINE
    ),
    "best, cosine, 12 epochs": small("best", epochs=12, **COSINE),
    "best, as before, 12 epochs": replace(BEFORE["best"], epochs=12),
    "best, as before, 12 epochs, Adam": replace(
        BEFORE["best"], epochs=12, optimizer="adam", lr=4e-3, embed_scale=0.1, max_norm=1.0
    ),
}
RUNS = {
    f"{name}, seed {seed}": replace(recipe, seed=seed)
    for seed in SEEDS
    for name, recipe in COMPARED.items()
} | TRIED


class Point(NamedTuple):
    """One epoch's end."""

    epoch: int
    seconds: float  # of a processor, in training
    valid: float
    test: float


def corpus() -> Corpus:
    """Words of the first 300,000 characters of tiny Shakespeare."""
    text = shakespeare_opening()
    vocab = Vocabulary(sorted(set(text)))
    ids = vocab.encode(text)
    cuts = [len(ids) * 90 // 100, len(ids) * 95 // 100]
    return word_corpus(Corpus(*np.split(ids, cuts), vocab), split=words_of)


def curve(recipe: Recipe, text: Corpus) -> list[Point]:
    """Train, and measure after each epoch."""
    model = recipe.build(len(text.vocab))
    trainer = Trainer(model, text.train, recipe)
    points: list[Point] = []
    seconds = 0.0
    while not trainer.finished:
        begun = time.thread_time()
        trainer.step()
        seconds += time.thread_time() - begun
        if trainer.steps % trainer.steps_per_epoch == 0:
            valid = trainer.validate(text.valid)
            with trainer.with_averages():
                test = perplexity(model, text.test)
            epoch = trainer.steps // trainer.steps_per_epoch
            points.append(Point(epoch, round(seconds, 1), valid, test))
    return points


def kept(points: list[Point]) -> Point:
    """The epoch whose weights the recipe keeps."""
    return min(points, key=lambda point: point.valid)


def time_to(points: list[Point], perplexity: float) -> float:
    """Seconds until the validation perplexity was reached; infinite if it was not."""
    return next((point.seconds for point in points if point.valid <= perplexity), math.inf)


def on_cores(count: int, text: Corpus, turns: int = 9, steps: int = 20) -> None:
    """Print the time of a step on so many cores, as a share of that on one, measured by turns."""
    blas = ThreadpoolController().select(user_api="blas")
    print(f"| recipe | ms on one core | share on {count} | middle half |\n|---|---|---|---|")
    for name, recipe in COMPARED.items():
        trainer = Trainer(recipe.build(len(text.vocab)), text.train, recipe)
        trainer.step()
        took: dict[int, list[float]] = {1: [], count: []}
        for _, cores in product(range(turns), took):
            with blas.limit(limits=cores):
                begun = time.perf_counter()
                for _ in range(steps):
                    trainer.step()
                took[cores].append(1000 * (time.perf_counter() - begun) / steps)
        shares = [many / one for one, many in zip(*took.values(), strict=True)]
        low, middle, high = statistics.quantiles(shares)
        one = statistics.median(took[1])
        print(f"| {name} | {one:.0f} | {middle:.2f} | {low:.2f} to {high:.2f} |", flush=True)


def draw(found: dict[str, list[Point]]) -> None:
    """Validation perplexity by time, a line for each seed, each recipe beside what it was."""
    figure, panels = side_by_side(("better", "best"), 8.4, 3.6, grid=True)
    for axes, name in zip(panels, ("better", "best"), strict=True):
        for label, style in zip((f"{name}, as before", name), LINE_STYLES, strict=False):
            for seed in SEEDS:
                points = found[f"{label}, seed {seed}"]
                axes.plot(
                    [point.seconds for point in points],
                    [point.valid for point in points],
                    label=label if seed == 0 else None,
                    **style,
                )
        axes.set(xlabel="seconds of a processor", yscale="log", ylim=(31, 65))
        axes.set_yticks([32, 34, 36, 40, 50, 60], labels=["32", "34", "36", "40", "50", "60"])
        axes.minorticks_off()
        axes.legend()
    panels[0].set_ylabel("perplexity in validation")
    save_figure(figure, FIGURE)


def main(names: list[str]) -> None:
    """Train what is not there yet, print the tables, draw the figure; or time steps on cores."""
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    text = corpus()
    if names[:1] == ["--cores"]:
        return on_cores(int(names[1]), text)
    for name in names or RUNS:
        if name not in stored:
            stored[name] = curve(RUNS[name], text)
            write_atomically(RESULTS, json.dumps(stored).encode() + b"\n")
            print(name, *stored[name][-1:], flush=True)
    found = {name: [Point(*point) for point in points] for name, points in stored.items()}
    print("| recipe | seconds | epoch | validation | test |\n|---|---|---|---|---|")
    for name, points in found.items():
        best, last = kept(points), points[-1]
        numbers = f"{last.seconds:.0f} | {best.epoch} of {last.epoch}"
        print(f"| {name} | {numbers} | {best.valid:.2f} | {best.test:.2f} |")
    print("\n| recipe | validation | test | seconds | to what it reached before |")
    print("|---|---|---|---|---|")
    for name in COMPARED:
        if all(f"{name}, seed {seed}" in found for seed in SEEDS):
            runs = [found[f"{name}, seed {seed}"] for seed in SEEDS]
            before = [found[f"{name.split(',')[0]}, as before, seed {seed}"] for seed in SEEDS]
            cells = [
                f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f}"
                for values in ([kept(r).valid for r in runs], [kept(r).test for r in runs])
            ]
            seconds = statistics.mean(run[-1].seconds for run in runs)
            until = [time_to(r, kept(b).valid) for r, b in zip(runs, before, strict=True)]
            print(
                f"| {name} | {' | '.join(cells)} | {seconds:.0f} | {statistics.mean(until):.0f} |"
            )
    if {f"{name}, seed {seed}" for name in COMPARED for seed in SEEDS} <= set(found):
        draw(found)


if __name__ == "__main__":
    main(sys.argv[1:])
