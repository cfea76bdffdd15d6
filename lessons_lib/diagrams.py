"""Drawings of how a cell is wired, which depend on no data.

A filled box has weights that are learned; a white circle is a function without any.
"""

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, FancyBboxPatch

from lessons_lib.plots.drawing import GREY, Point, arrow, box, canvas, node, put_text
from lessons_lib.plots.style import BLUE, VERMILION

PARTS = ("memory", "forget", "input", "output")
GRU_PARTS = ("reset", "update")
FAINT = "#C8C8C8"


def lstm_cell(highlight: Collection[str] = ()) -> Figure:
    """One step of an LSTM: the memory runs along the top, the four blocks stand below it.

    Args:
        highlight: parts to draw in colour, of "memory" (the line along the top), "forget", "input"
            (with the new memory), "output".

    Raises:
        ValueError: if a part is none of these.
    """
    colours = _colours(highlight, PARTS)
    figure, axes = canvas(8.2, 3.9, (-0.7, 12.2), (-0.7, 5.4))
    _draw_lstm(axes, colours, GREY)
    return figure


def lstm_gates() -> Figure:
    """The same step three times: the whole way of each gate in colour, its equation above it."""
    views = {
        "forget gate:  $c_t = f_t \\odot c_{t-1} + \\ldots$\n"
        "$f_t = \\sigma(x_t W_{xf} + h_{t-1} W_{hf} + b_f)$": "forget",
        "input gate and new memory:  $c_t = \\ldots + i_t \\odot g_t$\n"
        "$i_t = \\sigma(x_t W_{xi} + h_{t-1} W_{hi} + b_i)$,  "
        "$g_t = \\tanh(x_t W_{xg} + \\ldots)$": "input",
        "output gate:  $h_t = o_t \\odot \\tanh(c_t)$\n"
        "$o_t = \\sigma(x_t W_{xo} + h_{t-1} W_{ho} + b_o)$": "output",
    }
    figure = Figure(figsize=(6.4, 9.6), layout="constrained")
    for axes, (equation, part) in zip(figure.subplots(3, 1), views.items(), strict=True):
        _blank(axes, (-0.7, 12.2), (-0.7, 5.4))
        axes.set_title(equation, fontsize=13)
        _draw_lstm(axes, _colours([part], PARTS, FAINT), FAINT)
    return figure


def lstm_idea() -> Figure:
    """Three steps of a plain RNN, three of an LSTM's memory, and one whole step of the LSTM."""
    figure = Figure(figsize=(8.2, 8.6), layout="constrained")
    chains, cell = figure.subplots(2, 1, height_ratios=[1, 1])
    _blank(chains, (-1.2, 12.9), (-0.6, 6.3))
    _blank(cell, (-0.7, 12.2), (-0.7, 5.9))
    _draw_chains(chains)
    put_text(cell, -0.6, 5.7, "LSTM: one whole step", ha="left", fontsize=11)
    _draw_lstm(cell, _colours(["memory"], PARTS), GREY)
    return figure


