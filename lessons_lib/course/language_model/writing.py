"""Language models of the village that are shipped, and an audit of the scenes that they write."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.files import data_path
from lessons_lib.models import LanguageModel
from lessons_lib.text.village import SCENE_BREAK, tell
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


class Audit(NamedTuple):
    """One scene compared with what the village could tell, up to its first impossible word."""

    possible: bool  # whether every word was possible, to the end of the scene
    num_words: int  # before the first impossible one
    asked: Counter[str]  # how often each of KINDS had to be got right
    right: Counter[str]  # and how often it was


def audit(scene: Sequence[str]) -> Audit:
    """Go through a scene with the grammar of the village until it does what the village cannot.

    Args:
        scene: words from a scene break to the end of the scene, without the next scene break.
    """
    telling = tell()
    step = next(telling)
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for position, word in enumerate([*scene, SCENE_BREAK]):
        fits = word in step.probs
        kinds = [kind for kind, asks in KINDS.items() if asks(step.probs)]
        asked.update(kinds)
        if not fits:
            return Audit(False, position, asked, right)
        right.update(kinds)
        step = telling.send(word)
    return Audit(True, len(scene), asked, right)


class Verdict(NamedTuple):
    """What the audits of several scenes say together."""

    possible: float  # share of scenes in which every word is possible
    num_words: float  # mean number of words before the first impossible one, or the end
    distinct: float  # number of different scenes, as a share of all
    asked: Counter[str]  # by kind: places that asked for it, over all scenes
    right: Counter[str]  # and those that were got right


def verdict(scenes: Iterable[Sequence[str]]) -> Verdict:
    """Audit scenes and put the results together.

    Args:
        scenes: at least one, each as `audit` takes it.
    """
    scenes = [tuple(scene) for scene in scenes]
    audits = [audit(scene) for scene in scenes]
    return Verdict(
        float(np.mean([a.possible for a in audits])),
        float(np.mean([a.num_words for a in audits])),
        len(set(scenes)) / len(scenes),
        sum((a.asked for a in audits), Counter()),
        sum((a.right for a in audits), Counter()),
    )
