"""Values over the words of a text."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons_lib.plots.drawing import single
from lessons_lib.plots.style import LINE_STYLES


def heat_map_over_text(
    rows: Mapping[str, npt.ArrayLike],
    tokens: Sequence[str],
    *,
    label: str,
    limits: tuple[float, float],
    full_bars: Mapping[str, npt.ArrayLike] | None = None,
    open_bars: Mapping[str, npt.ArrayLike] | None = None,
    token: str = "word",
) -> Figure:
    """Values at each word of a text, with bars over stretches of it.

    Args:
        rows: values (T,) by the name of the row; NaN is left grey.
        tokens: the text, T words.
        label: what the values are.
        limits: the values at the two ends of the colour scale.
        full_bars: by the name of the row, booleans (T,): where to draw a black bar over it.
        open_bars: likewise, a white bar.
        token: what the text is made of.
    """
    T = len(tokens)
    figure, axes = single(0.23 * T + 2.2, 0.6 * len(rows) + 1.9)
    values = np.array(list(rows.values()), float)
    edges = np.arange(T + 1) - 0.5, np.arange(len(rows) + 1) - 0.5
    diverging = limits[0] < 0 < limits[1]
    cmap = "PuOr" if diverging else "cividis"
    axes.set_facecolor("0.85")
    image = axes.pcolormesh(*edges, values, cmap=cmap, vmin=limits[0], vmax=limits[1])
    for row, name in enumerate(rows):
        for bars, colour in ((full_bars, "black"), (open_bars, "white")):
            for left, right in _stretches((bars or {}).get(name, [False] * T)):
                corner, width = (left - 0.5, row - 0.45), right - left + 1
                axes.add_patch(Rectangle(corner, width, 0.14, facecolor=colour, edgecolor="black"))
    axes.hlines(edges[1][1:-1], -0.5, T - 0.5, color="white", linewidth=3)
    axes.invert_yaxis()
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_xticks(range(T), tokens, rotation=90, fontsize=9)
    axes.tick_params(length=0)
    axes.set_xlabel(f"the text, one {token} at each time step")
    figure.colorbar(image, ax=axes, label=label, pad=0.01)
    return figure


def lines_over_text(
    lines: Mapping[str, npt.ArrayLike],
    tokens: Sequence[str],
    *,
    ylabel: str,
    marked: Sequence[int] = (),
) -> Figure:
    """A line for each label over the words of a text.

    Args:
        lines: values (T,) by label.
        tokens: the text, T words.
        ylabel: what the values are.
        marked: positions of words to mark by a vertical line.
    """
    T = len(tokens)
    figure, axes = single(0.2 * T + 1.6, 3.6)
    for style, (label, values) in zip(LINE_STYLES, lines.items(), strict=False):
        axes.plot(np.asarray(values), label=label, linewidth=2, **style)
    for position in marked:
        axes.axvline(position, color="black", linewidth=0.8, linestyle=":", zorder=0)
    axes.set_xticks(range(T), tokens, rotation=90, fontsize=9)
    axes.set(xlim=(-0.5, T - 0.5), xlabel="the text, one word at each time step", ylabel=ylabel)
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def _stretches(fact: npt.ArrayLike) -> list[tuple[int, int]]:
    """First and last position of each run of True."""
    change = np.diff(np.pad(np.asarray(fact, int), 1))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
