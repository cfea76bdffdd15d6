"""Sequences and what a recurrent network makes of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import GREY, arrow, box, canvas, side_by_side, single
from lessons_lib.plots.lines import draw_lines, scale_logarithmically
from lessons_lib.plots.style import BLUE, VERMILION

THIN: dict[str, Any] = {"lw": 1.8, "mutation_scale": 14}


def window_against_rnn(
    lengths: npt.ArrayLike, missed: npt.ArrayLike, params: Mapping[str, npt.ArrayLike]
) -> Figure:
    """What a window of each length leaves out, and beside it the number of parameters.

    Args:
        lengths: of the window, in words, (K,).
        missed: share of words, from 0 to 1, that are decided further back, (K,).
        params: by network, its number of parameters when it reads so many words, (K,).
    """
    figure = Figure(figsize=(9.2, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_lines(left, lengths, {"decided before the window": 100 * np.asarray(missed)})
    left.set(ylabel="share of all words (percent)", title="what the window cannot see")
    left.set_ylim(bottom=0)
    draw_lines(right, lengths, params)
    right.set(ylabel="number of parameters", title="what it costs", yscale="log")
    for axes in (left, right):
        axes.set_xlabel("words that are read")
        scale_logarithmically(axes, lengths)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def states_over_tokens(readings: Mapping[str, tuple[Sequence[str], npt.ArrayLike]]) -> Figure:
    """Hidden states while each of several sequences is read, one heat map beside the other.

    Args:
        readings: by title: the tokens, and the state (T, H) after each.
    """
    widths = [len(tokens) for tokens, _ in readings.values()]
    height = np.asarray(next(iter(readings.values()))[1]).shape[1]
    figure, all_axes = side_by_side(
        readings, 0.72 * sum(widths) + 1.6, 0.45 * height + 1.5, width_ratios=widths, sharey=False
    )
    for axes, (title, (tokens, states)) in zip(all_axes, readings.items(), strict=True):
        values = np.asarray(states, float).T  # (H, T)
        image = axes.pcolormesh(values, cmap="PuOr", vmin=-1, vmax=1, edgecolors="white")
        axes.invert_yaxis()
        for (unit, step), value in np.ndenumerate(values):
            colour = "white" if abs(value) > 0.6 else "black"
            place = step + 0.5, unit + 0.5
            axes.text(*place, f"{value:.1f}", ha="center", va="center", color=colour)
        axes.set_xticks(np.arange(len(tokens)) + 0.5, tokens)
        axes.set_yticks(np.arange(len(values)) + 0.5, [f"unit {k}" for k in range(len(values))])
        axes.tick_params(length=0)
        axes.set(title=title, xlabel="token that was read")
    all_axes[0].set_ylabel("hidden unit")
    figure.colorbar(image, ax=all_axes, label="hidden state h", pad=0.01)
    return figure


def similarity_map(values: npt.ArrayLike, groups: Mapping[str, Sequence[str]]) -> Figure:
    """Similarity of each pair of words, with lines between groups of them.

    Args:
        values: from -1 to 1, (K, K), the words in the order of the groups.
        groups: the words of each, by its name.
    """
    words = [word for group in groups.values() for word in group]
    figure, axes = single(8.2, 7.2)
    image = axes.pcolormesh(np.asarray(values), cmap="PuOr", vmin=-1, vmax=1)
    ends = np.cumsum([len(group) for group in groups.values()])
    for end in ends[:-1]:
        axes.axhline(end, color="black", linewidth=0.8)
        axes.axvline(end, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.set_yticks(np.arange(len(words)) + 0.5, words, fontsize=8)
    middles = ends - [len(group) / 2 for group in groups.values()]
    axes.set_xticks(middles, list(groups))
    axes.tick_params(length=0)
    axes.set(xlabel="words of the kind", ylabel="word")
    figure.colorbar(
        image, ax=axes, label="cosine of the angle between two rows (no unit)", shrink=0.8
    )
    return figure


def unrolled_rnn(num_steps: int = 4) -> Figure:
    """An RNN drawn with a loop, and beside it the same network unrolled over time.

    Args:
        num_steps: how many steps to draw.
    """
    first = 4.4  # where the first of the unrolled steps stands
    figure, axes = canvas(9.6, 3.0, (-0.8, first + 2.1 * num_steps - 0.2), (-1.8, 1.9))

    _cell(axes, 0, "$x_t$", "$h_t$")
    loop = {"connectionstyle": "arc3,rad=-1.6", "shrinkA": 2, "shrinkB": 2, **THIN}
    arrow(axes, (0.5, 0.3), (0.5, -0.3), BLUE, **loop)
    axes.text(1.15, 0, "$W_h$", color=BLUE, ha="left", va="center", fontsize=11)
    axes.text(2.15, 0, "=", ha="center", va="center", fontsize=20)

    axes.text(first - 1.7, 0, "$h_0$", ha="right", va="center", fontsize=13)
    for step in range(1, num_steps + 1):
        x = first + 2.1 * (step - 1)
        arrow(axes, (x - 1.6, 0), (x - 0.5, 0), BLUE, **THIN)
        axes.text(x - 1.1, 0.18, "$W_h$", color=BLUE, ha="center", fontsize=11)
        _cell(axes, x, f"$x_{{{step}}}$", f"$h_{{{step}}}$")
    arrow(axes, (x + 0.5, 0), (x + 1.6, 0), BLUE, **THIN)
    return figure


def _cell(axes: Axes, x: float, below: str, above: str) -> None:
    box(axes, (x, 0), (0.8, 0.8), "tanh", pad=0.1)
    arrow(axes, (x, -1.2), (x, -0.5), VERMILION, **THIN)
    arrow(axes, (x, 0.5), (x, 1.2), GREY, **THIN)
    axes.text(x, -1.3, below, ha="center", va="top", fontsize=13)
    axes.text(x, 1.3, above, ha="center", va="bottom", fontsize=13)
    axes.text(x + 0.12, -0.85, "$W_x$", color=VERMILION, ha="left", va="center", fontsize=11)
