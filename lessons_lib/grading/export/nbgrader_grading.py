"""Runs in `nbgrader autograde`: grades a notebook in a process of its own."""

import json
import tempfile
from pathlib import Path
from typing import Any

from lessons_lib.grading.export.assignment import grade_assignment, ran
from lessons_lib.grading.report import Report


class GradeApart:
    """A preprocessor of nbconvert's that grades a notebook and runs nothing of it.

    Each graded cell gets the feedback and the score as its output, as if it had been run.

    Args:
        exercises: the instructor's file, or None for the course's exercises.
        isolation: as in `lessons_lib.grading.grade`.
    """

    def __init__(self, *, exercises: Path | None = None, isolation: str = "auto") -> None:
        self.exercises = exercises
        self.isolation = isolation

    def __call__(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """Grade the notebook that nbgrader is about to mark."""
        name = resources["nbgrader"]["notebook"]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.ipynb"
            path.write_text(json.dumps(notebook), encoding="utf-8")
            report = grade_assignment(
                path, name, exercises=self.exercises, isolation=self.isolation
            )
        _show(report, notebook)
        return notebook, resources


def _show(report: Report, notebook: Any) -> None:
    results = {result.exercise: result for result in report.results}
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not marks.get("grade"):
            continue
        name, _, part = marks["grade_id"].rpartition("-")
        result = results.get(name)
        if result is None:  # a cell of the student's own, which nbgrader has no points for
            continue
        if part == "graded":
            text, score = str(result), result.score
        else:
            text, score = "It runs." if ran(result) else "It does not run.", 0.0
        cell["execution_count"] = 1
        cell["outputs"] = [
            _output(output_type="stream", name="stdout", text=f"{text}\n"),
            # nbgrader takes a number that a cell results in for its points.
            _output(
                output_type="execute_result",
                execution_count=1,
                data={"text/plain": repr(float(score))},
                metadata={},
            ),
        ]


def _output(**fields: Any) -> Any:
    from nbformat.notebooknode import from_dict  # nbgrader brings it

    return from_dict(fields)
