"""What clipping does to a step, to a training, and to a gradient that comes from far back."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import rnn_step, rnn_step_backward
from lessons_lib.course.shared.networks import RecurrentNetwork
from lessons_lib.course.shared.traces import unroll
from lessons_lib.course.shared.weights import fresh_weights, scale_to_radius
from lessons_lib.functions import cross_entropy, one_hot
from lessons_lib.gradients import clip_grads, clip_values, global_norm
from lessons_lib.models import LanguageModel
from lessons_lib.text import TrainingBatches

Grads = dict[str, np.ndarray]
NUM_SYMBOLS = 8  # of the recall task


def clip_each_array(grads: Mapping[str, np.ndarray], max_norm: float) -> None:
    """Clip every array by a norm of its own, in place: what clipping by global norm is not.

    Args:
        grads: gradients by name; written to.
        max_norm: the largest norm allowed for each array.
    """
    for g in grads.values():
        clip_grads([g], max_norm)


KINDS: dict[str, Callable[[Grads, float], object]] = {
    "global norm": clip_grads,
    "per array": clip_each_array,
    "by value": clip_values,
}


def clipped(grads: Mapping[str, np.ndarray], kind: str, threshold: float) -> Grads:
    """Clipped copies of gradients.

    Args:
        grads: gradients by name.
        kind: one of KINDS.
        threshold: the largest norm, or with "by value" the largest entry.
    """
    copies = {name: g.copy() for name, g in grads.items()}
    KINDS[kind](copies, threshold)
    return copies


def cosine(grads: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray]) -> float:
    """Cosine of the angle between two steps, all arrays taken as one vector; 1 is the same way.

    Args:
        grads: gradients by name.
        others: gradients by the same names.
    """
    product = sum(float(np.sum(g * others[name])) for name, g in grads.items())
    return product / (global_norm(grads) * global_norm(others))


class Training(NamedTuple):
    """What happened at each update of a training."""

    losses: npt.NDArray[np.float64]  # (updates,): nats, before the update
    norms: npt.NDArray[np.float64]  # (updates,): global norm before clipping
    lengths: npt.NDArray[np.float64]  # (updates,): global norm after clipping

    @property
    def final_loss(self) -> float:
        """Mean over the last 30 updates."""
        return float(self.losses[-30:].mean())

    @property
    def share_clipped(self) -> float:
        """Share of the updates that clipping changed."""
        return float(np.mean(self.lengths < self.norms))


def train_language_model(
    ids: npt.ArrayLike,
    vocab_size: int,
    *,
    lr: float,
    threshold: float = np.inf,
    kind: str = "global norm",
    num_updates: int = 150,
    seed: int = 0,
) -> Training:
    """Train a small RNN language model in float64 by plain gradient descent.

    16 features, 32 units, batches of 10 rows of 25 steps, carried state.

    Args:
        ids: the text, integers, 1-D.
        vocab_size: V.
        lr: learning rate.
        threshold: of clipping; inf for none.
        kind: one of KINDS.
        num_updates: how many batches to learn from.
        seed: of the first weights.
    """
    rng = np.random.default_rng(seed)
    model = LanguageModel(vocab_size, 16, 32, cell="rnn", rng=rng, dtype=np.float64)
    batches = TrainingBatches(ids, batch_size=10, seq_len=25)
    state = None
    losses, norms, lengths = [], [], []
    for step in range(num_updates):
        loss, state = model.loss(*batches.batch(step), state)
        model.backward()
        norm = global_norm(model.grads)
        KINDS[kind](model.grads, threshold)
        for name, p in model.params.items():
            p -= lr * model.grads[name]
        losses.append(loss)
        norms.append(norm)
        lengths.append(global_norm(model.grads))
    return Training(np.array(losses), np.array(norms), np.array(lengths))


def grads_by_lag(
    radius: float, *, T: int = 40, hidden_size: int = 64, input_scale: float = 0.1, seed: int = 0
) -> list[Grads]:
    """What each step of an RNN contributes to the gradient of a loss at the last step.

    The loss is a random projection of the last hidden state. The sum over all steps is the
    gradient that backpropagation through time returns.

    Args:
        radius: spectral radius that the recurrent weights are scaled to.
        T: number of steps.
        hidden_size: H.
        input_scale: standard deviation of the inputs.
        seed: of weights, inputs and projection.

    Returns:
        For lag 0, 1, … T - 1: the contribution of the step so many steps before the last, by name.
    """
    rng = np.random.default_rng(seed)
    Wx, Wh, b = fresh_weights("rnn", 8, hidden_size, rng)
    x = input_scale * rng.normal(size=(T, 1, 8))
    dh = rng.normal(size=(1, hidden_size))
    _, caches = unroll(rnn_step, x, [np.zeros_like(dh)], Wx, scale_to_radius(Wh, radius), b)
    found = []
    for cache in reversed(caches):
        _, dh, dWx, dWh, db = rnn_step_backward(dh, cache)
        found.append({"Wx": dWx, "Wh": dWh, "b": db})
    return found


class RecallTraining(NamedTuple):
    """What a training on the recall task came to."""

    accuracy: float  # on 1,000 fresh sequences; chance is 1 / NUM_SYMBOLS
    norms: npt.NDArray[np.float64]  # (updates,): global norm before clipping
    reach: npt.NDArray[np.float64]  # (updates,): norm of dL/dx at the first symbol by the last's


def train_recall(
    lag: int, *, radius: float, max_norm: float, lr: float = 1.0, num_updates: int = 600
) -> RecallTraining:
    """Train an RNN of 32 units to name the first symbol of a sequence at its end.

    Plain gradient descent with clipping by global norm, on batches of 32 fresh sequences.

    Args:
        lag: how many other symbols, drawn at random, follow the first.
        radius: spectral radius of the recurrent weights before training.
        max_norm: threshold of clipping; inf for none.
        lr: learning rate.
        num_updates: how many batches to learn from.
    """
    rng = np.random.default_rng(0)
    network = RecurrentNetwork("rnn", NUM_SYMBOLS, 32, NUM_SYMBOLS, rng, once=True, radius=radius)
    norms, reach = [], []
    for _ in range(num_updates):
        symbols = rng.integers(NUM_SYMBOLS, size=(lag + 1, 32))
        _, dlogits = cross_entropy(network.forward(one_hot(symbols, NUM_SYMBOLS)), symbols[0])
        dxs = network.backward(dlogits)
        reach.append(np.linalg.norm(dxs[0]) / np.linalg.norm(dxs[-1]))
        grads = network.grads
        norms.append(clip_grads(grads, max_norm))
        for name, p in network.params.items():
            p -= lr * grads[name]
    symbols = rng.integers(NUM_SYMBOLS, size=(lag + 1, 1000))
    right = network.forward(one_hot(symbols, NUM_SYMBOLS)).argmax(axis=1) == symbols[0]
    return RecallTraining(float(right.mean()), np.array(norms), np.array(reach))
