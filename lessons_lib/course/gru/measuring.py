"""One unit of a GRU whose gates are set by hand."""

import numpy as np
import numpy.typing as npt

from lessons_lib.course.shared.traces import GRUTrace


def gru_by_hand(
    x: npt.ArrayLike,
    *,
    r: npt.ArrayLike = 1.0,
    z: npt.ArrayLike = 0.0,
    w: float = 1.0,
    h0: float = 0.0,
) -> GRUTrace:
    """One unit of a GRU whose gates are given: n = tanh(x + r * w * h_prev).

    Args:
        x: what the input adds to the candidate at each step, (T,).
        r: reset gate: one number, or one for each step.
        z: update gate, likewise.
        w: recurrent weight of the candidate.
        h0: state before the first step.

    Returns:
        The trace, each array (T,).
    """
    x, r, z = (np.array(a, float) for a in np.broadcast_arrays(x, r, z))
    n, h = np.empty_like(x), np.empty_like(x)
    h_prev = h0
    for t in range(len(x)):
        n[t] = np.tanh(x[t] + r[t] * w * h_prev)
        h[t] = (1 - z[t]) * n[t] + z[t] * h_prev
        h_prev = h[t]
    return GRUTrace(r, z, n, h)
