"""Measurements around backpropagation through time and its truncation."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from lessons_lib.plots.style import BLUE, LINE_STYLES

MARKERS = ("o", "s", "^", "D")


def measured_curves(
    x: npt.ArrayLike,
    lines: Mapping[str, npt.ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    log: str = "",
    theory: Mapping[str, npt.ArrayLike] | None = None,
    marked: Mapping[str, float] | None = None,
) -> Figure:
    """Lines with a marker at every measured point; several seeds give a median and a band.

    Args:
        x: where was measured, (K,).
        lines: by label, values (K,), or (seeds, K): the band goes from the smallest to the largest.
        xlabel: what x is.
        ylabel: what the values are.
        log: axes that are logarithmic: "", "x", "y" or "xy".
        theory: by label, values (K,) to draw as thin black lines.
        marked: by label, places on the horizontal axis to mark by a vertical line.
    """
    x = np.asarray(x)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for style, marker, (label, values) in zip(LINE_STYLES, MARKERS, lines.items(), strict=False):
        seeds = np.atleast_2d(np.asarray(values, float))
        axes.plot(x, np.median(seeds, axis=0), label=label, marker=marker, markersize=5, **style)
        if len(seeds) > 1:
            axes.fill_between(x, seeds.min(0), seeds.max(0), color=style["color"], alpha=0.18)
    for label, values in (theory or {}).items():
        axes.plot(x, np.asarray(values), color="black", linewidth=1, label=label)
    for label, place in (marked or {}).items():
        axes.axvline(place, color="black", linewidth=1, linestyle=(0, (1, 2)), label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_xscale("log" if "x" in log else "linear")
    axes.set_yscale("log" if "y" in log else "linear")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


def loss_reach(panels: Mapping[str, npt.ArrayLike]) -> Figure:
    """Which losses reach which steps, a panel for each way to go back.

    Args:
        panels: by title, booleans (T, T): the loss of step [t] reaches step [s].
    """
    figure = Figure(figsize=(3.3 * len(panels) + 0.4, 4.2), layout="constrained")
    all_axes: Sequence = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, reached) in zip(all_axes, panels.items(), strict=True):
        reached = np.asarray(reached, float)
        T = len(reached)
        edges = np.arange(T + 1) + 0.5
        colours = ListedColormap(["#F2F2F2", BLUE])
        axes.pcolormesh(
            edges, edges, reached, cmap=colours, vmin=0, vmax=1, edgecolors="white", linewidth=1
        )
        ticks = range(1, T + 1, 1 + T // 10)
        axes.set(title=title, xlabel="… arrives at step", aspect="equal", xticks=ticks)
        axes.set_yticks(ticks)
        axes.tick_params(length=0)
    all_axes[0].invert_yaxis()  # the axis is shared
    all_axes[0].set_ylabel("the loss of step …")
    return figure