def _draw_lstm(axes: Axes, colour: Mapping[str, str], rest: str) -> None:
    """One step; h leaves downwards, so that nothing crosses the line of the memory."""
    frame = FancyBboxPatch((0.8, 0.45), 9.9, 4.75, boxstyle="round,pad=0.1", fc="none", ec=rest)
    axes.add_patch(frame)

    # The memory line, a product and a sum.
    _line(
        axes,
        _either(colour["memory"], colour["forget"], rest),
        (0.3, 4.5),
        (2.35, 4.5),
        tip=True,
    )
    _line(axes, colour["memory"], (2.85, 4.5), (4.95, 4.5), tip=True)
    _line(axes, colour["memory"], (5.45, 4.5), (11.3, 4.5), tip=True)
    put_text(axes, 0.2, 4.5, "$c_{t-1}$", ha="right", fontsize=14)
    put_text(axes, 11.4, 4.5, "$c_t$", ha="left", fontsize=14)
    put_text(axes, 11.0, 3.95, "to the next\nstep only", ha="left", va="top", fontsize=8)

    # What all four blocks see: h and x. A block in colour has the whole way to it in colour.
    for x, name, curve, part in (
        (8.0, "o", r"$\sigma$", "output"),
        (6.2, "g", "tanh", "input"),
        (4.2, "i", r"$\sigma$", "input"),
        (2.6, "f", r"$\sigma$", "forget"),
    ):
        way = rest if colour[part] == rest else colour[part]
        over = 2 if way == rest else 3
        _line(axes, way, (0.3, 1.0), (x, 1.0), (x, 1.65), tip=True, zorder=over)
        _line(axes, way, (1.4, -0.1), (1.4, 1.0), zorder=over)
        _learned(axes, (x, 1.95), curve, colour[part])
        side = 0.3 if name == "g" else -0.3  # the arrow of g leaves to the left
        put_text(axes, x + side, 2.5, f"${name}$", fontsize=13, color=colour[part])
    put_text(axes, 0.2, 1.0, "$h_{t-1}$", ha="right", fontsize=14)
    put_text(axes, 1.4, -0.15, "$x_t$", va="top", fontsize=14)

    _line(axes, colour["forget"], (2.6, 2.25), (2.6, 4.25), tip=True)
    _line(axes, colour["input"], (4.2, 2.25), (4.98, 2.98), tip=True)
    _line(axes, colour["input"], (6.2, 2.25), (5.42, 2.98), tip=True)
    _line(axes, colour["input"], (5.2, 3.45), (5.2, 4.25), tip=True)
    memory = colour["memory"]
    _function(axes, (2.6, 4.5), r"$\times$", _either(memory, colour["forget"], rest))
    _function(axes, (5.2, 4.5), "+", _either(memory, colour["input"], rest))
    _function(axes, (5.2, 3.2), r"$\times$", colour["input"])

    out = colour["output"]
    _line(axes, out, (9.3, 4.5), (9.3, 3.68), tip=True)
    _function(axes, (9.3, 3.4), "tanh", out)
    _line(axes, out, (9.3, 3.12), (9.3, 2.2), tip=True)
    _line(axes, out, (8.45, 1.95), (9.05, 1.95), tip=True)
    _function(axes, (9.3, 1.95), r"$\times$", out)
    _line(axes, out, (9.3, 1.7), (9.3, 1.0), (11.3, 1.0), tip=True)
    _line(axes, out, (10.1, 1.0), (10.1, -0.1), tip=True)
    put_text(axes, 11.4, 1.0, "$h_t$", ha="left", fontsize=14)
    put_text(axes, 11.0, 0.7, "to the\nnext step", ha="left", va="top", fontsize=8)
    put_text(axes, 10.1, -0.15, "$h_t$ leaves the layer", va="top", fontsize=10)


