"""Write exercises for a platform into a new folder."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from lessons_lib.grading.export import github, gradescope, nbgrader, otter, student
from lessons_lib.grading.export.assignment import Assignment, Kit, assignments
from lessons_lib.grading.export.student import STUDENT

Files = dict[str, bytes]

# Each takes the assignments and what goes with them, and returns files by their path.
TARGETS: dict[str, Callable[[list[Assignment], Kit], Files]] = {
    "nbgrader": nbgrader.files,
    "otter": otter.files,
    "gradescope": gradescope.files,
    "github": github.files,
    STUDENT: student.files,
}


def export(
    target: str,
    out: str | PathLike[str],
    *,
    exercises: str | PathLike[str] | None = None,
    wheel: str | PathLike[str] | None = None,
) -> list[Path]:
    """Write exercises for a platform, one assignment for each lesson that they name.

    Args:
        target: "nbgrader", "otter", "gradescope", "github", or "student" for the stubs alone.
        out: folder to write to; new or empty.
        exercises: an instructor's file of exercises; None for the course's.
        wheel: this package as a .whl file, to be installed by the exported graders; None if they
            shall install it by name.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: if `exercises` or `wheel` is not there.
        ValueError: if there is no such target, or `out` is not empty, or a file is of the wrong
            kind.
    """
    if target not in TARGETS:
        raise ValueError(f"target: expected one of {', '.join(TARGETS)}, got {target!r}")
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out: expected a new or an empty folder, got {out}")
    kit = Kit.of(exercises, wheel)
    written = []
    for name, data in TARGETS[target](assignments(kit.exercises), kit).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    return written
