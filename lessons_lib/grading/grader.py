"""Grade a submission in a process of its own."""

import re
import secrets
import zlib
from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, Signature
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.box import BUILDING_BLOCKS
from lessons_lib.grading.isolation.policy import (
    Box,
    Isolation,
    Worker,
    WorkerDied,
    WorkerTooSlow,
    reached,
)
from lessons_lib.grading.isolation.running import Outcome, Raised
from lessons_lib.grading.isolation.submission import UnreadableError, read_submission
from lessons_lib.grading.isolation.wire import Function
from lessons_lib.grading.judging import feedback
from lessons_lib.grading.judging.judge import judge
from lessons_lib.grading.report import Report, Result, Status
from lessons_lib.grading.wording import plain

SECONDS_TO_DEFINE = 30.0
SECONDS_PER_CALL = 5.0
MOST_PARAMETERS = 50

# What reading an answer raises when a submission has made one up.
_MALFORMED = (KeyError, IndexError, TypeError, ValueError, OverflowError)


def grade(
    path: str | PathLike[str],
    *,
    exercises: Iterable[Exercise] | None = None,
    isolation: str = "auto",
    seed: int | None = None,
) -> Report:
    """Grade a file in a separate process, which never sees an expected result.

    Only imports, definitions and assignments of the file are run, then its functions are called.

    Args:
        path: a .py or .ipynb file.
        exercises: what is asked for; by default the exercises of the lesson of the file's name,
            or else those whose names the file defines.
        isolation: "strong", "basic", or "auto" for the strongest that works here.
        seed: of the cases; by default a new one, drawn when the file has been read.

    Returns:
        A Report with a result for each exercise, the seed and the isolation reached. Whatever the
        file is or does stands in the results.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if there is no such isolation, or it does not work here.
    """
    level = reached(isolation)
    try:
        cells = read_submission(path)
    except UnreadableError as error:
        wanted = list(exercises) if exercises is not None else _of_lesson(path)
        text = f"The file cannot be read: {error}."
        nothing_known = [Result("file", "error", 0.0, 0.0, text)]
        return Report([_failed(e, "error", text) for e in wanted] or nothing_known)
    wanted = list(exercises) if exercises is not None else _asked_of(path, cells)
    if seed is None:
        seed = secrets.randbits(63)
    results = _graded(wanted, cells, level, seed)
    return Report(results, seed=seed, isolation=level)


def _of_lesson(path: str | PathLike[str]) -> list[Exercise]:
    return [e for e in EXERCISES.all() if e.lesson == Path(path).stem]


def _asked_of(path: str | PathLike[str], cells: Sequence[tuple[str, str]]) -> list[Exercise]:
    if of_lesson := _of_lesson(path):
        return of_lesson
    source = "\n".join(text for _, text in cells)
    defined = set(re.findall(r"^def +(\w+)", source, flags=re.MULTILINE))
    return [exercise for exercise in EXERCISES.all() if exercise.name in defined]


def _graded(
    exercises: Sequence[Exercise],
    cells: Sequence[tuple[str, str]],
    level: Isolation,
    seed: int,
) -> list[Result]:
    results: list[Result] = []
    with Box(*_building_blocks(exercises)) as box:
        while len(results) < len(exercises):  # a new process after one that had to be ended
            try:
                worker = Worker(box, level)
            except OSError as error:
                text = f"The process for it could not be started: {error.strerror}."
                rest = exercises[len(results) :]
                return results + [_failed(e, "infrastructure_error", text) for e in rest]
            with worker:
                right = [result.exercise for result in results if result.status == "passed"]
                results += graded_by(worker, exercises[len(results) :], cells, seed, right)
    return results


def _building_blocks(exercises: Sequence[Exercise]) -> tuple[list[str], list[str]]:
    """Modules of this package that a submission may import, and functions that they lack.

    A lesson builds on the ones before it, so its exercises may use the package's cells; but no
    function that the lesson itself asks for. An assignment of an instructor's own may ask for a
    cell by any name, so it gets the plain functions only.
    """
    course = all(e.reference.__module__.startswith("lessons_lib.course.") for e in exercises)
    lessons = {exercise.lesson for exercise in exercises}
    taken = [e.name for e in EXERCISES.all() if e.lesson in lessons]
    return list(BUILDING_BLOCKS if course else BUILDING_BLOCKS[:1]), taken


def graded_by(
    worker: Worker,
    exercises: Sequence[Exercise],
    cells: Sequence[tuple[str, str]],
    seed: int,
    right: Sequence[str] = (),
) -> list[Result]:
    """Results as far as the process lasts: for all exercises, or up to one that ended it."""
    names = [exercise.name for exercise in exercises]
    question = {"do": "define", "cells": [list(cell) for cell in cells], "names": names}
    try:
        found = worker.ask(question, seconds=SECONDS_TO_DEFINE)
    except (WorkerDied, WorkerTooSlow) as error:
        when = "while the file's definitions were run"
        return [_ended(exercise, error, when, SECONDS_TO_DEFINE) for exercise in exercises]
    results: list[Result] = []
    for exercise in exercises:
        right_before = [*right, *(r.exercise for r in results if r.status == "passed")]
        try:
            results.append(_judged(worker, exercise, found, seed, right_before))
        except (WorkerDied, WorkerTooSlow) as error:
            results.append(_ended(exercise, error, "while it was called", SECONDS_PER_CALL))
            break
    return results


