"""A command in a terminal of its own, for tests of what a learner sees there."""

import os
import select
import subprocess
import sys
from collections.abc import Callable
from typing import Any

if os.name != "nt":
    import pty
    import termios


class Terminal:
    """Python, started with these arguments; `shown` is what has come so far."""

    def __init__(self, *arguments: str, width: int = 120, **options: Any) -> None:
        self.side, child_side = pty.openpty()
        termios.tcsetwinsize(child_side, (24, width))
        command = [sys.executable, *arguments]
        self.child = subprocess.Popen(command, stdout=child_side, stderr=child_side, **options)
        os.close(child_side)
        self.shown = b""

    def read_until(self, enough: Callable[[bytes], bool]) -> bytes:
        """Read until enough is there, and the command still runs."""
        while not enough(self.shown):
            if not select.select([self.side], [], [], 60)[0]:
                self.child.kill()
                raise AssertionError(f"nothing was shown for a minute after {self.shown!r}")
            self.shown += os.read(self.side, 1000)
        return self.shown

    def finish(self) -> int:
        """Read to the end; returns the command's status."""
        try:
            while part := os.read(self.side, 10_000):
                self.shown += part
        except OSError:  # the child has closed its side
            pass
        os.close(self.side)
        return self.child.wait()
