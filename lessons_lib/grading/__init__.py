"""Check functions against exercises, and make exercises.

For learners: `check`, `hint`, `reveal`. For instructors: `exercise` and `Output` make exercises,
`Report` and `Result` are what a check returns.
"""

from lessons_lib.grading.definition import Exercise, Output, exercise
from lessons_lib.grading.notebook import check, hint, reveal
from lessons_lib.grading.report import Report, Result

__all__ = ["Exercise", "Output", "Report", "Result", "check", "exercise", "hint", "reveal"]
