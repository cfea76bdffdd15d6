"""The notebooks under test, and how they are run against their stored outputs."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lessons_lib.course.lessons import every_notebook
from tools.refresh_notebooks import NOTEBOOKS

LESSONS = every_notebook(NOTEBOOKS)  # with the companions
CORES = [path for path in LESSONS if path.parent == NOTEBOOKS]


def kernel_environ(**changes: str) -> dict[str, str]:
    """Return this process's environment without what the test run itself has set.

    One thread, unless told: several kernels with several threads each get in each other's way.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "OPENBLAS_")) and name != "MPLBACKEND"
    }
    return kept | {"OPENBLAS_NUM_THREADS": "1"} | changes


def nbval(path: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run strict nbval over a notebook in a process of its own."""
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", str(path)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=900,  # nbval waits for ever for a kernel that has crashed
    )
