"""The ways back through an LSTM, and how far a gradient gets on them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import arrow, canvas, node, single
from lessons_lib.plots.style import BLUE, LINE_STYLES, MARKERS, VERMILION

GREY = "0.45"
BACK: dict[str, Any] = {"lw": 1.3, "ls": (0, (4, 2))}


def ways_back(num_steps: int = 4) -> Figure:
    """Memory cells above, hidden states below, and the ways on which a gradient goes back.

    Args:
        num_steps: T.
    """
    figure, axes = canvas(8.6, 3.4, (-0.6, 2.2 * num_steps + 0.6), (-0.75, 2.95))
    for t in range(num_steps + 1):
        x = 2.2 * t
        for y, letter, colour in ((2.1, "c", BLUE), (0.0, "h", VERMILION)):
            node(axes, (x, y), f"${letter}_{t}$", radius=0.34, fontsize=13, ec=colour, lw=2)
        if t > 0:
            # From h into the memory it was made of
            arrow(axes, (x, 0.34), (x, 1.76), VERMILION, **BACK)
    for t in range(1, num_steps + 1):
        x, before = 2.2 * t, 2.2 * (t - 1)
        arrow(axes, (x - 0.34, 2.1), (before + 0.34, 2.1), BLUE, lw=3.2)
        axes.text(x - 1.1, 2.28, rf"$\odot\, f_{t}$", ha="center", va="bottom", color=BLUE)
        # Through the gates and Wh, and through the output gate
        arrow(axes, (x - 0.24, 1.86), (before + 0.24, 0.24), VERMILION, **BACK)
        arrow(axes, (x - 0.34, 0.0), (before + 0.34, 0.0), VERMILION, **BACK)
    axes.text(1.1, -0.42, "through the gates and $W_h$", ha="center", va="top", color=VERMILION)
    return figure


def sorted_half_lives(half_lives: npt.ArrayLike, marks: Mapping[str, float]) -> Figure:
    """A bar for each unit, longest first, on a logarithmic axis.

    Args:
        half_lives: in words, (units,).
        marks: by label, lengths to draw as horizontal lines.
    """
    ordered = np.sort(np.asarray(half_lives, float))[::-1]
    figure, axes = single(7.6, 3.6)
    axes.bar(np.arange(1, len(ordered) + 1), ordered, width=0.8, color=BLUE)
    for (label, value), style in zip(marks.items(), LINE_STYLES[1:], strict=False):
        axes.axhline(value, label=label, linewidth=2, **style)
    axes.set(yscale="log", xlabel="unit, longest half-life first", ylabel="half-life (words)")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.3, axis="y")
    if marks:
        axes.legend()
    return figure


def accuracy_over_lag(
    lags: Sequence[int],
    lines: Mapping[str, npt.ArrayLike],
    *,
    chance: float,
    trained_to: int | None = None,
) -> Figure:
    """Share of right answers against lag: the mean over seeds, with a band from worst to best.

    Args:
        lags: (K,).
        lines: by label: accuracy for each seed and lag, (seeds, K).
        chance: what guessing reaches.
        trained_to: the longest lag seen in training.
    """
    figure, axes = single(8.6, 3.8, grid=True)
    styles = [*LINE_STYLES, {"color": GREY, "linestyle": (0, (6, 2, 1, 2, 1, 2))}]
    for style, marker, (label, values) in zip(styles, MARKERS, lines.items(), strict=False):
        accuracy = np.atleast_2d(np.asarray(values, float))
        axes.plot(lags, accuracy.mean(axis=0), label=label, marker=marker, linewidth=2, **style)
        axes.fill_between(
            lags, accuracy.min(axis=0), accuracy.max(axis=0), color=style["color"], alpha=0.15
        )
    axes.axhline(chance, color="black", linewidth=1, linestyle=":", label="chance")
    if trained_to is not None:
        axes.axvline(trained_to, color="black", linewidth=1, label="longest lag in training")
    axes.set(
        xlabel="lag (distractors between symbol and question)",
        ylabel="share of right answers",
        ylim=(0, 1.05),
    )
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure
