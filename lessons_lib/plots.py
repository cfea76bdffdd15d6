"""Draws what the experiments return: arrays in, a figure out.

Colours are Okabe and Ito's, which stay apart for colour-blind readers, and lines differ in dash or
marker as well.
"""

import io
import itertools
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lessons_lib.files import write_atomically

BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
SKY = "#56B4E9"
LINE_STYLES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-"},
    {"color": VERMILION, "linestyle": "--"},
    {"color": GREEN, "linestyle": "-."},
    {"color": PURPLE, "linestyle": ":"},
)


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


def lines_over_time(
    panels: Mapping[str, Mapping[str, npt.ArrayLike]], *, ylabel: str, xlabel: str = "time step"
) -> Figure:
    """Panels side by side on equal axes, each with one line for each label.

    Args:
        panels: by title, and within a panel by label: values at steps 0, 1, … (T,).
        ylabel: what the values are.
        xlabel: what is counted along the horizontal axis.
    """
    figure = Figure(figsize=(max(5.5, 3.6 * len(panels)), 3.4), layout="constrained")
    all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (title, lines) in zip(all_axes, panels.items(), strict=True):
        for style, (label, values) in zip(
            itertools.cycle(LINE_STYLES), lines.items(), strict=False
        ):
            axes.plot(np.asarray(values), label=label, linewidth=2, **style)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set(title=title, xlabel=xlabel)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    all_axes[0].set_ylabel(ylabel)
    return figure


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

    rows = np.array(list(gates.values()), float)
    edges = np.arange(T + 1) + 0.5, np.arange(len(gates) + 1) - 0.5
    image = top.pcolormesh(*edges, rows, cmap="cividis", vmin=0, vmax=1, edgecolors="white")
    top.invert_yaxis()
    top.set_yticks(range(len(gates)), list(gates))
    top.tick_params(length=0)
    for (row, column), value in np.ndenumerate(rows):
        colour = "black" if value > 0.5 else "white"
        number = f"{value:.1f}" if 0.05 <= value < 0.95 else f"{value:.0f}"
        top.text(column + 1, row, number, ha="center", va="center", color=colour, fontsize=8)
    for step, word in (marks or {}).items():
        top.text(step, -0.6, word, ha="center", va="bottom", fontsize=9)
    figure.colorbar(image, ax=top, label="openness", ticks=[0, 1])

    bottom.bar(steps, np.asarray(g), width=0.5, color=SKY, label="new memory g")
    bottom.step(steps, np.asarray(c), where="mid", color=BLUE, linewidth=2.5, label="memory cell c")
    bottom.plot(steps, np.asarray(h), "o", color=VERMILION, label="hidden state h")
    bottom.axhline(0, color="black", linewidth=0.8)
    bottom.set(xlabel="time step", ylabel="value (no unit)", xticks=steps[:: 1 + T // 30])
    bottom.set_ylim(limits)
    bottom.grid(alpha=0.3)
    figure.legend(*bottom.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def heat_map_over_text(
    rows: Mapping[str, npt.ArrayLike],
    tokens: Sequence[str],
    *,
    label: str,
    limits: tuple[float, float],
    full_bars: Mapping[str, npt.ArrayLike] | None = None,
    open_bars: Mapping[str, npt.ArrayLike] | None = None,
) -> Figure:
    """Values at each word of a text, with bars over stretches of it.

    Args:
        rows: values (T,) by the name of the row; NaN is left grey.
        tokens: the text, T words.
        label: what the values are.
        limits: the values at the two ends of the colour scale.
        full_bars: by the name of the row, booleans (T,): where to draw a black bar over it.
        open_bars: likewise, a white bar.
    """
    T = len(tokens)
    figure = Figure(figsize=(0.23 * T + 2.2, 0.6 * len(rows) + 1.9), layout="constrained")
    axes = figure.add_subplot()
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
    axes.set_xlabel("the text, one word at each time step")
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
    figure = Figure(figsize=(0.2 * T + 1.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
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


def _columns(pairs: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    return np.array(pairs, dtype=float).reshape(-1, 2).T
