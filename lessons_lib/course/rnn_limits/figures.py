"""Activation functions with their slopes, and what a gradient meets on its way back."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import arrow, box, canvas, node, put_text, side_by_side
from lessons_lib.plots.style import BLUE, LINE_STYLES, VERMILION


def functions_and_derivatives(
    a: npt.ArrayLike, panels: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]]
) -> Figure:
    """A panel for each function, with its curve and its derivative on equal axes.

    Args:
        a: the argument, (K,).
        panels: by the function's name: its values and its derivatives, (K,) each.
    """
    figure, all_axes = side_by_side(panels, 3.4 * len(panels), 3.2, grid=True)
    for axes, (name, (values, slopes)) in zip(all_axes, panels.items(), strict=True):
        axes.plot(a, np.asarray(values), color=BLUE, linewidth=2, label="function")
        axes.plot(
            a, np.asarray(slopes), color=VERMILION, linewidth=2, linestyle="--", label="derivative"
        )
        axes.axhline(0, color="black", linewidth=0.8)
        axes.axhline(1, color="black", linewidth=0.8, linestyle=":")
        axes.set(title=name, xlabel="a (no unit)", ylim=(-1.2, 2.2))
    all_axes[0].set_ylabel("value (no unit)")
    all_axes[0].legend()
    return figure


def way_back(num_steps: int = 3) -> Figure:
    """The gradient's way from the loss back through the last steps, and what each multiplies by.

    Args:
        num_steps: how many.
    """
    step = 3.6
    last = step * num_steps
    figure, axes = canvas(10, 2.0, (-0.6, last + 1.9), (-0.95, 1.2))
    node(axes, (last + 1.4, 0), "$L$", radius=0.34, fontsize=12)
    arrow(axes, (last + 1.06, 0), (last + 0.46, 0), VERMILION, lw=5)
    for k in range(num_steps + 1):  # lag
        x, index = last - step * k, f"T-{k}" if k else "T"
        node(axes, (x, 0), f"$h_{{{index}}}$", radius=0.46, fontsize=12)
        if k == num_steps:
            break
        tanh, weights = x - 1.12, x - 2.4
        box(axes, (tanh, 0), (0.9, 0.5), f"$1-h_{{{index}}}^2$", ec=VERMILION, lw=1.5)
        box(axes, (weights, 0), (0.8, 0.5), r"$W_h^\top$", ec=BLUE, lw=1.5, fc="white")
        width = {"lw": 5 * 0.55 ** (k + 1)}
        for start, end in ((x - 0.46, tanh + 0.5), (tanh - 0.5, weights + 0.45)):
            arrow(axes, (start, 0), (end, 0), VERMILION, arrowstyle="-", **width)
        arrow(axes, (weights - 0.45, 0), (x - step + 0.46, 0), VERMILION, **width)
    put_text(axes, last - 1.12, 0.75, "tanh: another factor\nat each step", fontsize=10)
    put_text(axes, last - 2.4, -0.6, "weights: the same\nat each step", fontsize=10)
    return figure


def circles(panels: Mapping[str, Mapping[int, npt.ArrayLike]]) -> Figure:
    """What becomes of a circle of vectors after some steps, a panel for each of several matrices.

    Args:
        panels: by the matrix's name: the vectors by the number of steps, each (K, 2).
    """
    figure = Figure(figsize=(7.6, 4.2), layout="constrained")
    all_axes = figure.subplots(len(panels), 1, sharex=True, sharey=True)
    for axes, (title, images) in zip(all_axes, panels.items(), strict=True):
        for style, (steps, points) in zip(LINE_STYLES, images.items(), strict=False):
            axes.plot(*np.asarray(points).T, label=f"after {steps} steps", linewidth=2, **style)
        axes.set(title=title, ylabel="second entry\n(no unit)", aspect="equal")
        axes.grid(alpha=0.3)
    all_axes[-1].set_xlabel("first entry (no unit)")
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
