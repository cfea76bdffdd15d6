"""Stacked layers, dropout masks, training curves and the table of what each ingredient is worth."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import box, side_by_side
from lessons_lib.plots.style import BLUE, LINE_STYLES, MARKERS, ORANGE, SKY, VERMILION

# One for each mask: masks that differ are drawn in another colour and dash.
_PLAIN: dict[str, Any] = {"arrowstyle": "->", "linewidth": 2, "color": "black"}
_DASHED = {"color": ORANGE, "linestyle": (0, (5, 1, 1, 1))}
_MASKS = [_PLAIN | style for style in (*LINE_STYLES, _DASHED)]


def stacked_layers(panels: Mapping[str, str], *, num_steps: int = 4) -> Figure:
    """Two layers over time, with an arrow for everything that is handed on.

    Args:
        panels: by title, which dropout to draw: "none", "fresh" (another mask at every step) or
            "same" (one mask for all steps, for each way up).
        num_steps: T, at most 5.
    """
    figure, all_axes = side_by_side(panels, 1.15 * num_steps * len(panels) + 1, 3.6, sharey=False)
    for axes, (title, kind) in zip(all_axes, panels.items(), strict=True):
        _draw_stack(axes, kind, num_steps)
        axes.set_title(title)
    return figure


def _draw_stack(axes: Axes, kind: str, num_steps: int) -> None:
    rows = ("embedding", "LSTM layer 1", "LSTM layer 2", "output")
    for t in range(num_steps):
        for row, name in enumerate(rows):
            recurrent = row in (1, 2)
            text = "h, c" if recurrent else ("x", "logits")[row > 0]
            look = {"fc": SKY if recurrent else "white", "ec": "black"}
            box(axes, (t, row), (0.6, 0.34), text, pad=0.02, fontsize=9, **look)
            if row < 3:
                style = _PLAIN if kind == "none" else _MASKS[t if kind == "fresh" else row]
                axes.annotate("", (t, row + 0.8), (t, row + 0.2), arrowprops=style)
            if recurrent and t + 1 < num_steps:
                axes.annotate("", (t + 0.68, row), (t + 0.32, row), arrowprops=_PLAIN)
            if t == 0:
                axes.text(-0.45, row, name, ha="right", va="center", fontsize=9)
    axes.set(xlim=(-1.9, num_steps - 0.5), ylim=(-0.5, 3.4), xlabel="time step", yticks=[])
    axes.set_xticks(range(num_steps))
    axes.spines[["left", "right", "top"]].set_visible(False)


def mask_maps(panels: Mapping[str, npt.ArrayLike]) -> Figure:
    """Which units pass at which step, a panel for each set of masks.

    Args:
        panels: masks (T, H) by title; 0 is dropped.
    """
    figure, all_axes = side_by_side(panels, 4.2 * len(panels), 3)
    for axes, (title, masks) in zip(all_axes, panels.items(), strict=True):
        passed = (np.asarray(masks) != 0).T  # (H, T)
        axes.pcolormesh(passed, cmap="cividis", vmin=0, vmax=1, edgecolors="white", linewidth=0.3)
        axes.set(title=title, xlabel="time step", ylim=(passed.shape[0], 0))  # unit 0 on top
        axes.xaxis.get_major_locator().set_params(integer=True)
    all_axes[0].set_ylabel("unit (dark: dropped)")
    return figure


def sums_under_dropout(
    panels: Mapping[str, npt.ArrayLike], without: float, *, limits: tuple[float, float]
) -> Figure:
    """How the sum that a next unit sees spreads over many masks, a panel for each p.

    Args:
        panels: the sum under each mask (masks,), by title.
        without: the sum with dropout off.
        limits: ends of the horizontal axis.
    """
    figure, all_axes = side_by_side(panels, max(5, 3.2 * len(panels)), 3.2, grid=True)
    edges = np.linspace(*limits, 41)
    for axes, (title, sums) in zip(all_axes, panels.items(), strict=True):
        sums = np.asarray(sums)
        shares = np.histogram(sums, edges)[0] / sums.size
        axes.bar(edges[:-1], shares, np.diff(edges), align="edge", color=SKY, edgecolor="white")
        axes.axvline(without, color="black", linewidth=2, label="dropout off")
        axes.axvline(sums.mean(), color=VERMILION, linestyle="--", linewidth=2, label="mean")
        axes.set(title=title, xlabel="sum (no unit)", xlim=limits)
    all_axes[0].set_ylabel("share of the masks")
    all_axes[0].legend()
    return figure


def training_and_validation(
    panels: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], *, top: float
) -> Figure:
    """Perplexity in training and validation after each epoch, a panel for each model.

    Args:
        panels: by title, the two perplexities, (epochs,) each.
        top: upper end of the vertical axis; the first epochs are far above what matters.
    """
    figure, all_axes = side_by_side(panels, 3.6 * len(panels), 3.5, grid=True)
    for axes, (title, (train, valid)) in zip(all_axes, panels.items(), strict=True):
        valid = np.asarray(valid)
        epochs = np.arange(1, len(valid) + 1)
        axes.plot(epochs, np.asarray(train), color=BLUE, linewidth=2, label="training")
        axes.plot(
            epochs, valid, color=VERMILION, marker="o", markersize=4, linestyle="--",
            label="validation",
        )  # fmt: skip
        axes.axvline(1 + valid.argmin(), color="black", linestyle=":", label="best validation")
        axes.set(title=title, xlabel="epoch", ylim=(0, top))
        axes.xaxis.get_major_locator().set_params(integer=True)
    all_axes[0].set_ylabel("perplexity")
    all_axes[0].legend()
    return figure


def rates_and_perplexities(runs: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]) -> Figure:
    """The learning rate of each epoch, and beside it the validation perplexity after it.

    Args:
        runs: by label, rates and perplexities, (epochs,) each.
    """
    figure = Figure(figsize=(9.4, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for style, marker, (label, (rates, valid)) in zip(
        LINE_STYLES, MARKERS, runs.items(), strict=False
    ):
        epochs = np.arange(1, len(np.asarray(rates)) + 1)
        left.plot(epochs, np.asarray(rates), label=label, drawstyle="steps-mid", **style)
        right.plot(epochs, np.asarray(valid), label=label, marker=marker, markersize=4, **style)
    left.set(yscale="log", ylabel="learning rate (no unit)")
    right.set(yscale="log", ylabel="validation perplexity")
    right.yaxis.set_major_formatter("{x:.0f}")
    right.yaxis.set_minor_formatter("{x:.0f}")
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3, which="both")
    left.legend()
    return figure
