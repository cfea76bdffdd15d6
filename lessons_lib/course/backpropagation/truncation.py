"""Truncated backpropagation: what it costs, what it gets wrong, what it cannot learn."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lessons_lib.cells import RNNCache
from lessons_lib.course.shared.networks import RecurrentNetwork
from lessons_lib.files import data_path
from lessons_lib.layers import RNN

Grads = dict[str, np.ndarray]


def numbers_kept(caches: Iterable[RNNCache]) -> int:
    """How many numbers the forward pass has to keep for the backward pass, without the weights.

    Args:
        caches: what each step kept. An array that two steps share counts once.
    """
    arrays = {id(a): a.size for cache in caches for a in (cache.x, cache.h_prev, cache.h)}
    return sum(arrays.values())


def reached_steps(
    num_steps: int, length: int, *, sliding: bool = False, rng: np.random.Generator
) -> np.ndarray:
    """Which losses reach which steps when the backward pass is truncated, found by trying.

    A loss is put at one step alone, and a backward pass shows at which inputs it arrives.

    Args:
        num_steps: T.
        length: steps in a chunk, or in the window.
        sliding: let every loss look back over `length` steps of its own, instead of cutting the
            sequence into chunks.
        rng: source of the weights and inputs.

    Returns:
        Booleans (T, T): the loss of step [t] reaches step [s].
    """
    rnn = RNN(2, 4, rng=rng, dtype=np.float64)
    x = rng.normal(size=(num_steps, 1, 2))
    hs, _ = rnn.forward(x)
    before = np.concatenate([np.zeros((1, 1, 4)), hs[:-1]])  # the state that enters each step
    reached = np.zeros((num_steps, num_steps), bool)
    for t in range(num_steps):
        start = max(0, t + 1 - length) if sliding else t - t % length
        rnn.forward(x[start : t + 1], before[start])
        dhs = np.zeros((t + 1 - start, 1, 4))
        dhs[-1] = 1
        dx, _ = rnn.backward(dhs)
        reached[t, start : t + 1] = np.any(dx != 0, axis=(1, 2))
    return reached


def make_net(
    rng: np.random.Generator, *, hidden_size: int, radius: float = 0.9
) -> RecurrentNetwork:
    """A network with one input and one output.

    Args:
        rng: source of the weights.
        hidden_size: H.
        radius: the largest absolute eigenvalue that Wh is scaled to.
    """
    return RecurrentNetwork("rnn", 1, hidden_size, 1, rng, radius=radius)


def gradient(
    net: RecurrentNetwork, x: np.ndarray, y: np.ndarray, length: int | None = None
) -> tuple[float, Grads]:
    """Loss and gradient on the RNN's parameters over one long sequence, state carried.

    Args:
        net: the net.
        x: inputs, (T, N, 1).
        y: targets, (T, N, 1).
        length: steps in a chunk; None for the full gradient.

    Returns:
        Half the squared error, summed over time and averaged over the rows, and its gradient.
    """
    length = length or len(x)
    state, loss = None, 0.0
    sums = {name: np.zeros_like(p) for name, p in net.layer.params.items()}
    for start in range(0, len(x), length):
        miss = net.forward(x[start : start + length], state) - y[start : start + length]
        state = net.state
        loss += 0.5 * float((miss**2).sum()) / x.shape[1]
        net.backward(miss / x.shape[1])
        for name, g in net.layer.grads.items():
            sums[name] += g
    return loss, sums


def fading_sum(
    num_steps: int, num_rows: int, rng: np.random.Generator, *, keep: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Random inputs, and as targets their sum so far, of which a share is kept at each step.

    Returns:
        x and y, each (T, N, 1).
    """
    x = rng.uniform(-1, 1, (num_steps, num_rows, 1))
    y = np.zeros_like(x)
    total = np.zeros_like(x[0])
    for t in range(num_steps):
        total = keep * total + x[t]
        y[t] = total
    return x, y


def distance(got: Grads, expected: Grads) -> float:
    """Length of the difference of two gradients, in units of the second's length."""
    miss = np.concatenate([(got[name] - expected[name]).ravel() for name in expected])
    whole = np.concatenate([g.ravel() for g in expected.values()])
    return float(np.linalg.norm(miss) / np.linalg.norm(whole))


def distance_by_length(
    lengths: Sequence[int],
    *,
    radius: float,
    seeds: Iterable[int],
    num_steps: int = 60,
    num_rows: int = 200,
    hidden_size: int = 16,
) -> np.ndarray:
    """How far the truncated gradient is from the full one, on `fading_sum`.

    Args:
        lengths: truncation lengths, (K,).
        radius: largest absolute eigenvalue of Wh.
        seeds: one random net and batch for each.
        num_steps: T.
        num_rows: N.
        hidden_size: H.

    Returns:
        Relative distances, (number of seeds, K).
    """
    rows = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        net = make_net(rng, hidden_size=hidden_size, radius=radius)
        x, y = fading_sum(num_steps, num_rows, rng)
        _, full = gradient(net, x, y)
        rows.append([distance(gradient(net, x, y, k)[1], full) for k in lengths])
    return np.array(rows)


