"""The course's exercises: for each lesson a module, and one with the wrong versions known.

Importing this package registers them: `lessons_lib.exercises.find("lstm_step")`.
"""

import importlib
import pkgutil

from lessons_lib.grading.registry import all_exercises as all
from lessons_lib.grading.registry import find

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["all", "find"]
