"""What is said of a file, beside its answers: what of it was not run, and what failed."""

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from lessons_lib.grading.report import Result
from lessons_lib.grading.wording import in_words, one_line

MOST_TOLD = 5  # of a kind
# A line that `Remarks` has written: where, and what became of it.
PLACE = re.compile(r"^In (?P<label>.+), line (?P<line>\d+), a part (?P<what>.+)\.$", re.MULTILINE)


class Problem(NamedTuple):
    """A place of the file, in the worker's words."""

    kind: str
    label: str
    line: int
    text: str


def concern(found: Mapping[str, Any], name: str) -> list[int]:
    """Numbers of the problems that concern a function, as a worker tells them."""
    return found["concerns"].get(name, [])


class Remarks:
    """Puts problems of a file into the messages of its results, each once.

    One that an answer depends on stands there, if the answer is not right. Code that cannot be
    read, and imports that failed, are told in any case: with the first result, if with no other.

    Args:
        modules: that a submission may import, beside Python's and NumPy.
    """

    def __init__(self, modules: Collection[str]) -> None:
        self._allowed = in_words(["Python's standard library", "NumPy", *modules])
        self._problems: list[Problem] = []
        self._found: Mapping[str, Any] = {}

    def read(self, found: Mapping[str, Any]) -> None:
        """Take what a worker says; the first one that answers is heard."""
        if self._found:
            return
        self._found = found
        for kind, label, line, text in found["problems"]:
            self._problems.append(Problem(kind, one_line(label), line, one_line(text)))

    def added(self, results: Sequence[Result]) -> list[Result]:
        """The results with what is to be said of the file."""
        told: set[int] = set()
        done = []
        for result in results:
            new = [
                number
                for number in (concern(self._found, result.exercise) if self._found else ())
                if number not in told
            ]
            if result.status != "passed":
                told.update(new)
                result = _with(result, self._lines(new))
            done.append(result)
        rest = [
            number
            for number, problem in enumerate(self._problems)
            if number not in told and problem.kind in ("syntax", "import")
        ]
        return [_with(done[0], self._lines(rest)), *done[1:]] if done else done

    def _lines(self, numbers: Sequence[int]) -> list[str]:
        problems = [self._problems[number] for number in numbers]
        lines = []
        for kind, what in (
            ("syntax", "is left out: Python cannot read it"),
            ("run", "failed"),
            ("left out", "was left out"),
        ):
            of_kind = [problem for problem in problems if problem.kind == kind]
            for problem in of_kind[:MOST_TOLD]:
                lines.append(f"In {problem.label}, line {problem.line}, a part {what}.")
                lines.append(f"    {problem.text}")
            if len(of_kind) > MOST_TOLD:
                lines.append(f"So did {len(of_kind) - MOST_TOLD} others.")
        missing: dict[str, Problem] = {}
        for problem in problems:
            if problem.kind == "import":
                missing.setdefault(problem.text, problem)
        if missing:
            places = [f"{p.text} ({p.label}, line {p.line})" for p in missing.values()]
            if len(places) > MOST_TOLD:
                places[MOST_TOLD:] = [f"{len(places) - MOST_TOLD} others"]
            lines.append(
                f"Not there in grading: {in_words(places)}. An answer may import {self._allowed}."
            )
        return lines


def _with(result: Result, lines: Sequence[str]) -> Result:
    if not lines:
        return result
    return dataclasses.replace(result, message="\n".join(filter(None, [result.message, *lines])))
