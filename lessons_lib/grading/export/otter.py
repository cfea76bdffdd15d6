"""For otter-grader: for each assignment a folder with the notebook that `otter assign` reads.

otter runs a student's notebook and its tests in one process, and then unpickles what that process
has written. The exported plugin, `otter_grading.GradeApart`, grades the submission apart, hands
otter an empty notebook to run, and puts the scores in.
"""

import json
from typing import Any

from lessons_lib.grading.export import student
from lessons_lib.grading.export.assignment import Assignment, GraderFiles

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
        "files": list(grader.handed_out()),
        "autograder_files": list(grader.files()),
        "plugins": [{PLUGIN: settings}],
        "run_tests": False,  # there is no solution here that could pass them
        "export_cell": False,
        "generate": {"show_hidden": True, "pdf": False},
    }
    cells = [student.raw("config", _config("ASSIGNMENT CONFIG", config))]
    for kind, cell, exercise in student.parts(assignment):
        if exercise is None:
            cells.append(cell)
            continue
        name = exercise.name
        if kind == "task" or (kind == "stub" and assignment.text):
            question = {"name": name, "points": [0, exercise.points]}
            cells.append(student.raw(f"{name}-begin", _config("BEGIN QUESTION", question)))
        if kind == "stub":
            begin, end = (
                student.raw(f"{name}-{place.lower()}-solution", f"# {place} SOLUTION")
                for place in ("BEGIN", "END")
            )
            cells += [begin, cell, end]
        elif kind == "check":
            cells += [
                student.raw(f"{name}-begin-tests", "# BEGIN TESTS"),
                cell,
                student.code(f"{name}-graded", f"# HIDDEN\nassert {name}.graded_apart"),
                student.raw(f"{name}-end-tests", "# END TESTS"),
                student.raw(f"{name}-end", "# END QUESTION"),
            ]
        else:
            cells.append(cell)
    return cells


def _config(heading: str, settings: dict[str, Any]) -> str:
    """Settings as YAML, of which JSON is a part."""
    lines = [f"{key}: {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join([f"# {heading}", *lines])
