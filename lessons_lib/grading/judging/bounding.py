"""Calls of a reference, or of a version of it, that might go on for ever.

With a slip in it, or with other arguments than an instructor thought of, a loop may not end.
"""

import functools
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.isolation.running import LIBRARIES

MOST_SECONDS_A_CALL = 0.5  # of work


class OutOfTimeError(BaseException):
    """A call has worked for too long."""


def bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, ended with OutOfTimeError when a call of it works for too long.

    By tracing, which works in every thread and on every system, as a signal does not.
    """

    @functools.wraps(function)
    def called(*values: Any, **named: Any) -> Any:
        end = time.process_time() + MOST_SECONDS_A_CALL

        def look(frame: types.FrameType, event: str, argument: Any) -> Any:
            # NumPy's lines take much time to follow, and its loops end; ours are not broken off.
            if frame.f_code.co_filename.startswith(LIBRARIES):
                return None
            if time.process_time() > end:
                raise OutOfTimeError
            return look

        before = sys.gettrace()
        sys.settrace(look)
        try:
            return function(*values, **named)
        finally:
            sys.settrace(before)

    return called


def for_any_arguments(exercise: Exercise) -> Callable[..., Any]:
    """The reference, to be called with other arguments than those of its cases."""
    # The course's own ends whatever it is given, and tracing takes time.
    return exercise.reference if exercise.is_of_the_course else bounded(exercise.reference)
