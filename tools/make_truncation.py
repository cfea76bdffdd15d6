"""Make data/truncation/echo.json again: networks trained with truncated backpropagation.

    python tools/make_truncation.py

The companion "Truncated backpropagation through time" of lesson 02 shows what they learn. Three
minutes on one core.
"""

import json
from typing import Any

import numpy as np

from lessons_lib.course.shared.networks import RecurrentNetwork
from lessons_lib.files import data_path, write_atomically

LAG, LENGTHS, SEEDS = 8, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16), (0, 1, 2, 3, 4)


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


def share_learned(net: RecurrentNetwork, *, lag: int, length: int, carry: bool) -> float:
    """How much of the targets' variance a trained net knows on a new stream, read in chunks.

    Args:
        net: a trained net.
        lag: of the task.
        length: steps in a chunk.
        carry: hand the state on from chunk to chunk, or start every chunk from zeros.

    Returns:
        1 if it knows every target, 0 if none.
    """
    num_chunks = 1200 // length + lag  # the first ones are left out: their echoes lie before x[0]
    x, y = echo(num_chunks * length, 50, lag, np.random.default_rng(123))
    state = None
    squares = []
    for start in range(0, len(x), length):
        miss = net.forward(x[start : start + length], state) - y[start : start + length]
        state = net.state if carry else None
        squares.append(miss**2)
    return float(1 - np.mean(squares[lag:]) / y.var())


def measure(lag: int = LAG, lengths=LENGTHS, seeds=SEEDS, **options: Any) -> dict[str, Any]:
    """Train for every length and seed, with the state carried and reset.

    Args:
        lag: of the echo.
        lengths: of the chunks, (K,).
        seeds: of the first weights and the stream.
        options: of `train_on_echo`.

    Returns:
        What echo.json holds: "carried" and "reset" are lists of K shares for each seed.
    """
    runs: dict[str, Any] = {"lag": lag, "lengths": lengths, "carried": [], "reset": []}
    for name, carry in (("carried", True), ("reset", False)):
        for seed in seeds:
            row = []
            for length in lengths:
                rng = np.random.default_rng(seed)
                net = train_on_echo(rng, lag=lag, length=length, carry=carry, **options)
                row.append(round(share_learned(net, lag=lag, length=length, carry=carry), 4))
            print(name, seed, row, flush=True)
            runs[name].append(row)
    return runs


if __name__ == "__main__":
    content = json.dumps(measure(), indent=1) + "\n"
    write_atomically(data_path("truncation", "echo.json"), content.encode())
