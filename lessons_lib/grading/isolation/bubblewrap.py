"""What bubblewrap lets a process see: Python, NumPy and modules in a zip file, all read-only."""

import functools
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from lessons_lib.grading.isolation.visible import (
    NUMPY,
    PARSO,
    PYTHON,
    STANDARD_LIBRARY,
    libraries,
    not_of_python,
)

DEVICES = ("/dev/null", "/dev/random", "/dev/urandom", "/dev/zero")
PLACE = "/importable.zip"


def program() -> str | None:
    """Where bubblewrap is. An entry of PATH that is no whole path is not looked into."""
    folders = [p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(p)]
    folders += ["/usr/bin", "/usr/local/bin", "/run/current-system/sw/bin"]
    return shutil.which("bwrap", path=os.pathsep.join([*folders, os.path.dirname(sys.executable)]))


def in_bubblewrap(importable: Path) -> list[str]:
    """The command that confines the one that follows it; the zip file stands at PLACE in there.

    There is no /proc, no program but Python, and nowhere to write to.
    """
    command = [program() or "bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    if is_root():
        # bubblewrap's name space for users knows one user, who would be root outside of it. The
        # worker becomes a user of its own instead, before it reads anything of the submission.
        command += [f"--unshare-{space}" for space in ("ipc", "pid", "net", "uts", "cgroup-try")]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--unshare-user", "--disable-userns"]
        command += ["--uid", "65534", "--gid", "65534"]
    command += ["--hostname", "grading"]
    command += _files()
    command += ["--ro-bind", str(importable), PLACE, "--chdir", "/"]
    return [*command, "--remount-ro", "/"]


@functools.cache
def _files() -> tuple[str, ...]:
    """Every file at the place that it has outside, for libraries look for each other there."""
    python = [PYTHON, str(STANDARD_LIBRARY), "/etc/ld.so.cache", *libraries()]
    packages = [str(path) for path in (NUMPY, NUMPY.with_name("numpy.libs"), PARSO)]
    command = []
    for folder in _folders_above(*python, *packages, *DEVICES):
        command += ["--perms", "755", "--dir", folder]
    command += _shown("--ro-bind", python)
    covered = [str(path) for path in not_of_python() if path.is_dir()]
    for folder in covered:
        command += ["--tmpfs", folder]
    for path in not_of_python():
        if str(path) not in covered:
            command += ["--ro-bind", "/dev/null", str(path)]
    command += [*_shown("--ro-bind", packages), *_shown("--dev-bind", DEVICES)]
    for folder in covered:
        command += ["--remount-ro", folder]
    return tuple(command)


def _shown(how: str, paths: Iterable[str]) -> list[str]:
    return [word for path in paths if os.path.exists(path) for word in (how, path, path)]


def _folders_above(*paths: str) -> list[str]:
    """Those that have to be made: bubblewrap would keep its own from another user."""
    folders = {folder for path in paths for folder in Path(path).parents}
    return sorted(str(f) for f in folders if not f.is_relative_to(STANDARD_LIBRARY))[1:]


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.name == "posix" and os.geteuid() == 0
