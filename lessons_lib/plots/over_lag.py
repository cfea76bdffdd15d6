"""Gradients on their way back through time."""

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import side_by_side
from lessons_lib.plots.style import LINE_STYLES


def gradient_over_lag(
    panels: Mapping[str, Mapping[str, npt.ArrayLike]],
    *,
    bounds: Mapping[str, Mapping[str, npt.ArrayLike]] | None = None,
    ylabel: str = "norm of the gradient (1 at lag 0)",
    floor: float = 1e-12,
) -> Figure:
    """Panels side by side on equal logarithmic axes: norms against lag, as medians with bands.

    The band goes from the smallest to the largest of the seeds.

    Args:
        panels: by title, and within a panel by label: norms at lag 0, 1, … for each seed,
            (seeds, lags).
        bounds: likewise, drawn as a thin grey line (the median) with the label that is given.
        ylabel: what the values are.
        floor: values below are drawn at this height.
    """
    figure, all_axes = side_by_side(panels, max(6.0, 4.2 * len(panels)), 3.8, grid=True)
    for axes, (title, lines) in zip(all_axes, panels.items(), strict=True):
        for style, (label, values) in zip(
            itertools.cycle(LINE_STYLES), lines.items(), strict=False
        ):
            norms = np.maximum(np.atleast_2d(np.asarray(values, float)), floor)
            lags = np.arange(norms.shape[1])
            axes.plot(lags, np.median(norms, axis=0), label=label, linewidth=2, **style)
            axes.fill_between(
                lags, norms.min(axis=0), norms.max(axis=0), color=style["color"], alpha=0.2
            )
        for label, values in (bounds or {}).get(title, {}).items():
            bound = np.median(np.atleast_2d(np.asarray(values, float)), axis=0)
            axes.plot(np.arange(len(bound)), bound, color="0.35", linewidth=1.2, label=label)
        axes.axhline(1, color="black", linewidth=0.8)
        axes.set(title=title, xlabel="lag (steps back)", yscale="log")
        axes.legend()
    all_axes[0].set_ylabel(ylabel)
    return figure
