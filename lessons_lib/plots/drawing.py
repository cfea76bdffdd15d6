"""What drawings and panels are made of: figures with axes, and arrows, boxes and nodes on them."""

from collections.abc import Collection
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

GREY, PALE = "#333333", "#E8E8E8"
Point = tuple[float, float]


def single(width: float, height: float, *, grid: bool = False) -> tuple[Figure, Axes]:
    """A figure of that size, in inches, with one pair of axes; a grid is pale."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    if grid:
        axes.grid(alpha=0.3)
    return figure, axes


def side_by_side(
    panels: Collection[Any], width: float, height: float, *, grid: bool = False, **options: Any
) -> tuple[Figure, Any]:
    """A figure of that size, in inches, with axes (panels,) beside each other on equal scales."""
    figure = Figure(figsize=(width, height), layout="constrained")
    found = figure.subplots(1, len(panels), squeeze=False, **{"sharey": True} | options)[0]
    if grid:
        for axes in found:
            axes.grid(alpha=0.3)
    return figure, found


def canvas(width: float, height: float, xlim: Point, ylim: Point) -> tuple[Figure, Axes]:
    """A figure to draw on: no axes to be seen, and a circle is round."""
    figure, axes = single(width, height)
    axes.set(xlim=xlim, ylim=ylim, aspect="equal")
    axes.axis("off")
    return figure, axes


def arrow(axes: Axes, start: Point, end: Point, colour: str = GREY, **style: Any) -> None:
    """An arrow from point to point; style as matplotlib's arrowprops."""
    plain = {"arrowstyle": "-|>", "color": colour, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=plain | style)


def put_text(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """A text with its middle at a point."""
    axes.text(x, y, text, **{"ha": "center", "va": "center"} | style)


def box(
    axes: Axes,
    centre: Point,
    size: Point,
    text: str,
    *,
    pad: float = 0.05,
    fontsize: float = 11,
    colour: str = "black",
    **style: Any,
) -> None:
    """A pale box with round corners; its text is in that colour, style is for the box."""
    (x, y), (width, height) = centre, size
    corner, shape = (x - width / 2, y - height / 2), f"round,pad={pad}"
    look = {"fc": PALE, "ec": GREY} | style
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, **look))
    put_text(axes, x, y, text, fontsize=fontsize, color=colour)


def node(
    axes: Axes,
    centre: Point,
    text: str,
    *,
    radius: float = 0.25,
    fontsize: float = 11,
    colour: str = "black",
    **style: Any,
) -> None:
    """A white circle over what lies there; its text is in that colour, style is for the circle."""
    look = {"fc": "white", "ec": GREY} | style
    axes.add_patch(Circle(centre, radius, zorder=3, **look))
    put_text(axes, *centre, text, fontsize=fontsize, color=colour, zorder=4)
