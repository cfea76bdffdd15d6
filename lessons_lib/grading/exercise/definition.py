"""What an exercise is: a reference function, its cases, and the wrong versions known of it."""

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import (
    OwnCache,
    copied,
    has_more,
    is_generator,
    map_arrays,
)
from lessons_lib.grading.exercise.settings import check_case_maker, check_settings

COURSE = "lessons_lib.course."  # what the modules of the course's own exercises begin with

# Largest |got - expected| / (1 + |expected|). Another order of the same arithmetic stays far below.
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}


@dataclass(frozen=True)
class Output:
    """One named result of an exercise.

    Args:
        name: as in the reference's return statement.
        dims: a letter for each axis, as "T N H" or "N 4H"; T marks the time axis. Empty for a
            single number.
        points: what the learner earns when this result is right in every case.
        about: the result in words, for messages: "forget gate".
        blocks: names of the equal parts of the last axis: ("i", "f", "g", "o").
        computed_from: results to look at first when they are wrong too.
        tolerance: by dtype name, the largest accepted |got - expected| / (1 + |expected|).
        kept_axes: whether axes of length 1 may be kept or lost: (1, H) for (H,), with a remark.
        written_to: name of the argument that the function writes this result into, in place. If
            it is a dict, the result is its entry of this output's name.
        in_time: whether its axis T, if it has one, is time; False where it counts steps back, say.
    """

    name: str
    dims: str
    points: float = 1.0
    about: str = ""
    blocks: tuple[str, ...] = ()
    computed_from: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=lambda: TOLERANCE)
    kept_axes: bool = False
    written_to: str = ""
    in_time: bool = True

    @property
    def axes(self) -> tuple[str, ...]:
        """One letter for each axis, as ("T", "N", "H")."""
        return tuple(self.dims.split())

    @property
    def time_axis(self) -> int | None:
        """Which of its axes is time, if one is."""
        return self.axes.index("T") if self.in_time and "T" in self.axes else None


@dataclass(frozen=True)
class Misconception:
    """A known wrong version of an exercise and what to tell a learner whose results equal its."""

    name: str
    hint: str
    function: Callable[..., Any]
    origin: str  # the exercise whose wrong answer it is; an inherited one is an earlier exercise's


