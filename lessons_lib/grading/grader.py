"""Grade a submission in a process of its own."""

import contextlib
import dataclasses
import functools
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from lessons_lib.files import real_place
from lessons_lib.grading.asked import asked_by_name, asked_of
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.handed_out import handed_out_with, modules_of
from lessons_lib.grading.isolation import times
from lessons_lib.grading.isolation.answers import (
    checked_definitions,
    outcome_of,
    signature_of,
)
from lessons_lib.grading.isolation.importable import Importable
from lessons_lib.grading.isolation.policy import Isolation, reached
from lessons_lib.grading.isolation.process import (
    Allowance,
    Worker,
    WorkerDied,
    WorkerKilled,
    WorkerTooSlow,
)
from lessons_lib.grading.isolation.running import Outcome, Raised
from lessons_lib.grading.isolation.submission import Submission, UnreadableError, read_submission
from lessons_lib.grading.isolation.wire import Function, ProtocolError
from lessons_lib.grading.judging import feedback
from lessons_lib.grading.judging.dependence import same_arrays
from lessons_lib.grading.judging.judge import expected_of, judge
from lessons_lib.grading.offered import building_blocks
from lessons_lib.grading.remarks import Remarks, concern
from lessons_lib.grading.report import Report, Result, Status
from lessons_lib.shown import shown

SECONDS_TO_DEFINE = 30.0
SECONDS_FOR_ALL = 3.0  # what is not needed is run as well, if an answer is not right without
SECONDS_PER_CALL = 5.0
MOST_MESSAGE = 10_000  # characters
AT_FAULT = (OSError, WorkerDied, WorkerKilled, WorkerTooSlow, ProtocolError)
Seen = dict[str, tuple[Exercise, Case, Outcome]]  # a call of each function that was judged
Others = tuple[Callable[[], Worker], Callable[[], contextlib.AbstractContextManager[Worker]], Seen]


def grade(
    path: str | PathLike[str],
    *,
    exercises: Iterable[Exercise] | None = None,
    isolation: str = "auto",
    seed: int | None = None,
    run: str = "needed",
) -> Report:
    """Grade a file in a separate process, which never sees an expected result.

    Of the file's top level, what its answers use is run, then its functions are called.

    Args:
        path: a .py or .ipynb file.
        exercises: what is asked for; by default the exercises of the lesson of the file's name,
            or of what it holds, or else those whose names the file defines.
        isolation: "strong", "basic", or "auto" for the strongest that works here.
        seed: of the cases; by default a new one, drawn when the file has been read.
        run: "all" to run every statement of the file; by default those that bind or change
            what its answers use. If an answer is not right, the file is graded once more with
            all that runs in three seconds, and the grading with more points counts.

    Returns:
        A Report with a result for each exercise, the seed and the isolation reached. Whatever the
        file is or does stands in the results.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if there is no such isolation, or it does not work here, or no such `run`.
    """
    return grade_in_place(
        real_place(path), exercises=exercises, isolation=isolation, seed=seed, run=run
    )


def grade_in_place(
    path: Path,
    *,
    exercises: Iterable[Exercise] | None = None,
    isolation: str = "auto",
    seed: int | None = None,
    run: str = "needed",
) -> Report:
    """`grade` for a path without links: none is followed if a folder is exchanged for one."""
    if run not in ("needed", "all"):
        raise ValueError(f"run: expected needed or all, got {run!r}")
    level = reached(isolation)
    try:
        submission = read_submission(path)
    except UnreadableError as error:
        return unreadable(path, exercises, error)
    wanted = list(exercises) if exercises is not None else asked_of(path, submission)
    if seed is None:
        seed = secrets.randbits(63)
    allowance = Allowance()
    task = wanted, submission, level, seed, allowance
    results, may_be_better = _graded(*task, run, SECONDS_TO_DEFINE)
    if may_be_better:
        # What the answers use is told from the text, and a text can do more than it shows.
        # On other cases, or it would be a second guess that knows of the first.
        another = int(np.random.default_rng([seed, 1]).integers(2**63))
        again, _ = _graded(wanted, submission, level, another, allowance, "all", SECONDS_FOR_ALL)
        results = max(results, again, key=lambda some: sum(result.score for result in some))
    return Report([_presentable(result) for result in results], seed=seed, isolation=level)


