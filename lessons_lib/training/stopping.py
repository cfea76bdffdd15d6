"""Stopping a run from outside: Ctrl-C, SIGTERM, and a limit on its time."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupted(Exception):
    """The run was stopped from outside and its checkpoint is written."""


class TimeLimitReached(Interrupted):
    """The run's time is up and its checkpoint is written."""


class StopRequest:
    """Whether a run has been asked to stop, by a signal or because its time is up."""

    def __init__(self, time_limit: float) -> None:
        self.signalled = False
        self._deadline = time.monotonic() + time_limit

    def __bool__(self) -> bool:
        return self.signalled or time.monotonic() >= self._deadline

    def error(self, done: str) -> Interrupted:
        """What to raise, with how far the run has come."""
        if self.signalled:
            return Interrupted(f"{done}; the run can be resumed")
        return TimeLimitReached(f"{done}, its time being up; the run can be resumed")


@contextmanager
def stop_request(time_limit: float, notice: bool) -> Iterator[StopRequest]:
    """A request that comes true with Ctrl-C, with SIGTERM, or after some time.

    So the step under way is finished first. A second Ctrl-C stops at once.

    Args:
        time_limit: seconds from now.
        notice: say on standard error that the first Ctrl-C was heard.
    """
    request = StopRequest(time_limit)
    if threading.current_thread() is not threading.main_thread():
        yield request  # only the main thread may handle signals
        return

    def handle(number: int, frame: Any) -> None:
        if request.signalled:
            raise KeyboardInterrupt
        request.signalled = True
        if notice:  # print may not be called while another print is interrupted
            os.write(2, b"\nstopping after this step; Ctrl-C again stops at once\n")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
