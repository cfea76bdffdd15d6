"""What the two gates of a GRU do: set by hand, learned on a task, and read off a language model."""

import numpy as np
import numpy.typing as npt

from lessons_lib.course.shared.store_task import StoreTask
from lessons_lib.course.shared.traces import GRUTrace, trace_gru
from lessons_lib.course.shared.weights import fresh_weights
from lessons_lib.functions import log_softmax
from lessons_lib.models import LanguageModel


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


def gru_by_hand(
    x: npt.ArrayLike,
    *,
    r: npt.ArrayLike = 1.0,
    z: npt.ArrayLike = 0.0,
    w: float = 1.0,
    h0: float = 0.0,
) -> GRUTrace:
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
    return GRUTrace(r, z, n, h)


def random_weights(rng: np.random.Generator, D: int, H: int) -> dict[str, np.ndarray]:
    """Weights and biases of a GRU: normal, standard deviation 1/sqrt(fan-in), for biases 0.5."""
    Wx, Wh, _ = fresh_weights("gru", D, H, rng)
    bx, bh = (0.5 * rng.normal(size=3 * H) for _ in range(2))
    return {"Wx": Wx, "Wh": Wh, "bx": bx, "bh": bh}


def variant_distance(x: npt.ArrayLike, **weights: np.ndarray) -> np.ndarray:
    """How far the two variants are apart that run over the same inputs with the same weights.

    Args:
        x: inputs, (T, N, D).
        weights: Wx, Wh, bx and bh as for `trace_gru`.

    Returns:
        The largest difference between their hidden states at each step, (T,).
    """
    after = trace_gru(x, **weights, reset_after=True).h
    before = trace_gru(x, **weights, reset_after=False).h
    return np.abs(after - before).max(axis=(1, 2))


def answer_always(task: StoreTask) -> StoreTask:
    """The store task with the value stored last wanted at every step, asked for or not."""
    y = np.zeros_like(task.y)
    stored = np.zeros_like(task.y[0])
    for t, (value, store, _) in enumerate(np.moveaxis(task.x, -1, 1)):
        stored = np.where(store[:, None] == 1, value[:, None], stored)
        y[t] = stored
    return StoreTask(task.x, y)


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