def unreadable(
    path: str | PathLike[str], exercises: Iterable[Exercise] | None, error: UnreadableError
) -> Report:
    """The report on a file that cannot be read."""
    wanted = list(exercises) if exercises is not None else asked_by_name(path)
    text = f"The file cannot be read: {error}."
    nothing_known = [Result("file", "error", 0.0, 0.0, text)]
    return Report([_failed(e, "error", text) for e in wanted] or nothing_known)


def _presentable(result: Result) -> Result:
    """A result whose message, in which words of the submission stand, is bounded and all seen."""
    message = result.message
    if len(message) > MOST_MESSAGE:
        message = f"{message[:MOST_MESSAGE]} …"
    return dataclasses.replace(result, message=shown(message))


def _graded(
    exercises: Sequence[Exercise],
    submission: Submission,
    level: Isolation,
    seed: int,
    allowance: Allowance,
    run: str,
    seconds: float,
) -> tuple[list[Result], bool]:
    """Results, and whether there might be better ones if all of the file were run."""
    results: list[Result] = []
    left_out = is_unfound = False
    seen: Seen = {}
    text = "\n".join(source for _, source in submission.pieces)
    modules, taken = building_blocks(exercises)
    handed_out = handed_out_with(exercises)
    ours = [f"lessons_lib.{module.removesuffix('.py')}" for module in modules]
    remarks = Remarks([*modules_of(handed_out), *ours])
    with Importable(modules, taken, handed_out) as importable, contextlib.ExitStack() as stack:

        @contextlib.contextmanager
        def afresh() -> Iterator[Worker]:
            with Worker(importable, level, allowance) as worker:
                defined(worker, exercises, submission, run, seconds)
                yield worker

        @functools.cache
        def apart() -> Worker:
            return stack.enter_context(afresh())

        while len(results) < len(exercises):  # a new process after one that had to be ended
            if allowance.seconds <= 0:
                most = Allowance().seconds
                text = f"The {most:g} seconds of work for all answers of the file are over"
                text += f", or the {most * times.PATIENCE:g} seconds with its waiting."
                results += [_failed(e, "timeout", text) for e in exercises[len(results) :]]
                break
            try:
                worker = Worker(importable, level, allowance)
            except OSError as error:
                text = f"The process for it could not be started: {error.strerror}."
                rest = exercises[len(results) :]
                results += [_failed(e, "infrastructure_error", text) for e in rest]
                break
            with worker:
                left = exercises[len(results) :]
                before = allowance.seconds
                # All of them: what is left may take another's cache, or build on it.
                found = defined(worker, exercises, submission, run, seconds)
                if isinstance(found, dict):
                    left_out |= found["left_out"]
                    is_unfound |= any(
                        e.name not in found["functions"] and e.name in text for e in left
                    )
                    if results and exercises[len(results) - 1].is_given_functions:
                        allowance.seconds = before  # for our sake they are run once more
                    remarks.read(found)
                    some = _for_one_process(left)
                    others = (apart, afresh, seen)
                    results += graded_by(worker, some, found, seed, results, others)
                else:
                    results += found[len(results) :]
    is_wrong = any(result.status in ("failed", "error") for result in results)
    return remarks.added(results), left_out and (is_wrong or is_unfound)


def _for_one_process(exercises: Sequence[Exercise]) -> Sequence[Exercise]:
    """The exercises up to the first that is given a function.

    A function can be asked for any number of its values, and a later exercise may ask for it, or
    for what is made of it: the process that could remember them ends with that exercise.
    """
    place = next((k for k, exercise in enumerate(exercises) if exercise.is_given_functions), None)
    return exercises if place is None else exercises[: place + 1]


def defined(
    worker: Worker,
    exercises: Sequence[Exercise],
    submission: Submission,
    run: str,
    seconds: float = SECONDS_TO_DEFINE,
) -> dict[str, Any] | list[Result]:
    """What the worker found when it ran the file's definitions; results if it did not live.

    None of them if it was killed from outside, and is to be started anew.
    """
    names = [exercise.name for exercise in exercises]
    question = {
        "do": "define",
        "cells": [list(piece) for piece in submission.pieces],
        "names": names,
        "is_notebook": submission.is_notebook,
        "run": run,
        "seconds": 0.8 * seconds,
    }
    try:
        answer = worker.ask(question, seconds=seconds)
        return checked_definitions(answer, names)
    except WorkerKilled:
        return []
    except (WorkerDied, WorkerTooSlow, ProtocolError) as error:
        when = "while the file's definitions were run"
        return [_ended(exercise, error, when) for exercise in exercises]


