"""Check functions against exercises, and make exercises.

For learners: `check`, `hint`, `reveal`. For instructors: `exercise` and `Output` make exercises,
`adapt` makes one of the course's into one in another notation (`Blocks`, `Swapped`),
`grade` grades a file in a process of its own, and `Report` and `Result` are what comes of it.
"""

from lessons_lib.grading.adapting import Blocks, Swapped, adapt
from lessons_lib.grading.definition import Exercise, Output, exercise
from lessons_lib.grading.grader import grade
from lessons_lib.grading.notebook import check, hint, reveal
from lessons_lib.grading.report import Report, Result

__all__ = [
    "Blocks",
    "Exercise",
    "Output",
    "Report",
    "Result",
    "Swapped",
    "adapt",
    "check",
    "exercise",
    "grade",
    "hint",
    "reveal",
]
