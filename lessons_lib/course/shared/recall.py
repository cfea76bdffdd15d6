"""Recall at a distance: a symbol is shown once, then come distractors, then it is asked for.

`tools/make_recall.py` trained the networks whose results and weights are read here.
"""

import json
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load_file

from lessons_lib.course.shared.networks import RecurrentNetwork
from lessons_lib.files import data_path
from lessons_lib.functions import one_hot

NUM_SYMBOLS = 16
INPUT_SIZE = NUM_SYMBOLS + 2  # a symbol, whether to remember it, whether it is asked for
HIDDEN_SIZES = {"rnn": 68, "gru": 37, "lstm": 32}  # about 7,000 parameters each


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


class RecallNetwork(RecurrentNetwork):
    """A network that answers after the question.

    Args:
        cell: "rnn", "gru" or "lstm".
        rng: source of the initial weights.
        forget_bias: what the bias of an LSTM's forget gate starts at.
    """

    def __init__(self, cell: str, rng: np.random.Generator, *, forget_bias: float = 0.0) -> None:
        super().__init__(
            cell, INPUT_SIZE, HIDDEN_SIZES[cell], NUM_SYMBOLS, rng, once=True,
            forget_bias=forget_bias,
        )  # fmt: skip

    def accuracy(self, task: Task) -> float:
        """Share of right answers; chance is 1 / NUM_SYMBOLS."""
        return float((self.forward(task.x).argmax(axis=1) == task.answers).mean())


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


def load_network(cell: str) -> RecallNetwork:
    """The trained network of a cell whose weights are stored in data/recall/."""
    network = RecallNetwork(cell, np.random.default_rng(0))
    stored = load_file(data_path("recall", "weights.safetensors"))
    for name, p in network.params.items():
        p[...] = stored[f"{cell}.{name}"]  # in place: the layers keep their arrays
    return network
