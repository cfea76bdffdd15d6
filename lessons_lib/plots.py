"""Draws what the experiments return: arrays in, a figure out.

Colours are Okabe and Ito's, which stay apart for colour-blind readers, and lines differ in dash or
marker as well.
"""

import io
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.files import write_atomically

BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"


def save_figure(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure as PNG, atomically.

    Raises:
        OSError: if the file cannot be written.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    write_atomically(path, buffer.getvalue())


def learning_curve(
    records: Sequence[Mapping[str, Any]], *, best_possible: float | None = None
) -> Figure:
    """Perplexity in training and validation against epochs.

    Args:
        records: a run's metrics, as `training.read_metrics` gives them.
        best_possible: the lowest perplexity that any model can have, if it is known.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    train = [(r["epoch"], np.exp(r["train_loss"])) for r in records]
    valid = [(r["epoch"], r["valid_perplexity"]) for r in records if "valid_perplexity" in r]
    axes.plot(
        *_columns(train), color=BLUE, linewidth=1, label="training, mean since the last point"
    )
    axes.plot(*_columns(valid), color=VERMILION, marker="o", markersize=4, label="validation")
    if best_possible is not None:
        axes.axhline(best_possible, color="black", linestyle="--", label="best possible")
    axes.set(xlabel="epoch", ylabel="perplexity", yscale="log", title="Learning curve")
    # The first steps start near the size of the vocabulary; what matters happens far below.
    axes.set_ylim(top=min(axes.get_ylim()[1], 1.5 * max((p for _, p in valid), default=np.inf)))
    axes.yaxis.set_major_formatter("{x:.3g}")
    axes.yaxis.set_minor_formatter("{x:.3g}")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    return figure


def _columns(pairs: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    return np.array(pairs, dtype=float).reshape(-1, 2).T
