"""Exercises in another notation: the course's, with other names, orders and layouts.

An assignment that writes the LSTM with blocks i, f, o, g, or with the batch as the first axis, need
not be written anew: `adapt` takes an exercise of the course and the differences, and converts its
cases, results, right answers, known wrong ones, and hints.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.running import call
from lessons_lib.grading.judging.judge import same_results
from lessons_lib.grading.retelling import Retelling


class Conversion(Protocol):
    """How an array of the course's is laid out in another notation, and back."""

    def to_theirs(self, array: np.ndarray) -> np.ndarray: ...

    def to_ours(self, array: np.ndarray) -> np.ndarray: ...

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

    def to_theirs(self, array: np.ndarray) -> np.ndarray:
        return self._reordered(array, self.ours.split(), self.theirs.split())

    def to_ours(self, array: np.ndarray) -> np.ndarray:
        return self._reordered(array, self.theirs.split(), self.ours.split())

    def output(self, output: Output) -> Output:
        return replace(output, blocks=tuple(self.theirs.split()))

    def _reordered(self, array: np.ndarray, names: list[str], wanted: list[str]) -> np.ndarray:
        blocks = dict(zip(names, np.split(array, len(names), axis=self.axis), strict=True))
        return np.concatenate([blocks[name] for name in wanted], axis=self.axis)


@dataclass(frozen=True)
class _Interleaved(Blocks):
    """The same for somebody who takes every fourth entry for a block, and not a quarter."""

    def to_theirs(self, array: np.ndarray) -> np.ndarray:
        return super().to_theirs(array).take(np.argsort(self._places(array)), axis=self.axis)

    def to_ours(self, array: np.ndarray) -> np.ndarray:
        return super().to_ours(array.take(self._places(array), axis=self.axis))

    def _places(self, array: np.ndarray) -> np.ndarray:
        """Where the entries of the first block stand, then those of the next."""
        return np.arange(array.shape[self.axis]).reshape(-1, len(self.theirs.split())).T.ravel()


@dataclass(frozen=True)
class Swapped:
    """Two axes exchanged: weights as columns, or the batch before the time.

    Args:
        first: one of them.
        second: the other.
    """

    first: int = 0
    second: int = 1

    def to_theirs(self, array: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.swapaxes(array, self.first, self.second))

    to_ours = to_theirs

    def output(self, output: Output) -> Output:
        axes = list(output.axes)
        axes[self.first], axes[self.second] = axes[self.second], axes[self.first]
        return replace(output, dims=" ".join(axes))


Conversions = Mapping[str, Sequence[Conversion]]

# Orders that textbooks and packages have: who comes from one of them reads the blocks in it.
OTHER_ORDERS = ("i f g o", "i f o g", "f i g o", "i g f o", "f g i o", "i o f g")


