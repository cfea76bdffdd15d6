"""What dropout does to numbers in passing, and to a memory that has to keep them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import lstm_step
from lessons_lib.course.shared.names_asked import Recall
from lessons_lib.course.shared.traces import next_word_probs
from lessons_lib.functions import cross_entropy
from lessons_lib.models import LanguageModel
from lessons_lib.text import IGNORE_INDEX, evaluation_batches
from lessons_lib.training import exp_loss

Place = Literal["between layers", "hidden state over time", "memory cell over time"]
PLACES: tuple[Place, ...] = ("between layers", "hidden state over time", "memory cell over time")


def draw_mask(shape: tuple[int, ...], p: float, rng: np.random.Generator) -> np.ndarray:
    """An inverted-dropout mask: 0 with probability p, else 1 / (1 - p)."""
    return (rng.random(shape) >= p) / (1 - p)


class Spread(NamedTuple):
    """Sums of many entries under dropout, one for each of many masks."""

    sums: np.ndarray  # (masks,)
    without: float  # the same sum with dropout off


def spread_of_a_sum(x: npt.ArrayLike, p: float, num_masks: int, rng: np.random.Generator) -> Spread:
    """Sum the entries of x, as a unit of the next layer does, under many masks.

    Args:
        x: what comes out of a layer, (H,).
        p: probability of dropping an entry.
        num_masks: how many masks to draw.
        rng: source of the masks.
    """
    x = np.asarray(x, float)
    masks = draw_mask((num_masks, len(x)), p, rng)
    return Spread(masks @ x, float(x.sum()))


def still_held(
    p: float, num_steps: int, num_units: int, rng: np.random.Generator, *, same_mask: bool = False
) -> np.ndarray:
    """Share of units that still hold their number when dropout acts on a state at every step.

    Args:
        p: probability of dropping an entry.
        num_steps: T.
        num_units: H.
        rng: source of the masks.
        same_mask: one mask for all steps.

    Returns:
        Shares (T + 1,), before the first step and after each.
    """
    kept = np.ones(num_units, bool)
    mask = draw_mask((num_units,), p, rng)
    shares = [1.0]
    for _ in range(num_steps):
        kept &= mask > 0
        shares.append(float(kept.mean()))
        if not same_mask:
            mask = draw_mask((num_units,), p, rng)
    return np.array(shares)


def recall_under_dropout(
    model: LanguageModel,
    ids: npt.ArrayLike,
    recalls: Sequence[Recall],
    place: Place,
    p: float,
    rng: np.random.Generator,
    *,
    same_mask: bool = False,
) -> float:
    """Mean probability of the right name, with dropout in one place of a trained network.

    The network is left as it is; dropout acts while it reads.

    Args:
        model: a village language model with one LSTM layer.
        ids: village text, (T,).
        recalls: the places of it that ask for a name; each scene is read from its beginning.
        place: where to drop.
        p: probability of dropping an entry.
        rng: source of the masks.
        same_mask: one mask for all steps of a scene.
    """
    ids = np.asarray(ids)
    params = model.params
    weights = params["rnn.0.Wx"], params["rnn.0.Wh"], params["rnn.0.b"]
    N, H = len(recalls), len(weights[1])
    # All scenes at once: row n of step t is word t of scene n. Those that are shorter than the
    # longest one read on; what they read after their gap no longer counts.
    lengths = np.array([recall.asked - recall.start for recall in recalls])
    starts = np.array([recall.start for recall in recalls])
    h = c = np.zeros((N, H))
    at_gap = np.zeros((N, H))
    masks: dict[str, np.ndarray] = {}

    def drop(name: str, values: np.ndarray, here: Place) -> np.ndarray:
        if place != here:
            return values
        if name not in masks or not same_mask:
            masks[name] = draw_mask(values.shape, p, rng)
        return values * masks[name]

    for t in range(int(lengths.max())):
        words = ids[np.minimum(starts + t, len(ids) - 1)]
        x = drop("x", params["embedding.W"][words], "between layers")
        h_prev = drop("h", h, "hidden state over time")
        c_prev = drop("c", c, "memory cell over time")
        h, c, _ = lstm_step(x, h_prev, c_prev, *weights)
        up = drop("up", h, "between layers")
        at_gap = np.where((lengths == t + 1)[:, None], up, at_gap)
    asked = ids[[recall.asked for recall in recalls]]
    return float(next_word_probs(model, at_gap)[np.arange(N), asked].mean())


def perplexity_left_on(model: LanguageModel, ids: npt.ArrayLike, rng: np.random.Generator) -> float:
    """A model's perplexity when somebody forgets to switch dropout off.

    Args:
        model: the model; its dropout layers draw from rng from here on.
        ids: the text, (T,).
        rng: source of the masks.
    """
    for dropout in model.dropouts:
        dropout.rng = rng
    total, count, state = 0.0, 0, None
    for inputs, targets in evaluation_batches(ids, batch_size=10, seq_len=35):
        logits, state = model.forward(inputs, state)
        loss, _ = cross_entropy(logits, targets, ignore_index=IGNORE_INDEX)
        counted = int((targets != IGNORE_INDEX).sum())
        total += loss * counted
        count += counted
    return exp_loss(total / count)