def _judged(
    worker: Worker,
    exercise: Exercise,
    found: dict[str, Any],
    seed: int,
    right_before: Sequence[str],
) -> Result:
    problems = _problems(found)
    functions = found.get("functions")
    if not isinstance(functions, dict):
        raise WorkerDied
    if exercise.name not in functions:
        text = f"There is no function {exercise.name}." + problems
        status: Status = "error" if problems else "not_attempted"
        return _failed(exercise, status, text)
    if problem := feedback.about_signature(exercise, *_signature(functions[exercise.name])):
        return _failed(exercise, "error", problem)
    rng = np.random.default_rng([seed, zlib.crc32(exercise.name.encode())])
    cases = exercise.cases(rng)

    def call(name: str, case: Case) -> Outcome:
        if name not in functions:
            return Outcome(raised=Raised("NameError", "", "", 0, ""))
        return _called(worker, name, case, SECONDS_PER_CALL)

    outcomes = [call(exercise.name, case) for case in cases]
    result = judge(
        exercise,
        cases,
        outcomes,
        run_again=lambda case: call(exercise.name, case),
        other=call,
        right_before=right_before,
    )
    if any(outcome.raised and outcome.raised.kind == "MemoryError" for outcome in outcomes):
        return _failed(exercise, "memory", result.message)
    return result


def _problems(found: dict[str, Any]) -> str:
    """Where the file's own definitions failed, for a learner whose function is not there."""
    problems = found.get("problems")
    lines = []
    for problem in problems if isinstance(problems, list) else []:
        if isinstance(problem, list) and len(problem) == 3 and problem[2] == "syntax":
            lines.append(f"\nIn {plain(str(problem[0]))}, {plain(str(problem[1]))}")
    return "".join(lines[:3])


def _signature(described: Any) -> tuple[Signature | None, bool]:
    """A signature from its description; None if it is none that Python could have."""
    try:
        parameters = [
            Parameter(name, _KINDS[kind], default=None if has_default else Parameter.empty)
            for name, kind, has_default in described["parameters"][:MOST_PARAMETERS]
        ]
        return Signature(parameters), described["is_plain"] is True
    except _MALFORMED:
        return None, True


_KINDS: dict[str, Any] = {
    kind.name: kind
    for kind in (
        Parameter.POSITIONAL_ONLY,
        Parameter.POSITIONAL_OR_KEYWORD,
        Parameter.VAR_POSITIONAL,
        Parameter.KEYWORD_ONLY,
        Parameter.VAR_KEYWORD,
    )
}


def _called(worker: Worker, name: str, case: Case, seconds: float) -> Outcome:
    functions: dict[int, Callable[..., Any]] = {}
    arguments = {}
    for key, value in case.copied_arguments().items():
        if callable(value) and not isinstance(value, np.ndarray):
            functions[len(functions)] = value
            arguments[key] = Function(len(functions) - 1)
        else:
            arguments[key] = value
    question = {
        "do": "call",
        "name": name,
        "arguments": arguments,
        "writable": sorted(case.writable),
        "keyword_only": sorted(case.keyword_only),
        "copying": case.copying,
    }
    answer = worker.ask(question, seconds=seconds, functions=functions)
    try:
        return _outcome(answer, case)
    except _MALFORMED as error:
        raise WorkerDied from error


def _outcome(answer: dict[str, Any], case: Case) -> Outcome:
    """The answer as an Outcome, every field of the type that it has to have."""
    written_into = answer["written_into"]
    if not isinstance(written_into, dict):
        raise TypeError
    return Outcome(
        answer["value"],
        {name: written_into.get(name) for name in case.writable},
        _raised(answer["raised"]),
        answer["attempted"] is True,
        tuple(name for name in case.arguments if name in list(answer["written"])),
        _raised(answer["written_at"]),
        str(answer["printed"])[:20_000],
        tuple(str(warning)[:500] for warning in answer["warnings"]),
    )


def _raised(described: Any) -> Raised | None:
    if described is None:
        return None
    kind, text, function, line, source = described
    return Raised(plain(str(kind)), str(text), plain(str(function)), int(line), str(source))


def _failed(exercise: Exercise, status: Status, text: str) -> Result:
    return Result(exercise.name, status, 0.0, exercise.points, text)


def _ended(exercise: Exercise, error: Exception, when: str, seconds: float) -> Result:
    if isinstance(error, WorkerTooSlow):
        text = f"No result after {seconds:g} seconds, {when}. Is there a loop that does not end?"
        return _failed(exercise, "timeout", text)
    text = f"Its process ended {when}. Does it call exit, or need very much memory?"
    return _failed(exercise, "crashed", text)
