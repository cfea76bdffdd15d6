"""An RNN unrolled over time with the ways that gradients take, and what truncation does to them."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from lessons_lib.plots.style import BLUE, LINE_STYLES, MARKERS, VERMILION

GREY, PALE = "#333333", "#E8E8E8"
Point = tuple[float, float]


def step_graph() -> Figure:
    """The computation graph of one step, values forward in grey and gradients back in colour."""
    figure = Figure(figsize=(8.6, 3.9), layout="constrained")
    axes = _canvas(figure, (-0.9, 11.4), (-0.3, 5.2))
    places = {
        "$x$": (0.0, 4.4),
        "$W_x$": (0.0, 3.2),
        r"$h_\mathrm{prev}$": (-0.1, 2.0),
        "$W_h$": (0.0, 0.8),
        "$b$": (3.6, 0.8),
    }
    for name, (x, y) in places.items():
        axes.text(x, y, name, ha="center", va="center", fontsize=14)
    _node(axes, (2.3, 3.8), r"$\times$")
    _node(axes, (2.3, 1.4), r"$\times$")
    _node(axes, (4.9, 2.6), "+")
    _box(axes, (7.4, 2.6), "tanh")
    axes.text(9.9, 2.6, "$h$", ha="center", va="center", fontsize=14)

    for start, end in (
        ((0.5, 4.3), (2.05, 3.95)),
        ((0.5, 3.3), (2.05, 3.65)),
        ((0.5, 1.9), (2.05, 1.55)),
        ((0.5, 0.9), (2.05, 1.25)),
        ((2.55, 3.7), (4.68, 2.75)),
        ((2.55, 1.5), (4.68, 2.45)),
        ((3.85, 1.0), (4.75, 2.35)),
        ((5.2, 2.6), (6.85, 2.6)),
        ((7.95, 2.6), (9.55, 2.6)),
    ):
        _both_ways(axes, start, end)
    for place, text in (
        ((6.05, 2.85), "$a$"),
        ((6.05, 2.05), "da"),
        ((8.75, 2.05), "dh"),
        ((1.3, 4.55), "dx"),
        ((1.3, 3.05), "dWx"),
        ((1.2, 2.2), "dh_prev"),
        ((1.3, 0.55), "dWh"),
        ((4.75, 1.35), "db"),
    ):
        colour = GREY if text == "$a$" else VERMILION
        font = {"fontsize": 12} if text == "$a$" else {"fontsize": 10, "family": "monospace"}
        axes.text(*place, text, ha="center", va="center", color=colour, **font)
    return figure


def unrolled_graph() -> Figure:
    """Three steps with a loss each; at the middle one the two gradients meet."""
    figure = Figure(figsize=(9.2, 4.2), layout="constrained")
    axes = _canvas(figure, (-0.3, 13.2), (0.0, 5.9))
    axes.text(0.2, 2.6, "$h_0$", ha="center", va="center", fontsize=14)
    for t, x in enumerate((3.0, 6.5, 10.0), start=1):
        met = t == 2
        _box(axes, (x, 2.6), f"$h_{t}$")
        _box(axes, (x, 5.0), rf"$\ell_{t}$")
        axes.text(x, 0.4, f"$x_{t}$", ha="center", va="center", fontsize=14)
        _arrow(axes, (x, 0.75), (x, 2.2))
        _arrow(axes, (x - 0.12, 3.0), (x - 0.12, 4.65))
        _arrow(axes, (x + 0.12, 4.65), (x + 0.12, 3.0), VERMILION, thick=met)
        axes.text(x + 0.3, 3.85, f"dhs[{t - 1}]", color=VERMILION, fontsize=10, family="monospace")
        before = 0.6 if t == 1 else x - 2.95
        _arrow(axes, (before, 2.72), (x - 0.55, 2.72))
        _arrow(axes, (x - 0.55, 2.48), (before, 2.48), VERMILION, thick=t == 3)
        label = "dh0" if t == 1 else "dh_next"
        middle = (before + x - 0.55) / 2
        axes.text(
            middle, 2.2, label, color=VERMILION, fontsize=10, family="monospace", ha="center",
            va="top",
        )  # fmt: skip
        axes.text(middle, 2.85, "$W_h$", fontsize=10, ha="center", va="bottom")
        axes.text(x + 0.12, 1.4, "$W_x$", fontsize=10, va="center")
    axes.text(12.2, 5.0, r"$L = \ell_1 + \ell_2 + \ell_3$", ha="center", va="center", fontsize=12)
    axes.text(
        6.5, 5.62, "two gradients meet in $h_2$", color=VERMILION, ha="center", va="center",
        fontsize=10,
    )  # fmt: skip
    return figure


def chunk_graph(num_steps: int = 9, length: int = 3) -> Figure:
    """Truncated backpropagation: the state carried over the cuts above, reset at them below."""
    figure = Figure(figsize=(9.2, 3.6), layout="constrained")
    axes = _canvas(figure, (-1.4, num_steps + 0.3), (-0.2, 4.1))
    for y, title, carried in ((3.0, "state\ncarried", True), (0.8, "state reset\nto zeros", False)):
        axes.text(-0.75, y, title, ha="center", va="center", fontsize=10)
        for t in range(num_steps):
            _node(axes, (t + 0.5, y), f"$h_{{{t + 1}}}$", radius=0.27)
            axes.plot([t + 0.5] * 2, [y + 0.27, y + 0.62], color=GREY, lw=1.2)
            axes.text(t + 0.5, y + 0.66, rf"$\ell_{{{t + 1}}}$", ha="center", va="bottom")
            if t == 0:
                continue
            cut = t % length == 0
            if not cut or carried:
                _arrow(axes, (t - 0.23, y + 0.09), (t + 0.23, y + 0.09), GREY)
            if not cut:
                _arrow(axes, (t + 0.23, y - 0.11), (t - 0.23, y - 0.11), VERMILION)
            elif not carried:
                axes.text(t + 0.12, y + 0.02, "0", ha="center", va="center", fontsize=10)
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


def _canvas(figure: Figure, xlim: Point, ylim: Point) -> Axes:
    axes = figure.add_subplot()
    axes.set(xlim=xlim, ylim=ylim, aspect="equal")
    axes.axis("off")
    return axes


def _arrow(
    axes: Axes, start: Point, end: Point, colour: str = GREY, *, thick: bool = False
) -> None:
    arrow = {
        "arrowstyle": "-|>",
        "color": colour,
        "lw": 3.0 if thick else 1.5,
        "ls": "-" if colour == GREY else (0, (4, 1.5)),  # gradients differ by more than colour
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", end, start, arrowprops=arrow)


def _both_ways(axes: Axes, start: Point, end: Point) -> None:
    """A grey arrow forward, and beside it one in colour that leads back."""
    (x0, y0), (x1, y1) = start, end
    size = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    dx, dy = -(y1 - y0) / size * 0.09, (x1 - x0) / size * 0.09
    _arrow(axes, (x0 + dx, y0 + dy), (x1 + dx, y1 + dy))
    _arrow(axes, (x1 - dx, y1 - dy), (x0 - dx, y0 - dy), VERMILION)


def _box(axes: Axes, centre: Point, text: str) -> None:
    corner = centre[0] - 0.45, centre[1] - 0.28
    box = FancyBboxPatch(corner, 0.9, 0.56, boxstyle="round,pad=0.05", fc=PALE, ec=GREY, lw=1.5)
    axes.add_patch(box)
    axes.text(*centre, text, ha="center", va="center", fontsize=12)


def _node(axes: Axes, centre: Point, text: str, *, radius: float = 0.25) -> None:
    axes.add_patch(Circle(centre, radius, fc="white", ec=GREY, lw=1.5, zorder=3))
    axes.text(*centre, text, ha="center", va="center", fontsize=11, zorder=4)
