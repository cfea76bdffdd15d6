"""Stopping a run from outside: Ctrl-C, SIGTERM, and a limit on its time."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupted(Exception):
    """The run was stopped from outside and its checkpoint is written."""


class TimeLimitReached(Interrupted):
    """The run's time is up and its checkpoint is written."""


@contextmanager
def stop_request(notice: bool) -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, so that the step under way is finished first.

    A second Ctrl-C stops at once.

    Args:
        notice: say on standard error that the first one was heard.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event  # only the main thread may handle signals
        return

    def request(number: int, frame: Any) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()
        if notice:  # print may not be called while another print is interrupted
            os.write(2, b"\nstopping after this step; Ctrl-C again stops at once\n")

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