def _draw_chains(axes: Axes) -> None:
    """Three steps in a row: a plain RNN above, an LSTM's memory below."""
    put_text(axes, -1.1, 6.0, "plain RNN: its only state, three steps", ha="left", fontsize=11)
    put_text(axes, -1.1, 3.0, "LSTM: its memory, three steps", ha="left", fontsize=11)
    put_text(axes, -0.2, 4.9, "$h_0$", ha="right", fontsize=13)
    put_text(axes, -0.2, 1.9, "$c_0$", ha="right", fontsize=13)
    for step in (1, 2, 3):
        x = 4.2 * (step - 1)
        _line(axes, BLUE, (x - 0.1, 4.9), (x + 0.6, 4.9), tip=True, lw=2.6)
        _learned(axes, (x + 1.05, 4.9), "$W_h$", GREY)
        _line(axes, BLUE, (x + 1.5, 4.9), (x + 4.1, 4.9), lw=2.6)
        _line(axes, FAINT, (x + 2.1, 4.1), (x + 2.1, 4.65), tip=True)
        _function(axes, (x + 2.1, 4.9), "+", GREY)
        put_text(axes, x + 2.1, 3.85, f"$x_{step} W_x$", fontsize=10, color="gray")
        _function(axes, (x + 3.0, 4.9), "tanh", GREY)
        put_text(axes, x + 3.8, 5.25, f"$h_{step}$", fontsize=11)

        _line(axes, BLUE, (x - 0.1, 1.9), (x + 0.8, 1.9), tip=True, lw=2.6)
        _line(axes, BLUE, (x + 1.3, 1.9), (x + 4.1, 1.9), lw=2.6)
        for place, sign, source in (
            (x + 1.05, r"$\times$", f"$f_{step}$"),
            (x + 2.1, "+", f"$i_{step} g_{step}$"),
        ):
            _line(axes, FAINT, (place, 1.1), (place, 1.65), tip=True)
            _function(axes, (place, 1.9), sign, GREY)
            put_text(axes, place, 0.85, source, fontsize=10, color="gray")
        put_text(axes, x + 3.8, 2.25, f"$c_{step}$", fontsize=11)
        _line(axes, FAINT, (x + 3.0, 1.9), (x + 3.0, 0.3), tip=True)
        put_text(axes, x + 3.0, 0.05, f"$h_{step}$", fontsize=10, color="gray")


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

    # The state along the top, and down to where it is read.
    _line(axes, GREY, (0.4, 4.7), (2.55, 4.7), tip=True)
    _line(axes, GREY, (3.05, 4.7), (7.35, 4.7), tip=True)
    _line(axes, GREY, (7.85, 4.7), (10.4, 4.7), tip=True)
    put_text(axes, 0.3, 4.7, "$h_{t-1}$", ha="right", fontsize=14)
    put_text(axes, 10.5, 4.7, "$h_t$", ha="left", fontsize=14)
    put_text(axes, 10.5, 4.2, "to the\nnext step", ha="left", va="top", fontsize=8)
    _line(axes, GREY, (9.0, 4.7), (9.0, 5.95), tip=True)
    put_text(axes, 9.0, 6.0, "$h_t$ leaves the layer", va="bottom", fontsize=11)
    _line(axes, GREY, (1.4, 4.7), (1.4, 1.5), (6.4, 1.5))
    axes.plot([1.9, 1.9, 7.6], [-0.1, 0.75, 0.75], color=GREY, lw=1.6, linestyle="--")
    put_text(axes, 1.9, -0.15, "$x_t$", va="top", fontsize=14)

    for x, name, part in ((2.8, "z", "update"), (4.8, "r", "reset")):
        _line(axes, colour[part], (x - 0.15, 1.5), (x - 0.15, 2.25), tip=True)
        _line(axes, colour[part], (x + 0.15, 0.75), (x + 0.15, 2.25), tip=True)
        _learned(axes, (x, 2.55), r"$\sigma$", colour[part])
        put_text(axes, x - 0.25, 3.1, f"${name}$", ha="right", fontsize=13, color=colour[part])

    _line(axes, colour["update"], (2.8, 2.85), (2.8, 4.45), tip=True)
    _function(axes, (2.8, 4.7), r"$\times$", colour["update"])
    _line(axes, colour["update"], (2.8, 3.8), (7.35, 3.8), tip=True)
    put_text(axes, 5.0, 3.9, "$1 - z$", va="bottom", fontsize=11, color=colour["update"])
    _function(axes, (7.6, 3.8), r"$\times$", colour["update"])
    _line(axes, GREY, (7.6, 4.05), (7.6, 4.45), tip=True)
    _function(axes, (7.6, 4.7), "+", GREY)

    # The candidate: the state comes by way of the reset gate, the input directly.
    _line(axes, GREY, (6.4, 1.5), (6.4, 2.3), tip=True)
    put_text(axes, 6.48, 1.75, "$W_{hn}$", ha="left", fontsize=9)
    _line(axes, colour["reset"], (5.25, 2.55), (6.15, 2.55), tip=True)
    _function(axes, (6.4, 2.55), r"$\times$", colour["reset"])
    _line(axes, GREY, (6.65, 2.55), (7.15, 2.55), tip=True)
    _line(axes, GREY, (7.6, 0.75), (7.6, 2.25), tip=True)
    _learned(axes, (7.6, 2.55), "tanh", GREY)
    put_text(axes, 7.7, 3.1, "$n$", ha="left", fontsize=13)
    _line(axes, GREY, (7.6, 2.85), (7.6, 3.55), tip=True)
    return figure


def _colours(
    highlight: Collection[str], parts: Collection[str], rest: str = GREY
) -> dict[str, str]:
    for part in highlight:
        if part not in parts:
            raise ValueError(f"highlight: expected parts of {', '.join(parts)}, got {part!r}")
    return {
        part: (BLUE if part == "memory" else VERMILION) if part in highlight else rest
        for part in parts
    }


def _blank(axes: Axes, xlim: Point, ylim: Point) -> None:
    axes.set(xlim=xlim, ylim=ylim, aspect="equal")
    axes.axis("off")


def _either(first: str, second: str, rest: str) -> str:
    """The colour of what belongs to two parts: coloured if one of them is."""
    return second if first == rest else first


def _line(
    axes: Axes, colour: str, *points: Point, tip: bool = False, lw: float = 1.6, zorder: float = 2
) -> None:
    """A line through points; with a tip it ends in an arrow."""
    if len(points) > 2 or not tip:
        axes.plot(*zip(*points, strict=True), color=colour, lw=lw, zorder=zorder)
    if tip:
        arrow(axes, points[-2], points[-1], colour, lw=lw, zorder=zorder)


def _learned(axes: Axes, centre: Point, text: str, colour: str) -> None:
    box(axes, centre, (0.8, 0.5), text, colour=colour, ec=colour, lw=1.6)


def _function(axes: Axes, centre: Point, text: str, colour: str) -> None:
    if len(text) < 4 or text.startswith("$"):
        node(axes, centre, text, fontsize=12, colour=colour, ec=colour, lw=1.6)
        return
    axes.add_patch(Ellipse(centre, 0.9, 0.56, fc="white", ec=colour, lw=1.6, zorder=3))
    put_text(axes, *centre, text, fontsize=11, color=colour, zorder=4)
