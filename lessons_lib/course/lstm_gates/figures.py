"""One unit of an LSTM at work."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.gate_map import draw_gates
from lessons_lib.plots.style import BLUE, SKY, VERMILION


def memory_cell(
    gates: Mapping[str, npt.ArrayLike],
    g: npt.ArrayLike,
    c: npt.ArrayLike,
    h: npt.ArrayLike,
    *,
    marks: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """One unit of an LSTM: its gates as a heat map, and below them what they do to its memory.

    Args:
        gates: values from 0 to 1 by the gate's name, (T,) each.
        g: new memory offered at each step, (T,).
        c: memory cell, (T,).
        h: hidden state, (T,).
        marks: words to stand above some of the steps, which count from 1.
        limits: ends of the lower panel's vertical axis; by default those that the values need.
    """
    T = len(np.asarray(g))
    steps = np.arange(1, T + 1)
    figure = Figure(figsize=(max(7, 0.42 * T), 4.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[len(gates), 4.5])

    draw_gates(figure, top, gates, marks or {})

    bottom.bar(steps, np.asarray(g), width=0.5, color=SKY, label="new memory g")
    bottom.step(steps, np.asarray(c), where="mid", color=BLUE, linewidth=2.5, label="memory cell c")
    bottom.plot(steps, np.asarray(h), "o", color=VERMILION, label="hidden state h")
    bottom.axhline(0, color="black", linewidth=0.8)
    bottom.set(xlabel="time step", ylabel="value (no unit)", xticks=steps[:: 1 + T // 30])
    bottom.set_ylim(limits)
    bottom.grid(alpha=0.3)
    figure.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
