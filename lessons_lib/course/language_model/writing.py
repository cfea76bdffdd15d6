"""Language models of the village that are shipped, and what a place in a scene asks for."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from lessons_lib.files import data_path
from lessons_lib.models import LanguageModel
from lessons_lib.text.village_words import CHORES, GIFTS, PEOPLE


def shipped(cell: str) -> LanguageModel:
    """The village model that is shipped with the course, in float64, with dropout off.

    Args:
        cell: "rnn", "gru" or "lstm".
    """
    model = LanguageModel.load(data_path("weights", f"village-{cell}.safetensors"))
    for name, value in model.params.items():
        model.params[name] = value.astype(np.float64)
    model.training = False
    return model


def effective_choices(probs: npt.ArrayLike) -> float:
    """The perplexity of a distribution: between how many equal chances it is like choosing.

    Args:
        probs: probabilities, (V,), that sum to 1.
    """
    probs = np.asarray(probs, float)
    probs = probs[probs > 0]
    return float(np.exp(-(probs * np.log(probs)).sum()))


def _needs_one_of(words: Iterable[str]) -> Callable[[Mapping[str, float]], bool]:
    words = set(words)
    return lambda probs: len(probs) == 1 and set(probs) <= words


CHORE_BEGINNINGS = [{chore.split()[0] for chore in chores} for chores in CHORES.values()]

# What a place in a scene asks for, told by the words that are possible there.
KINDS: dict[str, Callable[[Mapping[str, float]], bool]] = {
    "name": _needs_one_of(PEOPLE),
    "room": _needs_one_of(CHORES),
    "present": _needs_one_of(GIFTS),
    "his or her": _needs_one_of(PEOPLE.values()),
    "was or were": lambda probs: "who" in probs and ("was" in probs or "were" in probs),
    "end of bracket or quotation": lambda probs: ")" in probs or list(probs) == ['"'],
    "chore of the room": lambda probs: set(probs) in CHORE_BEGINNINGS,
    "newcomer": lambda probs: set(probs) <= set(PEOPLE) and len(probs) == len(PEOPLE) - 1,
    "next sentence": lambda probs: "outside" in probs,
}
