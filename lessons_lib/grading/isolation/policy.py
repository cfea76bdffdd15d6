"""Processes that run a submission, and what confines them.

- strong: bubblewrap (Linux). The process sees Python, NumPy and this package's worker, read-only,
  and nothing else: no home, no network, no other process, no reference. When it is ended,
  everything that it started ends with it.
- basic: a process with limits on time, memory and file size and an empty environment. It can read
  what the user who grades can read, the references included.

docs/isolation.md says which attacks each of them stops.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from lessons_lib.grading.isolation.box import Box
from lessons_lib.grading.isolation.bubblewrap import NUMPY, PARSO, in_bubblewrap, is_root

Isolation = Literal["strong", "basic"]
TOKEN = "MEMORY_GATES_WORKER"
START = """
import sys
sys.path[:0] = {paths!r}
from lessons_lib.grading.isolation.worker import main
main(gives_up_root={gives_up_root})
"""


def reached(wanted: str) -> Isolation:
    """The isolation that is used: the strongest that works here, for "auto".

    Raises:
        ValueError: if there is none of that name, or it does not work here.
    """
    if wanted not in ("auto", "strong", "basic"):
        raise ValueError(f"isolation: expected auto, strong or basic, got {wanted!r}")
    if wanted == "basic":
        return "basic"
    if bubblewrap_works():
        return "strong"
    if wanted == "strong":
        raise ValueError("isolation: strong needs Linux and a bubblewrap (bwrap) that works here")
    return "basic"


@functools.cache
def bubblewrap_works() -> bool:
    """Whether a process can be started in bubblewrap on this machine."""
    if shutil.which("bwrap") is None:
        return False
    with Box() as box, contextlib.suppress(OSError, subprocess.TimeoutExpired):
        started = subprocess.run(
            command(box.folder, "strong"), stdin=subprocess.DEVNULL, capture_output=True, timeout=20
        )
        return started.returncode == 0
    return False


def command(box: Path, isolation: Isolation) -> list[str]:
    """The command that starts a worker; it sees the box, Python, NumPy and parso."""
    if isolation == "strong":
        inside = ["/box", "/numpy"]
        return [*in_bubblewrap(box), *_python(inside, gives_up_root=is_root())]
    return _python([str(box), *{str(NUMPY.parent): None, str(PARSO.parent): None}])


def _python(paths: list[str], *, gives_up_root: bool = False) -> list[str]:
    code = START.format(paths=paths, gives_up_root=gives_up_root)
    # -I: neither the user's environment nor the current folder; -S: no site-packages.
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", code]
