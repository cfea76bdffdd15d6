"""Learning curves of several runs."""

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.drawing import side_by_side
from lessons_lib.plots.style import LINE_STYLES, MARKERS


def learning_curves(panels: Mapping[str, Mapping[str, npt.ArrayLike]]) -> Figure:
    """Validation perplexity against epochs, each line labelled at its end.

    Args:
        panels: by title, such as the name of a corpus, and within a panel by label: epochs and
            perplexities, (2, K).
    """
    rows = max(len(lines) for lines in panels.values())
    height = max(4.0, 0.3 * rows + 1)
    figure, all_axes = side_by_side(panels, 7.5 * len(panels), height, sharey=False)
    for axes, (title, lines) in zip(all_axes, panels.items(), strict=True):
        ends = []
        # Colour and dash repeat after 4 lines, markers after 5: no pair of 20 looks alike.
        styles = zip(itertools.cycle(LINE_STYLES), itertools.cycle(MARKERS[:5]), strict=False)
        for (style, marker), values in zip(styles, lines.values(), strict=False):
            epochs, perplexities = np.asarray(values, float)
            axes.plot(epochs, perplexities, marker=marker, markersize=4, **style)
            ends.append((epochs[-1], perplexities[-1], style["color"]))
        axes.set(xlabel="epoch", ylabel="perplexity in validation", yscale="log", title=title)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.yaxis.set_major_formatter("{x:.3g}")
        axes.yaxis.set_minor_formatter("{x:.3g}")
        axes.grid(alpha=0.3, which="both")
        low, high = np.log(axes.get_ylim())
        places = (np.log([perplexity for _, perplexity, _ in ends]) - low) / (high - low)
        for label, (epoch, perplexity, color), place in zip(
            lines, ends, _apart(places, 0.22 / height), strict=True
        ):
            axes.annotate(
                label,
                (epoch, perplexity),
                (1.03, place),
                textcoords="axes fraction",
                va="center",
                fontsize=9,
                arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.6},
            )
    return figure


def _apart(places: npt.ArrayLike, gap: float) -> npt.NDArray[np.float64]:
    """Places moved up where need be, and then down as one, so that no two are closer than gap."""
    places = np.asarray(places, float)
    moved = places.copy()
    order = np.argsort(places, kind="stable")
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved - max(0.0, moved.max() - 1)
