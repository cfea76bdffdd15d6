"""Drawings of how a cell is wired, which depend on no data."""

from collections.abc import Collection

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lessons_lib.plots.drawing import GREY, arrow, box, canvas, node
from lessons_lib.plots.style import VERMILION

PARTS = ("forget", "input", "output")
GRU_PARTS = ("reset", "update")


def lstm_cell(highlight: Collection[str] = ()) -> Figure:
    """One step of an LSTM: the memory runs along the top, the four blocks stand below it.

    Args:
        highlight: parts to draw in colour, of "forget", "input" (with the new memory), "output".

    Raises:
        ValueError: if a part is none of these.
    """
    colour = _colours(highlight, PARTS)
    figure, axes = canvas(8.6, 4.3, (-0.2, 12.6), (-0.1, 6.6))

    axes.add_patch(
        FancyBboxPatch((1.5, 0.85), 9.0, 4.75, boxstyle="round,pad=0.1", fc="none", lw=1)
    )
    axes.text(1.6, 5.35, "one step of the layer", fontsize=9, style="italic", va="center")

    # The memory line.
    arrow(axes, (0.5, 4.7), (2.65, 4.7), GREY)
    arrow(axes, (3.15, 4.7), (5.75, 4.7), colour["forget"])
    arrow(axes, (6.25, 4.7), (11.4, 4.7), GREY)
    axes.text(0.4, 4.7, "$c_{t-1}$", ha="right", va="center", fontsize=14)
    axes.text(11.5, 4.7, "$c_t$", ha="left", va="center", fontsize=14)
    axes.text(11.5, 4.2, "to the next\nstep only", ha="left", va="top", fontsize=8)

    # What all four blocks see.
    axes.plot([0.5, 8.3], [1.3, 1.3], color=GREY, lw=1.6)
    axes.text(0.4, 1.3, "$h_{t-1}$", ha="right", va="center", fontsize=14)
    axes.plot([1.9, 1.9], [0.5, 1.3], color=GREY, lw=1.6)
    axes.text(1.9, 0.4, "$x_t$", ha="center", va="top", fontsize=14)

    for x, name, curve, part in (
        (2.9, "f", r"$\sigma$", "forget"),
        (4.7, "i", r"$\sigma$", "input"),
        (6.5, "g", "tanh", "input"),
        (8.3, "o", r"$\sigma$", "output"),
    ):
        arrow(axes, (x, 1.3), (x, 1.75), colour[part])
        _box(axes, x, 2.05, curve, colour[part])
        axes.text(
            x - 0.22, 2.6, f"${name}$", ha="right", va="center", fontsize=13, color=colour[part]
        )
    arrow(axes, (2.9, 2.35), (2.9, 4.45), colour["forget"])
    _node(axes, 2.9, 4.7, r"$\times$", colour["forget"])

    arrow(axes, (4.7, 2.35), (5.78, 3.28), colour["input"])
    arrow(axes, (6.5, 2.35), (6.12, 3.22), colour["input"])
    _node(axes, 6.0, 3.45, r"$\times$", colour["input"])
    arrow(axes, (6.0, 3.7), (6.0, 4.45), colour["input"])
    _node(axes, 6.0, 4.7, "+", colour["input"])

    arrow(axes, (9.4, 4.7), (9.4, 4.05), colour["output"])
    _box(axes, 9.4, 3.75, "tanh", colour["output"])
    arrow(axes, (9.4, 3.45), (9.4, 2.3), colour["output"])
    arrow(axes, (8.75, 2.05), (9.15, 2.05), colour["output"])
    _node(axes, 9.4, 2.05, r"$\times$", colour["output"])
    axes.plot([9.65, 9.95], [2.05, 2.05], color=colour["output"], lw=1.6)
    axes.plot([9.95, 9.95], [1.3, 2.05], color=colour["output"], lw=1.6)
    arrow(axes, (9.95, 1.3), (11.4, 1.3), colour["output"])
    axes.plot([9.95, 9.95], [4.55, 4.85], color="white", lw=6)  # h passes over c, and joins nothing
    arrow(axes, (9.95, 2.05), (9.95, 6.1), colour["output"])
    axes.text(9.95, 6.15, "$h_t$ leaves the layer", ha="center", va="bottom", fontsize=11)
    axes.text(11.5, 1.3, "$h_t$", ha="left", va="center", fontsize=14)
    axes.text(11.5, 0.95, "to the\nnext step", ha="left", va="top", fontsize=8)
    return figure


