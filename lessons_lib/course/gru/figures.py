"""One unit of a GRU at work, and the sizes of layers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.gate_map import draw_gates
from lessons_lib.plots.style import BLUE, ORANGE, SKY, VERMILION

PART_STYLES: tuple[dict[str, Any], ...] = (
    {"color": SKY, "hatch": ""},
    {"color": ORANGE, "hatch": "//"},
    {"color": VERMILION, "hatch": "xx"},
)


def gru_unit(
    gates: Mapping[str, npt.ArrayLike],
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    h: npt.ArrayLike,
    *,
    marks: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """One unit of a GRU: its gates as a heat map, and below them what they do to its state.

    Args:
        gates: values from 0 to 1 by the gate's name, (T,) each.
        x: what the input adds to the candidate at each step, (T,).
        n: candidate, (T,).
        h: hidden state, (T,).
        marks: words to stand above some of the steps, which count from 1.
        limits: ends of the lower panel's vertical axis; by default those that the values need.
    """
    steps = np.arange(1, len(np.asarray(x)) + 1)
    figure = Figure(figsize=(max(7, 0.42 * len(steps)), 4.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[len(gates), 4.5])
    draw_gates(figure, top, gates, marks or {})

    bottom.bar(steps, np.asarray(x), width=0.5, color=SKY, label="input x")
    bottom.plot(steps, np.asarray(n), "o", color=VERMILION, label="candidate n")
    bottom.step(
        steps, np.asarray(h), where="mid", color=BLUE, linewidth=2.5, label="hidden state h"
    )
    bottom.axhline(0, color="black", linewidth=0.8)
    bottom.set(xlabel="time step", ylabel="value (no unit)", xticks=steps[:: 1 + len(steps) // 30])
    bottom.set_ylim(limits)
    bottom.grid(alpha=0.3)
    figure.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def parameter_bars(sizes: Mapping[str, Mapping[str, int]]) -> Figure:
    """Numbers of parameters as stacked bars, a bar for each layer.

    Args:
        sizes: by the layer's name, and within a layer by the name of the part; each layer has the
            same parts, at most three.
    """
    figure = Figure(figsize=(7.6, 0.55 * len(sizes) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    names, left = list(sizes), np.zeros(len(sizes))
    for part, style in zip(next(iter(sizes.values())), PART_STYLES, strict=False):
        counts = np.array([parts[part] for parts in sizes.values()])
        axes.barh(names, counts, left=left, label=part, edgecolor="black", linewidth=0.6, **style)
        left += counts
    for row, total in enumerate(left):
        axes.text(total, row, f" {total:,.0f}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_xlim(right=1.15 * left.max())
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("number of parameters")
    axes.set_ylabel("layer")
    figure.legend(loc="outside lower center", ncols=3)
    return figure