@dataclass(frozen=True)
class Notation:
    """An exercise of the course and how another notation writes it.

    Attributes:
        base: the course's exercise.
        arguments: the course's name by theirs.
        results: likewise.
        conversions: by their name of an argument or result.
        fixed: by the course's name, arguments that the assignment has not.
        caches: by their name, the forward passes whose caches are arguments.
        keeps: whether the reference returns what it was called with, for a backward pass.
        returns_dict: whether the results are the entries of one dict.
    """

    base: Exercise
    arguments: Mapping[str, str]
    results: Mapping[str, str]
    conversions: Conversions = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    caches: Mapping[str, Exercise] = field(default_factory=dict)
    keeps: bool = False
    returns_dict: bool = False

    def ours(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as the course has them, from theirs."""
        ours = {}
        for name, our in self.arguments.items():
            if name in self.caches:
                assert self.base.forward is not None
                ours[our] = self.base.forward(**given[name])[-1]
            else:
                ours[our] = given[name]
                for conversion in reversed(self.conversions.get(name, ())):
                    ours[our] = conversion.to_ours(ours[our])
        for our, value in self.fixed.items():
            ours[our] = value(ours) if callable(value) else value
        return {name: ours[name] for name in self.base.parameters}

    @property
    def names(self) -> dict[str, str]:
        """Their name by the course's."""
        return {o: t for t, o in (*self.arguments.items(), *self.results.items())}

    def theirs(self, name: str, value: Any) -> Any:
        """An argument or result as theirs."""
        for conversion in self.conversions.get(name, ()):
            value = conversion.to_theirs(value)
        return value

    def translated(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function in the course's notation as one in theirs."""

        def called(*values: Any, **named: Any) -> Any:
            ours = self.ours(self.signature.bind(*values, **named).arguments)
            # By position: a wrong version may have other names for its parameters.
            value = function(*ours.values())
            found = self.base.results_of(value, ours)
            if found is None:
                return value
            by_name = dict(zip((o.name for o in self.base.outputs), found, strict=True))
            theirs = [self.theirs(name, by_name[our]) for name, our in self.results.items()]
            if self.returns_dict:
                return dict(zip(self.results, theirs, strict=True))
            if self.keeps:
                theirs.append(ours)
            return tuple(theirs) if len(theirs) > 1 else theirs[0]

        return functools.update_wrapper(called, function)

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """What the asked function is called with."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.arguments])

    def make_case(self, rng: np.random.Generator, **sizes: int) -> dict[str, Any]:
        """The course's case as theirs; for a cache, what its forward pass is called with."""
        made = self.base.draw(rng, **sizes)
        return {
            name: self.caches[name].draw(rng, **sizes)
            if name in self.caches
            else self.theirs(name, made[our])
            for name, our in self.arguments.items()
        }

    def output(self, name: str, points: Mapping[str, float]) -> Output:
        """One of the results."""
        (output,) = (o for o in self.base.outputs if o.name == self.results[name])
        for conversion in self.conversions.get(name, ()):
            output = conversion.output(output)
        points_of_it = points.get(name, output.points)
        return replace(output, name=name, points=points_of_it, computed_from=())

    def misread(self, other: Callable[[Blocks], Blocks]) -> "Notation":
        """The notation of somebody who reads the blocks otherwise."""
        return replace(
            self,
            conversions={
                name: [other(c) if isinstance(c, Blocks) else c for c in conversions]
                for name, conversions in self.conversions.items()
            },
        )


def adapt(
    exercise: str | Exercise,
    *,
    lesson: str,
    arguments: Mapping[str, str],
    results: Mapping[str, str],
    name: str | None = None,
    conversions: Mapping[str, Conversion | Sequence[Conversion]] | None = None,
    points: Mapping[str, float] | None = None,
    may_follow: Sequence[str] = (),
    fixed: Mapping[str, Any] | None = None,
    cache_from: Mapping[str, Exercise] | None = None,
    strict: str = "",
    carry_errors: float = 0.0,
    returns_dict: bool = False,
) -> Exercise:
    """Make an exercise of the course one in another notation, and register it.

    Args:
        exercise: the course's, or its name.
        lesson: the assignment that it belongs to.
        arguments: the function's parameters in order, each with the course's name for it.
        results: the function's results in order, likewise; the course's others are not asked for.
        name: the function that is asked for; by default the course's name.
        conversions: by the assignment's name of an argument or result: how it is laid out there;
            several are done in order.
        points: by the assignment's name of a result; by default those of the course.
        may_follow: further results which an answer may return and which are ignored.
        fixed: by the course's name, an argument that the assignment has not: its value, or a
            function of the dict of the other arguments in the course's notation.
        cache_from: by the assignment's name of an argument, the adapted exercise of the forward
            pass; each answer is called with the cache of its own forward function.
        strict: what costs points although the values are right; see `exercise`.
        carry_errors: see `exercise`.
        returns_dict: whether an answer returns one dict of its results, by the assignment's names.

    Returns:
        The exercise, with the course's cases, tolerances, hints and misconceptions.

    Raises:
        ValueError: if there is no such exercise, or a name is none of its own.
    """
    base = exercise if isinstance(exercise, Exercise) else EXERCISES.original(exercise)
    name = name or base.name
    notation = Notation(
        base,
        arguments,
        results,
        {
            key: tuple(value) if isinstance(value, Sequence) else (value,)
            for key, value in (conversions or {}).items()
        },
        fixed or {},
        cache_from or {},
        keeps="cache" in may_follow,
        returns_dict=returns_dict,
    )
    _check(notation, points or {})
    reference = notation.translated(base.reference)
    reference.__name__ = reference.__qualname__ = name
    reference.__module__ = f"assignment.{lesson}"
    reference.__signature__ = notation.signature  # type: ignore[attr-defined]
    other_layout = any(notation.conversions.values())
    names = _names_in_use(lesson) | notation.names | {base.name: name}
    retelling = Retelling(base, names, other_layout=other_layout)
    adapted = Exercise(
        reference,
        lesson=lesson,
        outputs=[notation.output(key, points or {}) for key in results],
        make_case=notation.make_case,
        sizes=base.sizes,
        hints=[told for hint in base.hints if (told := retelling.of(hint))],
        may_follow=may_follow,
        strict=strict,
        cache_from=cache_from,
        carry_errors=carry_errors,
        returns_dict=returns_dict,
    )
    adapted.names_of_ours = names
    adapted.adapted_from = base
    adapted.in_its_notation = notation.translated
    adapted.alternatives = [notation.translated(function) for function in base.alternatives]
    _add_mistakes(adapted, notation, retelling)
    EXERCISES.add(adapted)
    return adapted


def _names_in_use(lesson: str) -> dict[str, str]:
    """The assignment's name by the course's, as far as exercises of it were adapted before."""
    found: dict[str, str] = {}
    for exercise in EXERCISES.all():
        if exercise.lesson == lesson:
            found |= exercise.names_of_ours
    return found


def _check(notation: Notation, points: Mapping[str, float]) -> None:
    base, arguments, results = notation.base, notation.arguments, notation.results
    if sorted([*arguments.values(), *notation.fixed]) != sorted(base.parameters):
        raise ValueError(
            f"arguments: expected a name of yours for each of {', '.join(base.parameters)}, "
            f"got them for {', '.join([*arguments.values(), *notation.fixed]) or 'none'}"
        )
    returned = [output.name for output in base.returned]
    if not results or not set(results.values()) <= set(returned):
        raise ValueError(
            f"results: expected names of yours for some of {', '.join(returned) or 'none'}, "
            f"got them for {', '.join(results.values()) or 'none'}"
        )
    for key in (*notation.conversions, *points):
        if key not in arguments and key not in results:
            raise ValueError(f"conversions, points: expected a name of yours, got {key!r}")
    for key, forward in notation.caches.items():
        if key not in arguments:
            raise ValueError(f"cache_from: expected a name of yours, got {key!r}")
        if base.forward is None or "cache" not in forward.may_follow:
            raise ValueError(
                f"cache_from: expected a backward pass and the forward pass that it belongs to, "
                f"made by adapt with may_follow=['cache'], got {base.name} and {forward.name}"
            )


def _add_mistakes(adapted: Exercise, notation: Notation, retelling: Retelling) -> None:
    """The course's known wrong versions, and blocks that are read in another order."""
    whole = len(notation.results) == len(notation.base.returned)
    for known in notation.base.misconceptions:
        version = notation.translated(known.function)
        hint = retelling.of(known.hint)
        if hint and (whole or _is_wrong(version, adapted)):  # what is wrong may not be asked for
            origin = retelling.names.get(known.origin, known.origin)
            adapted.misconception(hint, name=known.name, origin=origin)(version)
    orders = {c.theirs for cs in notation.conversions.values() for c in cs if isinstance(c, Blocks)}
    for wanted in orders:
        names = wanted.split()
        in_pieces = notation.misread(lambda c: _Interleaved(c.ours, c.theirs, c.axis))
        adapted.misconception(
            f"You take one entry in {len(names)} for a block. A block stands in one piece: first "
            f"all of {names[0]}, then all of {names[1]}.",
            name="blocks_interleaved",
        )(in_pieces.translated(notation.base.reference))
        for order in OTHER_ORDERS:
            if order != wanted and sorted(order) == sorted(wanted):
                misread = notation.misread(functools.partial(replace, theirs=order))
                version = misread.translated(notation.base.reference)
                adapted.misconception(
                    f"You read the blocks in the order {order.replace(' ', ', ')}; "
                    f"here it is {wanted.replace(' ', ', ')}.",
                    name=f"blocks_read_as_{order.replace(' ', '_')}",
                )(version)


def _is_wrong(function: Callable[..., Any], exercise: Exercise) -> bool:
    """Whether a function gives other results than the reference in some case."""
    return not all(
        same_results(exercise, case, call(exercise.reference, case), call(function, case))
        for case in exercise.cases(np.random.default_rng(0))
        if case.dtype == "float64"  # float32 decides nothing
    )