def gru_cell(highlight: Collection[str] = ()) -> Figure:
    """One step of a GRU, reset after the product: the state runs along the top.

    Args:
        highlight: parts to draw in colour, of "reset", "update".

    Raises:
        ValueError: if a part is none of these.
    """
    colour = _colours(highlight, GRU_PARTS)
    figure, axes = canvas(8.0, 4.5, (-0.4, 11.6), (-0.5, 6.5))
    axes.add_patch(FancyBboxPatch((1.0, 0.3), 8.6, 5.2, boxstyle="round,pad=0.1", fc="none", lw=1))
    axes.text(1.1, 5.3, "one step of the layer", fontsize=9, style="italic", va="center")

    # The state along the top, and down to where it is read.
    arrow(axes, (0.4, 4.7), (2.55, 4.7), GREY)
    arrow(axes, (3.05, 4.7), (7.35, 4.7), GREY)
    arrow(axes, (7.85, 4.7), (10.4, 4.7), GREY)
    axes.text(0.3, 4.7, "$h_{t-1}$", ha="right", va="center", fontsize=14)
    axes.text(10.5, 4.7, "$h_t$", ha="left", va="center", fontsize=14)
    axes.text(10.5, 4.2, "to the\nnext step", ha="left", va="top", fontsize=8)
    arrow(axes, (9.0, 4.7), (9.0, 5.95), GREY)
    axes.text(9.0, 6.0, "$h_t$ leaves the layer", ha="center", va="bottom", fontsize=11)
    axes.plot([1.4, 1.4, 6.4], [4.7, 1.5, 1.5], color=GREY, lw=1.6)
    axes.plot([1.9, 1.9, 7.6], [-0.1, 0.75, 0.75], color=GREY, lw=1.6, linestyle="--")
    axes.text(1.9, -0.15, "$x_t$", ha="center", va="top", fontsize=14)

    for x, name, part in ((2.8, "z", "update"), (4.8, "r", "reset")):
        arrow(axes, (x - 0.15, 1.5), (x - 0.15, 2.25), colour[part])
        arrow(axes, (x + 0.15, 0.75), (x + 0.15, 2.25), colour[part])
        _box(axes, x, 2.55, r"$\sigma$", colour[part])
        axes.text(
            x - 0.25, 3.1, f"${name}$", ha="right", va="center", fontsize=13, color=colour[part]
        )

    arrow(axes, (2.8, 2.85), (2.8, 4.45), colour["update"])
    _node(axes, 2.8, 4.7, r"$\times$", colour["update"])
    arrow(axes, (2.8, 3.8), (7.35, 3.8), colour["update"])
    axes.text(5.0, 3.9, "$1 - z$", ha="center", va="bottom", fontsize=11, color=colour["update"])
    _node(axes, 7.6, 3.8, r"$\times$", colour["update"])
    arrow(axes, (7.6, 4.05), (7.6, 4.45), GREY)
    _node(axes, 7.6, 4.7, "+", GREY)

    # The candidate: the state comes by way of the reset gate, the input directly.
    arrow(axes, (6.4, 1.5), (6.4, 2.3), GREY)
    axes.text(6.48, 1.75, "$W_{hn}$", ha="left", va="center", fontsize=9)
    arrow(axes, (5.25, 2.55), (6.15, 2.55), colour["reset"])
    _node(axes, 6.4, 2.55, r"$\times$", colour["reset"])
    arrow(axes, (6.65, 2.55), (7.15, 2.55), GREY)
    arrow(axes, (7.6, 0.75), (7.6, 2.25), GREY)
    _box(axes, 7.6, 2.55, "tanh", GREY)
    axes.text(7.7, 3.1, "$n$", ha="left", va="center", fontsize=13)
    arrow(axes, (7.6, 2.85), (7.6, 3.55), GREY)
    return figure


def _colours(highlight: Collection[str], parts: Collection[str]) -> dict[str, str]:
    for part in highlight:
        if part not in parts:
            raise ValueError(f"highlight: expected parts of {', '.join(parts)}, got {part!r}")
    return {part: VERMILION if part in highlight else GREY for part in parts}


def _box(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    box(axes, (x, y), (0.8, 0.5), text, colour=colour, ec=colour, lw=1.6)


def _node(axes: Axes, x: float, y: float, text: str, colour: str) -> None:
    node(axes, (x, y), text, fontsize=12, colour=colour, ec=colour, lw=1.6)
