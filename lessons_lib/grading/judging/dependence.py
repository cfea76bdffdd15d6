"""Whether an own function depends on its arguments as the reference does."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.containers import arrays_in, map_arrays
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
MOST_ARRAYS = 12  # of one argument that are moved
MOST_ENTRIES = 12  # of an array that are moved one by one
ROWS = 3  # of an array, one after the other; where by chance one has no effect, another has
PLACES = 8  # of an array of whole numbers
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
    argument on, or that are a sum of everything. So each array is moved by a step: results that
    have to change do, but for a third of them, since one argument may have been forgotten, or two
    blocks exchanged; and of one entry that is moved no more than twice as many entries change as of
    the right ones. Of an argument that holds several arrays one is enough, and numbers beside
    arrays may be forgotten. No change counts that could not be told from none where what comes of
    it is held to `coarse`. Where nothing that can be moved has an effect on the right results, it
    cannot be told either.
    """
    tolerance = max(o.tolerance.get("float64", 0.0) for o in exercise.outputs)
    least = MOVED * step * max(tolerance, coarse)
    mine, right = own(arguments), right_results(exercise, arguments)
    if len(mine) != len(right) or not arguments:
        raise CannotTell

    def changes(name: str, value: Any) -> np.ndarray:
        """How many entries of each result change, of the right ones and of the own."""
        changed = arguments | {name: value}
        try:
            of_right = _num_changed(right, right_results(exercise, changed), least)
        except CannotTell:  # an argument that the reference does not take
            return np.zeros((2, len(right)), int)
        try:
            return np.array([of_right, _num_changed(mine, own(changed), least)])
        except CannotTell:
            if isinstance(arguments[name], np.ndarray | float):
                raise
            return np.array([of_right, 0 * of_right])  # of several, one may not fit the others

    asked = {name: value for name, value in arguments.items() if any(arrays_in(name, value))}
    for name, value in asked.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
            wanted = found = 0
            for k, place in enumerate(rng.permutation(value.size)[:MOST_ENTRIES], start=1):
                one_entry = value.copy()
                one_entry.flat[place] += step
                of_right, of_own = changes(name, one_entry).sum(axis=1)
                wanted, found = wanted + of_right, found + of_own
                if k >= ROWS and found <= 2 * wanted:  # a few may be exceptions
                    break
            if found > 2 * wanted:
                raise CannotTell

    def changed(name: str, others: Iterable[Any]) -> np.ndarray:
        """Which results change with an argument, of the right ones and of the own."""
        seen = np.zeros((2, len(right)), bool)
        for another in others:
            seen |= changes(name, another) > 0
            if seen[1].all():  # nothing is missing any more
                break
        return seen

    names = asked or arguments
    by_name = np.array([changed(name, _moved(names[name], step, rng)) for name in names])
    change, do = by_name[:, 0], by_name[:, 1]  # (names, results)
    if 3 * (change & ~do).sum() > change.sum() or not change.any():
        raise CannotTell
    # A moved probability is none; a function that sees it by that is asked for drawn ones, too.
    drawn = _like(exercise, arguments, rng)
    by_name = np.array([changed(name, _exchanged(drawn, name, names[name])) for name in names])
    of_any = np.sum(by_name, axis=0) > 0
    if 3 * (of_any[0] & ~of_any[1]).sum() > of_any[0].sum():
        raise CannotTell


def _like(
    exercise: Exercise, arguments: dict[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    """Arguments of a drawn case that are of the same kinds and shapes, or none."""

    def form(some: dict[str, Any]) -> list[tuple[str, tuple[int, ...], str]]:
        found = (item for name, value in some.items() for item in arrays_in(name, value))
        return [(name, array.shape, array.dtype.name) for name, array in found]

    cases = (case.copied_arguments() for case in exercise.cases(rng))
    return next((case for case in cases if form(case) == form(arguments)), {})


def _exchanged(drawn: dict[str, Any], name: str, value: Any) -> Iterator[Any]:
    """The argument of a drawn case, or else this one with its rows moved round by one."""
    if name in drawn:
        yield drawn[name]
    elif isinstance(value, np.ndarray) and value.ndim:
        yield np.roll(value, 1, axis=0)


def _moved(value: Any, step: float, rng: np.random.Generator) -> Iterator[Any]:
    """The argument with one row moved, of each array in it in turn.

    Whole numbers may be places in something: they become others of the same array.
    """
    if isinstance(value, float | np.floating):
        yield value + step
    arrays = [array for _, array in arrays_in("", value) if array.size]
    for k in rng.permutation(len(arrays))[:MOST_ARRAYS]:
        for _ in range(ROWS if arrays[k].dtype.kind == "f" else PLACES):
            changed = arrays[k].copy()
            if changed.dtype.kind == "f":
                row = rng.integers(len(changed)) if changed.ndim else ()
                changed[row] += step * rng.uniform(0.5, 1, size=changed[row].shape)
            else:
                changed.flat[rng.integers(changed.size)] = rng.choice(changed.ravel())
            yield map_arrays(lambda a: changed if a is arrays[k] else a, value)  # noqa: B023


def has_float32(exercise: Exercise, outcome: Outcome) -> bool:
    """Whether one of the results of a call is in float32."""
    results = exercise.results_of(outcome.value, outcome.written_into) or ()
    return any(getattr(result, "dtype", None) == np.float32 for result in results)


def right_results(exercise: Exercise, arguments: dict[str, Any]) -> list[np.ndarray]:
    """What the reference gives for these arguments."""
    reference = for_any_arguments(exercise, seconds=MOST_SECONDS_FOR_POINTS)
    try:
        results = exercise.given_by(reference, exercise.case_with(arguments))
        return [np.asarray(result, np.float64) for result in results]
    except (Exception, OutOfTimeError) as error:  # arguments that it does not take, say
        raise CannotTell from error


def _num_changed(before: list[np.ndarray], after: list[np.ndarray], least: float) -> np.ndarray:
    """How many entries of each result differ."""
    if [a.shape for a in before] != [a.shape for a in after]:
        raise CannotTell
    pairs = zip(before, after, strict=True)
    floats = ((a.astype(np.float64), b.astype(np.float64)) for a, b in pairs)
    differ = (abs(b - a) > least * (1 + abs(a)) for a, b in floats)
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
