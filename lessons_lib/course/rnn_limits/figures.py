"""Activation functions with their slopes, and how values spread between 0 and 1."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import side_by_side
from lessons_lib.plots.style import BLUE, VERMILION


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


def histograms(panels: Mapping[str, npt.ArrayLike], *, xlabel: str, bins: int = 20) -> Figure:
    """How values between 0 and 1 are spread, a panel for each set of them.

    Args:
        panels: values of any shape by title.
        xlabel: what the values are.
        bins: number of bars from 0 to 1.
    """
    figure, all_axes = side_by_side(panels, 4.2 * len(panels), 3.2, grid=True)
    edges = np.linspace(0, 1, bins + 1)
    for axes, (title, values) in zip(all_axes, panels.items(), strict=True):
        values = np.ravel(values)
        shares = np.histogram(values, edges)[0] / values.size
        axes.bar(edges[:-1], shares, width=1 / bins, align="edge", color=BLUE, edgecolor="white")
        axes.axvline(values.mean(), color=VERMILION, linestyle="--", linewidth=2, label="mean")
        axes.set(title=title, xlabel=xlabel, xlim=(0, 1))
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.legend()
    all_axes[0].set_ylabel("share of all values")
    return figure
