"""Which functions of this package a submission may import: none that answers what is asked."""

import contextlib
import dis
import functools
import importlib
import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import OwnCache
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.registry import EXERCISES

# Imported where they are looked at: the grader itself uses none of them.
MODULES = ("functions", "cells", "gradients")
AXES = (0, 1)  # that are not the last one, as a rule; also False and True
MOST_ORDERS = 60  # of three arguments or more


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
        module = importlib.import_module(f"lessons_lib.{name}")
        answers = _answers(module, tuple(exercises))
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
def _answers(module: ModuleType, exercises: tuple[Exercise, ...]) -> set[str]:
    """Names of the module's functions that give a result of one of the exercises."""
    found = set()
    for exercise in exercises:
        asked = exercise.adapted_from or exercise  # in the course's notation, which is the module's
        # Those that begin with "_" go with what they are part of.
        found |= {name for name in _answering(module, asked) if not name.startswith("_")}
    return found


def _answering(module: ModuleType, asked: Exercise) -> Iterator[str]:
    case = asked.case_of(np.random.default_rng(0), asked.sizes[0], "float64")
    with contextlib.suppress(Exception), np.errstate(all="ignore"):
        wanted = list(_numbers(asked.reference(**_arguments(case))))
        for name, function in _functions(module).items():
            calls = _calls(function, _arguments(case))  # some write into theirs
            if any(_gives(function, given, wanted) for given in calls):
                yield name


def _arguments(case: Case) -> dict[str, Any]:
    return {
        name: value.of_the_reference() if isinstance(value, OwnCache) else value
        for name, value in case.copied_arguments().items()
    }


def _functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }


def _calls(function: Callable[..., Any], arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Values for the function's parameters: in order, and in any order if there are not many.

    Those that it can do without are tried, too: an exercise may ask for its axis, or its variant.
    """
    parameters = inspect.signature(function).parameters.values()
    needed = [p.name for p in parameters if p.default is inspect.Parameter.empty]
    others = [p.name for p in parameters if p.name not in needed]
    values = list(arguments.values())
    orders: Iterable[Sequence[Any]] = [values[: len(needed)]]
    if len(needed) <= 2:
        values += [inner for value in values for inner in _held(value)]
    if len(needed) <= 2 or math.perm(len(values), len(needed)) <= MOST_ORDERS:
        orders = itertools.chain(orders, itertools.permutations(values, len(needed)))
    single = [value for value in values if np.isscalar(value)] + [*AXES]
    for some in orders:
        given = dict(zip(needed, some, strict=False))
        yield given
        for name, value in itertools.product(others, single):
            yield {**given, name: value}


def _held(value: Any) -> list[Any]:
    """What an argument holds, if it is a container."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if type(value) in (list, tuple) else []


def _gives(function: Callable[..., Any], given: dict[str, Any], wanted: list[np.ndarray]) -> bool:
    """Whether a result has the numbers of a wanted one, in whatever order they stand."""
    try:
        results = list(_numbers(function(**given)))
    except Exception:
        return False
    return any(
        a.size == b.size and np.allclose(np.sort(a), np.sort(b), rtol=1e-9, atol=1e-12)
        for a in results
        for b in wanted
    )


def _numbers(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, np.ndarray | np.generic | float) and np.size(value):
        yield np.ravel(value)


def _with_relatives(module: ModuleType, names: set[str]) -> set[str]:
    """Also what calls them, what they call, and what shares a helper with them.

    The exponential of log_softmax is softmax, and the gradient of cross_entropy nearly is.
    """
    own = _functions(module)
    calls = {(name, other) for name in own for other in _globals_of(own[name]) if other in own}
    related = set(names)
    while more := {n for pair in calls if related & set(pair) for n in pair} - related:
        related |= more
    return related


def _globals_of(function: Callable[..., Any]) -> set[str]:
    # Unwrapped: in the tests another function around it checks shapes.
    instructions = dis.get_instructions(inspect.unwrap(function).__code__)
    return {i.argval for i in instructions if i.opname == "LOAD_GLOBAL"}
