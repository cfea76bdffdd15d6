"""How much of an LSTM's gradient goes along the memory cell, and how far it gets."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import (
    LSTMCache,
    RNNCache,
    lstm_step,
    lstm_step_backward,
    rnn_step,
    rnn_step_backward,
)
from lessons_lib.course.shared.names_asked import Recall
from lessons_lib.course.shared.traces import first_layer, unroll
from lessons_lib.course.shared.weights import Weights, fresh_weights
from lessons_lib.functions import one_hot, softmax
from lessons_lib.models import LanguageModel


class Paths(NamedTuple):
    """Gradient on the memory at every step, and the part of it that came along the memory alone."""

    full: np.ndarray  # (T + 1, N, H): gradient on c_t, by every way
    cell: np.ndarray  # (T + 1, N, H): the same without the ways that lead through a hidden state
    f: np.ndarray  # (T, N, H): the forget gates on the way

    def norms(self) -> tuple[np.ndarray, np.ndarray]:
        """Norms of both by lag, each (T + 1,), lag 0 first, over rows and units."""
        full, cell = (np.linalg.norm(a, axis=(1, 2))[::-1] for a in (self.full, self.cell))
        return full, cell


def gradient_paths(x: npt.ArrayLike, weights: Weights, dc: npt.ArrayLike) -> Paths:
    """Run an LSTM from zero states and send a gradient on its last memory back through it.

    Args:
        x: inputs, (T, N, D).
        weights: the LSTM.
        dc: gradient on the last memory cell, (N, H).
    """
    caches = lstm_caches(np.asarray(x), weights)
    dc = np.asarray(dc, float)
    dh = np.zeros_like(dc)
    full, cell = [dc], [dc]
    for cache in reversed(caches):
        _, dh, dc, *_ = lstm_step_backward(dh, dc, cache)
        full.append(dc)
        cell.append(cell[-1] * cache.f)
    return Paths(np.stack(full[::-1]), np.stack(cell[::-1]), np.stack([c.f for c in caches]))


def lstm_caches(x: np.ndarray, weights: Weights) -> list[LSTMCache]:
    """The caches of an LSTM that reads x (T, N, D) from zero states."""
    zeros = np.zeros((x.shape[1], len(weights.Wh)))
    return unroll(lstm_step, x, (zeros, zeros), *weights)[1]


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
    runs = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        weights = fresh_weights(
            "lstm", input_size, hidden_size, rng,
            gate_bias=forget_bias, recurrent_scale=recurrent_scale,
        )  # fmt: skip
        x = rng.normal(size=(T, 1, input_size))
        dc = rng.normal(size=(1, hidden_size))
        runs.append(gradient_paths(x, weights, dc / np.linalg.norm(dc)).norms())
    full, cell = (np.stack(norms) for norms in zip(*runs, strict=True))
    return full, cell


def half_lives(f: npt.ArrayLike) -> np.ndarray:
    """Steps after which half of a unit's memory, and of the gradient on it, is left.

    The geometric mean of the forget gate over time stands for a constant one.

    Args:
        f: forget gates, (T, ...).

    Returns:
        Steps, of the shape of one step's gates; inf where a gate is always 1.
    """
    mean_log = np.log(np.asarray(f, float)).mean(axis=0)
    with np.errstate(divide="ignore"):
        return np.log(2) / np.abs(mean_log)


class GapGradients(NamedTuple):
    """Norms of the gradient of log p(right name) in a gap, by words back, 1 at the gap itself."""

    full: np.ndarray  # (places, lags + 1): on all of the state, by every way
    cell: np.ndarray | None  # likewise, along the cell path alone; only the LSTM has one


def gap_gradients(
    model: LanguageModel, ids: npt.ArrayLike, places: Sequence[Recall], num_lags: int
) -> GapGradients:
    """Send a gradient back from every gap that asks for a name.

    Args:
        model: a language model of one layer, an RNN or an LSTM, in float64.
        ids: a text, integers, (T,).
        places: where in it a name is asked for, more than num_lags words after the beginning.
        num_lags: how many words to go back.
    """
    ids = np.asarray(ids)
    p = model.params
    asked = np.array([place.asked for place in places])
    x, weights = first_layer(model, ids[: asked.max()])
    is_lstm = model.config["cell"] == "lstm"
    step, zeros = lstm_step if is_lstm else rnn_step, np.zeros((1, len(weights[1])))
    (hs, *_), caches = unroll(step, x, (zeros, zeros) if is_lstm else (zeros,), *weights)
    h = hs[asked - 1, 0]  # a row for each place
    names = one_hot(ids[asked], len(p["output.b"]))
    dlogits = names - softmax(h @ p["output.W"] + p["output.b"])  # (places, V)
    dh = dlogits @ p["output.W"].T
    dc = np.zeros_like(dh)
    full, cell = [_row_norms(dh)], [_row_norms(dh)]
    for lag in range(num_lags):
        cache = _stacked([caches[t] for t in asked - 1 - lag])
        if isinstance(cache, LSTMCache):
            if lag == 0:  # the only step from a hidden state into the memory
                on_cell = dh * cache.o * (1 - cache.tanh_c**2)
            on_cell = on_cell * cache.f
            cell.append(_row_norms(on_cell))
            _, dh, dc, *_ = lstm_step_backward(dh, dc, cache)
        else:
            _, dh, *_ = rnn_step_backward(dh, cache)
        full.append(np.hypot(_row_norms(dh), _row_norms(dc)))
    start = full[0][:, None]
    by_every_way, by_cell = np.stack(full, axis=1) / start, np.stack(cell, axis=1) / start
    return GapGradients(by_every_way, by_cell if is_lstm else None)


def _row_norms(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows, axis=1)


def _stacked(caches: Sequence[LSTMCache | RNNCache]) -> LSTMCache | RNNCache:
    """One cache with a row for each of several steps; they share the weights."""
    first = caches[0]
    rows = [name for name in first._fields if name not in ("Wx", "Wh")]
    return first._replace(**{n: np.concatenate([getattr(c, n) for c in caches]) for n in rows})
