"""Things to play with in a notebook: sliders that redraw a figure."""

from collections.abc import Sequence

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from IPython.display import display

from lessons_lib import plots
from lessons_lib.experiments.gates import run_by_hand

NAMES = {"i": "input i", "f": "forget f", "o": "output o"}


def gate_dials(dials: Sequence[str], g: Sequence[float]) -> None:
    """Show one memory cell with a slider for each of its gates; arrow keys move a slider too.

    Args:
        dials: the gates with a slider, of "i", "f", "o". The others stay open.
        g: new memory at each step, (T,).

    Raises:
        ValueError: if a dial is none of these.
    """
    for name in dials:
        if name not in NAMES:
            raise ValueError(f"dials: expected names of {', '.join(NAMES)}, got {name!r}")

    # The same axis at every position of the dials, so that positions can be compared.
    reach = np.concatenate([[0.0], g, run_by_hand(g).c])
    limits = 1.1 * reach.min(), 1.1 * reach.max()

    def draw(**openness: float) -> None:
        trace = run_by_hand(g, **openness)
        gates = {NAMES[name]: getattr(trace, name) for name in dials}
        display(plots.memory_cell(gates, trace.g, trace.c, trace.h, limits=limits))

    sliders = {
        name: ipywidgets.FloatSlider(
            1.0, min=0.0, max=1.0, step=0.05, description=NAMES[name], continuous_update=False
        )
        for name in dials
    }
    ipywidgets.interact(draw, **sliders)
