"""Check functions against exercises, and make exercises.

For learners: `check`, `hint`, `reveal`, `case`. For instructors: `exercise` and `Output` make
exercises, `by_hand` asks for a number, a shape or a choice, `adapt` puts an exercise of the course
into another notation (`Blocks`, `Swapped`), `grade` grades a file in a process of its own, and
`Report` and `Result` are what comes of it.
"""

from lessons_lib.grading.adapting import Blocks, Swapped, adapt
from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.exercise.registry import by_hand, exercise
from lessons_lib.grading.grader import grade
from lessons_lib.grading.notebook import case, check, hint, reveal
from lessons_lib.grading.report import Report, Result

__all__ = [
    "Blocks",
    "Exercise",
    "Output",
    "Report",
    "Result",
    "Swapped",
    "adapt",
    "by_hand",
    "case",
    "check",
    "exercise",
    "grade",
    "hint",
    "reveal",
]
