"""What the two gates of a GRU do: set by hand, learned on a task, and read off a language model."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import gru_step
from lessons_lib.course.shared.gates import StoreTask, make_store_task
from lessons_lib.functions import log_softmax
from lessons_lib.layers import GRU, Linear
from lessons_lib.models import LanguageModel
from lessons_lib.training import Adam


class Trace(NamedTuple):
    """Everything a GRU does at each step; arrays of one shape, time along the first axis."""

    r: np.ndarray  # reset gate
    z: np.ndarray  # update gate
    n: np.ndarray  # candidate
    h: np.ndarray  # hidden state


def mix(n: npt.ArrayLike, *, z: npt.ArrayLike, h0: float = 0.0) -> np.ndarray:
    """One state and one gate: h = (1 - z) * n + z * h_prev.

    Args:
        n: what is offered at each step, (T,).
        z: share of the old state that stays: one number, or one for each step.
        h0: state before the first step.

    Returns:
        The state after each step, (T,).
    """
    n, z = np.broadcast_arrays(np.asarray(n, float), z)
    h, hs = h0, []
    for n_t, z_t in zip(n, z, strict=True):
        h = (1 - z_t) * n_t + z_t * h
        hs.append(h)
    return np.array(hs)


def run_by_hand(
    x: npt.ArrayLike,
    *,
    r: npt.ArrayLike = 1.0,
    z: npt.ArrayLike = 0.0,
    w: float = 1.0,
    h0: float = 0.0,
) -> Trace:
    """One unit of a GRU whose gates are given: n = tanh(x + r * w * h_prev), then as `mix`.

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
    return Trace(r, z, n, h)


def run_gru(
    x: npt.ArrayLike,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bx: np.ndarray,
    bh: np.ndarray,
    *,
    reset_after: bool = True,
) -> Trace:
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
    h = np.zeros((x.shape[1], len(Wh)), Wx.dtype)
    steps = []
    for x_t in x:
        h, cache = gru_step(x_t, h, Wx, Wh, bx, bh, reset_after=reset_after)
        steps.append((cache.r, cache.z, cache.n, h))
    return Trace(*(np.stack(values) for values in zip(*steps, strict=True)))


def random_weights(rng: np.random.Generator, D: int, H: int) -> dict[str, np.ndarray]:
    """Weights and biases of a GRU: normal, standard deviation 1/sqrt(fan-in), for biases 0.5."""
    return {
        "Wx": rng.normal(size=(D, 3 * H)) / np.sqrt(D),
        "Wh": rng.normal(size=(H, 3 * H)) / np.sqrt(H),
        "bx": 0.5 * rng.normal(size=3 * H),
        "bh": 0.5 * rng.normal(size=3 * H),
    }


def variant_distance(x: npt.ArrayLike, **weights: np.ndarray) -> np.ndarray:
    """How far the two variants are apart that run over the same inputs with the same weights.

    Args:
        x: inputs, (T, N, D).
        weights: Wx, Wh, bx and bh as for `run_gru`.

    Returns:
        The largest difference between their hidden states at each step, (T,).
    """
    after = run_gru(x, **weights, reset_after=True).h
    before = run_gru(x, **weights, reset_after=False).h
    return np.abs(after - before).max(axis=(1, 2))


def answer_always(task: StoreTask) -> StoreTask:
    """The store task with the value stored last wanted at every step, asked for or not."""
    y = np.zeros_like(task.y)
    stored = np.zeros_like(task.y[0])
    for t, (value, store, _) in enumerate(np.moveaxis(task.x, -1, 1)):
        stored = np.where(store[:, None] == 1, value[:, None], stored)
        y[t] = stored
    return StoreTask(task.x, y)


def as_asked(task: StoreTask) -> StoreTask:
    """The store task as it is: the value when it is asked for, and 0 otherwise."""
    return task


def train_on_store_task(
    rng: np.random.Generator,
    wanted: Callable[[StoreTask], StoreTask],
    *,
    hidden_size: int = 1,
    num_updates: int = 600,
) -> tuple[GRU, Linear]:
    """Train a GRU on the store task in float64, on fresh sequences at each update.

    Args:
        rng: source of the first weights and of the sequences.
        wanted: `answer_always` or `as_asked`.
        hidden_size: H.
        num_updates: steps of Adam on 32 sequences of 20 steps.

    Returns:
        The GRU, and the linear layer that turns its hidden state into the answer.
    """
    gru = GRU(3, hidden_size, rng=rng, dtype=np.float64)
    readout = Linear(hidden_size, 1, rng=rng, dtype=np.float64)
    layers = {"gru": gru, "readout": readout}
    params = {f"{n}.{key}": p for n, layer in layers.items() for key, p in layer.params.items()}
    adam = Adam(params)
    for _ in range(num_updates):
        task = wanted(make_store_task(20, 32, rng))
        hs, _ = gru.forward(task.x)
        miss = readout.forward(hs) - task.y
        gru.backward(readout.backward(2 * miss / miss.size))
        grads = {f"{n}.{key}": g for n, layer in layers.items() for key, g in layer.grads.items()}
        adam.step(params, grads, lr=0.05)
    return gru, readout


def read(model: LanguageModel, ids: npt.ArrayLike, *, reset_after: bool = True) -> Trace:
    """Let a GRU language model of one layer read a text from a zero state.

    Args:
        model: the model, of dtype float32 or float64.
        ids: the text, integers, (T,).
        reset_after: the variant to read with; the models of this course are trained with True.

    Returns:
        The trace, each array (T, H).
    """
    p = model.params
    x = p["embedding.W"][np.asarray(ids)][:, None]  # (T, 1, D)
    weights = {name: p[f"rnn.0.{name}"] for name in ("Wx", "Wh", "bx", "bh")}
    trace = run_gru(x, **weights, reset_after=reset_after)
    return Trace(*(values[:, 0] for values in trace))


def perplexity_from_states(model: LanguageModel, h: np.ndarray, ids: npt.ArrayLike) -> float:
    """Perplexity of a text whose words are predicted from given hidden states.

    Args:
        model: a language model; its output layer is used.
        h: hidden state after each word, (T, H).
        ids: the text, integers, (T,).
    """
    ids = np.asarray(ids)
    log_probs = log_softmax(h[:-1] @ model.params["output.W"] + model.params["output.b"])
    return float(np.exp(-log_probs[np.arange(len(ids) - 1), ids[1:]].mean()))
