"""Dropout masks, and what they do to the memory of a trained network."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import lstm_step
from lessons_lib.course.shared.names_asked import Recall
from lessons_lib.course.shared.traces import next_word_probs
from lessons_lib.models import LanguageModel

Place = Literal["between layers", "hidden state over time", "memory cell over time"]
PLACES: tuple[Place, ...] = ("between layers", "hidden state over time", "memory cell over time")


def draw_mask(shape: tuple[int, ...], p: float, rng: np.random.Generator) -> np.ndarray:
    """An inverted-dropout mask: 0 with probability p, else 1 / (1 - p)."""
    return (rng.random(shape) >= p) / (1 - p)


def recall_under_dropout(
    model: LanguageModel,
    ids: npt.ArrayLike,
    recalls: Sequence[Recall],
    place: Place,
    p: float,
    rng: np.random.Generator,
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

    def drop(values: np.ndarray, here: Place) -> np.ndarray:
        return values * draw_mask(values.shape, p, rng) if place == here else values

    for t in range(int(lengths.max())):
        words = ids[np.minimum(starts + t, len(ids) - 1)]
        x = drop(params["embedding.W"][words], "between layers")
        h_prev = drop(h, "hidden state over time")
        c_prev = drop(c, "memory cell over time")
        h, c, _ = lstm_step(x, h_prev, c_prev, *weights)
        up = drop(h, "between layers")
        at_gap = np.where((lengths == t + 1)[:, None], up, at_gap)
    asked = ids[[recall.asked for recall in recalls]]
    return float(next_word_probs(model, at_gap)[np.arange(N), asked].mean())
