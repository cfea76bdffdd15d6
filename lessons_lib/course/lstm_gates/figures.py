"""One unit of an LSTM at work."""

from collections.abc import Mapping

import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.one_unit import one_unit


def memory_cell(
    gates: Mapping[str, npt.ArrayLike],
    g: npt.ArrayLike,
    c: npt.ArrayLike,
    h: npt.ArrayLike,
    *,
    h_open: npt.ArrayLike | None = None,
    marks: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """One unit of an LSTM: its gates as a heat map, and below them what they do to its memory.

    Args:
        gates: values from 0 to 1 by the gate's name, (T,) each.
        g: new memory offered at each step, (T,).
        c: memory cell, (T,).
        h: hidden state, (T,).
        h_open: what the hidden state would be with the output gate open throughout, (T,).
        marks: words to stand above some of the steps, which count from 1.
        limits: ends of the lower panel's vertical axis; by default those that the values need.
    """
    values = {
        "new memory g": ("bars", g),
        "memory cell c": ("line", c),
        "hidden state h": ("points", h),
    }
    if h_open is not None:
        values["h, output gate always open"] = ("crosses", h_open)
    return one_unit(gates, values, marks=marks, limits=limits)
