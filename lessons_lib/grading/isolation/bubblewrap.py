"""What bubblewrap lets a process see: Python, NumPy and a box, read-only, and a small /tmp."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import lessons_lib
from lessons_lib.grading.isolation.box import package_folder

PACKAGE = Path(lessons_lib.__file__).parent
NUMPY = Path(np.__file__).parent
PARSO = package_folder("parso")
MOST_IN_TMP = 64_000_000  # bytes, of memory


def in_bubblewrap(box: Path) -> list[str]:
    """The command that confines the one that follows it; the box stands at /box in there."""
    command = ["bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if is_root():
        # A limit on the number of processes does not bind root, so the worker becomes another user
        # at its start. For that it stays in this user namespace, as the only one that knows others.
        command += [f"--unshare-{space}" for space in ("ipc", "pid", "net", "uts", "cgroup-try")]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--unshare-user", "--disable-userns"]
    for folder in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin"):
        if os.path.islink(folder):
            command += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            command += ["--ro-bind", folder, folder]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--perms", "1777", "--size", str(MOST_IN_TMP), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    prefix = Path(sys.base_prefix).resolve()
    if not prefix.is_relative_to("/usr"):
        for parent in [*reversed(prefix.parents), prefix][1:]:
            command += ["--perms", "755", "--dir", str(parent)]
        for name in {"bin", "lib", sys.platlibdir}:  # and nothing else of a conda installation
            folder = str(prefix / name)
            if os.path.isdir(folder):
                command += ["--ro-bind", folder, folder]
    command += ["--ro-bind", str(box), "/box", "--perms", "755", "--dir", "/numpy"]
    for part in (NUMPY, NUMPY.with_name("numpy.libs"), PARSO):
        if part.is_dir():
            command += ["--ro-bind", str(part), f"/numpy/{part.name}"]
    for hidden in (PACKAGE, NUMPY.parent, *_site_packages(prefix)):  # references, PyTorch's cells
        if hidden.is_relative_to("/usr") or hidden.is_relative_to(prefix):
            command += ["--tmpfs", str(hidden), "--remount-ro", str(hidden)]
    # What is left to write to takes memory that nobody counts.
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/"]


def _site_packages(prefix: Path) -> Iterator[Path]:
    for root in {prefix, Path("/usr"), Path("/usr/local")}:
        for name in ("site-packages", "dist-packages"):
            yield from root.glob(f"lib*/python3*/{name}")


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.name == "posix" and os.geteuid() == 0
