"""Write exercises for a platform into a new folder."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path

from lessons_lib.files import write_atomically
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
    lessons: Sequence[str] = (),
    texts: Mapping[str, str | PathLike[str]] | None = None,
    update: bool = False,
) -> list[Path]:
    """Write exercises for a platform, one assignment for each lesson that they name.

    Args:
        target: one of `TARGETS`; "student" for the stubs alone.
        out: folder to write to; new or empty, or for nbgrader a course's.
        exercises: an instructor's file of exercises; None for the course's.
        wheel: this package as a .whl file, to be installed by the exported graders; None if they
            shall install it by name.
        lessons: names of those that are wanted; all if there are none.
        texts: notebooks of these lessons by name, whose text goes along with the stubs.
        update: replace what an earlier export has written into a course of nbgrader's.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: if `exercises`, `wheel` or a text is not there.
        ValueError: if there is no such target or lesson, or `out` is not empty, or a file is of the
            wrong kind, or an exercise cannot be handed out or graded.
    """
    if target not in TARGETS:
        raise ValueError(f"target: expected one of {', '.join(TARGETS)}, got {target!r}")
    out = Path(out)
    is_course = target == "nbgrader" and (out / nbgrader.CONFIG).is_file()
    if out.exists() and not is_course and (not out.is_dir() or any(out.iterdir())):
        more = f", or a course with its {nbgrader.CONFIG}" if target == "nbgrader" else ""
        raise ValueError(f"--out: expected a new or an empty folder{more}, got {out}")
    grader = GraderFiles.of(exercises, wheel)
    wanted = assignments(grader.exercises, lessons, texts)
    if grader.exercises is not None:
        check_references(exercise for assignment in wanted for exercise in assignment.exercises)
    files = TARGETS[target](wanted, grader)
    try_files(files, wanted, grader)
    if is_course:
        files = _beside(files, out, update)
    written = []
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
        written.append(path)
    return written


def _beside(files: Files, course: Path, update: bool) -> Files:
    """What is to be written into a course that is there already; nothing of its own is lost.

    Raises:
        ValueError: if a file of it would be.
    """
    new = {}
    for name, data in files.items():
        there = (course / name).read_bytes() if (course / name).exists() else None
        if there is None:
            new[name] = data
        elif name in nbgrader.ADDED_TO:
            new[name] = nbgrader.added(name, there.decode(), data.decode()).encode()
        elif there != data and not update:
            raise ValueError(
                f"--out: {course / name} is there already and differs; --update replaces it"
            )
        else:
            new[name] = nbgrader.updated(there, data) if name.endswith(".ipynb") else data
    return new
