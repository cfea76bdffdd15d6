"""Lines over training, over time, and over measured places."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import side_by_side, single
from lessons_lib.plots.style import BLUE, LINE_STYLES, MARKERS, VERMILION


def learning_curve(
    records: Sequence[Mapping[str, Any]], *, best_possible: float | None = None
) -> Figure:
    """Perplexity in training and validation against epochs.

    Args:
        records: a run's metrics, as `training.read_metrics` gives them.
        best_possible: the lowest perplexity that any model can have, if it is known.
    """
    figure, axes = single(7, 4)
    train = [(r["epoch"], np.exp(r["train_loss"])) for r in records if "train_loss" in r]
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


def lines_over_time(
    panels: Mapping[str, Mapping[str, npt.ArrayLike]], *, ylabel: str, xlabel: str = "time step"
) -> Figure:
    """Panels side by side on equal axes, each with one line for each label.

    Args:
        panels: by title, and within a panel by label: values at steps 0, 1, … (T,).
        ylabel: what the values are.
        xlabel: what is counted along the horizontal axis.
    """
    figure, all_axes = side_by_side(panels, max(5.5, 3.6 * len(panels)), 3.4, grid=True)
    for axes, (title, lines) in zip(all_axes, panels.items(), strict=True):
        for style, (label, values) in zip(
            itertools.cycle(LINE_STYLES), lines.items(), strict=False
        ):
            axes.plot(np.asarray(values), label=label, linewidth=2, **style)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set(title=title, xlabel=xlabel)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    all_axes[0].set_ylabel(ylabel)
    return figure


def lines_by_distance(
    labels: Sequence[str], lines: Mapping[str, npt.ArrayLike], *, xlabel: str, ylabel: str
) -> Figure:
    """A line for each model over bands of distance, with a marker at each band.

    Args:
        labels: the bands, such as "10-14".
        lines: a value from 0 to 1 for each band, by label.
        xlabel: what the bands are.
        ylabel: what the values are.
    """
    figure, axes = single(7, 3.8, grid=True)
    for style, marker, (label, values) in zip(LINE_STYLES, MARKERS, lines.items(), strict=False):
        axes.plot(labels, np.asarray(values), label=label, linewidth=2, marker=marker, **style)
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 1.05))
    axes.legend()
    return figure


def lines_with_markers(
    x: npt.ArrayLike,
    lines: Mapping[str, npt.ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
) -> Figure:
    """A line for each label over measured places.

    Args:
        x: where was measured, (K,).
        lines: values (K,) by label.
        xlabel: what x is.
        ylabel: what the values are.
    """
    figure, axes = single(6.4, 3.8, grid=True)
    draw_lines(axes, x, lines)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return figure


def draw_lines(axes: Axes, x: npt.ArrayLike, lines: Mapping[str, npt.ArrayLike]) -> None:
    """Draw a line with markers for each label."""
    styles = zip(itertools.cycle(LINE_STYLES), itertools.cycle(MARKERS), strict=False)
    for (style, marker), (label, values) in zip(styles, lines.items(), strict=False):
        axes.plot(np.asarray(x), np.asarray(values), marker=marker, label=label, **style)


def scale_logarithmically(axes: Axes, x: npt.ArrayLike) -> None:
    """Make the horizontal axis logarithmic, with a tick at each measured place."""
    axes.set_xscale("log")
    axes.set_xticks(np.asarray(x), [f"{value:g}" for value in np.asarray(x)])
    axes.set_xticks([], minor=True)


def _columns(pairs: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    return np.array(pairs, dtype=float).reshape(-1, 2).T
