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


def best_unit(states: np.ndarray, fact: Fact) -> int:
    """The unit that tells a fact best, by `separation`: it is high where the fact holds, or low.

    Args:
        states: a number for each word and unit, such as memory cells, (T, H).
        fact: the fact.
    """
    told = np.array([separation(values, fact) for values in states.T])
    return int(np.abs(told - 0.5).argmax())


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
