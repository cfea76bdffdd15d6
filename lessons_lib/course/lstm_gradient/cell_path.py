"""How much of an LSTM's gradient goes along the memory cell, and how far it gets."""

from collections.abc import Sequence

import numpy as np

from lessons_lib.cells import lstm_step, lstm_step_backward
from lessons_lib.course.shared.traces import unroll
from lessons_lib.course.shared.weights import fresh_weights


def norms_over_lag(
    *,
    T: int,
    forget_bias: float,
    recurrent_scale: float = 1.0,
    seeds: Sequence[int] = range(10),
    input_size: int = 16,
    hidden_size: int = 64,
) -> tuple[np.ndarray, np.ndarray]:
    """Norms by lag of a gradient on the memory of LSTMs with fresh weights.

    The gradient on the last memory is random, of norm 1.

    Args:
        T: number of steps, with random inputs.
        forget_bias: bias of the forget gate.
        recurrent_scale: Wh is multiplied by it.
        seeds: one run each, with weights, inputs and gradient of its own.
        input_size: D.
        hidden_size: H.

    Returns:
        By every way, and along the cell path alone, each (seeds, T + 1), lag 0 first.
    """
    full, cell = np.ones((2, len(seeds), T + 1))
    for run, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        weights = fresh_weights(
            "lstm", input_size, hidden_size, rng,
            gate_bias=forget_bias, recurrent_scale=recurrent_scale,
        )  # fmt: skip
        x, dc = rng.normal(size=(T, 1, input_size)), rng.normal(size=(1, hidden_size))
        zeros = np.zeros_like(dc)
        _, caches = unroll(lstm_step, x, (zeros, zeros), *weights)
        dh, dc = zeros, dc / np.linalg.norm(dc)
        along = dc
        for lag, cache in enumerate(reversed(caches), start=1):
            _, dh, dc, *_ = lstm_step_backward(dh, dc, cache)
            along = along * cache.f
            full[run, lag], cell[run, lag] = np.linalg.norm(dc), np.linalg.norm(along)
    return full, cell
