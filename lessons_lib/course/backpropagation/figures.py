"""An RNN unrolled over time with the ways that gradients take, and what truncation does to them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import (
    GREY,
    Point,
    arrow,
    box,
    canvas,
    node,
    put_text,
    side_by_side,
    single,
)
from lessons_lib.plots.style import BLUE, LINE_STYLES, MARKERS, VERMILION

BOX = 0.9, 0.56
GRADIENT: dict[str, Any] = {"color": VERMILION, "fontsize": 10, "family": "monospace"}


def unrolled_graph() -> Figure:
    """Three steps with a loss each; at the middle one the two gradients meet."""
    figure, axes = canvas(9.2, 4.2, (-0.3, 13.2), (0.0, 5.9))
    put_text(axes, 0.2, 2.6, "$h_0$", fontsize=14)
    for t, x in enumerate((3.0, 6.5, 10.0), start=1):
        met = t == 2
        box(axes, (x, 2.6), BOX, f"$h_{t}$", fontsize=12, lw=1.5)
        box(axes, (x, 5.0), BOX, rf"$\ell_{t}$", fontsize=12, lw=1.5)
        put_text(axes, x, 0.4, f"$x_{t}$", fontsize=14)
        _way(axes, (x, 0.75), (x, 2.2))
        _way(axes, (x - 0.12, 3.0), (x - 0.12, 4.65))
        _way(axes, (x + 0.12, 4.65), (x + 0.12, 3.0), VERMILION, thick=met)
        axes.text(x + 0.3, 3.85, f"dhs[{t - 1}]", **GRADIENT)
        before = 0.6 if t == 1 else x - 2.95
        _way(axes, (before, 2.72), (x - 0.55, 2.72))
        _way(axes, (x - 0.55, 2.48), (before, 2.48), VERMILION, thick=t == 3)
        label = "dh0" if t == 1 else "dh_next"
        middle = (before + x - 0.55) / 2
        put_text(axes, middle, 2.2, label, va="top", **GRADIENT)
        axes.text(middle, 2.85, "$W_h$", fontsize=10, ha="center", va="bottom")
        axes.text(x + 0.12, 1.4, "$W_x$", fontsize=10, va="center")
    put_text(axes, 12.2, 5.0, r"$L = \ell_1 + \ell_2 + \ell_3$", fontsize=12)
    put_text(axes, 6.5, 5.62, "two gradients meet in $h_2$", color=VERMILION, fontsize=10)
    return figure


def chunk_graph(num_steps: int = 9, length: int = 3) -> Figure:
    """Truncated backpropagation: the state carried over the cuts above, reset at them below."""
    figure, axes = canvas(9.2, 3.6, (-1.4, num_steps + 0.3), (-0.2, 4.1))
    for y, title, carried in ((3.0, "state\ncarried", True), (0.8, "state reset\nto zeros", False)):
        put_text(axes, -0.75, y, title, fontsize=10)
        for t in range(num_steps):
            node(axes, (t + 0.5, y), f"$h_{{{t + 1}}}$", radius=0.27, lw=1.5)
            axes.plot([t + 0.5] * 2, [y + 0.27, y + 0.62], color=GREY, lw=1.2)
            axes.text(t + 0.5, y + 0.66, rf"$\ell_{{{t + 1}}}$", ha="center", va="bottom")
            if t == 0:
                continue
            cut = t % length == 0
            if not cut or carried:
                _way(axes, (t - 0.23, y + 0.09), (t + 0.23, y + 0.09), GREY)
            if not cut:
                _way(axes, (t + 0.23, y - 0.11), (t - 0.23, y - 0.11), VERMILION)
            elif not carried:
                put_text(axes, t + 0.12, y + 0.02, "0", fontsize=10)
            if cut:
                axes.plot([t, t], [y - 0.62, y + 0.85], color=GREY, lw=1.6, ls=":")
    return figure


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
    figure, axes = single(7, 4, grid=True)
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
    axes.legend()
    return figure


def loss_reach(panels: Mapping[str, npt.ArrayLike]) -> Figure:
    """Which losses reach which steps, a panel for each way to go back.

    Args:
        panels: by title, booleans (T, T): the loss of step [t] reaches step [s].
    """
    figure, all_axes = side_by_side(panels, 3.3 * len(panels) + 0.4, 4.2)
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


def _way(axes: Axes, start: Point, end: Point, colour: str = GREY, *, thick: bool = False) -> None:
    dashes = "-" if colour == GREY else (0, (4, 1.5))  # gradients differ by more than colour
    arrow(axes, start, end, colour, lw=3.0 if thick else 1.5, ls=dashes)
