"""A task with one right answer: store a value when told to, and give it back when asked."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lessons_lib.course.shared.networks import RecurrentNetwork


class StoreTask(NamedTuple):
    """Sequences in which a value is to be stored when told, and given back when asked for."""

    x: np.ndarray  # (T, N, 3): a value, whether to store it, whether the stored one is asked for
    y: np.ndarray  # (T, N, 1): the value stored last where it is asked for, and 0 elsewhere

    @property
    def kinds(self) -> dict[str, np.ndarray]:
        """Which steps (T, N) store, which ask, and which do neither."""
        store, ask = self.x[..., 1] == 1, self.x[..., 2] == 1
        return {"store": store, "ask": ask, "neither": ~(store | ask)}


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
    cell: str,
    rng: np.random.Generator,
    *,
    wanted: Callable[[StoreTask], StoreTask] = lambda task: task,
    hidden_size: int = 1,
    num_updates: int = 1000,
) -> RecurrentNetwork:
    """Train a network on the task in float64, on fresh sequences at each update.

    Args:
        cell: "rnn", "gru" or "lstm".
        rng: source of the first weights and of the sequences.
        wanted: what to make of a task first; a function that changes what is wanted.
        hidden_size: H.
        num_updates: steps of Adam on 32 sequences of 20 steps.
    """
    network = RecurrentNetwork(cell, 3, hidden_size, 1, rng)
    for _ in range(num_updates):
        task = wanted(make_store_task(20, 32, rng))
        miss = network.forward(task.x) - task.y
        network.backward(2 * miss / miss.size)
        network.step(lr=0.05)
    return network
