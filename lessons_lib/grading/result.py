"""The verdict on one exercise, and how far a lesson is."""

import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import Literal, NamedTuple

Status = Literal[
    "passed",
    "failed",
    "not_attempted",
    "error",
    "timeout",
    "memory",
    "crashed",
    "infrastructure_error",
]

WIDTH = 80  # of the text, in characters, if the terminal has as many

VERDICTS: dict[Status, str] = {
    "passed": "passed",
    "failed": "not right yet",
    "not_attempted": "not attempted yet",
    "error": "did not run",
    "timeout": "took too long",
    "memory": "needed too much memory",
    "crashed": "crashed",
    "infrastructure_error": "could not be checked",
}


@dataclass(frozen=True)
class Result:
    """The verdict on one exercise.

    Attributes:
        exercise: the exercise's name.
        status: "passed", "failed" (it returned something wrong), "error" (it could not be called,
            or raised), "not_attempted", …
        score: points earned.
        max_score: points to earn.
        message: what was found, in words, over one or more lines.
        hint: identifier of the misconception that was recognised, or None.
    """

    exercise: str
    status: Status
    score: float
    max_score: float
    message: str
    hint: str | None = None

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        unit = "point" if self.max_score == 1 else "points"
        verdict = f"{self.exercise}: {VERDICTS[self.status]}"
        if not self.max_score:  # a question by hand, or nothing that could be graded
            return f"{verdict}."
        return f"{verdict}, {self.score:g} of {self.max_score:g} {unit}."

    @property
    def details(self) -> str:
        """The message, wrapped."""
        return "\n".join(wrapped(line) for line in self.message.splitlines())

    def __str__(self) -> str:
        return "\n".join([self.headline, *([self.details] if self.message else [])])


class Progress(NamedTuple):
    """How far a lesson is.

    Attributes:
        lesson: its name.
        solved: how many of its exercises have passed in this session.
        asked: how many there are.
        then: what comes after the last one, in words.
    """

    lesson: str
    solved: int
    asked: int
    then: str


def wrapped(line: str) -> str:
    """Sentences are wrapped; indented lines hold numbers or code and stay as they are."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    return line if line.startswith(" ") else textwrap.fill(line, min(WIDTH, columns))
