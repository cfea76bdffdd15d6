"""Errors carried on: what is right, given that an earlier function of the same answer is wrong.

The earlier functions are called in a process that has not called the later one, whose results they
could remember; what comes of them is compared here. Before anything is earned, some of these calls
are made again, each in a process that has called nothing before: an earlier function could tell by
the calls before whether it is looked at or built on, and be a simpler one in one of the two.
"""

import contextlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import OwnCache
from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.isolation.running import Outcome
from lessons_lib.grading.judging.bounding import (
    MOST_SECONDS_FOR_POINTS,
    OutOfTimeError,
    bounded,
)
from lessons_lib.grading.judging.comparing import COARSE, is_number, problem_with
from lessons_lib.grading.judging.dependence import (
    MOVED,
    CannotTell,
    arrays_of,
    check_depends_alike,
    has_float32,
    right_results,
    same_arrays,
)

# Calls another function of the answer, by its name.
Other = Callable[[str, Case], Outcome]

DIRECTIONS = 3  # along which each gradient is compared with a difference
EPS = 1e-6
FAR = 0.5  # an argument is moved by so much, or by EPS: what it does to a slope is seen nearby
WHOLE = 0.0  # stands for calls by what builds on the function, with moved arguments of its own
TOLERANCE = 1e-5  # of central differences in float64, relative to 1 + |slope|
AGAIN = 2  # calls of each kind that are made again
# What comes of what builds on an own function's results, for which they need not be fit.
FITS_NOTHING = (Exception, OutOfTimeError)


@dataclass
class _Noted:
    """Calls functions of the answer, and knows what came of it."""

    other: Other
    calls: list[tuple[Case, Outcome]] = field(default_factory=list)

    def __call__(self, name: str, case: Case) -> Outcome:
        case = replace(case, arguments=case.copied_arguments())  # as they are now
        outcome = self.other(name, case)
        self.calls.append((case, outcome))
        return outcome

    def check(self, exercise: Exercise, afresh: Other, rng: np.random.Generator) -> None:
        """Raise CannotTell if a drawn call gives something else where it is the first one."""
        for k in rng.permutation(len(self.calls))[:AGAIN]:
            case, outcome = self.calls[k]
            if not same_arrays(exercise, outcome, afresh(exercise.name, case)):
                raise CannotTell


def right_given_own(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    other: Other,
    afresh: Other | None = None,
    rng: np.random.Generator | None = None,
) -> dict[str, str]:
    """Results that are right for the answer's own earlier function, with the name of that one.

    Args:
        exercise: what was asked.
        cases: the calls that were made, in float64.
        outcomes: what came of them, in the same order.
        other: calls another function of the answer.
        afresh: the same, in a process that has called nothing before; without it the answer is
            believed to have functions that give the same for the same arguments.
        rng: draws what is looked at.
    """
    rng = rng or np.random.default_rng(0)
    ways: list[tuple[Exercise, Callable[[Other, Mapping[float, Other]], set[str]]]] = [
        (forward, partial(_derivatives, exercise, cases, outcomes, name, forward, rng))
        for name, forward in exercise.cache_from.items()
    ]
    ways += [
        (earlier, partial(_built, exercise, cases, outcomes, earlier, built_on, rng))
        for earlier, built_on in exercise.builds_on
    ]
    found: dict[str, str] = {}
    for earlier, way in ways:
        asked, moved = _Noted(other), {step: _Noted(other) for step in (FAR, EPS, WHOLE)}
        with contextlib.suppress(CannotTell):
            right = way(asked, moved)
            if right and afresh:
                for noted in (asked, *moved.values()):
                    noted.check(earlier, afresh, rng)
            found |= dict.fromkeys(right, earlier.name)
    return found


# --- What builds on an earlier function: the reference with that one in place of its own ---


def _built(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    earlier: Exercise,
    built_on: Callable[[Callable[..., Any]], Callable[..., Any]],
    rng: np.random.Generator,
    other: Other,
    moved: Mapping[float, Other],
) -> set[str]:
    depends_alike = False
    built_upon: list[dict[str, Any]] = []  # arguments of the calls in the first case
    coarse = COARSE if any(has_float32(exercise, outcome) for outcome in outcomes) else 0.0
    signature = inspect.signature(earlier.reference)

    def own(by: Other, /, *values: Any, **named: Any) -> Any:
        nonlocal depends_alike
        bound = signature.bind(*values, **named)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        case = earlier.case_with(arguments)
        given = case.copied_arguments()
        arrays = arrays_of(earlier, by(earlier.name, case))
        # Of other shapes they might be broadcast here, to as much as this process can hold.
        if [a.shape for a in arrays] != [a.shape for a in right_results(earlier, arguments)]:
            raise CannotTell
        if not depends_alike:
            depends_alike = True
            check_depends_alike(earlier, arguments, FAR, _calls(earlier, moved[FAR]), rng, coarse)
        if by is other and case_at is cases[0]:  # in one of size 1 little depends on anything
            built_upon.append(given)
        return _given_back(earlier, arguments, arrays)

    def whole(arguments: dict[str, Any]) -> list[np.ndarray]:
        case = exercise.case_with(arguments)
        given = case.copied_arguments()
        built = bounded(built_on(partial(own, moved[WHOLE])), MOST_SECONDS_FOR_POINTS)
        try:
            value = built(*case.by_position(given), **case.by_name(given))
        except FITS_NOTHING as error:
            raise CannotTell from error
        return arrays_of(exercise, Outcome(value, given))

    # Two results that depend on what they should may cancel each other.
    check_depends_alike(exercise, cases[0].copied_arguments(), FAR, whole, rng, coarse)
    right = {output.name for output in exercise.outputs}
    for case_at, outcome in zip(cases, outcomes, strict=True):
        arguments = case_at.copied_arguments()
        try:
            built = bounded(built_on(partial(own, other)), MOST_SECONDS_FOR_POINTS)
            value = built(*case_at.by_position(arguments), **case_at.by_name(arguments))
            expected = exercise.results_of(value, arguments)
        except FITS_NOTHING as error:
            raise CannotTell from error
        got = exercise.results_of(outcome.value, outcome.written_into)
        if expected is None or got is None or outcome.raised:
            raise CannotTell
        right -= {
            output.name
            for output, wanted, found in zip(exercise.outputs, expected, got, strict=True)
            if not np.isfinite(wanted).all()  # a division by the own function's 0
            or _is_constant(wanted, max(output.tolerance.get("float64", 0.0), coarse))
            or problem_with(output, np.asarray(wanted), found)
        }
    # A function may tell its own results from arguments that were drawn, and pass them on.
    later = {len(built_upon) - 1, *rng.permutation(len(built_upon))[:AGAIN]} - {-1, 0}
    for k in later if right else ():  # the first one has been looked at
        calls = _calls(earlier, moved[FAR])
        check_depends_alike(earlier, built_upon[k], FAR, calls, rng, coarse)
    return right


