"""The `lessons` command begins here: nothing of it comes from the current folder.

That may hold submissions, and one of them may be called `typer.py`.
"""

import os
import sys

RUN_BY_PYTHON = {"sitecustomize", "usercustomize", "_distutils_hack"}  # before any line of ours


def main(looked_here: bool = False) -> None:
    """Run the command.

    PYTHONPATH may have the current folder in it: an empty part stands for that, as
    `export PYTHONPATH=$PYTHONPATH:/opt/mine` leaves one.

    Args:
        looked_here: whether Python has looked for modules in the current folder until now.
    """
    here = os.path.realpath(os.curdir)
    path = "" if sys.flags.ignore_environment else os.environ.get("PYTHONPATH", "")
    parts = path.split(os.pathsep) if path else []
    elsewhere = [part for part in parts if os.path.realpath(part or os.curdir) != here]
    if len(elsewhere) < len(parts):
        looked_here = True
        os.environ["PYTHONPATH"] = os.pathsep.join(elsewhere)  # of what is started from here
        for _ in range(len(parts) - len(elsewhere)):  # a checkout may stand there once more
            first = next((p for p in sys.path if os.path.realpath(p or os.curdir) == here), None)
            if first is not None:
                sys.path.remove(first)
    if looked_here:
        _refuse_modules_of_python()
    from lessons_lib.cli import main as run

    run()


def _refuse_modules_of_python() -> None:
    """End where the current folder holds what Python may have imported already."""
    with os.scandir() as here:
        for file in here:
            is_module = file.name.endswith((".py", ".pyc", ".so", ".pyd")) or _is_package(file)
            if is_module and file.name.split(".")[0] in sys.stdlib_module_names | RUN_BY_PYTHON:
                said = f"{file.name!r} in the current folder goes before Python's own module"
                advice = "go to another folder, or give the command as `lessons` without PYTHONPATH"
                print(f"lessons: {said}; {advice}", file=sys.stderr)
                sys.exit(2)


def _is_package(folder: os.DirEntry[str]) -> bool:
    try:
        return any(name.startswith("__init__.") for name in os.listdir(folder))
    except OSError:  # a file, or closed to Python, too
        return False
