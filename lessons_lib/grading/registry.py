"""The exercises by name. Lessons and instructors' files fill it; nothing here knows a lesson."""

import difflib
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lessons_lib.grading.definition import Exercise

COURSE = "lessons_lib.exercises."
_exercises: dict[str, "Exercise"] = {}


def register(exercise: "Exercise") -> None:
    """Add an exercise; the last one defined by a name is the one that the name finds.

    So a notebook cell can be run twice, and an assignment may have an `lstm_step` of its own: it
    goes before the course's, whichever comes first.

    Raises:
        ValueError: if two lessons of the course have an exercise of that name.
    """
    known = _exercises.get(exercise.name)
    module = exercise.reference.__module__
    if known is not None and module.startswith(COURSE) and known.reference.__module__ != module:
        if not known.reference.__module__.startswith(COURSE):
            return
        raise ValueError(
            f"exercise: expected a new name, got {exercise.name!r}, "
            f"which {known.reference.__module__} defines already"
        )
    _exercises[exercise.name] = exercise


def all_exercises() -> tuple["Exercise", ...]:
    """Every exercise, by lesson and within a lesson in the order of definition."""
    # The course's own exercises import this package, so they can only be imported when asked for.
    importlib.import_module("lessons_lib.exercises")
    return tuple(sorted(_exercises.values(), key=lambda exercise: exercise.lesson))


def holds(exercise: "Exercise") -> bool:
    """Whether this very exercise is the one that its name finds."""
    return _exercises.get(exercise.name) is exercise


def find(name: str) -> "Exercise":
    """The exercise of that name.

    Raises:
        TypeError: if name is not a string.
        ValueError: if there is none; the message names the nearest.
    """
    if not isinstance(name, str):
        raise TypeError(f"exercise: expected a name such as 'lstm_step', got {type(name).__name__}")
    names = [exercise.name for exercise in all_exercises()]
    if name not in names:
        near = difflib.get_close_matches(name, names)
        suggestion = (
            f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}"
        )
        raise ValueError(f"exercise: expected the name of an exercise, got {name!r}; {suggestion}")
    return _exercises[name]
