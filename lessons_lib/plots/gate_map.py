"""Gates as a heat map: the upper half of a picture of one unit at work."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def draw_gates(
    figure: Figure, axes: Axes, gates: Mapping[str, npt.ArrayLike], marks: Mapping[int, str]
) -> None:
    """Draw gates as a heat map with numbers, a row for each gate, steps counted from 1.

    Args:
        figure: gets the colour bar.
        axes: where to draw.
        gates: values from 0 to 1 by the gate's name, (T,) each.
        marks: words to stand above some of the steps.
    """
    rows = np.array(list(gates.values()), float)
    edges = np.arange(rows.shape[1] + 1) + 0.5, np.arange(len(gates) + 1) - 0.5
    image = axes.pcolormesh(*edges, rows, cmap="cividis", vmin=0, vmax=1, edgecolors="white")
    axes.invert_yaxis()
    axes.set_yticks(range(len(gates)), list(gates))
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(rows):
        colour = "black" if value > 0.5 else "white"
        number = f"{value:.1f}" if 0.05 <= value < 0.95 else f"{value:.0f}"
        axes.text(column + 1, row, number, ha="center", va="center", color=colour, fontsize=8)
    for step, word in marks.items():
        axes.text(step, -0.6, word, ha="center", va="bottom", fontsize=9)
    figure.colorbar(image, ax=axes, label="openness", ticks=[0, 1])
