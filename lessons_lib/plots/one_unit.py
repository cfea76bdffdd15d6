"""One unit at work: its gates, and what they do to its state."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons_lib.plots.style import BLUE, PURPLE, SKY, VERMILION


def one_unit(
    gates: Mapping[str, npt.ArrayLike],
    values: Mapping[str, tuple[str, npt.ArrayLike]],
    *,
    marks: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """One unit: its gates as a heat map, and below them what they let through.

    Args:
        gates: values from 0 to 1 by the gate's name, (T,) each.
        values: by label, how to draw ("bars", "line", "points" or "crosses") and what, (T,).
        marks: words to stand above some of the steps, which count from 1.
        limits: ends of the lower panel's vertical axis; by default those that the values need.
    """
    T = len(np.asarray(next(iter(gates.values()))))
    steps = np.arange(1, T + 1)
    figure = Figure(figsize=(max(7, 0.42 * T), 4.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[len(gates), 4.5])
    _draw_gates(figure, top, gates, marks or {})
    for label, (kind, numbers) in values.items():
        numbers = np.asarray(numbers)
        if kind == "bars":
            bottom.bar(steps, numbers, width=0.5, color=SKY, label=label)
        elif kind == "line":
            bottom.step(steps, numbers, where="mid", color=BLUE, linewidth=2.5, label=label)
        elif kind == "points":
            bottom.plot(steps, numbers, "o", color=VERMILION, label=label)
        else:
            bottom.plot(steps, numbers, "x", color=PURPLE, markeredgewidth=2, label=label)
    bottom.axhline(0, color="black", linewidth=0.8)
    bottom.set(xlabel="time step", ylabel="value (no unit)", xticks=steps[:: 1 + T // 30])
    bottom.set_ylim(limits)
    bottom.grid(alpha=0.3)
    ncols = 2 if len(values) > 3 else 3
    figure.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=ncols)
    return figure


def _draw_gates(
    figure: Figure, axes: Axes, gates: Mapping[str, npt.ArrayLike], marks: Mapping[int, str]
) -> None:
    """Draw gates as a heat map with numbers, a row for each; the figure gets the colour bar."""
    rows = np.array(list(gates.values()), float)
    edges = np.arange(rows.shape[1] + 1) + 0.5, np.arange(len(gates) + 1) - 0.5
    image = axes.pcolormesh(*edges, rows, cmap="cividis", vmin=0, vmax=1, edgecolors="white")
    axes.invert_yaxis()
    axes.set_yticks(range(len(gates)), list(gates))
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(rows):
        colour = "black" if value > 0.5 else "white"
        number = f"{value:.1f}" if 0.05 <= value < 0.95 else f"{value:.0f}"
        if np.ptp(rows[row]) == 0:  # a dial's gate: to its last digit
            number = f"{round(value, 2):g}"
        axes.text(column + 1, row, number, ha="center", va="center", color=colour, fontsize=8)
    for step, word in marks.items():
        axes.text(step, -0.6, word, ha="center", va="bottom", fontsize=9)
    figure.colorbar(image, ax=axes, label="openness", ticks=[0, 1])
