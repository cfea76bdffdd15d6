"""Whether an own function depends on its arguments as the reference does."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.isolation.running import Outcome
from lessons_lib.grading.judging.bounding import (
    MOST_SECONDS_FOR_POINTS,
    OutOfTimeError,
    for_any_arguments,
)
from lessons_lib.grading.judging.comparing import is_number

# Times an output's tolerance, that step and 1 + |result|: from here on a result has changed. Two
# that are both taken for a third one differ by less.
MOVED = 20
LARGEST = 1e50  # of an earlier function's results: what is made of larger ones may be infinite


class CannotTell(Exception):
    """An earlier function gives nothing that could be built on."""


def check_depends_alike(
    exercise: Exercise,
    arguments: dict[str, Any],
    step: float,
    own: Callable[[dict[str, Any]], list[np.ndarray]],
    rng: np.random.Generator,
    coarse: float = 0.0,
) -> None:
    """Raise CannotTell unless an own function's results depend on what the reference's do.

    Who need not solve the exercise could choose one that is easily solved: results that pass an
    argument on, or that are a sum of everything. So one entry of each argument is moved by a step:
    results that have to change do, but for a third of them, since one argument may have been
    forgotten, or two blocks exchanged; and no more than twice as many entries change as of the
    right ones. No change counts that could not be told from none where what comes of it is held to
    `coarse`.
    """
    tolerance = max(o.tolerance.get("float64", 0.0) for o in exercise.outputs)
    least = MOVED * step * max(tolerance, coarse)
    mine, right = own(arguments), right_results(exercise, arguments)
    missing = expected = 0
    for name, value in arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.size:
            continue
        moved = value.copy()
        moved.flat[rng.integers(value.size)] += step
        changed = arguments | {name: moved}
        found = _num_changed(mine, own(changed), least)
        wanted = _num_changed(right, right_results(exercise, changed), least)
        if found.sum() > 2 * wanted.sum():
            raise CannotTell
        expected += int(np.count_nonzero(wanted))
        missing += int(np.count_nonzero((wanted > 0) & (found == 0)))
    if 3 * missing > expected:
        raise CannotTell


def has_float32(exercise: Exercise, outcome: Outcome) -> bool:
    """Whether one of the results of a call is in float32."""
    results = exercise.results_of(outcome.value, outcome.written_into) or ()
    return any(getattr(result, "dtype", None) == np.float32 for result in results)


def right_results(exercise: Exercise, arguments: dict[str, Any]) -> list[np.ndarray]:
    """What the reference gives for these arguments."""
    reference = for_any_arguments(exercise, seconds=MOST_SECONDS_FOR_POINTS)
    try:
        results = exercise.given_by(reference, exercise.case_with(arguments))
    except OutOfTimeError as error:
        raise CannotTell from error
    return [np.asarray(result) for result in results]


def _num_changed(before: list[np.ndarray], after: list[np.ndarray], least: float) -> np.ndarray:
    """How many entries of each result differ."""
    if [a.shape for a in before] != [a.shape for a in after]:
        raise CannotTell
    pairs = zip(before, after, strict=True)
    differ = (abs(b - a) > least * (1 + abs(a)) for a, b in pairs)
    return np.array([np.count_nonzero(entries) for entries in differ])


def same_arrays(exercise: Exercise, one: Outcome, another: Outcome) -> bool:
    """Whether two calls gave the same to the last digit, or neither gave arrays of numbers."""
    found = []
    for outcome in (one, another):
        try:
            found.append(arrays_of(exercise, outcome))
        except CannotTell:
            found.append([])
    return len(found[0]) == len(found[1]) and all(map(np.array_equal, *found))


def arrays_of(exercise: Exercise, outcome: Outcome) -> list[np.ndarray]:
    """The results of a call as arrays of numbers; raises CannotTell if they are none."""
    results = exercise.results_of(outcome.value, outcome.written_into)
    # Lists may be ragged, and NumPy takes no differences of bools.
    if outcome.raised or not all(
        isinstance(r, np.ndarray) or is_number(r) for r in results or [0j]
    ):
        raise CannotTell
    arrays = [np.asarray(result) for result in results or ()]
    if not all(a.dtype.kind in "iuf" and (abs(a.astype(float)) < LARGEST).all() for a in arrays):
        raise CannotTell
    return arrays