def _given_back(earlier: Exercise, arguments: dict[str, Any], arrays: list[np.ndarray]) -> Any:
    """What the earlier function returns, when it has written what it writes into its arguments."""
    returned = []
    for output, array in zip(earlier.outputs, arrays, strict=True):
        into = arguments.get(output.written_to)
        if isinstance(into, dict):
            into[output.name] = array
        elif into is not None:
            into[...] = array
        else:
            returned.append(array)
    return returned[0] if len(returned) == 1 else tuple(returned) or None


def _calls(exercise: Exercise, other: Other) -> Callable[[dict[str, Any]], list[np.ndarray]]:
    return lambda arguments: arrays_of(
        exercise, other(exercise.name, exercise.case_with(arguments))
    )


def _is_constant(value: Any, tolerance: float) -> bool:
    """Whether all numbers are taken for one, as zeros are: nothing depends on such a result."""
    array = np.asarray(value)
    least = MOVED * tolerance * (1 + np.max(np.abs(array), initial=0))
    return array.size > 1 and bool(np.ptp(array) <= least)


# --- A backward pass: the derivative of the answer's own forward pass ---


def _derivatives(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    cache: str,
    forward: Exercise,
    rng: np.random.Generator,
    other: Other,
    moved: Mapping[float, Other],
) -> set[str]:
    right = {output.name for output in exercise.outputs}
    for case, outcome in zip(cases, outcomes, strict=True):
        own = case.arguments[cache]
        assert isinstance(own, OwnCache)
        upstream = [value for name, value in case.arguments.items() if name != cache]
        if case is cases[0]:
            for step in (FAR, EPS):
                calls = _calls(forward, moved[step])
                check_depends_alike(forward, dict(own.arguments), step, calls, rng)
        gradients = exercise.results_of(outcome.value, outcome.written_into)
        if gradients is None or outcome.raised or len(gradients) != len(own.arguments):
            raise CannotTell
        if not all(map(_is_float, (*own.arguments.values(), *upstream))):
            raise CannotTell
        for (name, value), output, gradient in zip(
            own.arguments.items(), exercise.outputs, gradients, strict=True
        ):
            if output.name in right and not _is_derivative(
                forward, own, name, np.asarray(value), upstream, output, gradient, other, rng
            ):
                right.discard(output.name)
    return right


def _is_float(value: Any) -> bool:
    """Whether it is a number or an array that can be moved by a little."""
    return (is_number(value) or isinstance(value, np.ndarray)) and np.asarray(
        value
    ).dtype.kind == "f"


def _is_derivative(
    forward: Exercise,
    own: OwnCache,
    name: str,
    value: np.ndarray,
    upstream: Sequence[np.ndarray],
    output: Output,
    gradient: Any,
    other: Other,
    rng: np.random.Generator,
) -> bool:
    """Whether a gradient is the slope of the own forward pass along some drawn directions."""
    if problem_with(replace(output, tolerance={"float64": np.inf}), value, gradient):
        return False  # of another shape, or no numbers
    slopes = []
    for direction in rng.normal(size=(DIRECTIONS, *value.shape)):
        losses = []
        for sign in (1, -1):
            arguments = {**own.arguments, name: value + sign * EPS * direction}
            results = arrays_of(forward, other(forward.name, forward.case_with(arguments)))
            if [r.shape for r in results] != [np.shape(u) for u in upstream]:
                raise CannotTell
            losses.append(sum(float((r * u).sum()) for r, u in zip(results, upstream, strict=True)))
        slope = (losses[0] - losses[1]) / (2 * EPS)
        # No slope is near to NaN, so what is not near is wrong.
        if not abs(float(np.sum(gradient * direction)) - slope) <= TOLERANCE * (1 + abs(slope)):
            return False
        slopes.append(slope)
    return any(abs(slope) > TOLERANCE for slope in slopes)  # what nothing depends on earns nothing
