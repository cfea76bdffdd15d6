"""Drawings of an RNN unrolled over time, with the ways that gradients take. They need no data."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from lessons_lib.plots.style import VERMILION

GREY, PALE = "#333333", "#E8E8E8"
Point = tuple[float, float]


def step_graph() -> Figure:
    """The computation graph of one step, values forward in grey and gradients back in colour."""
    figure = Figure(figsize=(8.6, 3.9), layout="constrained")
    axes = _canvas(figure, (-0.9, 11.4), (-0.3, 5.2))
    places = {
        "$x$": (0.0, 4.4),
        "$W_x$": (0.0, 3.2),
        r"$h_\mathrm{prev}$": (-0.1, 2.0),
        "$W_h$": (0.0, 0.8),
        "$b$": (3.6, 0.8),
    }
    for name, (x, y) in places.items():
        axes.text(x, y, name, ha="center", va="center", fontsize=14)
    _node(axes, (2.3, 3.8), r"$\times$")
    _node(axes, (2.3, 1.4), r"$\times$")
    _node(axes, (4.9, 2.6), "+")
    _box(axes, (7.4, 2.6), "tanh")
    axes.text(9.9, 2.6, "$h$", ha="center", va="center", fontsize=14)

    for start, end in (
        ((0.5, 4.3), (2.05, 3.95)),
        ((0.5, 3.3), (2.05, 3.65)),
        ((0.5, 1.9), (2.05, 1.55)),
        ((0.5, 0.9), (2.05, 1.25)),
        ((2.55, 3.7), (4.68, 2.75)),
        ((2.55, 1.5), (4.68, 2.45)),
        ((3.85, 1.0), (4.75, 2.35)),
        ((5.2, 2.6), (6.85, 2.6)),
        ((7.95, 2.6), (9.55, 2.6)),
    ):
        _both_ways(axes, start, end)
    for place, text in (
        ((6.05, 2.85), "$a$"),
        ((6.05, 2.05), "da"),
        ((8.75, 2.05), "dh"),
        ((1.3, 4.55), "dx"),
        ((1.3, 3.05), "dWx"),
        ((1.2, 2.2), "dh_prev"),
        ((1.3, 0.55), "dWh"),
        ((4.75, 1.35), "db"),
    ):
        colour = GREY if text == "$a$" else VERMILION
        font = {"fontsize": 12} if text == "$a$" else {"fontsize": 10, "family": "monospace"}
        axes.text(*place, text, ha="center", va="center", color=colour, **font)
    return figure


def unrolled_graph() -> Figure:
    """Three steps with a loss each; at the middle one the two gradients meet."""
    figure = Figure(figsize=(9.2, 4.2), layout="constrained")
    axes = _canvas(figure, (-0.3, 13.2), (0.0, 5.9))
    axes.text(0.2, 2.6, "$h_0$", ha="center", va="center", fontsize=14)
    for t, x in enumerate((3.0, 6.5, 10.0), start=1):
        met = t == 2
        _box(axes, (x, 2.6), f"$h_{t}$")
        _box(axes, (x, 5.0), rf"$\ell_{t}$")
        axes.text(x, 0.4, f"$x_{t}$", ha="center", va="center", fontsize=14)
        _arrow(axes, (x, 0.75), (x, 2.2))
        _arrow(axes, (x - 0.12, 3.0), (x - 0.12, 4.65))
        _arrow(axes, (x + 0.12, 4.65), (x + 0.12, 3.0), VERMILION, thick=met)
        axes.text(x + 0.3, 3.85, f"dhs[{t - 1}]", color=VERMILION, fontsize=10, family="monospace")
        before = 0.6 if t == 1 else x - 2.95
        _arrow(axes, (before, 2.72), (x - 0.55, 2.72))
        _arrow(axes, (x - 0.55, 2.48), (before, 2.48), VERMILION, thick=t == 3)
        label = "dh0" if t == 1 else "dh_next"
        middle = (before + x - 0.55) / 2
        axes.text(
            middle, 2.2, label, color=VERMILION, fontsize=10, family="monospace", ha="center",
            va="top",
        )  # fmt: skip
        axes.text(middle, 2.85, "$W_h$", fontsize=10, ha="center", va="bottom")
        axes.text(x + 0.12, 1.4, "$W_x$", fontsize=10, va="center")
    axes.text(12.2, 5.0, r"$L = \ell_1 + \ell_2 + \ell_3$", ha="center", va="center", fontsize=12)
    axes.text(
        6.5, 5.62, "two gradients meet in $h_2$", color=VERMILION, ha="center", va="center",
        fontsize=10,
    )  # fmt: skip
    return figure


def chunk_graph(num_steps: int = 9, length: int = 3) -> Figure:
    """Truncated backpropagation: the state carried over the cuts above, reset at them below."""
    figure = Figure(figsize=(9.2, 3.6), layout="constrained")
    axes = _canvas(figure, (-1.4, num_steps + 0.3), (-0.2, 4.1))
    for y, title, carried in ((3.0, "state\ncarried", True), (0.8, "state reset\nto zeros", False)):
        axes.text(-0.75, y, title, ha="center", va="center", fontsize=10)
        for t in range(num_steps):
            _node(axes, (t + 0.5, y), f"$h_{{{t + 1}}}$", radius=0.27)
            axes.plot([t + 0.5] * 2, [y + 0.27, y + 0.62], color=GREY, lw=1.2)
            axes.text(t + 0.5, y + 0.66, rf"$\ell_{{{t + 1}}}$", ha="center", va="bottom")
            if t == 0:
                continue
            cut = t % length == 0
            if not cut or carried:
                _arrow(axes, (t - 0.23, y + 0.09), (t + 0.23, y + 0.09), GREY)
            if not cut:
                _arrow(axes, (t + 0.23, y - 0.11), (t - 0.23, y - 0.11), VERMILION)
            elif not carried:
                axes.text(t + 0.12, y + 0.02, "0", ha="center", va="center", fontsize=10)
            if cut:
                axes.plot([t, t], [y - 0.62, y + 0.85], color=GREY, lw=1.6, ls=":")
    return figure


def _canvas(figure: Figure, xlim: Point, ylim: Point) -> Axes:
    axes = figure.add_subplot()
    axes.set(xlim=xlim, ylim=ylim, aspect="equal")
    axes.axis("off")
    return axes


def _arrow(
    axes: Axes, start: Point, end: Point, colour: str = GREY, *, thick: bool = False
) -> None:
    arrow = {
        "arrowstyle": "-|>",
        "color": colour,
        "lw": 3.0 if thick else 1.5,
        "ls": "-" if colour == GREY else (0, (4, 1.5)),  # gradients differ by more than colour
        "shrinkA": 0,
        "shrinkB": 0,
    }
    axes.annotate("", end, start, arrowprops=arrow)


def _both_ways(axes: Axes, start: Point, end: Point) -> None:
    """A grey arrow forward, and beside it one in colour that leads back."""
    (x0, y0), (x1, y1) = start, end
    size = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    dx, dy = -(y1 - y0) / size * 0.09, (x1 - x0) / size * 0.09
    _arrow(axes, (x0 + dx, y0 + dy), (x1 + dx, y1 + dy))
    _arrow(axes, (x1 - dx, y1 - dy), (x0 - dx, y0 - dy), VERMILION)


def _box(axes: Axes, centre: Point, text: str) -> None:
    corner = centre[0] - 0.45, centre[1] - 0.28
    box = FancyBboxPatch(corner, 0.9, 0.56, boxstyle="round,pad=0.05", fc=PALE, ec=GREY, lw=1.5)
    axes.add_patch(box)
    axes.text(*centre, text, ha="center", va="center", fontsize=12)


def _node(axes: Axes, centre: Point, text: str, *, radius: float = 0.25) -> None:
    axes.add_patch(Circle(centre, radius, fc="white", ec=GREY, lw=1.5, zorder=3))
    axes.text(*centre, text, ha="center", va="center", fontsize=11, zorder=4)
