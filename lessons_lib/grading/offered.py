"""Which functions of this package a submission may import: none that answers what is asked."""

import contextlib
import dis
import functools
import importlib
import inspect
import io
import itertools
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import OwnCache, map_arrays
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.judging.bounding import OutOfTimeError, bounded

# Imported where they are looked at: the grader itself uses none of them.
MODULES = ("functions", "cells", "gradients")
OURS = "lessons_lib."
AXES = (0, 1)  # that are not the last one, as a rule; also False and True
MOST_SECONDS = 10.0  # for a function of an instructor's, and an exercise
MOST_ORDERS = 60  # of three arguments or more
SINGLE = 12  # cases for a single number, such as 0 or 1, which may be the same by chance
Call = tuple[Sequence[Any], dict[str, Any]]  # arguments by position and by name
_ANY_NUMBER = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def building_blocks(exercises: Sequence[Exercise]) -> tuple[list[str], set[str]]:
    """Modules of this package that a submission may import, and functions that they lack.

    A lesson of the course builds on those before it, so its answers may use the package's cells,
    but no function that the lesson itself asks for. An assignment of an instructor's own, or one
    made by `adapt`, may ask for a cell in any notation: it gets the plain functions only. Of what
    is left every function is called with the arguments of each exercise, and goes if one of its
    results is one of the exercise's, whatever their names.
    """
    course = all(e.is_of_the_course and EXERCISES.original(e.name) is e for e in exercises)
    names = MODULES if course else MODULES[:1]
    lessons = {exercise.lesson for exercise in exercises}
    taken = {e.name for e in EXERCISES.all() if e.lesson in lessons}
    for name in names:
        module = importlib.import_module(OURS + name)
        answers = _names_of_answers(module, tuple(exercises))
        taken |= answers if course else _with_relatives(module, answers)
    return [f"{name}.py" for name in names], taken


def answer_in(module: ModuleType, exercises: Sequence[Exercise]) -> str:
    """A function of an instructor's module that answers an exercise, in words; "" if none does."""
    for exercise in exercises:
        if exercise.name in vars(module):
            return f"{module.__name__} has {exercise.name}, which is asked for"
        for name in _answering(module, exercise):
            return f"{module.__name__}.{name} gives results that {exercise.name} asks for"
    return ""


@functools.lru_cache(maxsize=16)
def _names_of_answers(module: ModuleType, exercises: tuple[Exercise, ...]) -> set[str]:
    """Names of the module's functions that give a result of one of the exercises."""
    found = set()
    for exercise in exercises:
        asked = exercise.adapted_from or exercise  # in the course's notation, which is the module's
        # Those that begin with "_" go with what they are part of.
        found |= {name for name in _answering(module, asked) if not name.startswith("_")}
    return found


def _answering(module: ModuleType, asked: Exercise) -> Iterator[str]:
    is_ours = module.__name__.startswith(OURS)  # ours end, whatever they are given
    with contextlib.ExitStack() as stack:
        if not is_ours:
            stack.enter_context(_nothing_to_read())
        for name, function in _functions(module).items():
            end = math.inf if is_ours else time.monotonic() + MOST_SECONDS
            if _answers(function if is_ours else bounded(function), asked, end):
                yield name


@contextlib.contextmanager
def _nothing_to_read() -> Iterator[None]:
    """Let nobody wait for an answer: a function that asks for one fails."""
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = before


def _answers(function: Callable[..., Any], asked: Exercise, end: float) -> bool:
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            return all(_answers_case(function, case, want, end) for case, want in _wanted(asked))
        except OutOfTimeError:
            return False


@functools.lru_cache(maxsize=256)
def _wanted(asked: Exercise) -> list[tuple[Case, list[np.ndarray]]]:
    """Some cases, and the results that are asked for."""
    found = []
    for seed in range(SINGLE):
        case = asked.case_of(np.random.default_rng(seed), asked.sizes[0], "float64")
        results = list(_numbers(asked.given_by(asked.reference, case)))
        found.append((case, results))
        if len(found) == 2 and any(result.size > 1 for result in results):
            break
    return found


def _answers_case(
    function: Callable[..., Any], case: Case, wanted: list[np.ndarray], end: float
) -> bool:
    arguments = _arguments(case)
    theirs = [a for value in arguments.values() for a in _numbers(value)]
    ours = [a.copy() for a in theirs]
    untouched = b"".join(a.tobytes() for a in theirs)
    # Where numbers are only moved about, their order tells, and giving them back is no answer.
    wanted = [b for b in wanted if not any(np.array_equal(a, b) for a in ours)]
    moved = [any(_same_numbers(a, b) for a in ours) for b in wanted]
    for call in _calls(function, arguments):
        if time.monotonic() > end:  # it waits at each
            return False
        results = _results(function, call)
        if b"".join(a.tobytes() for a in theirs) != untouched:  # it writes into its arguments
            for there, before in zip(theirs, ours, strict=True):
                if not np.array_equal(there, before):
                    results.append(there.copy())
                    there[...] = before
        for a, (b, is_moved) in itertools.product(results, zip(wanted, moved, strict=True)):
            if np.array_equal(a, b) or (not is_moved and _same_numbers(a, b)):
                return True
    return False


