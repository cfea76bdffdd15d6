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

MOST_SECONDS_A_CALL = 0.5  # of work, for a hint
MOST_SECONDS_FOR_POINTS = 5.0  # tracing makes a loop of Python's several times as slow
BY_THE_CLOCK = 10  # times as many may pass, for who sleeps does no work


class OutOfTimeError(BaseException):
    """A call has worked for too long."""


def bounded(function: Callable[..., Any], seconds: float | None = None) -> Callable[..., Any]:
    """The same, ended with OutOfTimeError when a call of it works for too long.

    By tracing, which works in every thread and on every system, as a signal does not.

    Args:
        function: the function.
        seconds: of work; as many as a hint may take unless told.
    """

    @functools.wraps(function)
    def called(*values: Any, **named: Any) -> Any:
        may_take = seconds or MOST_SECONDS_A_CALL
        end, clock_end = time.process_time() + may_take, time.monotonic() + BY_THE_CLOCK * may_take

        def look(frame: types.FrameType, event: str, argument: Any) -> Any:
            # NumPy's lines take much time to follow, and its loops end; ours are not broken off.
            if frame.f_code.co_filename.startswith(LIBRARIES):
                return None
            if time.process_time() > end or time.monotonic() > clock_end:
                raise OutOfTimeError
            return look

        before = sys.gettrace()
        sys.settrace(look)
        try:
            return function(*values, **named)
        finally:
            sys.settrace(before)

    return called


def for_any_arguments(
    exercise: Exercise,
    answer: Callable[..., Any] | None = None,
    seconds: float | None = None,
) -> Callable[..., Any]:
    """A right answer, to be called with other arguments than those of the exercise's cases.

    Args:
        exercise: what was asked.
        answer: one of its right answers; the reference unless told.
        seconds: see `bounded`.
    """
    answer = answer or exercise.reference
    # The course's own end whatever they are given, and tracing takes time.
    return answer if exercise.is_of_the_course else bounded(answer, seconds)
