"""An instructor's file of exercises."""

import hashlib
import importlib.util
import sys
import traceback
from pathlib import Path

from lessons_lib.grading.exercise.definition import Exercise


def load_exercises(path: Path) -> list[Exercise]:
    """The exercises that an instructor's file defines, in its order.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be run, or defines none.
    """
    if not path.is_file():
        raise FileNotFoundError(f"--exercises: there is no file {path}")
    name = f"assignment_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ValueError(f"--exercises: expected a .py file, got {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # also for inspect, which looks for sources there
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[name]
            if not isinstance(error, Exception):  # Ctrl-C
                raise
            where = f"{path}, line {line}" if (line := _line_of(error, path)) else f"{path}"
            text = error.msg if isinstance(error, SyntaxError) else str(error)
            raise ValueError(f"--exercises: {where}: {type(error).__name__}: {text}") from error
    defined = [e for e in vars(sys.modules[name]).values() if isinstance(e, Exercise)]
    own = [e for e in defined if not e.is_of_the_course]
    if not own:
        raise ValueError(f"--exercises: {path} defines no exercise with @exercise")
    return own


def _line_of(error: Exception, path: Path) -> int | None:
    """The line of a file in which an exception came up, if it was raised below one."""
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)
