"""All that a cell does while it reads a sequence, step by step."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import gru_step, lstm_step, rnn_step
from lessons_lib.functions import softmax
from lessons_lib.models import LanguageModel


def unroll(
    step: Callable[..., tuple],
    x: npt.ArrayLike,
    state: Sequence[np.ndarray],
    *weights: np.ndarray,
    **options: Any,
) -> tuple[list[np.ndarray], list[Any]]:
    """Apply a cell at every step of a sequence.

    Args:
        step: `rnn_step`, `lstm_step`, `gru_step`, or a function that is called as they are.
        x: inputs, (T, N, D).
        state: before the first step: h (N, H), and for the LSTM c as well.
        weights: of the cell, in its order.
        options: handed on to the cell.

    Returns:
        For h, and for the LSTM c, the values after every step, (T, N, H); and the T caches.
    """
    states, caches = [], []
    for x_t in np.asarray(x):
        *state, cache = step(x_t, *state, *weights, **options)
        states.append(state)
        caches.append(cache)
    return [np.stack(values) for values in zip(*states, strict=True)], caches


class RNNTrace(NamedTuple):
    """Everything an RNN does at each step: time along the first axis."""

    h: np.ndarray  # hidden state


class LSTMTrace(NamedTuple):
    """Everything an LSTM does at each step; arrays of one shape, time along the first axis."""

    i: np.ndarray  # input gate
    f: np.ndarray  # forget gate
    g: np.ndarray  # new memory
    o: np.ndarray  # output gate
    c: np.ndarray  # memory cell
    h: np.ndarray  # hidden state


class GRUTrace(NamedTuple):
    """Everything a GRU does at each step; arrays of one shape, time along the first axis."""

    r: np.ndarray  # reset gate
    z: np.ndarray  # update gate
    n: np.ndarray  # candidate
    h: np.ndarray  # hidden state


def lstm_by_hand(
    g: npt.ArrayLike,
    *,
    i: npt.ArrayLike = 1.0,
    f: npt.ArrayLike = 1.0,
    o: npt.ArrayLike = 1.0,
    c0: npt.ArrayLike = 0.0,
) -> LSTMTrace:
    """A memory cell whose gates are given instead of computed.

    Args:
        g: new memory, time along the first axis.
        i: input gate: one number, or anything that broadcasts with g.
        f: forget gate, likewise.
        o: output gate, likewise.
        c0: memory before the first step: one number, or the shape of a step.
    """
    i, f, g, o = (np.array(a, float) for a in np.broadcast_arrays(i, f, g, o))
    c = np.empty_like(g)
    c_prev = np.broadcast_to(np.asarray(c0, float), g.shape[1:])
    for t in range(len(g)):
        c[t] = f[t] * c_prev + i[t] * g[t]
        c_prev = c[t]
    return LSTMTrace(i, f, g, o, c, o * np.tanh(c))


def trace_rnn(x: npt.ArrayLike, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> RNNTrace:
    """Run an RNN over a sequence (T, N, D) from a zero state; the trace is (T, N, H)."""
    (h,), _ = unroll(rnn_step, np.asarray(x, Wx.dtype), _zeros(x, Wh, 1), Wx, Wh, b)
    return RNNTrace(h)


def trace_lstm(
    x: npt.ArrayLike, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray, *, keep: float = 1.0
) -> LSTMTrace:
    """Run an LSTM over a sequence from zero states, and keep a record of all it does.

    Args:
        x: inputs, (T, N, D).
        Wx: input weights, (D, 4H), blocks i, f, g, o.
        Wh: recurrent weights, (H, 4H).
        b: bias, (4H,).
        keep: the memory is multiplied by this before each step. Below 1 it makes every forget gate
            leak.

    Returns:
        The trace, each array (T, N, H).
    """

    def leaking_step(x_t: np.ndarray, h: np.ndarray, c: np.ndarray, *weights: np.ndarray) -> tuple:
        return lstm_step(x_t, h, keep * c, *weights)

    (h, c), caches = unroll(leaking_step, np.asarray(x, Wx.dtype), _zeros(x, Wh, 2), Wx, Wh, b)
    return LSTMTrace(**_by_name(caches, "ifgo"), c=c, h=h)


def trace_gru(
    x: npt.ArrayLike,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bx: np.ndarray,
    bh: np.ndarray,
    *,
    reset_after: bool = True,
) -> GRUTrace:
    """Run a GRU over a sequence from a zero state, and keep a record of all it does.

    Args:
        x: inputs, (T, N, D).
        Wx: input weights, (D, 3H), blocks r, z, n.
        Wh: recurrent weights, (H, 3H).
        bx: bias beside the input product, (3H,).
        bh: bias beside the recurrent product, (3H,).
        reset_after: the variant, as for `cells.gru_step`.

    Returns:
        The trace, each array (T, N, H).
    """
    x = np.asarray(x, Wx.dtype)
    (h,), caches = unroll(gru_step, x, _zeros(x, Wh, 1), Wx, Wh, bx, bh, reset_after=reset_after)
    return GRUTrace(**_by_name(caches, "rzn"), h=h)


TRACERS: dict[str, Callable[..., Any]] = {"rnn": trace_rnn, "lstm": trace_lstm, "gru": trace_gru}


def read(model: LanguageModel, ids: npt.ArrayLike, **options: Any) -> Any:
    """Let a language model of one layer read a text from zero states.

    Args:
        model: the model, of dtype float32 or float64.
        ids: the text, integers, (T,).
        options: `keep` for an LSTM, `reset_after` for a GRU.

    Returns:
        The trace of its cell, such as an `LSTMTrace`; each array (T, H).
    """
    x, weights = first_layer(model, ids)
    trace = TRACERS[model.config["cell"]](x, *weights, **options)
    return trace._make(values[:, 0] for values in trace)


def first_layer(model: LanguageModel, ids: npt.ArrayLike) -> tuple[np.ndarray, list[np.ndarray]]:
    """What the first layer of a model reads of a text (T,): inputs (T, 1, D); and its weights."""
    x = model.params["embedding.W"][np.asarray(ids)][:, None]
    return x, [p for name, p in model.params.items() if name.startswith("rnn.0.")]


def next_word_probs(model: LanguageModel, h: np.ndarray) -> np.ndarray:
    """Probabilities (..., V) of the next word, from hidden states (..., H)."""
    return softmax(h @ model.params["output.W"] + model.params["output.b"])


def _zeros(x: npt.ArrayLike, Wh: np.ndarray, count: int) -> list[np.ndarray]:
    return [np.zeros((np.shape(x)[1], len(Wh)), Wh.dtype)] * count


def _by_name(caches: Sequence[Any], names: str) -> dict[str, np.ndarray]:
    return {name: np.stack([getattr(cache, name) for cache in caches]) for name in names}
