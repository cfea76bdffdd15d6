"""What is exported: assignments, and the files that their graders need."""

import ast
import importlib.metadata
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.handed_out import sources
from lessons_lib.grading.exercise.loading import helper_files, load_exercises
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.export.lesson_text import read_lesson
from lessons_lib.grading.grader import grade
from lessons_lib.grading.report import Report, Result

PACKAGE = "lessons-lib"


@dataclass(frozen=True)
class Assignment:
    """The exercises of one lesson.

    Attributes:
        name: the lesson's; also the name of the notebook.
        introduction: what students read first.
        exercises: in order.
        text: cells of the lesson's notebook, in which the stubs stand; none for stubs alone.
    """

    name: str
    introduction: str
    exercises: tuple[Exercise, ...]
    text: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class GraderFiles:
    """What an exported grader needs beside Python.

    Attributes:
        exercises: the instructor's file, or None for the course's exercises.
        wheel: this package, or None if it shall be installed by name.
    """

    exercises: Path | None
    wheel: Path | None

    @classmethod
    def of(
        cls,
        exercises: str | PathLike[str] | None = None,
        wheel: str | PathLike[str] | None = None,
    ) -> "GraderFiles":
        """Check the two files.

        Raises:
            FileNotFoundError: if one of them is not there.
            ValueError: if the wheel is not this package's.
        """
        if wheel is not None:
            wheel = Path(wheel)
            if not wheel.is_file():
                raise FileNotFoundError(f"--wheel: there is no file {wheel}")
            if not (wheel.name.startswith("lessons_lib-") and wheel.suffix == ".whl"):
                raise ValueError(f"--wheel: expected lessons_lib-….whl, got {wheel.name}")
        return cls(None if exercises is None else Path(exercises), wheel)

    @property
    def exercises_name(self) -> str | None:
        """The name that the instructor's file keeps in an export."""
        return None if self.exercises is None else self.exercises.name

    def requirement(self, folder: str = ".") -> str:
        """What pip is asked to install, with the folder of the wheel if there is one."""
        if self.wheel is not None:
            return f"{folder}/{self.wheel.name}"
        return f"{PACKAGE}=={importlib.metadata.version(PACKAGE)}"

    def files(self) -> dict[str, bytes]:
        """The instructor's file with the modules beside it that it needs, and the wheel."""
        helpers = helper_files(self.exercises) if self.exercises else {}
        own = {path.name: path for path in (self.exercises, self.wheel) if path}
        return {name: path.read_bytes() for name, path in {**own, **helpers}.items()}

    def handed_out(self) -> dict[str, bytes]:
        """What students get beside their stubs."""
        return sources(self.exercises) if self.exercises else {}


def assignments(
    file: Path | None,
    wanted: Sequence[str] = (),
    texts: Mapping[str, str | PathLike[str]] | None = None,
) -> list[Assignment]:
    """The assignments in an instructor's file, or those of the course, one for each lesson.

    Args:
        file: the instructor's; None for the course's exercises.
        wanted: names of lessons; all if there are none.
        texts: notebooks of lessons by name, in which the stubs stand.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it defines no exercise, or a lesson's name is none for a file, or there is no
            lesson of a name that is wanted.
    """
    exercises = exercises_in(file)
    for exercise in exercises:
        if not re.fullmatch(r"\w[\w.-]*", exercise.lesson, flags=re.ASCII):
            raise ValueError(
                f"lesson: expected letters, digits, '_', '-' and '.', got {exercise.lesson!r}"
            )
    introduction = "" if file is None else _docstring(file)
    lessons = dict.fromkeys(exercise.lesson for exercise in exercises)
    for name in wanted:
        if name not in lessons:
            raise ValueError(f"--lesson: expected one of {', '.join(lessons)}, got {name}")
    found = []
    for lesson in wanted or lessons:
        asked = tuple(e for e in exercises if e.lesson == lesson)
        text = read_lesson(texts[lesson], asked) if texts else ()
        found.append(Assignment(lesson, introduction, asked, text))
    return found


def grade_assignment(
    path: str | PathLike[str] | None,
    assignment: str,
    *,
    exercises: Path | None = None,
    isolation: str = "auto",
) -> Report:
    """Grade a submission of an exported assignment, in a process of its own.

    Args:
        path: the submission; None if nothing that could be graded was handed in.
        assignment: its name.
        exercises: the instructor's file, or None for the course's exercises.
        isolation: as in `lessons_lib.grading.grade`.

    Raises:
        ValueError: if there is no such assignment.
        RuntimeError: if the machine, and not the submission, was at fault. It is no zero.
    """
    wanted = [e for e in exercises_in(exercises) if e.lesson == assignment]
    if not wanted:
        raise ValueError(f"assignment: there is no exercise of {assignment!r}")
    if path is None:
        text = f"There is no file {assignment}.ipynb or {assignment}.py."
        return Report([Result(e.name, "not_attempted", 0.0, e.points, text) for e in wanted])
    report = grade(path, exercises=wanted, isolation=isolation)
    for result in report.results:
        if result.status == "infrastructure_error":
            raise RuntimeError(f"{result.exercise}: {result.message}")
    return report


def ran(result: Result) -> bool:
    """Whether the function could be called and gave a result, right or wrong."""
    return result.status in ("passed", "failed")


def in_short(result: Result) -> str:
    """What became of the call, for who shall not see more."""
    if ran(result):
        return "It runs."
    return "Not attempted yet." if result.status == "not_attempted" else "It does not run."


def how_graded(report: Report) -> str:
    """How a submission was graded, in one line; empty if there was none."""
    if report.seed is None:
        return ""
    return (
        f"Graded in a process of its own, with {report.isolation} isolation; "
        f"seed of the arguments: {report.seed}."
    )


def exercises_in(file: Path | None) -> list[Exercise]:
    """An instructor's exercises, or those of the course."""
    if file is not None:
        return load_exercises(file)
    every = EXERCISES.all()
    return [e for e in every if e.is_of_the_course]


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_bytes())) or ""