def _arguments(case: Case) -> dict[str, Any]:
    given = {
        name: value.of_the_reference() if isinstance(value, OwnCache) else value
        for name, value in case.copied_arguments().items()
    }
    # In this order the numbers can be looked at, and put back, where they are.
    return {n: map_arrays(lambda a: a.copy(order="C"), value) for n, value in given.items()}


def _functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """What can be called of a module's own, by its name, in containers and classes, too."""
    found = {}
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__:
            owner: Any = value
            with contextlib.suppress(Exception, SystemExit):
                owner = value()
            for own in vars(value):
                with contextlib.suppress(Exception):  # a property may do anything
                    if not own.startswith("__") and callable(method := getattr(owner, own)):
                        found[f"{name}.{own}"] = method
            value = owner
        for one in (value, *_held(value)):
            if _is_own(one, module):
                found[name] = one
    return found


def _is_own(value: Any, module: ModuleType) -> bool:
    """Whether it can be called and was made in the module, not imported."""
    if not callable(value) or inspect.isclass(value):
        return False
    own = getattr(value, "__module__", None) == module.__name__  # of its class, if it has none
    return own or isinstance(value, functools.partial | np.vectorize)


def _calls(function: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[Call]:
    """Values for the function's parameters: in order, and in any order if there are not many.

    Those that it can do without are tried, too: an exercise may ask for its axis, or its variant.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):  # some of C's have none
        return
    needed = [p for p in parameters if p.default is p.empty and p.kind not in _ANY_NUMBER]
    # Without what it was asked for, `where` leaves what lay in memory: our own results, say.
    others = [p.name for p in parameters if p.default is not p.empty and p.name != "where"]
    values = list(arguments.values())
    held = [inner for value in values for inner in _held(value)]
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        yield from ((given, {}) for given in (values, *([inner] for inner in held)))
    orders: list[Sequence[Any]] = [values[: len(needed)]]
    for some in (values, held):
        if len(needed) == len(some) + 1:  # an axis, or a temperature
            orders += ([*some, extra] for extra in (-1, *AXES))
    if len(needed) <= 2:
        values += held
    if len(needed) <= 2 or math.perm(len(values), len(needed)) <= MOST_ORDERS:
        orders += itertools.permutations(values, len(needed))
    single = [value for value in values if np.isscalar(value)] + [*AXES]
    for order in orders:
        given = list(zip(needed, order, strict=False))
        by_place = [value for p, value in given if p.kind is not p.KEYWORD_ONLY]
        by_name = {p.name: value for p, value in given if p.kind is p.KEYWORD_ONLY}
        yield by_place, by_name
        for name, value in itertools.product(others, single):
            yield by_place, {**by_name, name: value}


def _held(value: Any) -> list[Any]:
    """What an argument holds, if it is a container."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if type(value) in (list, tuple) else []


def _results(function: Callable[..., Any], call: Call) -> list[np.ndarray]:
    by_place, by_name = call
    try:
        return list(_numbers(function(*by_place, **by_name)))
    except (Exception, SystemExit):
        return []


def _same_numbers(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two results have the same numbers, in whatever order they stand."""
    return a.size == b.size and np.allclose(
        np.sort(a, axis=None), np.sort(b, axis=None), rtol=1e-9, atol=1e-12
    )


def _numbers(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, Iterator):
        value = list(itertools.islice(value, MOST_ORDERS))
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, np.ndarray | np.generic | float | int):
        numbers = np.asarray(value)
        if numbers.size and numbers.dtype.kind in "biuf":
            yield numbers


def _with_relatives(module: ModuleType, names: set[str]) -> set[str]:
    """Also what calls them, what they call, and what shares a helper with them.

    The exponential of log_softmax is softmax, and the gradient of cross_entropy nearly is.
    """
    own = {name: f for name, f in _functions(module).items() if inspect.isfunction(f)}
    calls = {(name, other) for name in own for other in _globals_of(own[name]) if other in own}
    related = set(names)
    while more := {n for pair in calls if related & set(pair) for n in pair} - related:
        related |= more
    return related


def _globals_of(function: Callable[..., Any]) -> set[str]:
    # Unwrapped: in the tests another function around it checks shapes.
    instructions = dis.get_instructions(inspect.unwrap(function).__code__)
    return {i.argval for i in instructions if i.opname == "LOAD_GLOBAL"}
