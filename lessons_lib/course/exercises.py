"""The course's exercises: importing this module registers those of every lesson.

`exercises.find("lstm_step")` is the exercise of that name, `exercises.all()` are all of them.
"""

import importlib
import pkgutil

from lessons_lib import course
from lessons_lib.course.lessons import what_comes_after
from lessons_lib.grading.exercise.registry import EXERCISES

for _folder in pkgutil.iter_modules(course.__path__):
    if _folder.ispkg and _folder.name != "shared":
        importlib.import_module(f"lessons_lib.course.{_folder.name}.exercises")
        importlib.import_module(f"lessons_lib.course.{_folder.name}.mistakes")

EXERCISES.what_comes_after = what_comes_after

all = EXERCISES.all
find = EXERCISES.find

__all__ = ["all", "find"]