class Exercise:
    """An exercise; made by `@exercise`. Calling it calls the reference."""

    def __init__(
        self,
        reference: Callable[..., Any],
        *,
        lesson: str,
        outputs: Sequence[Output],
        make_case: Callable[..., dict[str, Any]],
        sizes: Sequence[dict[str, int]],
        hints: Sequence[str],
        may_follow: Sequence[str],
        strict: str = "",
        cache_from: Mapping[str, "Exercise"] | None = None,
        forward: Callable[..., Any] | None = None,
        carry_errors: float = 0.0,
        returns_dict: bool = False,
    ) -> None:
        outputs, sizes = tuple(outputs), tuple(sizes)
        check_settings(reference, lesson, outputs, sizes, hints, strict, carry_errors)
        check_case_maker(make_case, sizes)
        functools.update_wrapper(self, reference)
        self.reference = reference
        self.name: str = reference.__name__
        self.lesson = lesson
        # Points of NumPy's would not go into a file of results.
        self.outputs = tuple(replace(output, points=float(output.points)) for output in outputs)
        self.sizes = sizes
        self.hints = tuple(hints)
        self.may_follow = tuple(may_follow)
        parameters = inspect.signature(reference).parameters
        self.parameters = tuple(parameters)
        self.keyword_only = frozenset(
            name for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY
        )
        self.strict = frozenset(strict.split())
        self.cache_from = dict(cache_from or {})
        self.forward = forward
        self.carry_errors = float(carry_errors)
        self.returns_dict = returns_dict
        self.builds_on: list[tuple[Exercise, Callable[..., Any]]] = []
        self.names_of_ours: dict[str, str] = {}  # where it is adapted: its name by the course's
        self.adapted_from: Exercise | None = None
        self.handed_out: dict[str, bytes] = {}  # modules that an answer may import, by place
        # Makes a function in the notation of `adapted_from` one in its own.
        self.in_its_notation: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda f: f
        self.alternatives: list[Callable[..., Any]] = []
        self.misconceptions: list[Misconception] = []
        self.draw = make_case

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.reference(*args, **kwargs)

    @property
    def returned(self) -> tuple[Output, ...]:
        """The outputs that the function returns, without those that it writes into arguments."""
        return tuple(output for output in self.outputs if not output.written_to)

    @property
    def points(self) -> float:
        """The most an answer can earn."""
        return sum((output.points for output in self.outputs), 0.0)

    @property
    def is_of_the_course(self) -> bool:
        """Whether it belongs to a lesson of the package, and not to an instructor's own file."""
        return (self.reference.__module__ or "").startswith(COURSE)

    @functools.cached_property
    def is_given_functions(self) -> bool:
        """Whether there are functions among the arguments of its cases."""
        rng = np.random.default_rng(0)
        cases = (self.case_of(rng, sizes, "float64") for sizes in self.sizes)
        return any(callable(value) for case in cases for value in case.arguments.values())

    @functools.cached_property
    def source(self) -> str:
        """The reference's source, without decorators."""
        text = textwrap.dedent(inspect.getsource(self.reference))
        first_line = ast.parse(text).body[0].lineno  # of `def`; decorators stand above it
        return "\n".join(text.splitlines()[first_line - 1 :])

    def alternative(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator for another function whose results are right too."""
        self.alternatives.append(function)
        return function

    def misconception(
        self, hint: str, *, name: str | None = None, origin: str | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator for a known wrong version.

        Args:
            hint: for a learner whose results equal this version's; leads on, gives no line away.
            name: identifier in reports; by default the function's name.
            origin: name of the earlier exercise that is wrong; by default this one.

        Raises:
            ValueError: if the exercise has a misconception of that name.
        """

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            identifier = name or function.__name__
            if any(other.name == identifier for other in self.misconceptions):
                raise ValueError(f"name: {self.name} has a misconception {identifier!r} already")
            self.misconceptions.append(
                Misconception(identifier, hint, function, origin or self.name)
            )
            return function

        return add

    def mistake(self, name: str, hint: str, right: str, wrong: str) -> None:
        """Add a known wrong version that is the reference with one piece of its text exchanged.

        Args:
            name: identifier in reports.
            hint: for a learner whose results equal this version's; leads on, gives no line away.
            right: a piece of the reference's source that stands in it once, as a line or a formula.
            wrong: what stands there in the wrong version.

        Raises:
            ValueError: if the source has that piece not exactly once (in the course's own
                exercises when the version is first called), or the exercise has a misconception
                of that name.
        """

        @functools.cache
        def version() -> Callable[..., Any]:
            if (count := self.source.count(right)) != 1:
                raise ValueError(
                    f"right: expected a piece that {self.name} has once, got {right!r}, "
                    f"which it has {count} times"
                )
            names = dict(self.reference.__globals__)  # with the reference's own view of its module
            changed = self.source.replace(right, wrong)
            exec(compile(changed, f"<{self.name}, {name}>", "exec"), names)
            return names[self.name]

        @functools.wraps(self.reference)
        def wrong_version(*args: Any, **kwargs: Any) -> Any:
            return version()(*args, **kwargs)

        if not self.is_of_the_course:  # whose 250 would slow every command, and are in its tests
            version()
        self.misconception(hint, name=name)(wrong_version)

    def inherit(
        self,
        earlier: "Exercise",
        built_on: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ) -> None:
        """Add the wrong versions of an exercise that this one builds on.

        Who gets the gates of an LSTM wrong gets its step wrong too, and the hint is the same.

        Args:
            earlier: the exercise whose answer an answer to this one calls.
            built_on: makes an answer to this exercise from an answer to the earlier one; without
                it that is the reference, which then calls that answer.
        """
        built_on = built_on or self.calling(earlier)
        self.builds_on.append((earlier, built_on))
        for known in earlier.misconceptions:
            add = self.misconception(known.hint, name=known.name, origin=known.origin)
            add(built_on(known.function))

    def calling(self, earlier: "Exercise") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """What makes an answer of an answer to another exercise, which the reference calls by name.

        Raises:
            ValueError: if the reference does not call it.
        """
        old = self.reference
        if earlier.name not in old.__code__.co_names:
            raise ValueError(
                f"earlier: expected a function that {self.name} calls as a global "
                f"name, got {earlier.name}"
            )

        def built_on(answer: Callable[..., Any]) -> Callable[..., Any]:
            names = {**old.__globals__, earlier.name: answer}
            return types.FunctionType(old.__code__, names, self.name, old.__defaults__)

        return built_on

    def results_of(self, value: Any, arguments: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The results in the order of `outputs`, or None if too few or too many were returned.

        Args:
            value: what the function returned.
            arguments: its arguments by name as they are after the call; those that it does not
                write to may be left out.
        """
        returned = self._returned_in(value)
        if returned is None:
            return None
        left = iter(returned)
        return tuple(
            _written(arguments[output.written_to], output.name) if output.written_to else next(left)
            for output in self.outputs
        )

    def given_by(self, answer: Callable[..., Any], case: Case) -> tuple[Any, ...]:
        """The results of an answer of ours, called with a case's arguments; () for a wrong form."""
        arguments = case.copied_arguments()
        given = {
            name: argument.of_the_reference() if isinstance(argument, OwnCache) else argument
            for name, argument in arguments.items()
        }
        value = answer(*case.by_position(given), **case.by_name(given))
        return self.results_of(value, arguments) or ()

    def _returned_in(self, value: Any) -> tuple[Any, ...] | None:
        wanted = len(self.returned)
        if wanted == 0:
            return ()
        if self.returns_dict:
            names = [output.name for output in self.returned]
            fits = isinstance(value, dict) and set(names) <= set(value)
            return tuple(value[name] for name in names) if fits else None
        if wanted == 1 and not (self.may_follow and has_more(value)):
            return (value,)
        if not isinstance(value, tuple | list):
            return None
        return tuple(value[:wanted]) if 0 <= len(value) - wanted <= len(self.may_follow) else None

    def cases(self, rng: np.random.Generator) -> list[Case]:
        """Draw one float64 case for each of `sizes`, and one float32 case of the first of them.

        Raises:
            ValueError: if the case maker's names are not the reference's parameters.
        """
        drawn = [(sizes, "float64") for sizes in self.sizes] + [(self.sizes[0], "float32")]
        return [self.case_of(rng, sizes, dtype) for sizes, dtype in drawn]

    def case_of(self, rng: np.random.Generator, sizes: dict[str, int], dtype: str) -> Case:
        """Draw one case of these sizes."""
        made = self.draw(rng, **sizes)
        # One that was handed on would be at another place after each draw from the other.
        made = {
            name: copied(value) if is_generator(value) else value for name, value in made.items()
        }
        if set(made) != set(self.parameters):
            raise ValueError(
                f"make_case: expected a dict with the names {', '.join(self.parameters)}, "
                f"got {', '.join(made)}"
            )
        for name, forward in self.cache_from.items():
            place = len(forward.returned)
            made[name] = OwnCache(forward.name, made[name], place, forward.reference)
        arguments = {
            name: map_arrays(lambda a: a.astype(dtype) if a.dtype.kind == "f" else a, made[name])
            for name in self.parameters
        }
        return self.case_with(arguments, sizes, dtype)

    def case_with(
        self,
        arguments: dict[str, Any],
        sizes: dict[str, int] | None = None,
        dtype: str = "float64",
    ) -> Case:
        """The call with these arguments."""
        writable = frozenset(o.written_to for o in self.outputs if o.written_to)
        looked_at = len(self.returned) if self.may_follow else None
        return Case(arguments, sizes or {}, dtype, writable, self.keyword_only, looked_at=looked_at)


def _written(argument: Any, name: str) -> Any:
    return argument.get(name) if isinstance(argument, dict) else argument
