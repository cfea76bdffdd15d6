"""Hints of the course in the words of an assignment that has other names, orders and layouts."""

import re
from collections.abc import Mapping

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.registry import EXERCISES

# What is said of how arrays lie is not true of another layout, nor what is said of the course.
# Which blocks there are is: only their order, as in "i, f, g", may be another.
OF_THE_LAYOUT = re.compile(
    r"\b(ax[ie]s|rows?|columns?|np\.stack)\b|\[t\]|\(T, N|\b[a-z], [a-z], [a-z]\b"
)
OF_THE_COURSE = re.compile(r"\b(course|lesson|PyTorch)\b", re.IGNORECASE)
WORD = re.compile(r"\b[A-Za-z_]\w*\b")


class Retelling:
    """Tells a hint with the assignment's names, without the sentences that do not fit it.

    Args:
        base: the course's exercise.
        names: the assignment's name by the course's: of arguments, results and exercises.
        other_layout: whether some array lies otherwise than in the course.
    """

    def __init__(self, base: Exercise, names: Mapping[str, str], *, other_layout: bool) -> None:
        # A name such as sigmoid is a word of the field, too.
        exercises = {exercise.name for exercise in EXERCISES.all() if "_" in exercise.name}
        self.names = names
        self.lacking = (_names_of(base) | exercises | {"cache", "caches"}) - set(names)
        self.other_layout = other_layout

    def of(self, hint: str) -> str:
        """The hint retold; empty if no sentence of it fits."""
        sentences = re.split(r"(?<=[.?!])\s+", hint)
        if sentences and not self._fits(sentences[0]):
            return ""  # the others lean on it
        return " ".join(self._told(sentence) for sentence in sentences if self._fits(sentence))

    def _fits(self, sentence: str) -> bool:
        if OF_THE_COURSE.search(sentence) or set(WORD.findall(sentence)) & self.lacking:
            return False
        return not (self.other_layout and OF_THE_LAYOUT.search(sentence))

    def _told(self, sentence: str) -> str:
        return WORD.sub(lambda word: self.names.get(word[0], word[0]), sentence)


def _names_of(exercise: Exercise) -> set[str]:
    """Names of its arguments and results, and of those of the exercises that it builds on."""
    names = {*exercise.parameters, *(output.name for output in exercise.outputs)}
    return names.union(*(_names_of(earlier) for earlier, _ in exercise.builds_on))
