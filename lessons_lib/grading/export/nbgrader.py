"""For nbgrader: a course folder with source notebooks, metadata of schema version 3.

nbgrader runs a student's notebook and its tests in one process, in which a student's code can
change the tests. So the exported configuration puts `nbgrader_grading.GradeApart` in the place
where nbgrader would run the notebook.
"""

import json
from typing import Any

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.export import student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles
from lessons_lib.grading.export.describing import UNSOLVED, shape_check, signature, stub

# What nbgrader does in `autograde` is as by default, except for its first step.
CONFIG = """\
from pathlib import Path

from lessons_lib.grading.export.nbgrader_grading import GradeApart

c = get_config()  # noqa: F821 (nbgrader defines it)

EXERCISES = {exercises}

# nbgrader's own first step, Execute, would run a student's code in one process with the tests.
c.Autograde.autograde_preprocessors = [
    GradeApart(exercises=EXERCISES, isolation="auto"),
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# A student may have deleted a graded cell; without it there would be no grade.
c.OverwriteCells.add_missing_cells = True
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
    config = CONFIG.format(exercises=place)
    if name is None:
        config = config.replace("from pathlib import Path\n\n", "")
    written = {
        "nbgrader_config.py": config.encode(),
        "requirements.txt": f"nbgrader>=0.9.5\n{grader.requirement()}\n".encode(),
        **grader.files(),
    }
    for assignment in assignments:
        path = f"source/{assignment.name}/{assignment.name}.ipynb"
        written[path] = student.notebook(_cells(assignment))
    return written


def _cells(assignment: Assignment) -> list[student.Cell]:
    cells = [
        student.markdown("title", student.title(assignment), _locked("title")),
        student.code("setup", student.setup(assignment), _locked("setup")),
    ]
    for exercise in assignment.exercises:
        cells += _cells_of(exercise)
    return cells


def _cells_of(exercise: Exercise) -> list[student.Cell]:
    name = exercise.name
    # nbgrader empties a cell that has no such region. An instructor may solve the exercise in it.
    region = f"    ### BEGIN SOLUTION\n    {UNSOLVED}\n    ### END SOLUTION"
    answer = stub(exercise).replace(f"    {UNSOLVED}", region)
    checked = _nbgrader(f"{name}-check", grade=True, locked=True, points=0)
    graded = _nbgrader(f"{name}-graded", grade=True, locked=True, points=exercise.points)
    source = GRADED_CELL.format(points=exercise.points, name=name)
    return [
        student.markdown(f"{name}-task", f"## `{signature(exercise)}`", _locked(f"{name}-task")),
        student.code(name, answer, _nbgrader(name, solution=True)),
        student.code(f"{name}-check", shape_check(exercise), checked),
        student.code(f"{name}-graded", source, graded),
    ]


def _locked(identifier: str) -> dict[str, Any]:
    return _nbgrader(identifier, locked=True)


def _nbgrader(identifier: str, **marks: Any) -> dict[str, Any]:
    plain = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": plain | marks | {"grade_id": identifier, "schema_version": 3}}
