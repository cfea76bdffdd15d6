"""What gates do to a memory cell: set by hand, and learned on a task with one right answer."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import lstm_step
from lessons_lib.layers import LSTM, Linear
from lessons_lib.training import Adam


class Trace(NamedTuple):
    """Everything an LSTM does at each step; arrays of one shape, time along the first axis."""

    i: np.ndarray  # input gate
    f: np.ndarray  # forget gate
    g: np.ndarray  # new memory
    o: np.ndarray  # output gate
    c: np.ndarray  # memory cell
    h: np.ndarray  # hidden state


def iterate_rnn(
    starts: npt.ArrayLike, w: float, num_steps: int, inputs: npt.ArrayLike = 0.0
) -> np.ndarray:
    """A one-unit vanilla RNN, h = tanh(w * h + x), from several starts.

    Args:
        starts: hidden states before the first step, (N,).
        w: the recurrent weight.
        num_steps: T.
        inputs: x at each step, (T,), or one number for all steps.

    Returns:
        Hidden states, (T + 1, N); row 0 holds the starts.
    """
    hs = [np.asarray(starts, float)]
    for x in np.broadcast_to(inputs, num_steps):
        hs.append(np.tanh(w * hs[-1] + x))
    return np.stack(hs)


def run_by_hand(
    g: npt.ArrayLike,
    *,
    i: npt.ArrayLike = 1.0,
    f: npt.ArrayLike = 1.0,
    o: npt.ArrayLike = 1.0,
    c0: npt.ArrayLike = 0.0,
) -> Trace:
    """A memory cell whose gates are given instead of computed.

    Args:
        g: new memory, time along the first axis.
        i: input gate: one number, or anything that broadcasts with g.
        f: forget gate, likewise.
        o: output gate, likewise.
        c0: memory before the first step: one number, or the shape of a step.

    Returns:
        The trace.
    """
    i, f, g, o = (np.array(a, float) for a in np.broadcast_arrays(i, f, g, o))
    c = np.empty_like(g)
    c_prev = np.broadcast_to(np.asarray(c0, float), g.shape[1:])
    for t in range(len(g)):
        c[t] = f[t] * c_prev + i[t] * g[t]
        c_prev = c[t]
    return Trace(i, f, g, o, c, o * np.tanh(c))


def run_lstm(
    x: npt.ArrayLike, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray, *, keep: float = 1.0
) -> Trace:
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
    x = np.asarray(x, Wx.dtype)
    h = c = np.zeros((x.shape[1], len(Wh)), Wx.dtype)
    steps = []
    for x_t in x:
        h, c, cache = lstm_step(x_t, h, keep * c, Wx, Wh, b)
        steps.append((cache.i, cache.f, cache.g, cache.o, c, h))
    return Trace(*(np.stack(values) for values in zip(*steps, strict=True)))


class StoreTask(NamedTuple):
    """Sequences in which a value is to be stored when told, and given back when asked for."""

    x: np.ndarray  # (T, N, 3): a value, whether to store it, whether the stored one is asked for
    y: np.ndarray  # (T, N, 1): the value stored last where it is asked for, and 0 elsewhere

    @property
    def kinds(self) -> dict[str, np.ndarray]:
        """Which steps (T, N) store, which ask, and which do neither."""
        store, ask = self.x[..., 1] == 1, self.x[..., 2] == 1
        return {"store": store, "ask": ask, "neither": ~(store | ask)}


# What the gates (i, f, o) of a single unit have to do, if it is to do the task at all.
RIGHT_SCHEDULE = {"store": (1, 0, 0), "ask": (0, 1, 1), "neither": (0, 1, 0)}


def make_store_task(
    num_steps: int, num_rows: int, rng: np.random.Generator, *, share: float = 0.15
) -> StoreTask:
    """Draw sequences of the task.

    Args:
        num_steps: T.
        num_rows: N.
        rng: source of the values, evenly between -1 and 1, and of the kinds of steps.
        share: of the steps that store, and of those that ask.
    """
    values = rng.uniform(-1, 1, (num_steps, num_rows))
    draw = rng.random((num_steps, num_rows))
    store, ask = draw < share, draw >= 1 - share
    y = np.zeros((num_steps, num_rows))
    stored = np.zeros(num_rows)
    for t in range(num_steps):
        stored = np.where(store[t], values[t], stored)
        y[t] = np.where(ask[t], stored, 0)
    return StoreTask(np.stack([values, store, ask], axis=-1), y[..., None])


def train_on_store_task(
    rng: np.random.Generator, *, hidden_size: int = 1, num_updates: int = 1000
) -> tuple[LSTM, Linear]:
    """Train an LSTM on the task in float64, on fresh sequences at each update.

    Args:
        rng: source of the first weights and of the sequences.
        hidden_size: H.
        num_updates: steps of Adam on 32 sequences of 20 steps.

    Returns:
        The LSTM, and the linear layer that turns its hidden state into the answer.
    """
    lstm = LSTM(3, hidden_size, rng=rng, dtype=np.float64)
    readout = Linear(hidden_size, 1, rng=rng, dtype=np.float64)
    layers = {"lstm": lstm, "readout": readout}
    params = {f"{n}.{key}": p for n, layer in layers.items() for key, p in layer.params.items()}
    adam = Adam(params)
    for _ in range(num_updates):
        task = make_store_task(20, 32, rng)
        hs, _ = lstm.forward(task.x)
        miss = readout.forward(hs) - task.y
        lstm.backward(readout.backward(2 * miss / miss.size))
        grads = {f"{n}.{key}": g for n, layer in layers.items() for key, g in layer.grads.items()}
        adam.step(params, grads, lr=0.05)
    return lstm, readout
