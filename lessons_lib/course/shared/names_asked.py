"""Places in village text that ask for a name, and what another name would have changed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy.typing as npt

from lessons_lib.course.shared.traces import read
from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary, dependency_distances, oracle_log_probs
from lessons_lib.text.village import SCENE_BREAK
from lessons_lib.text.village_words import PEOPLE


class Recall(NamedTuple):
    """A place in a text at which only one name is possible."""

    start: int  # where the scene begins
    asked: int  # where the name stands
    distance: int  # tokens back to the mention that decides it


def find_recalls(ids: npt.ArrayLike, words: Sequence[str], min_distance: int) -> list[Recall]:
    """All places in village text that ask for a name last mentioned a certain distance back.

    Args:
        ids: village text from the beginning of a scene, (T,).
        words: the same text as words.
        min_distance: the least number of tokens back to the deciding mention.
    """
    certain = oracle_log_probs(ids) > -1e-9
    distances = dependency_distances(ids)
    recalls, start = [], 0
    for t, word in enumerate(words):
        if word == SCENE_BREAK:
            start = t
        elif word in PEOPLE and certain[t - 1] and distances[t - 1] >= min_distance:
            recalls.append(Recall(start, t, int(distances[t - 1])))
    return recalls


def rename(words: Sequence[str], name: str) -> tuple[list[str], str]:
    """Replace a name by one that the text does not have; the pronouns stay right.

    Args:
        words: a text.
        name: the name to replace.

    Returns:
        The new text, and the new name.
    """
    same = (n for n in PEOPLE if PEOPLE[n] == PEOPLE[name] and n not in words)
    new = next(same)
    return [new if word == name else word for word in words], new


class NameSwap(NamedTuple):
    """A text read twice, the second time with another name in place of one."""

    names: tuple[str, str]
    traces: tuple[Any, Any]  # of the two readings


def swap_name(model: LanguageModel, vocab: Vocabulary, words: Sequence[str], name: str) -> NameSwap:
    """Read a text as it stands, and with another name in place of one.

    Args:
        model: a language model of one layer.
        vocab: its vocabulary.
        words: the text, (T,).
        name: the name to replace.
    """
    renamed, new = rename(words, name)
    one, two = (read(model, vocab.encode(text)) for text in (words, renamed))
    return NameSwap((name, new), (one, two))
