"""Write exercises for a platform into a new folder."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from lessons_lib.grading.export import github, gradescope, nbgrader, otter, student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles, assignments
from lessons_lib.grading.export.student import STUDENT
from lessons_lib.grading.export.trying import try_files
from lessons_lib.grading.references import check_references

Files = dict[str, bytes]

# Each takes the assignments and what goes with them, and returns files by their path.
TARGETS: dict[str, Callable[[list[Assignment], GraderFiles], Files]] = {
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
            kind, or an exercise cannot be handed out or graded.
    """
    if target not in TARGETS:
        raise ValueError(f"target: expected one of {', '.join(TARGETS)}, got {target!r}")
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out: expected a new or an empty folder, got {out}")
    grader = GraderFiles.of(exercises, wheel)
    wanted = assignments(grader.exercises)
    if grader.exercises is not None:
        check_references(exercise for assignment in wanted for exercise in assignment.exercises)
    files = TARGETS[target](wanted, grader)
    try_files(files, wanted, grader)
    written = []
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    return written
