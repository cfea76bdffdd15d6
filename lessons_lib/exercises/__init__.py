"""The course's exercises, one module for each lesson.

Importing this package registers them: `lessons_lib.exercises.find("lstm_step")`.
"""

from lessons_lib.exercises import lesson_05, lesson_05_mistakes  # noqa: F401 - registers them
from lessons_lib.grading.registry import all_exercises as all
from lessons_lib.grading.registry import find

__all__ = ["all", "find"]
