"""The loss surface with its cliff, the ways of descent on it, and what clipping does to a step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from lessons_lib.plots.drawing import side_by_side, single
from lessons_lib.plots.style import BLUE, GREEN, ORANGE, VERMILION

Way = tuple[npt.ArrayLike, npt.ArrayLike]  # w and b at each update
Way3D = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]  # and the loss

WAY: dict[str, Any] = {
    "color": "white",
    "linewidth": 1.5,
    "path_effects": [Stroke(linewidth=3.5, foreground="black"), Normal()],
}
MARK: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "black"}
START = {"marker": "s", "color": ORANGE, "markersize": 9, **MARK}
LEAVES = "leaves the map here"
END = {"marker": "*", "color": VERMILION, "markersize": 15, **MARK}


def loss_landscape(
    w: npt.ArrayLike, b: npt.ArrayLike, loss: npt.ArrayLike, ways: Mapping[str, Way3D] | None = None
) -> Figure:
    """The loss over two parameters, seen from the side as a relief, with ways of descent on it.

    Each way has a panel of its own. One that leaves the relief is drawn up to the border.

    Args:
        w: recurrent weight at each point of a grid, (M, K).
        b: bias there, (M, K).
        loss: (M, K).
        ways: by title, the values of w, b and the loss at each update; None for the relief alone.
    """
    w, b, loss = (np.asarray(values, float) for values in (w, b, loss))
    panels = {"": None} if ways is None else dict(ways)
    figure = Figure(figsize=(4.3 * len(panels) + 1.2, 4.6), layout="constrained")
    for place, (title, way) in enumerate(panels.items(), start=1):
        # Lines over the surface in the order of drawing: seen from here nothing hides them.
        axes = figure.add_subplot(1, len(panels), place, projection="3d", computed_zorder=False)
        relief = axes.plot_surface(
            w, b, loss, cmap="cividis", rcount=101, ccount=101, linewidth=0, antialiased=False
        )
        if way is not None:
            _draw_way_on_relief(axes, np.stack(way), (w.min(), b.min()), (w.max(), b.max()))
        axes.set(xlabel="w (no unit)", ylabel="b (no unit)", zlabel="loss (no unit)", title=title)
        axes.set(xlim=(w.min(), w.max()), ylim=(b.min(), b.max()))
        axes.locator_params(nbins=5)
        axes.view_init(elev=38, azim=42)
        axes.set_box_aspect(None, zoom=0.8)
    figure.colorbar(relief, ax=figure.axes, label="loss (no unit)", shrink=0.7)
    if ways is not None:
        # Not every panel has every mark: one of each kind.
        marks = {line.get_label(): line for axes in figure.axes for line in axes.get_lines()}
        figure.legend(
            handles=list(marks.values()), loc="outside lower center", ncols=4, facecolor="0.8"
        )
    return figure


def _draw_way_on_relief(
    axes: Any, way: npt.NDArray[np.float64], low: npt.ArrayLike, high: npt.ArrayLike
) -> None:
    """Draw the points way (3, updates) up to the first step that leaves the map, cut there."""
    place, low, high = way[:2].T, np.asarray(low), np.asarray(high)
    outside = ((place < low) | (place > high)).any(axis=1)
    leaves = bool(outside.any())
    if leaves:
        first = int(outside.argmax())
        step = way[:, first] - way[:, first - 1]
        border = np.where(step[:2] > 0, high, low)
        with np.errstate(divide="ignore"):
            share = np.min((border - place[first - 1]) / step[:2])
        way = np.column_stack([way[:, :first], way[:, first - 1] + share * step])
    axes.plot(*way, label="way of descent", **WAY)
    axes.plot(*way[:, :1], label="start", **START)
    if leaves:  # a line down to the floor, since the height of a point in the air cannot be seen
        axes.plot(*np.repeat(way[:2, -1:], 2, axis=1), [0, way[2, -1]], "k:", label=LEAVES)
    else:
        axes.plot(*way[:, -1:], label="end", **END)


def descents_on_map(
    w: npt.ArrayLike,
    b: npt.ArrayLike,
    loss: npt.ArrayLike,
    panels: Mapping[str, Way],
) -> Figure:
    """The loss as a map, in each panel with one way that descent took over it, two side by side.

    A way that leaves the map is drawn up to the border.

    Args:
        w: recurrent weights along the horizontal axis, (K,).
        b: biases along the vertical axis, (M,).
        loss: (M, K).
        panels: by title, the values of w and b at each update.
    """
    w, b = np.asarray(w, float), np.asarray(b, float)
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.3 * columns + 1, 3.5 * rows + 0.5), layout="constrained")
    all_axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for place, (axes, (title, way)) in enumerate(zip(all_axes.flat, panels.items(), strict=False)):
        image = axes.pcolormesh(w, b, np.asarray(loss), cmap="cividis", shading="nearest")
        _draw_way(axes, np.asarray(way[0], float), np.asarray(way[1], float))
        axes.set(title=title, xlim=(w.min(), w.max()), ylim=(b.min(), b.max()))
        axes.set_xlabel("w (no unit)" if place >= len(panels) - columns else "")
        axes.set_ylabel("b (no unit)" if place % columns == 0 else "")
    used, unused = np.split(all_axes.ravel(), [len(panels)])
    for axes in unused:
        axes.remove()
    figure.colorbar(image, ax=list(used), label="loss (no unit)")
    first = used[0]
    figure.legend(
        *first.get_legend_handles_labels(), loc="outside lower center", ncols=4, facecolor="0.8"
    )
    return figure


def _draw_way(axes: Axes, w: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> None:
    axes.plot(w, b, label="way of descent", **WAY)
    axes.plot(w[0], b[0], label="start", **START)
    axes.plot(w[-1], b[-1], label="end", **END)


def loss_across_edge(
    panels: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    point: tuple[float, float],
    slope: float,
) -> Figure:
    """The loss on a line across the cliff, in each panel over another range, with one tangent.

    Args:
        panels: by title: distances from the edge, (K,), and the loss there, (K,).
        point: distance and loss where the tangent touches.
        slope: derivative of the loss along the line there.
    """
    figure, all_axes = side_by_side(panels, 4.4 * len(panels), 3.6, grid=True)
    for axes, (title, (distance, loss)) in zip(all_axes, panels.items(), strict=True):
        distance, loss = np.asarray(distance, float), np.asarray(loss, float)
        axes.plot(distance, loss, color=BLUE, linewidth=2, label="loss")
        expected = point[1] + slope * (distance - point[0])
        style = {"color": VERMILION, "linestyle": "--", "linewidth": 2}
        axes.plot(distance, expected, label="what the gradient expects", **style)
        axes.plot(*point, "o", color="black", label="where it was computed")
        axes.set(title=title, xlabel="distance in b from the edge (no unit)", ylim=(-0.2, 3))
    all_axes[0].set_ylabel("loss (no unit)")
    all_axes[-1].legend()
    return figure


def clipped_arrows(
    gradient: Sequence[float], clipped: Mapping[str, Sequence[float]], *, threshold: float
) -> Figure:
    """A gradient of two numbers as an arrow, and what kinds of clipping make of it.

    Args:
        gradient: the two entries.
        clipped: by kind, the two entries after clipping.
        threshold: radius of the circle of all steps so long, and half the side of the square.
    """
    figure, axes = single(7, 3.6, grid=True)
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(
        threshold * np.cos(turn), threshold * np.sin(turn), color="0.4", label="norm = threshold"
    )
    side = threshold * np.array([-1, 1, 1, -1, -1])
    square = np.array([-1, -1, 1, 1, -1]) * threshold
    axes.plot(side, square, color="0.4", linestyle=":", label="entries = threshold")
    arrows = {"gradient": gradient, **clipped}
    widths = np.linspace(0.006, 0.012, len(arrows))
    colours = ["black", BLUE, VERMILION, GREEN]
    for (label, (x, y)), width, colour in zip(arrows.items(), widths, colours, strict=False):
        look = {"label": f"{label} ({x:.2f}, {y:.2f})", "color": colour, "width": width}
        axes.quiver(0, 0, x, y, angles="xy", scale_units="xy", scale=1, **look)
    reach = max(abs(value) for value in gradient)
    axes.set(xlim=(-1.3 * threshold, 1.1 * reach), ylim=(-1.3 * threshold, 1.5 * threshold))
    axes.set(xlabel="first entry (no unit)", ylabel="second entry (no unit)", aspect="equal")
    figure.legend(loc="outside lower center", ncols=2)
    return figure
