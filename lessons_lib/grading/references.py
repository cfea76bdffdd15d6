"""References graded as submissions are, before any submission is: a faulty exercise is refused.

A reference is called here and not in a process of its own, where an instructor's file and what it
imports could not be had. But its arguments, what it calls back and its results go through the same
messages, and the same judge decides: where a student could not earn the points, it does not.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, cast

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.exercise.handed_out import NAME, handed_out_with, imported, module_of
from lessons_lib.grading.grader import defined, graded_by
from lessons_lib.grading.isolation import worker
from lessons_lib.grading.isolation.importable import Importable
from lessons_lib.grading.isolation.policy import reached
from lessons_lib.grading.isolation.process import Allowance, Worker, WorkerTooSlow, called_back
from lessons_lib.grading.isolation.running import call
from lessons_lib.grading.isolation.submission import Submission
from lessons_lib.grading.isolation.times import Stopwatch
from lessons_lib.grading.isolation.wire import receive, send
from lessons_lib.grading.judging.comparing import differs, is_number
from lessons_lib.grading.judging.judge import expected_of
from lessons_lib.grading.offered import answer_in, building_blocks
from lessons_lib.grading.wording import describe, in_words, one_line

SEEDS = range(3)
ROUNDING = 1e-13  # what a sum of terms that cancel each other may leave


def check_references(exercises: Iterable[Exercise]) -> None:
    """Refuse exercises whose own solution would not earn full marks, and answers handed out.

    Raises:
        ValueError: for the first such exercise or module, with the reason.
    """
    exercises = list(exercises)
    if fault := _handed_out_fault(exercises):
        raise ValueError(f"--exercises: {NAME}: {one_line(fault)}")
    for exercise in exercises:
        if fault := fault_of(exercise):
            raise ValueError(f"--exercises: {exercise.name}: {one_line(fault)}")


def _handed_out_fault(exercises: Sequence[Exercise]) -> str:
    """Why what is handed out cannot be: it is not to be had where answers run, or is one itself."""
    handed_out = handed_out_with(exercises)
    if not handed_out:
        return ""
    imports = [(name, f"exec('import {name}')") for name in map(module_of, handed_out)]
    importable = Importable(*building_blocks(exercises), handed_out)
    with importable, Worker(importable, reached("auto"), Allowance()) as worker:
        found = defined(worker, [], Submission(imports, False), "all")
    if not isinstance(found, dict):
        return "the process that imports it ends, or takes too long"
    for _, module, _, text in found["problems"]:
        return f"{module} cannot be imported where answers run: {text}"
    with contextlib.redirect_stdout(io.StringIO()), imported(handed_out) as modules:
        return next(filter(None, (answer_in(module, exercises) for module in modules)), "")


def fault_of(exercise: Exercise) -> str:
    """Why the own solution of an exercise would not earn full marks; empty if it would."""
    for parameter in signature(exercise.reference).parameters.values():
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            return f"expected parameters that are called by name or place, got {parameter}"
    try:
        for seed in SEEDS:
            for case in exercise.cases(np.random.default_rng(seed)):
                if fault := _argument_fault(case):
                    return fault
                for answer in (exercise.reference, *exercise.alternatives):
                    if fault := _answer_fault(exercise, answer, case):
                        return fault
            for answer in (exercise.reference, *exercise.alternatives):
                if fault := _graded_fault(exercise, answer, seed):
                    return fault
        expected = _of_all_seeds(exercise)
        if not any(np.isfinite(result).any() for wanted in expected for result in wanted):
            return "its own solution gives no finite number"
        if tiny := _tiny(exercise, expected):
            return (
                f"{in_words(tiny)}: so small that zeros are within the tolerance; make it larger, "
                "or give its Output smaller tolerances, for float32 too"
            )
    except (Exception, SystemExit) as error:  # make_case, or what nobody thought of
        return f"its cases cannot be graded: {type(error).__name__}: {error}"
    return ""


def _tiny(exercise: Exercise, expected: Sequence[tuple[Any, ...]]) -> list[str]:
    """Results that zeros would be right for, and that are not meant to be zeros."""

    def are_right(output: Output, results: Sequence[Any]) -> bool:
        arrays = map(np.asarray, results)
        # Whoever answers in float32 is held to that tolerance at most.
        return not any(differs(output, r, np.zeros(r.shape, "f4"), np.inf).any() for r in arrays)

    return [
        output.name
        for output, results in zip(exercise.outputs, zip(*expected, strict=True), strict=True)
        # One of several may be 0 but for rounding.
        if output.points
        and max(np.max(np.abs(r), initial=0) for r in results) > ROUNDING
        and are_right(output, results)
    ]


def _of_all_seeds(exercise: Exercise) -> list[tuple[Any, ...]]:
    """The results that are expected in float64."""
    cases = [c for seed in SEEDS for c in exercise.cases(np.random.default_rng(seed))]
    return expected_of(exercise, [case for case in cases if case.dtype == "float64"])


def _argument_fault(case: Case) -> str:
    for name, value in case.arguments.items():
        if callable(value) and not isinstance(value, np.ndarray | type):
            continue  # it stays here and is called by messages
        try:
            _sent({name: value}, call_back=lambda number: describe)
        except (TypeError, ValueError) as error:
            return (
                f"its argument {name} is {describe(value)}, which no student can get ({error}); "
                "expected arrays, numbers, text (also for a dtype: 'float64'), dicts, lists or "
                "tuples of them, a function or a generator"
            )
    return ""


def _answer_fault(exercise: Exercise, answer: Callable[..., Any], case: Case) -> str:
    outcome = call(answer, case)
    of_sizes = ", ".join(f"{name} = {size}" for name, size in case.sizes.items())
    if outcome.raised:
        return f"its own solution raises {outcome.raised.kind}: {outcome.raised.text} ({of_sizes})"
    results = exercise.results_of(outcome.value, outcome.written_into)
    if results is None:
        wanted = ", ".join(output.name for output in exercise.returned)
        return f"its own solution returns {describe(outcome.value)}, its outputs are {wanted}"
    for output, result in zip(exercise.outputs, results, strict=True):
        if fault := _result_fault(output, result):
            return f"{output.name}, of its own solution, is {fault}"
        floats = getattr(result, "dtype", None) == np.float64 and bool(output.axes)
        if floats and case.dtype == "float32" and "dtype" in exercise.strict:
            return f"{output.name} becomes float64 of float32, and it is strict about the dtype"
    return ""


def _result_fault(output: Output, result: Any) -> str:
    if not output.axes:
        return "" if is_number(result) else f"{describe(result)}; expected a single number"
    if not isinstance(result, np.ndarray) or result.dtype.kind not in "biuf":
        kind = f" of {result.dtype}" if isinstance(result, np.ndarray) else ""
        return f"{describe(result)}{kind}; a result is an array of numbers, or a single number"
    if result.ndim != len(output.axes):
        return f"{describe(result)}, and its axes are {output.dims}"
    if output.blocks and result.shape[-1] % len(output.blocks):
        return f"{describe(result)}, which has no {len(output.blocks)} equal blocks"
    return ""


def _graded_fault(exercise: Exercise, answer: Callable[..., Any], seed: int) -> str:
    functions = {e.name: e.reference for e in exercise.cache_from.values()}
    stand_in = _StandIn({**functions, exercise.name: answer})
    found = {"functions": {name: worker.signature(f) for name, f in stand_in.functions.items()}}
    (result,) = graded_by(cast(Worker, stand_in), [exercise], found, seed)
    if result.status == "passed" and result.score == exercise.points:
        return ""
    said = result.message.replace("\n", " ")
    return f"its own solution earns {result.score:g} of {exercise.points:g} points: {said}"


class _StandIn:
    """Answers what a worker is asked, with functions that are here."""

    def __init__(self, functions: dict[str, Any]) -> None:
        self.functions = functions

    def ask(
        self,
        question: dict[str, Any],
        *,
        seconds: float,
        functions: Mapping[int, Callable[..., Any]] | None = None,
    ) -> dict[str, Any]:
        def exchange(message: dict[str, Any]) -> dict[str, Any]:
            asked = _sent(message)
            return _sent(called_back((functions or {}).get(asked["call"]), asked["arguments"]))

        stopwatch = Stopwatch(time.process_time)
        received = _sent(question, call_back=lambda number: worker.caller(number, exchange))
        answer = _sent(worker.answer(received, self.functions))
        used, waits = stopwatch.read()
        if used > seconds:
            raise WorkerTooSlow(seconds, waits)
        return answer


def _sent(
    message: dict[str, Any], call_back: Callable[[int], Callable[..., Any]] | None = None
) -> dict[str, Any]:
    """A message as the other side gets it."""
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    return receive(stream, call_back=call_back)
