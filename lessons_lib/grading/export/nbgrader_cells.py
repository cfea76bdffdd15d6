"""What `nbgrader autograde` finds in the cells of an exported notebook, without nbgrader."""

from collections.abc import Iterator
from typing import Any

from lessons_lib.grading.export.assignment import how_graded, in_short
from lessons_lib.grading.report import Report

CHECK, GRADED = "check", "graded"  # the ends of the ids of an exercise's two cells


def mark(report: Report, notebook: Any) -> None:
    """Give the graded cells of the exercises their verdict and score, as if they had been run."""
    results = {result.exercise: result for result in report.results}
    graded = None
    for cell, name, part in _of_exercises(notebook):
        result = results.get(name)
        if result is None:
            continue
        if part == GRADED:
            graded, text, score = cell, str(result), result.score
        else:
            text, score = in_short(result), 0.0
        cell["execution_count"] = 1
        # nbgrader takes a number that a cell results in for its points.
        points = {"text/plain": repr(float(score))}
        cell["outputs"] = [
            _printed(text),
            _output("execute_result", execution_count=1, data=points, metadata={}),
        ]
    if graded is not None:
        graded["outputs"].insert(1, _printed(f"\n{how_graded(report)}"))


def has_tests_of_others(report: Report, notebook: Any) -> bool:
    """Whether there are tests that an instructor has added: they are run as nbgrader does."""
    exercises = {result.exercise for result in report.results}
    tests = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and _is_test(cell)]
    ours = [cell for cell, name, _ in _of_exercises(notebook) if name in exercises]
    return len(tests) > len(ours)


def _of_exercises(notebook: Any) -> Iterator[tuple[Any, str, str]]:
    """The two graded cells of each exercise, its name, and which of the two it is."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and _is_test(cell):
            name, _, part = cell["metadata"]["nbgrader"]["grade_id"].rpartition("-")
            if part in (CHECK, GRADED):
                yield cell, name, part


def _is_test(cell: Any) -> bool:
    marks = cell["metadata"].get("nbgrader", {})
    return bool(marks.get("grade") and not marks.get("solution"))


def _printed(text: str) -> Any:
    return _output("stream", name="stdout", text=f"{text}\n")


def _output(kind: str, **fields: Any) -> Any:
    from nbformat.notebooknode import from_dict  # nbgrader brings it

    return from_dict({"output_type": kind, **fields})