def graded_by(
    worker: Worker,
    exercises: Sequence[Exercise],
    found: dict[str, Any],
    seed: int,
    before: Sequence[Result] = (),
    others: Others | None = None,
) -> list[Result]:
    """Results as far as the process lasts: for all exercises, or up to one that ended it.

    Args:
        worker: the process.
        exercises: what is asked for.
        found: the functions that the submission defines.
        seed: of the cases.
        before: results that it has already.
        others: give other processes with the same functions, in which earlier ones are called where
            errors are carried on: one for all calls, and one for each; and keep a call of each
            function that was judged. By default it is the first process.
    """
    results: list[Result] = []
    for exercise in exercises:
        judged = {r.exercise: r.status == "passed" for r in (*before, *results)}
        try:
            results.append(_judged(worker, exercise, found, seed, judged, others))
        except WorkerKilled:
            break
        except (WorkerDied, WorkerTooSlow, ProtocolError) as error:
            results.append(_ended(exercise, error, "while it was called"))
            break
    return results


def _judged(
    worker: Worker,
    exercise: Exercise,
    found: dict[str, Any],
    seed: int,
    judged: dict[str, bool],
    others: Others | None,
) -> Result:
    functions = found["functions"]
    if exercise.name not in functions:
        status: Status = "error" if concern(found, exercise.name) else "not_attempted"
        return _failed(exercise, status, f"There is no function {exercise.name}.")
    if problem := feedback.about_signature(exercise, *signature_of(functions[exercise.name])):
        return _failed(exercise, "error", problem)
    rng = np.random.default_rng([seed, zlib.crc32(exercise.name.encode())])
    cases = exercise.cases(rng)

    def call(case: Case) -> Outcome:
        return _called(worker, exercise.name, case, SECONDS_PER_CALL)

    apart, one_more, seen = others or (
        lambda: worker,
        lambda: contextlib.nullcontext(worker),
        dict[str, tuple[Exercise, Case, Outcome]](),
    )

    @functools.cache
    def is_the_judged_one(name: str) -> bool:
        """Whether the function there gives what it gave when it was judged."""
        if name not in seen:
            return True
        earlier, its_case, outcome = seen[name]
        return same_arrays(earlier, outcome, _called(apart(), name, its_case, SECONDS_PER_CALL))

    def other(name: str, case: Case, *, afresh: bool = False) -> Outcome:
        with contextlib.suppress(*AT_FAULT):  # it earns nothing for others
            if name in functions and is_the_judged_one(name):
                with one_more() if afresh else contextlib.nullcontext(apart()) as process:
                    return _called(process, name, case, SECONDS_PER_CALL)
        return Outcome(raised=Raised("NameError", "", "", 0, ""))

    # Before a call of theirs: functions among the arguments may remember what they were asked.
    expected = expected_of(exercise, cases)
    outcomes = [call(case) for case in cases]
    seen[exercise.name] = exercise, cases[0], outcomes[0]
    judged_by = functools.partial(
        judge,
        exercise,
        cases,
        outcomes,
        expected=expected,
        other=other,
        afresh=functools.partial(other, afresh=True),
        rng=rng,
        judged=judged,
    )
    try:
        result = judged_by(run_again=call)
    except AT_FAULT:
        raise
    except Exception:  # a hint that cannot be made is none, and costs no points
        try:
            result = judged_by(look_for_hints=False)
        except AT_FAULT:
            raise
        except Exception:  # nor do errors that cannot be carried on
            result = judged_by(look_for_hints=False, other=None)
    if any(outcome.raised and outcome.raised.kind == "MemoryError" for outcome in outcomes):
        return _failed(exercise, "memory", result.message)
    return result


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
        "looked_at": case.looked_at,
    }
    return outcome_of(worker.ask(question, seconds=seconds, functions=functions), case)


def _failed(exercise: Exercise, status: Status, text: str) -> Result:
    return Result(exercise.name, status, 0.0, exercise.points, text)


def _ended(exercise: Exercise, error: Exception, when: str) -> Result:
    if isinstance(error, WorkerTooSlow):
        seconds, waits = error.args
        if waits:
            after, why = f"{seconds * times.PATIENCE:.3g} seconds", "Does it wait for something?"
        else:
            after, why = f"{seconds:.3g} seconds of work", "Is there a loop that does not end?"
        return _failed(exercise, "timeout", f"No result after {after}, {when}. {why}")
    text = f"Its process ended {when}. Does it call exit, or need very much memory?"
    return _failed(exercise, "crashed", text)
