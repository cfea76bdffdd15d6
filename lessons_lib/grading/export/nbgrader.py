"""For nbgrader: a course folder with source notebooks, metadata of schema version 3.

nbgrader runs a student's notebook and its tests in one process, in which a student's code can
change the tests. So lines at the end of the configuration put `nbgrader_grading.GradeApart` in the
place where nbgrader would run an exported notebook.
"""

import json
from collections.abc import Iterator
from typing import Any

from lessons_lib.grading.export import student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles
from lessons_lib.grading.export.describing import UNSOLVED
from lessons_lib.grading.export.nbgrader_cells import CHECK, GRADED

CONFIG, REQUIREMENTS = "nbgrader_config.py", "requirements.txt"
# In a course that is there already these get what is exported at their end.
ADDED_TO = (CONFIG, REQUIREMENTS)
FIRST_LINE = "c = get_config()  # noqa: F821 (nbgrader defines it)\n"
SETTINGS = """
# By `lessons export`: these are graded outside their notebooks, others as ever.
from pathlib import Path  # noqa: E402

from lessons_lib.grading.export.nbgrader_grading import grade_apart  # noqa: E402

grade_apart(
    get_config(),  # noqa: F821
    {names},
    exercises={place},
    isolation="auto",
)
"""
# Where the configuration is missing, nbgrader runs this cell and takes its number for the points.
# It has no hidden test, which nbgrader would show to students with the feedback.
GRADED_CELL = """\
# {points:g} points. {name} is graded outside this notebook, with new arguments.
0  # the points until then"""


def files(assignments: list[Assignment], grader: GraderFiles) -> dict[str, bytes]:
    """A course folder: `source/NAME/NAME.ipynb`, the configuration and what it needs."""
    name = grader.exercises_name
    place = "None" if name is None else f"Path(__file__).resolve().parent / {json.dumps(name)}"
    names = json.dumps([assignment.name for assignment in assignments])
    settings = SETTINGS.format(names=names, place=place)
    if name is None:
        settings = settings.replace("from pathlib import Path  # noqa: E402\n\n", "")
    written = {
        CONFIG: (FIRST_LINE + settings).encode(),
        REQUIREMENTS: f"nbgrader>=0.9.5\n{grader.requirement()}\n".encode(),
        **grader.files(),
    }
    for assignment in assignments:
        path = f"source/{assignment.name}/{assignment.name}.ipynb"
        written[path] = student.notebook(list(_cells(assignment)))
        handed_out = grader.handed_out().items()
        written |= {f"source/{assignment.name}/{place}": data for place, data in handed_out}
    return written


def added(name: str, there: str, new: str) -> str:
    """A file of a course that is there already, with what is exported at its end, once.

    Args:
        name: one of `ADDED_TO`.
        there: its text.
        new: the text that the export would write.
    """
    if name == REQUIREMENTS:
        lines = [line for line in new.splitlines() if line not in there.splitlines()]
        return "\n".join([there.rstrip("\n"), *lines]).strip("\n") + "\n"
    settings = new.removeprefix(FIRST_LINE)
    return there if settings.strip() in there else f"{there.rstrip()}\n{settings}"


def updated(there: bytes, new: bytes) -> bytes:
    """A source notebook with the cells of a new export, and all else that an instructor has in it.

    An answer's cell stays as it is, with its solution, unless the stub begins with another line.
    """
    notebook, cells = json.loads(there), {_id(cell): cell for cell in json.loads(new)["cells"]}
    kept = []
    for cell in notebook["cells"]:
        replacement = cells.pop(_id(cell), cell) if _id(cell) else cell
        is_answer = cell["metadata"].get("nbgrader", {}).get("solution")
        kept.append(cell if is_answer and _head(cell) == _head(replacement) else replacement)
    notebook["cells"] = [*kept, *(cell for name, cell in cells.items() if name)]
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n".encode()


def _id(cell: student.Cell) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _head(cell: student.Cell) -> str:
    return "".join(cell["source"]).partition("\n")[0]


def _cells(assignment: Assignment) -> Iterator[student.Cell]:
    for kind, cell, exercise in student.parts(assignment):
        if exercise is None:
            if kind != "text":  # a lesson's text is the student's to work with
                cell["metadata"] = _nbgrader(kind, locked=True)
            yield cell
            continue
        name = exercise.name
        if kind == "task":
            cell["metadata"] = _nbgrader(f"{name}-{kind}", locked=True)
        elif kind == "stub":
            # nbgrader empties a cell without this region, in which an instructor may solve it.
            region = f"    ### BEGIN SOLUTION\n    {UNSOLVED}\n    ### END SOLUTION"
            source = "".join(cell["source"]).replace(f"    {UNSOLVED}", region)
            yield student.code(cell["id"], source, _nbgrader(name, solution=True))
            continue
        else:
            cell["metadata"] = _nbgrader(f"{name}-{CHECK}", grade=True, locked=True, points=0)
        yield cell
        if kind == "check":
            source = GRADED_CELL.format(points=exercise.points, name=name)
            marks = _nbgrader(f"{name}-{GRADED}", grade=True, locked=True, points=exercise.points)
            yield student.code(f"{name}-{GRADED}", source, marks)


def _nbgrader(identifier: str, **marks: Any) -> dict[str, Any]:
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": plain | marks | {"grade_id": identifier, "schema_version": 3}}
