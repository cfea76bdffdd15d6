"""Recall at a distance: a symbol is shown once, then come distractors, then it is asked for.

`python -m lessons_lib.course.shared.recall FOLDER` trains all networks and writes what they reach.
"""

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import load_file, save

from lessons_lib.files import data_path, write_atomically
from lessons_lib.functions import cross_entropy, one_hot
from lessons_lib.gradients import clip_grads
from lessons_lib.layers import GRU, LSTM, RNN, Linear
from lessons_lib.training import Adam

NUM_SYMBOLS = 16
INPUT_SIZE = NUM_SYMBOLS + 2  # a symbol, whether to remember it, whether it is asked for
LAYERS: dict[str, type[RNN] | type[GRU] | type[LSTM]] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
LSTM_SIZE = 32
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


class Task(NamedTuple):
    """Sequences that begin with the symbol to be recalled and end with the question."""

    x: np.ndarray  # (lag + 2, N, INPUT_SIZE)
    answers: np.ndarray  # integers, (N,)


def make_task(lag: int, num_rows: int, rng: np.random.Generator) -> Task:
    """Draw sequences.

    Step 0 shows a symbol and the sign "remember". Each of the next steps shows a symbol drawn from
    the same ones, without the sign. The last step shows the sign "which was it?" alone.

    Args:
        lag: k, the number of distractors between the two.
        num_rows: N.
        rng: source of the symbols.
    """
    symbols = rng.integers(NUM_SYMBOLS, size=(lag + 1, num_rows))
    x = np.zeros((lag + 2, num_rows, INPUT_SIZE))
    x[:-1, :, :NUM_SYMBOLS] = one_hot(symbols, NUM_SYMBOLS)
    x[0, :, NUM_SYMBOLS] = 1
    x[-1, :, NUM_SYMBOLS + 1] = 1
    return Task(x, symbols[0])


def count_params(cell: str, hidden_size: int) -> int:
    """Parameters of a layer of that cell and its readout."""
    blocks, biases = {"rnn": (1, 1), "gru": (3, 2), "lstm": (4, 1)}[cell]
    layer = blocks * hidden_size * (INPUT_SIZE + hidden_size + biases)
    return layer + (hidden_size + 1) * NUM_SYMBOLS


def equal_size(cell: str) -> int:
    """The hidden size whose parameters come nearest to those of an LSTM of LSTM_SIZE units."""
    wanted = count_params("lstm", LSTM_SIZE)
    return min(range(1, 8 * LSTM_SIZE), key=lambda H: abs(count_params(cell, H) - wanted))


class Network:
    """A recurrent layer, and a linear layer that turns its last hidden state into an answer.

    Args:
        cell: "rnn", "gru" or "lstm".
        rng: source of the initial weights.
        forget_bias: what the bias of an LSTM's forget gate starts at.
    """

    def __init__(self, cell: str, rng: np.random.Generator, *, forget_bias: float = 0.0) -> None:
        H = equal_size(cell)
        self.layer = LAYERS[cell](INPUT_SIZE, H, rng=rng, dtype=np.float64)
        self.readout = Linear(H, NUM_SYMBOLS, rng=rng, dtype=np.float64)
        if cell == "lstm":
            self.layer.params["b"][H : 2 * H] = forget_bias

    @property
    def params(self) -> dict[str, np.ndarray]:
        """All parameters by name: "layer.Wx", …, "readout.b"."""
        return self._flat("params")

    @property
    def grads(self) -> dict[str, np.ndarray]:
        """Their gradients by the same names, filled by `loss_and_backward`."""
        return self._flat("grads")

    def _flat(self, kind: str) -> dict[str, np.ndarray]:
        parts = {"layer": self.layer, "readout": self.readout}
        return {f"{p}.{n}": a for p, part in parts.items() for n, a in getattr(part, kind).items()}

    def logits(self, task: Task) -> np.ndarray:
        """Scores of the answers, (N, NUM_SYMBOLS)."""
        hs, _ = self.layer.forward(task.x)
        return self.readout.forward(hs[-1])

    def loss_and_backward(self, task: Task) -> float:
        """Mean cross entropy of the answers, in nats; fills the gradients."""
        loss, dlogits = cross_entropy(self.logits(task), task.answers)
        dhs = np.zeros((*task.x.shape[:2], self.layer.hidden_size))
        dhs[-1] = self.readout.backward(dlogits)
        self.layer.backward(dhs)
        return loss

    def accuracy(self, task: Task) -> float:
        """Share of right answers; chance is 1 / NUM_SYMBOLS."""
        return float((self.logits(task).argmax(axis=1) == task.answers).mean())

    def accuracies(self, rng: np.random.Generator, num_rows: int = 500) -> list[float]:
        """Share of right answers at each of LAGS, on fresh sequences."""
        return [self.accuracy(make_task(lag, num_rows, rng)) for lag in LAGS]


