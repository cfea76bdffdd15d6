"""How much of a gradient is left after it has travelled back over many steps."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import (
    gru_step,
    gru_step_backward,
    lstm_step,
    lstm_step_backward,
    rnn_step,
    rnn_step_backward,
)
from lessons_lib.course.shared.traces import unroll
from lessons_lib.course.shared.weights import Weights, fresh_weights, scale_to_radius

STEPS: dict[str, tuple[Callable[..., tuple], Callable[..., tuple]]] = {
    "rnn": (rnn_step, rnn_step_backward),
    "lstm": (lstm_step, lstm_step_backward),
    "gru": (gru_step, gru_step_backward),
}


class LagNorms(NamedTuple):
    """Norms of the gradient that reaches the state k steps back, for a number of seeds.

    The loss is a random projection of the last hidden state, so the norm is 1 at lag 0.
    """

    lags: npt.NDArray[np.int64]  # (T + 1,): 0, 1, … T
    h: npt.NDArray[np.float64]  # (seeds, T + 1): gradient on the hidden state
    c: npt.NDArray[np.float64] | None  # the same on the memory cell; only the LSTM has one
    bound: npt.NDArray[np.float64] | None  # product of each step's largest singular value; RNN only

    @property
    def state(self) -> npt.NDArray[np.float64]:
        """Gradient on all that a cell carries on: h, or h and c together; (seeds, T + 1)."""
        return self.h if self.c is None else np.hypot(self.h, self.c)


def over_lag(
    cell: str,
    *,
    T: int,
    seeds: Iterable[int] = range(10),
    input_size: int = 16,
    hidden_size: int = 64,
    radius: float | None = None,
    gate_bias: float = 0.0,
    input_scale: float = 1.0,
) -> LagNorms:
    """Run a cell with fresh weights over random inputs and send a gradient back through it.

    Weights are drawn with standard deviation 1/sqrt(fan-in), biases are 0.

    Args:
        cell: "rnn", "lstm" or "gru".
        T: number of steps.
        seeds: one run each, with weights, inputs and projection of its own.
        input_size: D.
        hidden_size: H.
        radius: spectral radius that the recurrent weights of an RNN are scaled to.
        gate_bias: bias of the gate that keeps: the LSTM's forget gate, the GRU's update gate.
        input_scale: standard deviation of the inputs; 0 for none.

    Raises:
        ValueError: if there is no such cell, or a radius for another cell than the RNN.
    """
    if cell not in STEPS:
        raise ValueError(f"cell: expected one of {', '.join(STEPS)}, got {cell!r}")
    if radius is not None and cell != "rnn":
        raise ValueError(f"radius: expected None for the {cell}, whose weights are several blocks")
    runs = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        weights = fresh_weights(cell, input_size, hidden_size, rng, gate_bias=gate_bias)
        if radius is not None:
            weights = weights._replace(Wh=scale_to_radius(weights.Wh, radius))
        x = input_scale * rng.normal(size=(T, 1, input_size))
        dh = rng.normal(size=(1, hidden_size))
        runs.append(_one_run(cell, x, weights, dh / np.linalg.norm(dh)))
    h, c, bound = (None if run[0] is None else np.array(run) for run in zip(*runs, strict=True))
    assert h is not None
    return LagNorms(np.arange(T + 1), h, c, bound)


def _one_run(
    cell: str, x: np.ndarray, weights: Weights, dh: np.ndarray
) -> tuple[list[float], list[float] | None, list[float] | None]:
    """Norms at lag 0, 1, … T of the gradient on h and c, and the RNN's bound."""
    step, step_backward = STEPS[cell]
    dstate = [dh, np.zeros_like(dh)] if cell == "lstm" else [dh]
    second_bias = [np.zeros_like(weights.b)] if cell == "gru" else []
    _, caches = unroll(step, x, [np.zeros_like(d) for d in dstate], *weights, *second_bias)

    norms_h, norms_c, bound = [1.0], [0.0], [1.0]
    for cache in reversed(caches):
        _, *rest = step_backward(*dstate, cache)
        dstate = rest[: len(dstate)]
        norms_h.append(float(np.linalg.norm(dstate[0])))
        norms_c.append(float(np.linalg.norm(dstate[-1])))
        if cell == "rnn":
            jacobian = weights.Wh * (1 - cache.h**2)  # (H, H): dh_prev = dh @ jacobian.T
            bound.append(bound[-1] * float(np.linalg.norm(jacobian, ord=2)))
    return norms_h, norms_c if cell == "lstm" else None, bound if cell == "rnn" else None
