"""One unit of a GRU at work, and the sizes of layers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import single
from lessons_lib.plots.one_unit import one_unit
from lessons_lib.plots.style import ORANGE, SKY, VERMILION

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
    values = {"input x": ("bars", x), "candidate n": ("points", n), "hidden state h": ("line", h)}
    return one_unit(gates, values, marks=marks, limits=limits)


def parameter_bars(sizes: Mapping[str, Mapping[str, int]]) -> Figure:
    """Numbers of parameters as stacked bars, a bar for each layer.

    Args:
        sizes: by the layer's name, and within a layer by the name of the part; each layer has the
            same parts, at most three.
    """
    figure, axes = single(7.6, 0.55 * len(sizes) + 1.5)
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
