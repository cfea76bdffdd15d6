"""Runs in Gradescope's container: grades /autograder/submission, writes results/results.json.

The format is Gradescope's, https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from lessons_lib.files import write_atomically
from lessons_lib.grading.export.assignment import grade_assignment, ran
from lessons_lib.grading.report import VERDICTS, Report, Result

VISIBILITIES = ("hidden", "after_due_date", "after_published", "visible")


def main() -> None:
    """Grade what lies in the folders of the autograder, whose root is the first argument."""
    root = Path(sys.argv[1])
    started = time.monotonic()
    settings = json.loads((root / "source" / "assignment.json").read_text(encoding="utf-8"))
    if settings["feedback"] not in VISIBILITIES:
        raise ValueError(f"feedback: expected one of {VISIBILITIES}, got {settings['feedback']!r}")
    exercises = settings["exercises"]
    report = grade_assignment(
        find_submission(root / "submission", settings["assignment"]),
        settings["assignment"],
        exercises=root / "source" / exercises if exercises else None,
        isolation=settings["isolation"],
    )
    found = results(report, settings["feedback"], round(time.monotonic() - started, 1))
    text = json.dumps(found, indent=1, ensure_ascii=False)
    write_atomically(root / "results" / "results.json", text.encode())


def find_submission(folder: Path, name: str) -> Path | None:
    """The file of the assignment's name, or else the only one that could be meant."""
    for suffix in (".ipynb", ".py"):
        if (folder / f"{name}{suffix}").is_file():
            return folder / f"{name}{suffix}"
    files = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (".ipynb", ".py") and not path.name.startswith(".")
    ]
    return files[0] if len(files) == 1 else None


def results(report: Report, feedback: str, seconds: float) -> dict[str, Any]:
    """A report in Gradescope's format.

    Args:
        report: what came of grading.
        feedback: who sees scores and messages: one of `VISIBILITIES`. Whether a function ran is
            always seen.
        seconds: that it took.
    """
    level = report.isolation or "no"
    return {
        "score": report.score,
        "execution_time": seconds,
        "output": f"Each function was called with new arguments, in a process of its own "
        f"({level} isolation).",
        "stdout_visibility": "hidden",
        "tests": [
            *(_runs(result) for result in report.results),
            *(_graded(result, feedback) for result in report.results),
        ],
        "extra_data": {"seed": report.seed, "isolation": report.isolation},
    }


def _runs(result: Result) -> dict[str, Any]:
    return {
        "name": f"{result.exercise} runs",
        "status": "passed" if ran(result) else "failed",
        "output": "It was called, and gave a result." if ran(result) else str(result),
        "output_format": "text",
        "visibility": "visible",
    }


def _graded(result: Result, feedback: str) -> dict[str, Any]:
    return {
        "name": result.exercise,
        "score": result.score,
        "max_score": result.max_score,
        "status": "passed" if result.status == "passed" else "failed",
        "output": f"{VERDICTS[result.status]}\n{result.message}",
        "output_format": "text",
        "visibility": feedback,
        "extra_data": {"status": result.status, "hint": result.hint},
    }


if __name__ == "__main__":
    main()
