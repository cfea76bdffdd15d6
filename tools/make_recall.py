"""Make data/recall/ again: networks that recall a symbol, what they reach, and three's weights.

    python tools/make_recall.py

Lessons 06 and 07 show it. Ten minutes on one core.
"""

import json
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save

from lessons_lib.course.shared.recall import (
    HIDDEN_SIZES,
    NUM_SYMBOLS,
    RecallNetwork,
    Row,
    make_task,
)
from lessons_lib.files import data_path, write_atomically
from lessons_lib.functions import cross_entropy
from lessons_lib.gradients import clip_grads

BATCH_SIZE, MAX_TRAINED_LAG, MAX_NORM = 32, 60, 1.0
LEARNING_RATES, SEEDS = (1e-3, 4e-3), (0, 1, 2)
LAGS = (1, 2, 3, 5, 8, 12, 20, 30, 40, 50, 60, 80, 100)


class Setup(NamedTuple):
    """What is trained."""

    cell: str
    forget_bias: float = 0.0  # what the bias of an LSTM's forget gate starts at
    num_updates: int = 2000
    min_lag: int = 1  # the shortest lag in training


SETUPS = {
    "rnn": Setup("rnn"),
    "rnn, 3 times as long": Setup("rnn", num_updates=6000),
    "gru": Setup("gru"),
    "lstm, forget bias 0": Setup("lstm", 0.0),
    "lstm, forget bias 1": Setup("lstm", 1.0),
    "lstm, forget bias 2": Setup("lstm", 2.0),
}
# Without the short lags there is nothing to begin with: all has to be learned from far away.
LONG_LAGS_ONLY = {
    "rnn": Setup("rnn", min_lag=30),
    "lstm, forget bias 0": Setup("lstm", 0.0, min_lag=30),
    "lstm, forget bias 2": Setup("lstm", 2.0, min_lag=30),
}
SHIPPED = ("rnn", "gru", "lstm, forget bias 1")  # their first seed's weights are kept


def train(setup: Setup, learning_rate: float, seed: int) -> RecallNetwork:
    """Train a network with Adam on fresh sequences, all of a batch with one random lag.

    Args:
        setup: what to train.
        learning_rate: of Adam.
        seed: decides the initial weights and all sequences.
    """
    rng = np.random.default_rng(seed)
    network = RecallNetwork(setup.cell, rng, forget_bias=setup.forget_bias)
    for _ in range(setup.num_updates):
        lag = int(rng.integers(setup.min_lag, MAX_TRAINED_LAG + 1))
        task = make_task(lag, BATCH_SIZE, rng)
        _, dlogits = cross_entropy(network.forward(task.x), task.answers)
        network.backward(dlogits)
        clip_grads(network.grads, MAX_NORM)
        network.step(learning_rate)
    return network


def accuracies(network: RecallNetwork, seed: int) -> list[float]:
    """Share of right answers at each of LAGS, on fresh sequences."""
    rng = np.random.default_rng(seed)
    return [network.accuracy(make_task(lag, 500, rng)) for lag in LAGS]


def measure(name: str, setup: Setup) -> tuple[Row, list[RecallNetwork]]:
    """Train a setup with each learning rate and seed, and measure the better learning rate.

    Which is better is decided by the mean over lags and seeds, on sequences of their own.

    Returns:
        The row, and its networks, one for each seed.
    """
    networks = {lr: [train(setup, lr, seed) for seed in SEEDS] for lr in LEARNING_RATES}
    deciding = {
        lr: float(np.mean([accuracies(network, 1000) for network in trained]))
        for lr, trained in networks.items()
    }
    best = max(deciding, key=deciding.__getitem__)
    accuracy = np.array([accuracies(network, 2000) for network in networks[best]])
    row = Row(
        name,
        *setup,
        HIDDEN_SIZES[setup.cell],
        sum(p.size for p in networks[best][0].params.values()),
        best,
        {str(lr): round(value, 4) for lr, value in deciding.items()},
        accuracy,
    )
    return row, networks[best]


def main() -> None:
    """Measure every setup, and write recall.json and weights.safetensors."""
    weights: dict[str, np.ndarray] = {}

    def rows(setups: dict[str, Setup]) -> list[dict[str, Any]]:
        found = []
        for name, setup in setups.items():
            row, networks = measure(name, setup)
            print(f"{name:22} {row.learning_rate} {row.accuracy.mean(axis=0).round(2)}", flush=True)
            found.append(row._asdict() | {"accuracy": row.accuracy.tolist()})
            if setups is SETUPS and name in SHIPPED:
                for key, p in networks[0].params.items():
                    weights[f"{setup.cell}.{key}"] = p.astype(np.float16)
        return found

    result = {
        "num_symbols": NUM_SYMBOLS,
        "max_trained_lag": MAX_TRAINED_LAG,
        "lags": LAGS,
        "seeds": SEEDS,
        "rows": rows(SETUPS),
        "long_lags_only": rows(LONG_LAGS_ONLY),
    }
    content = json.dumps(result, indent=1) + "\n"
    write_atomically(data_path("recall", "recall.json"), content.encode())
    write_atomically(data_path("recall", "weights.safetensors"), save(weights))


if __name__ == "__main__":
    main()
