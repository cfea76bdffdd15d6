"""Exercises in another notation: the course's, with other names, orders and layouts.

An assignment that writes the LSTM with blocks i, f, o, g, or with the batch as the first axis, need
not be written anew: `adapt` takes an exercise of the course and the differences, and converts its
cases, results, right answers and known wrong ones.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.running import run
from lessons_lib.grading.judging.judge import judge


class Conversion(Protocol):
    """How an array of the course's is laid out in another notation, and back."""

    def there(self, array: np.ndarray) -> np.ndarray: ...

    def back(self, array: np.ndarray) -> np.ndarray: ...

    def output(self, output: Output) -> Output: ...


@dataclass(frozen=True)
class Blocks:
    """Blocks in another order.

    Args:
        ours: the order in the course, "i f g o".
        theirs: the order in the assignment, "i f o g".
        axis: the axis that they stand along, counted from the end: -1.
    """

    ours: str
    theirs: str
    axis: int = -1

    def there(self, array: np.ndarray) -> np.ndarray:
        return self._reordered(array, self.ours.split(), self.theirs.split())

    def back(self, array: np.ndarray) -> np.ndarray:
        return self._reordered(array, self.theirs.split(), self.ours.split())

    def output(self, output: Output) -> Output:
        return replace(output, blocks=tuple(self.theirs.split()))

    def _reordered(self, array: np.ndarray, names: list[str], wanted: list[str]) -> np.ndarray:
        blocks = dict(zip(names, np.split(array, len(names), axis=self.axis), strict=True))
        return np.concatenate([blocks[name] for name in wanted], axis=self.axis)


@dataclass(frozen=True)
class Swapped:
    """Two axes exchanged: weights as columns, or the batch before the time.

    Args:
        first: one of them.
        second: the other.
    """

    first: int = 0
    second: int = 1

    def there(self, array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.swapaxes(array, self.first, self.second))

    back = there

    def output(self, output: Output) -> Output:
        axes = list(output.axes)
        axes[self.first], axes[self.second] = axes[self.second], axes[self.first]
        return replace(output, dims=" ".join(axes))


def adapt(
    exercise: str | Exercise,
    *,
    name: str,
    lesson: str,
    arguments: Mapping[str, str],
    results: Mapping[str, str],
    conversions: Mapping[str, Conversion | Sequence[Conversion]] | None = None,
    points: Mapping[str, float] | None = None,
    may_follow: Sequence[str] = (),
) -> Exercise:
    """Make an exercise of the course one in another notation, and register it.

    Args:
        exercise: the course's, or its name.
        name: the function that is asked for.
        lesson: the assignment that it belongs to.
        arguments: the function's parameters in order, each with the course's name for it.
        results: the function's results in order, likewise; the course's others are not asked for.
        conversions: by the assignment's name of an argument or result: how it is laid out there;
            several are done in order.
        points: by the assignment's name of a result; by default those of the course.
        may_follow: further results which an answer may return and which are ignored.

    Returns:
        The exercise, with the course's cases, tolerances, hints and misconceptions.

    Raises:
        ValueError: if there is no such exercise, or a name is none of its own.
    """
    base = exercise if isinstance(exercise, Exercise) else EXERCISES.find(exercise)
    layouts = {
        key: tuple(value) if isinstance(value, Sequence) else (value,)
        for key, value in (conversions or {}).items()
    }
    if sorted(arguments.values()) != sorted(base.parameters):
        raise ValueError(
            f"arguments: expected a name of yours for each of {', '.join(base.parameters)}, "
            f"got them for {', '.join(arguments.values()) or 'none'}"
        )
    returned = [output.name for output in base.returned]
    if not results or not set(results.values()) <= set(returned):
        raise ValueError(
            f"results: expected names of yours for some of {', '.join(returned) or 'none'}, "
            f"got them for {', '.join(results.values()) or 'none'}"
        )
    for key in (*layouts, *(points or {})):
        if key not in arguments and key not in results:
            raise ValueError(f"conversions, points: expected a name of yours, got {key!r}")

    def translated(function: Callable[..., Any]) -> Callable[..., Any]:
        """A function in the course's notation as one in the assignment's."""

        def called(*values: Any, **named: Any) -> Any:
            given = signature.bind(*values, **named).arguments
            ours = {arguments[key]: _back(layouts.get(key, ()), given[key]) for key in arguments}
            # By position: a wrong version may have other names for its parameters.
            value = function(*(ours[parameter] for parameter in base.parameters))
            found = base.results_of(value, ours)
            if found is None:
                return value
            by_name = dict(zip((o.name for o in base.outputs), found, strict=True))
            theirs = tuple(
                _there(layouts.get(key, ()), by_name[our]) for key, our in results.items()
            )
            return theirs if len(theirs) > 1 else theirs[0]

        return functools.update_wrapper(called, function)

    signature = inspect.Signature(
        [inspect.Parameter(key, inspect.Parameter.POSITIONAL_OR_KEYWORD) for key in arguments]
    )
    reference = translated(base.reference)
    reference.__name__ = reference.__qualname__ = name
    reference.__module__ = f"assignment.{lesson}"
    reference.__signature__ = signature  # type: ignore[attr-defined]

    def make_case(rng: np.random.Generator, **sizes: int) -> dict[str, Any]:
        made = base.draw(rng, **sizes)
        return {key: _there(layouts.get(key, ()), made[our]) for key, our in arguments.items()}

    adapted = Exercise(
        reference,
        lesson=lesson,
        outputs=[_output(base, key, our, layouts, points or {}) for key, our in results.items()],
        make_case=make_case,
        sizes=base.sizes,
        hints=base.hints,
        may_follow=may_follow,
    )
    whole = len(results) == len(base.returned)  # else what is wrong may not be asked for
    adapted.alternatives = [translated(function) for function in base.alternatives]
    for known in base.misconceptions:
        version = translated(known.function)
        if whole or _is_wrong(version, adapted):
            adapted.misconception(known.hint, name=known.name)(version)
    EXERCISES.add(adapted)
    return adapted


def _is_wrong(function: Callable[..., Any], exercise: Exercise) -> bool:
    cases = exercise.cases(np.random.default_rng(0))
    result = judge(exercise, cases, run(function, cases), look_for_hints=False)
    return result.status != "passed"


def _there(conversions: Sequence[Conversion], value: Any) -> Any:
    for conversion in conversions:
        value = conversion.there(value)
    return value


def _back(conversions: Sequence[Conversion], value: Any) -> Any:
    for conversion in reversed(conversions):
        value = conversion.back(value)
    return value


def _output(
    base: Exercise,
    name: str,
    our_name: str,
    layouts: Mapping[str, Sequence[Conversion]],
    points: Mapping[str, float],
) -> Output:
    (output,) = (output for output in base.outputs if output.name == our_name)
    for conversion in layouts.get(name, ()):
        output = conversion.output(output)
    return replace(output, name=name, points=points.get(name, output.points), computed_from=())
