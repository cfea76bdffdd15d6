"""What of this machine Python and NumPy need: the only files that strong isolation shows."""

import functools
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np

from lessons_lib.grading.isolation.importable import package_folder
from lessons_lib.grading.isolation.system_calls import LIBRARY

PYTHON = os.path.realpath(sys.executable)
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib")).resolve()
NUMPY = Path(np.__file__).parent
PARSO = package_folder("parso")
# Extension modules that need a screen, a terminal or a directory service, or test Python itself.
NOT_NEEDED = ("_curses", "_dbm", "_gdbm", "_test", "_tkinter", "nis", "readline", "spwd", "xx")

# Opens libraries and prints the names by which the system's loader found all that are open then.
LIST = """
import ctypes, sys
for path in sys.argv[1:]:
    try:
        ctypes.CDLL(path)
    except OSError:
        pass
visit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_char_p * 2), ctypes.c_size_t,
                         ctypes.c_void_p)
ctypes.CDLL(None).dl_iterate_phdr(visit(lambda info, *_: print(info[0][1].decode()) or 0), None)
"""


@functools.cache
def libraries() -> tuple[str, ...]:
    """Paths of the libraries that Python, its extension modules and NumPy need; a tenth second.

    Raises:
        ValueError: if they cannot be found.
    """
    modules = [*STANDARD_LIBRARY.glob("lib-dynload/*.so"), *NUMPY.rglob("*.so")]
    wanted = [str(path) for path in modules if not path.name.startswith(NOT_NEEDED)]
    listed = subprocess.run(
        [PYTHON, "-I", "-S", "-B", "-c", LIST, LIBRARY, *wanted],
        env={"OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    if listed.returncode:
        raise ValueError("the libraries that Python needs cannot be listed")
    paths = {os.path.normpath(p) for p in listed.stdout.decode().split("\n") if os.path.isabs(p)}
    shown = (STANDARD_LIBRARY, NUMPY, NUMPY.with_name("numpy.libs"))
    return tuple(
        path
        for path in sorted(paths)
        if not any(Path(path).is_relative_to(folder) for folder in shown)
    )


def is_shown(path: Path) -> bool:
    """Whether every submission would see this file, because it lies in a module's folder."""
    path = path.resolve()
    if path.is_relative_to(STANDARD_LIBRARY):
        own = STANDARD_LIBRARY / path.relative_to(STANDARD_LIBRARY).parts[0]
        if own not in not_of_python():
            return True
    return any(path.is_relative_to(folder) for folder in (NUMPY, PARSO))


@functools.cache
def not_of_python() -> tuple[Path, ...]:
    """What lies in the standard library's folder and is none of its modules.

    Installed packages, PyTorch among them, and whatever somebody has put there.
    """
    own = {*sys.stdlib_module_names, "lib-dynload", "__pycache__"}
    return tuple(
        path
        for pattern in ("*", "__pycache__/*")
        for path in STANDARD_LIBRARY.glob(pattern)
        if (name := path.name.partition(".")[0]) not in own
        and not name.startswith("_sysconfigdata_")  # the platform is in this module's name
        and not path.is_symlink()  # where it leads to is not there
    )
