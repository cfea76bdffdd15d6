"""One unit of a GRU at work."""

from collections.abc import Mapping

import numpy.typing as npt
from matplotlib.figure import Figure

from lessons_lib.plots.one_unit import one_unit


def gru_unit(
    gates: Mapping[str, npt.ArrayLike],
    x: npt.ArrayLike,
    n: npt.ArrayLike,
    h: npt.ArrayLike,
    *,
    marks: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """One unit of a GRU: its gates as a heat map, and below them what they do to its state.

    Args:
        gates: values from 0 to 1 by the gate's name, (T,) each.
        x: what the input adds to the candidate at each step, (T,).
        n: candidate, (T,).
        h: hidden state, (T,).
        marks: words to stand above some of the steps, which count from 1.
        limits: ends of the lower panel's vertical axis; by default those that the values need.
    """
    values = {"input x": ("bars", x), "candidate n": ("points", n), "hidden state h": ("line", h)}
    return one_unit(gates, values, marks=marks, limits=limits)
