"""Processes that run a submission, and what confines them.

- strong: bubblewrap (Linux). The process sees Python, NumPy and this package's worker, read-only,
  and nothing else: no home, no network, no other process, no reference. When it is ended,
  everything that it started ends with it.
- basic: a process with limits on time, memory and file size and an empty environment. It can read
  what the user who grades can read, the references included.

In both, where there is libseccomp, a filter refuses what Python and NumPy do not need of the kernel
(`system_calls.py`). docs/isolation.md says which attacks each of them stops.
"""

import functools
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Literal

from lessons_lib.grading.isolation.bubblewrap import PLACE, in_bubblewrap, is_root, program
from lessons_lib.grading.isolation.importable import Importable
from lessons_lib.grading.isolation.visible import NUMPY, PARSO, PYTHON

Isolation = Literal["strong", "basic"]
TOKEN = "MEMORY_GATES_WORKER"
# In basic isolation a process stands between: a submission may kill its parent.
START = """
import os, sys
sys.path[:0] = {paths!r}
from lessons_lib.grading.isolation.system_calls import end_with_parent
end_with_parent()
if {isolation!r} == "basic" and hasattr(os, "fork") and (worker := os.fork()):
    os.waitpid(worker, 0)
    os._exit(0)
from lessons_lib.grading.isolation.worker import main
main({isolation!r}, user={user!r})
"""
FIRST_USER, LAST_USER = 2_000_000_000, 2_147_000_000  # numbers that no system gives to its users


def reached(wanted: str) -> Isolation:
    """The isolation that is used: the strongest that works here, for "auto".

    Raises:
        ValueError: if there is none of that name, or it does not work here.
    """
    if wanted not in ("auto", "strong", "basic"):
        raise ValueError(f"isolation: expected auto, strong or basic, got {wanted!r}")
    if wanted == "basic":
        return "basic"
    missing = missing_for_strong()
    if missing and wanted == "strong":
        raise ValueError(f"isolation: strong does not work here: {missing}")
    return "basic" if missing else "strong"


def missing_for_strong() -> str:
    """What this machine lacks for strong isolation, in one line; "" if a worker started in it."""
    if sys.platform != "linux":
        return "it needs Linux"
    if program() is None:
        return "bubblewrap (bwrap) is not installed"
    try:
        _start_one()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"a worker cannot be started: {error}"[:300]
    return ""


@functools.cache  # of a success only: it may have failed by chance
def _start_one() -> None:
    with Importable() as importable:
        started = subprocess.run(
            command(importable.file, "strong"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"OPENBLAS_NUM_THREADS": "1"},
            timeout=20,
        )
    if started.returncode:
        said = started.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValueError(f"it ended at its start: {said}")


def command(importable: Path, isolation: Isolation) -> list[str]:
    """The command that starts a worker; it sees that file, Python, NumPy and parso."""
    packages = list(dict.fromkeys([str(NUMPY.parent), str(PARSO.parent)]))
    if isolation == "basic":
        return _python([str(importable), *packages], isolation)
    return [*in_bubblewrap(importable), *_python([PLACE, *packages], isolation)]


def _python(paths: list[str], isolation: Isolation) -> list[str]:
    user = None
    if isolation == "strong" and is_root():
        user = FIRST_USER + secrets.randbelow(LAST_USER - FIRST_USER)
    code = START.format(paths=paths, isolation=isolation, user=user)
    # -I: neither the user's environment nor the current folder; -S: no site-packages.
    return [PYTHON, "-I", "-S", "-B", "-c", code]