def train(setup: Setup, learning_rate: float, seed: int) -> Network:
    """Train a network with Adam on fresh sequences, all of a batch with one random lag.

    Args:
        setup: what to train.
        learning_rate: of Adam.
        seed: decides the initial weights and all sequences.
    """
    rng = np.random.default_rng(seed)
    network = Network(setup.cell, rng, forget_bias=setup.forget_bias)
    adam = Adam(network.params)
    for _ in range(setup.num_updates):
        lag = int(rng.integers(setup.min_lag, MAX_TRAINED_LAG + 1))
        network.loss_and_backward(make_task(lag, BATCH_SIZE, rng))
        grads = network.grads
        clip_grads(grads, MAX_NORM)
        adam.step(network.params, grads, learning_rate)
    return network


class Row(NamedTuple):
    """What one setup reached, with the better of the learning rates."""

    name: str
    cell: str
    forget_bias: float
    num_updates: int
    min_lag: int
    hidden_size: int
    num_params: int
    learning_rate: float
    by_learning_rate: dict[str, float]  # mean accuracy on the sequences that decided
    accuracy: np.ndarray  # (seeds, LAGS), on other sequences


def measure(name: str, setup: Setup) -> tuple[Row, list[Network]]:
    """Train a setup with each learning rate and seed, and measure the better learning rate.

    Which is better is decided by the mean over lags and seeds, on sequences of their own.

    Returns:
        The row, and its networks, one for each seed.
    """
    networks = {lr: [train(setup, lr, seed) for seed in SEEDS] for lr in LEARNING_RATES}
    deciding = {
        lr: float(np.mean([n.accuracies(np.random.default_rng(1000)) for n in trained]))
        for lr, trained in networks.items()
    }
    best = max(deciding, key=deciding.__getitem__)
    accuracy = np.array([n.accuracies(np.random.default_rng(2000)) for n in networks[best]])
    hidden_size = equal_size(setup.cell)
    row = Row(
        name,
        *setup,
        hidden_size,
        count_params(setup.cell, hidden_size),
        best,
        {str(lr): round(value, 4) for lr, value in deciding.items()},
        accuracy,
    )
    return row, networks[best]


def main() -> None:
    """Measure every setup, and write recall.json and weights.safetensors into a folder."""
    parser = argparse.ArgumentParser(prog="python -m lessons_lib.course.shared.recall")
    parser.add_argument("folder", type=Path, help="an existing folder, such as data/recall")
    folder = parser.parse_args().folder
    weights: dict[str, np.ndarray] = {}

    def rows(setups: dict[str, Setup]) -> list[dict[str, Any]]:
        found = []
        for name, setup in setups.items():
            row, networks = measure(name, setup)
            print(f"{name:22} {row.learning_rate} {row.accuracy.mean(axis=0).round(2)}", flush=True)
            found.append(row._asdict() | {"accuracy": row.accuracy.tolist()})
            if setups is SETUPS and name in SHIPPED:
                for key, p in networks[0].params.items():
                    weights[f"{setup.cell}.{key}"] = p.astype(np.float32)
        return found

    result = {
        "num_symbols": NUM_SYMBOLS,
        "max_trained_lag": MAX_TRAINED_LAG,
        "lags": LAGS,
        "seeds": SEEDS,
        "rows": rows(SETUPS),
        "long_lags_only": rows(LONG_LAGS_ONLY),
    }
    write_atomically(folder / "recall.json", (json.dumps(result, indent=1) + "\n").encode())
    write_atomically(folder / "weights.safetensors", save(weights))


class Results(NamedTuple):
    """What is stored in data/recall/recall.json."""

    num_symbols: int
    max_trained_lag: int  # training drew lags from 1 to this one
    lags: list[int]  # at which accuracy was measured
    seeds: list[int]
    rows: dict[str, Row]  # by name
    long_lags_only: dict[str, Row]  # by name, trained without the short lags


def load_results() -> Results:
    """The stored results."""
    stored = json.loads(data_path("recall", "recall.json").read_text(encoding="utf-8"))
    for key in ("rows", "long_lags_only"):
        rows = [Row(**row | {"accuracy": np.array(row["accuracy"])}) for row in stored[key]]
        stored[key] = {row.name: row for row in rows}
    return Results(**stored)


def load_network(cell: str) -> Network:
    """The trained network of a cell whose weights are stored in data/recall/."""
    network = Network(cell, np.random.default_rng(0))
    stored = load_file(data_path("recall", "weights.safetensors"))
    for name, p in network.params.items():
        p[...] = stored[f"{cell}.{name}"]  # in place: the layers keep their arrays
    return network


if __name__ == "__main__":
    main()
