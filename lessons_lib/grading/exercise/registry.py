"""The exercises by name. Lessons and instructors' files fill it; nothing here knows a lesson."""

import contextlib
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from lessons_lib.grading.exercise.by_hand import Answer, ByHand
from lessons_lib.grading.exercise.definition import Exercise, Output

# Packages that bring exercises name, in this group of entry points, a module that defines them.
GROUP = "lessons_lib.exercises"


class Registry:
    """Exercises by name.

    Args:
        group: entry points whose modules define further exercises, loaded when first asked for.
    """

    def __init__(self, group: str = "") -> None:
        self._group = group
        self._exercises: dict[str, Exercise] = {}
        self.added: list[Exercise] = []  # all that were, in order
        self._by_hand: dict[str, ByHand] = {}
        self.what_comes_after: Callable[[str], str] = lambda lesson: ""  # a course knows

    def add(self, exercise: Exercise) -> None:
        """Add an exercise; the last one defined by a name is the one that the name finds.

        So a notebook cell can be run twice, and an assignment may have an `lstm_step` of its own:
        it goes before the course's, whichever comes first.

        Raises:
            ValueError: if two lessons of the course have an exercise of that name.
        """
        self.added.append(exercise)
        known = self._exercises.get(exercise.name)
        module = exercise.reference.__module__
        if known and exercise.is_of_the_course and known.reference.__module__ != module:
            if not known.is_of_the_course:
                return
            raise ValueError(
                f"exercise: expected a new name, got {exercise.name!r}, "
                f"which {known.reference.__module__} defines already"
            )
        self._exercises[exercise.name] = exercise

    def ask(self, question: ByHand) -> None:
        """Add a question that is answered by hand.

        Raises:
            ValueError: if an exercise has its name.
        """
        if question.name in self._exercises:
            raise ValueError(f"name: expected a new one, got {question.name!r}, an exercise's")
        self._by_hand[question.name] = question

    def asked_by_hand(self) -> Mapping[str, ByHand]:
        """The questions that are answered by hand, by name."""
        self.all()
        return self._by_hand

    def all(self) -> tuple[Exercise, ...]:
        """Every exercise, by lesson and within a lesson in the order of definition."""
        group, self._group = self._group, ""
        if group:
            for entry_point in entry_points(group=group):
                entry_point.load()
        return tuple(sorted(self._exercises.values(), key=lambda exercise: exercise.lesson))

    def of_lesson(self, lesson: str) -> list[Exercise]:
        """Its exercises, in the order of definition."""
        return [exercise for exercise in self.all() if exercise.lesson == lesson]

    def original(self, name: str) -> Exercise:
        """The exercise that was the first of that name: the course's, if it has one.

        Raises:
            TypeError: if name is not a string.
            ValueError: if there is none.
        """
        self.all()
        return next((e for e in self.added if e.name == name), None) or self.find(name)

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Let names find afterwards what they find now, whatever is added meanwhile."""
        self.all()
        before = dict(self._exercises)
        try:
            yield
        finally:
            self._exercises = before

    def finds(self, exercise: Exercise) -> bool:
        """Whether this very exercise is the one that its name finds."""
        return self._exercises.get(exercise.name) is exercise

    def find(self, name: str) -> Exercise:
        """The exercise of that name.

        Raises:
            TypeError: if name is not a string.
            ValueError: if there is none; the message names the nearest.
        """
        if not isinstance(name, str):
            raise TypeError(
                f"exercise: expected a name such as 'lstm_step', got {type(name).__name__}"
            )
        names = [exercise.name for exercise in self.all()]
        if name not in names:
            near = difflib.get_close_matches(name, names)
            suggestion = (
                f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}"
            )
            raise ValueError(
                f"exercise: expected the name of an exercise, got {name!r}; {suggestion}"
            )
        return self._exercises[name]


EXERCISES = Registry(GROUP)


def exercise(
    *,
    lesson: str,
    outputs: Sequence[Output],
    make_case: Callable[..., dict[str, Any]],
    sizes: Sequence[dict[str, int]],
    hints: Sequence[str] = (),
    may_follow: Sequence[str] = (),
    strict: str = "",
    cache_from: Mapping[str, Exercise] | None = None,
    forward: Callable[..., Any] | None = None,
    carry_errors: float = 0.0,
    returns_dict: bool = False,
    registry: Registry = EXERCISES,
) -> Callable[[Callable[..., Any]], Exercise]:
    """Turn a reference function into an exercise of the function's name, and register it.

    Args:
        lesson: name of the notebook, as "05_lstm_gates".
        outputs: the reference's results in the order of its return statement. A reference with one
            output returns it bare, not in a tuple.
        make_case: called as make_case(rng, **sizes) with a numpy Generator; returns the reference's
            arguments by name, arrays in float64. Let state and bias differ from zero. An argument
            may also be a dict, list or tuple of arrays, a number, a function, or a random
            generator, which every call gets in the same state.
        sizes: one dict of sizes for each case, as {"T": 4, "N": 3}. The first should give every
            axis another length, so that a transposed result is seen as one.
        hints: for `hint(name, number)`, each saying more than the one before.
        may_follow: names of further results which an answer may return and which are ignored.
        strict: what costs points although the values are right, and is a remark else: "dtype"
            (float32 in, float32 out), "arguments" (nothing may be written into them), or both.
            Say so in the reference's docstring.
        cache_from: by the name of a parameter, the exercise of the forward pass whose cache it
            takes. Each answer is called with the cache of its own forward function, the last of
            the results of that one; `make_case` gives a dict of the forward function's arguments
            in its place, and the reference gets what the forward reference keeps.
        forward: for `adapt`, a function that takes the arguments of the forward pass and returns
            last what this exercise's reference takes as its cache.
        carry_errors: what share of a result's points it still earns, from 0 to 1, if it is right
            for the answer's own forward pass, or own earlier functions, where those are wrong.
        returns_dict: whether the results are the entries of one dict, by the outputs' names.
        registry: where `check`, `hint` and the commands find it by its name.

    Returns:
        A decorator that returns the Exercise.

    Raises:
        ValueError: if a setting is none, such as empty outputs or sizes, or another module has an
            exercise of that name.
    """

    def make(reference: Callable[..., Any]) -> Exercise:
        made = Exercise(
            reference,
            lesson=lesson,
            outputs=outputs,
            make_case=make_case,
            sizes=sizes,
            hints=hints,
            may_follow=may_follow,
            strict=strict,
            cache_from=cache_from,
            forward=forward,
            carry_errors=carry_errors,
            returns_dict=returns_dict,
        )
        registry.add(made)
        return made

    return make


def by_hand(
    name: str,
    *,
    lesson: str,
    answer: Answer,
    tolerance: float = 0.0,
    choices: Sequence[str] = (),
    hints: Sequence[str] = (),
    mistakes: Mapping[Any, str] | None = None,
    registry: Registry = EXERCISES,
) -> ByHand:
    """Ask a question that is answered by hand; `check(answer, name)` knows it from then on.

    Args:
        name: what `check` and `hint` know it by.
        lesson: the notebook that asks it, without .ipynb.
        answer: a number, a shape such as (3, 4), or one of choices.
        tolerance: how far a number may be from it, in the answer's own unit.
        choices: what there is to choose from.
        hints: each says more than the one before.
        mistakes: what is to be said to a wrong answer that can be foreseen, by that answer.
        registry: where it is entered.

    Returns:
        The question.

    Raises:
        ValueError: if an exercise has that name, the answer is none of the choices, or a mistake
            would pass as the answer.
    """
    question = ByHand(name, lesson, answer, tolerance, choices, hints, mistakes or {})
    registry.ask(question)
    return question
