"""For otter-grader: for each assignment a folder with the notebook that `otter assign` reads.

otter runs a student's notebook and its tests in one process, and then unpickles what that process
has written. The exported plugin, `otter_grading.GradeApart`, grades the submission apart, hands
otter an empty notebook to run, and puts the scores in.
"""

import json
from typing import Any

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.export import student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles
from lessons_lib.grading.export.describing import shape_check, signature, stub

PLUGIN = "lessons_lib.grading.export.otter_grading.GradeApart"


def files(assignments: list[Assignment], grader: GraderFiles) -> dict[str, bytes]:
    """For each assignment a folder in which to give `otter assign NAME.ipynb dist`."""
    written = {}
    for assignment in assignments:
        folder = assignment.name
        written[f"{folder}/{folder}.ipynb"] = student.notebook(_cells(assignment, grader))
        # otter lays the files that come with the grader into `files`.
        written[f"{folder}/requirements.txt"] = f"{grader.requirement('./files')}\n".encode()
        written |= {f"{folder}/{name}": data for name, data in grader.files().items()}
    return written


def _cells(assignment: Assignment, grader: GraderFiles) -> list[student.Cell]:
    settings = {
        "assignment": assignment.name,
        "exercises": grader.exercises_name,
        "isolation": "auto",
    }
    config = {
        "requirements": "requirements.txt",
        "autograder_files": list(grader.files()),
        "plugins": [{PLUGIN: settings}],
        "run_tests": False,  # there is no solution here that could pass them
        "export_cell": False,
        "generate": {"show_hidden": True, "pdf": False},
    }
    cells = [
        student.raw("config", _config("ASSIGNMENT CONFIG", config)),
        student.markdown("title", student.title(assignment)),
        student.code("setup", student.setup(assignment)),
    ]
    for exercise in assignment.exercises:
        cells += _question(exercise)
    return cells


def _question(exercise: Exercise) -> list[student.Cell]:
    name = exercise.name
    question = {"name": name, "points": [0, exercise.points]}
    graded = f"# HIDDEN\nassert {name}.graded_apart"
    return [
        student.raw(f"{name}-begin", _config("BEGIN QUESTION", question)),
        student.markdown(f"{name}-task", f"## `{signature(exercise)}`"),
        student.raw(f"{name}-begin-solution", "# BEGIN SOLUTION"),
        student.code(name, stub(exercise)),
        student.raw(f"{name}-end-solution", "# END SOLUTION"),
        student.raw(f"{name}-begin-tests", "# BEGIN TESTS"),
        student.code(f"{name}-check", shape_check(exercise)),
        student.code(f"{name}-graded", graded),
        student.raw(f"{name}-end-tests", "# END TESTS"),
        student.raw(f"{name}-end", "# END QUESTION"),
    ]


def _config(heading: str, settings: dict[str, Any]) -> str:
    """Settings as YAML, of which JSON is a part."""
    lines = [f"{key}: {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join([f"# {heading}", *lines])
