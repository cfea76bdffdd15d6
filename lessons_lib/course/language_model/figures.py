"""What a language model expects, and where it loses."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import arrow, box, canvas, put_text
from lessons_lib.plots.style import BLUE, LINE_STYLES, MARKERS, VERMILION

HATCHES = ("", "//", "..", "xx")


def word_distributions(words: Sequence[str], panels: Mapping[str, npt.ArrayLike]) -> Figure:
    """Bars for the probabilities of the next word, one panel below the other.

    Args:
        words: the words to show, K.
        panels: by title: the probability of each of them, (K,).
    """
    figure = Figure(figsize=(7.5, 1.0 + 1.45 * len(panels)), layout="constrained")
    all_axes = figure.subplots(len(panels), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (title, probs) in zip(all_axes, panels.items(), strict=True):
        bars = axes.bar(range(len(words)), np.asarray(probs, float), color=BLUE)
        axes.bar_label(bars, fmt="{:.2f}", fontsize=8, padding=1)
        axes.set_title(title, fontsize=10)
        axes.set_ylim(0, 1.18)
        axes.set_yticks([0, 0.5, 1])
        axes.grid(alpha=0.3, axis="y")
    all_axes[-1].set_xticks(range(len(words)), words, rotation=35, ha="right")
    all_axes[-1].set_xlabel("next word")
    figure.supylabel("probability (no unit)", fontsize=10)
    return figure


def excess_by_distance(
    labels: Sequence[str], shares: npt.ArrayLike, excess: Mapping[str, npt.ArrayLike]
) -> Figure:
    """Loss above the best possible, by distance: per word, and what it adds to the whole.

    Args:
        labels: bands of distance, such as "10-19", K.
        shares: of all words in each band, (K,).
        excess: by model: mean loss above the best possible in each band, nats per word, (K,).
    """
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    places, width = np.arange(len(labels)), 0.8 / len(excess)
    for k, (name, values) in enumerate(excess.items()):
        style, values = LINE_STYLES[k], np.asarray(values, float)
        left.plot(places, values, label=name, marker=MARKERS[k], linewidth=2, **style)
        right.bar(
            places - 0.4 + (k + 0.5) * width,
            values * np.asarray(shares),
            width,
            label=name,
            color=style["color"],
            hatch=HATCHES[k],
            edgecolor="white",
        )
    left.set(title="a word of this distance", ylabel="loss above the best possible (nats per word)")
    right.set(
        title="all words of this distance together",
        ylabel="share in the mean loss (nats per word of text)",
    )
    for axes in (left, right):
        axes.set_xticks(places, labels)
        axes.set_xlabel("distance back to the word that decides (words)")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def one_word_at_a_time(words: Sequence[str]) -> Figure:
    """A language model unrolled: a column for each word read, from the word up to the next one.

    Args:
        words: T + 1 words, of which the first T are read and the last T predicted.
    """
    columns, rows = len(words) - 1, ("reads", "embedding", "", "affine map", "softmax", "predicts")
    figure, axes = canvas(8.6, 4.9, (-1.7, 2 * columns - 1.3), (-0.4, 5.4))
    for row, name in enumerate(rows):
        put_text(axes, -0.72, row, name, ha="right", fontsize=10)
    for t, word in enumerate(words[:-1]):
        x, following = 2.0 * t, words[t + 1]
        put_text(axes, x, 0, f"“{word}”", fontsize=12)
        box(axes, (x, 1), (0.8, 0.3), "row of E", fontsize=9, fc="white")
        box(axes, (x, 2), (0.9, 0.5), "LSTM", colour="white", fc=BLUE, fontsize=11)
        box(axes, (x, 3), (0.8, 0.3), "V scores", fontsize=9, fc="white")
        box(axes, (x, 4), (0.8, 0.3), "p", fontsize=10, fc="white")
        put_text(axes, x, 5, f"“{following}”", fontsize=12, weight="bold")
        for row in range(5):
            arrow(axes, (x, row + (0.32 if row == 2 else 0.22)), (x, row + 0.68))
        if t + 1 < columns:
            arrow(axes, (x + 0.52, 2), (x + 1.48, 2), BLUE, lw=2.4)
            put_text(axes, x + 0.74, 2.2, "h, c", color=BLUE, fontsize=10)
            arrow(axes, (x + 0.45, 4.9), (x + 1.6, 0.2), VERMILION, linestyle=":", lw=1.4)
    return figure