def distance_by_rows(
    numbers: Sequence[int],
    *,
    length: int,
    seeds: Iterable[int],
    num_steps: int = 24,
    num_reference: int = 10_000,
) -> tuple[np.ndarray, np.ndarray]:
    """Noise and bias: how far a batch's gradient is from that of very many rows, full, not cut.

    Args:
        numbers: batch sizes, (K,).
        length: the truncation length of the second result.
        seeds: one set of batches for each; the net is always the same.
        num_steps: T.
        num_reference: rows of the reference.

    Returns:
        Relative distances of the full and of the truncated gradient, each (number of seeds, K).
    """
    net = make_net(np.random.default_rng(0), hidden_size=8)
    _, reference = gradient(net, *fading_sum(num_steps, num_reference, np.random.default_rng(1)))
    full, cut = [], []
    for seed in seeds:
        rng = np.random.default_rng([2, seed])
        batches = [fading_sum(num_steps, number, rng) for number in numbers]
        full.append([distance(gradient(net, *batch)[1], reference) for batch in batches])
        cut.append([distance(gradient(net, *batch, length)[1], reference) for batch in batches])
    return np.array(full), np.array(cut)


# The echo task: repeat what was heard some steps ago


def echo(
    num_steps: int, num_rows: int, lag: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random inputs, evenly between -1 and 1, and as targets the input `lag` steps before.

    Returns:
        x and y, each (T, N, 1).
    """
    values = rng.uniform(-1, 1, (num_steps + lag, num_rows, 1))
    return values[lag:], values[:num_steps]


def train_on_echo(
    rng: np.random.Generator,
    *,
    lag: int,
    length: int,
    carry: bool,
    num_steps: int = 24_000,
    num_rows: int = 16,
    hidden_size: int = 16,
) -> RecurrentNetwork:
    """Train with truncated BPTT on one long stream, an update of Adam after each chunk.

    Args:
        rng: source of the first weights and of the stream.
        lag: of the task.
        length: steps in a chunk.
        carry: hand the state on from chunk to chunk, or start every chunk from zeros.
        num_steps: length of the stream; the same for every truncation length.
        num_rows: N, streams side by side.
        hidden_size: H.
    """
    net = make_net(rng, hidden_size=hidden_size)
    x, y = echo(num_steps, num_rows, lag, rng)
    state = None
    starts = range(0, num_steps - length + 1, length)
    for update, start in enumerate(starts):
        miss = net.forward(x[start : start + length], state) - y[start : start + length]
        state = net.state if carry else None
        net.backward(2 * miss / miss.size)
        net.step(0.01 * (1 - update / len(starts)))
    return net


def error_by_position(net: RecurrentNetwork, *, lag: int, length: int, carry: bool) -> np.ndarray:
    """Mean squared error on a new stream, by the position in the chunk.

    Args:
        net: a trained net.
        lag: of the task.
        length: steps in a chunk.
        carry: hand the state on from chunk to chunk, or start every chunk from zeros.

    Returns:
        Errors (length,) in units of the targets' variance: 1 is what a constant answer gets.
    """
    num_chunks = 1200 // length + lag  # the first ones are left out: their echoes lie before x[0]
    x, y = echo(num_chunks * length, 50, lag, np.random.default_rng(123))
    state = None
    squares = []
    for start in range(0, len(x), length):
        miss = net.forward(x[start : start + length], state) - y[start : start + length]
        state = net.state if carry else None
        squares.append(miss**2)
    return np.stack(squares)[lag:].mean(axis=(0, 2, 3)) / y.var()


def share_learned(net: RecurrentNetwork, *, lag: int, length: int, carry: bool) -> float:
    """1 minus the mean error of `error_by_position`: 1 knows every target, 0 knows none."""
    return float(1 - error_by_position(net, lag=lag, length=length, carry=carry).mean())


def load_echo_runs() -> dict[str, Any]:
    """What `tools/make_truncation.py` measured: trainings that take too long for a notebook.

    Returns:
        "lag"; "lengths" (K,); "carried" and "reset", the share that was learned, (seeds, K) each.
    """
    runs = json.loads(data_path("truncation", "echo.json").read_text(encoding="utf-8"))
    return runs | {name: np.array(runs[name]) for name in ("lengths", "carried", "reset")}
