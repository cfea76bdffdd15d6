"""The echo task: truncated backpropagation teaches it only with chunks that are long enough."""

import json
from typing import Any

import numpy as np

from lessons_lib.course.shared.networks import RecurrentNetwork
from lessons_lib.files import data_path


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
    net = RecurrentNetwork("rnn", 1, hidden_size, 1, rng, radius=0.9)
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
