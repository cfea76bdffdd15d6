"""Facts that can be read off village text, and units that tell them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.text.village import SCENE_BREAK
from lessons_lib.text.village_words import TRADES


class Fact(NamedTuple):
    """Something that can be read off a text: whether it holds once each word has been read."""

    holds: np.ndarray  # booleans, (T,)
    applies: np.ndarray  # booleans, (T,): where the question makes sense


def quotation_open(words: Sequence[str]) -> Fact:
    """Whether a quotation has begun and not ended."""
    holds = np.cumsum([word == '"' for word in words]) % 2 == 1
    return Fact(holds, np.ones(len(words), bool))


def bracket_open(words: Sequence[str]) -> Fact:
    """Whether a bracket has opened and not closed."""
    holds = np.cumsum([(word == "(") - (word == ")") for word in words]) > 0
    return Fact(holds, np.ones(len(words), bool))


def subject_plural(words: Sequence[str]) -> Fact:
    """Whether a subject that waits for its verb is plural: "the bakers who knew the singer …"."""
    plural, singular = set(TRADES.values()), set(TRADES)
    subjects, subject = [], ""
    for word in words:
        if word in ("was", "were", ".", SCENE_BREAK):
            subject = ""
        elif not subject and word in plural | singular:
            subject = word
        subjects.append(subject)
    return Fact(np.isin(subjects, list(plural)), np.array(subjects) != "")


FACTS: dict[str, Callable[[Sequence[str]], Fact]] = {
    "quotation open": quotation_open,
    "bracket open": bracket_open,
    "subject plural": subject_plural,
}


def separation(values: np.ndarray, fact: Fact) -> float:
    """How often a value is higher where a fact holds than where it does not.

    Over all pairs of one word of each kind: 1 means always, 0 never, and 0.5 is what chance does.
    It is known as the area under the ROC curve.

    Args:
        values: (T,).
        fact: holds at some of the T words where it applies, and not at others.
    """
    high = values[fact.applies & fact.holds]
    low = np.sort(values[fact.applies & ~fact.holds])
    # Pairs in which the first is higher, and half of those in which both are equal.
    below = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(below.mean() / 2 / len(low))


class Reader(NamedTuple):
    """A weighted sum of memory cells from which a fact is read.

    On the text that it was fitted to, its mean is 1 where the fact holds and -1 where it does not.
    """

    weights: np.ndarray  # (H,)
    offset: float

    def read(self, c: np.ndarray) -> np.ndarray:
        """The reading (T,) of memory cells (T, H)."""
        return c @ self.weights + self.offset


def fit_one_unit(c: np.ndarray, fact: Fact) -> tuple[int, Reader]:
    """The unit whose memory cell tells a fact best, by `separation`, and how to read it.

    Args:
        c: memory cells, (T, H).
        fact: the fact.
    """
    told = np.array([separation(values, fact) for values in c.T])
    unit = int(np.abs(told - 0.5).argmax())
    return unit, _calibrated(np.eye(c.shape[1])[unit], c, fact)


def fit_all_units(c: np.ndarray, fact: Fact, *, ridge: float = 10.0) -> Reader:
    """A weighted sum of all memory cells, fitted to the fact by least squares with a brake.

    Args:
        c: memory cells, (T, H).
        fact: the fact.
        ridge: a brake on large weights, so that they do not fit the chances of this text.
    """
    cells, target = c[fact.applies], np.where(fact.holds, 1.0, -1.0)[fact.applies]
    scale = cells.std(axis=0) + 1e-9
    z = (cells - cells.mean(axis=0)) / scale
    weights = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (target - target.mean()))
    return _calibrated(weights / scale, c, fact)


def _calibrated(weights: np.ndarray, c: np.ndarray, fact: Fact) -> Reader:
    values = c @ weights
    yes = values[fact.applies & fact.holds].mean()
    no = values[fact.applies & ~fact.holds].mean()
    return Reader(weights * 2 / (yes - no), float(-(yes + no) / (yes - no)))


def busiest_window(masks: npt.ArrayLike, length: int) -> slice:
    """The stretch of a text in which the rarest of several things occurs most often.

    Args:
        masks: for each thing, at which words it occurs: booleans, (M, T).
        length: of the stretch, in words, at most T.
    """
    sums = np.cumsum(np.pad(np.asarray(masks, int), ((0, 0), (1, 0))), axis=1)
    rarest = (sums[:, length:] - sums[:, :-length]).min(axis=0)
    best = np.flatnonzero(rarest == rarest.max())
    start = int(best[len(best) // 2])  # the middle one leaves a margin on both sides
    return slice(start, start + length)
