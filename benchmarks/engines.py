"""Perplexity by time of one recipe with each engine, on the village.

    python benchmarks/engines.py --epochs 8 --out build/engines

The engines take turns epoch by epoch, each in a process of its own, and their runs are kept: given
again with more epochs the command goes on. It draws engines.png into the folder and prints a table.
"""

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from lessons_lib.models import LanguageModel
from lessons_lib.plots import save_figure
from lessons_lib.plots.drawing import single
from lessons_lib.plots.style import LINE_STYLES, MARKERS
from lessons_lib.text import load_corpus
from lessons_lib.training import PRESETS, Run, read_metrics
from lessons_lib.training.folders import Record

ENGINES = {"numpy": "NumPy", "torch": "PyTorch"}


def train(engine: str, preset: str, tokens: int, epochs: int, device: str, folder: Path) -> None:
    """Go on with one engine's run until so many epochs are done."""
    make = LanguageModel
    if engine == "torch":
        from functools import partial

        from lessons_lib.training.torch_engine import TorchLanguageModel

        make = partial(TorchLanguageModel, device=device)
    village = load_corpus("village")
    valid = village.valid[: max(tokens // 10, 1000)]
    corpus = village._replace(train=village.train[:tokens], valid=valid)
    recipe = replace(PRESETS[preset], epochs=epochs)
    Run("village", corpus, recipe, folder / engine, make=make).train(resume=True)


def validated(folder: Path) -> list[Record]:
    """The records of a run's epochs, none if it is not begun."""
    return [r for r in read_metrics(folder) if "valid_perplexity" in r]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="better")
    parser.add_argument("--tokens", type=int, default=10**9, help="of the training text")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--device", default="cpu", help="of PyTorch")
    parser.add_argument("--out", type=Path, default=Path("build/engines"))
    parser.add_argument("--only", choices=ENGINES, help="train this one, to the last epoch")
    given = parser.parse_args()
    if given.only:
        train(given.only, given.preset, given.tokens, given.epochs, given.device, given.out)
        return
    same = ["--preset", given.preset, "--tokens", str(given.tokens), "--out", str(given.out)]
    for epoch in range(1, given.epochs + 1):
        for engine in ENGINES:
            if epoch > len(validated(given.out / engine)):
                more = ["--only", engine, "--epochs", str(epoch), "--device", given.device]
                subprocess.run([sys.executable, __file__, *same, *more], check=True)
    epochs = {name: validated(given.out / engine) for engine, name in ENGINES.items()}
    print("| epoch | NumPy: seconds | perplexity | PyTorch: seconds | perplexity | ratio of time |")
    print("|---|---|---|---|---|---|")
    for ours, theirs in zip(*epochs.values(), strict=True):
        cells = [f"{r['seconds']:.0f} | {r['valid_perplexity']:.3f}" for r in (ours, theirs)]
        ratio = ours["seconds"] / theirs["seconds"]
        print(f"| {ours['epoch']:.0f} | {cells[0]} | {cells[1]} | {ratio:.2f} |")
    figure, axes = single(6.4, 3.8, grid=True)
    for (name, records), style, marker in zip(epochs.items(), LINE_STYLES, MARKERS, strict=False):
        seconds = [r["seconds"] for r in records]
        reached = [r["valid_perplexity"] for r in records]
        axes.plot(seconds, reached, label=name, marker=marker, **style)
    axes.set(xlabel="seconds", ylabel="perplexity in validation", yscale="log")
    axes.legend()
    save_figure(figure, given.out / "engines.png")


if __name__ == "__main__":
    main()
