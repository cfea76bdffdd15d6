"""Runs in Gradescope's container: grades /autograder/submission, writes results/results.json.

The format is Gradescope's, https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import dataclasses
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from lessons_lib.files import write_atomically
from lessons_lib.grading.batch import Graded, find_submissions
from lessons_lib.grading.batch.finding import shown_name
from lessons_lib.grading.batch.students import what_counts
from lessons_lib.grading.batch.unpacking import MOST_OF_A_STUDENT
from lessons_lib.grading.export.as_markdown import escaped, verdict
from lessons_lib.grading.export.assignment import grade_assignment, how_graded, in_short
from lessons_lib.grading.report import Report

VISIBILITIES = ("hidden", "after_due_date", "after_published", "visible")
MOST_NAMED = 10  # files


class Counted(NamedTuple):
    """What counts of a submission.

    Attributes:
        report: on the file that counts, or those that do, or on nothing.
        file: its name, or all of theirs; None if there was none to grade.
        others: why other files do not count, by name.
    """

    report: Report
    file: str | None
    others: dict[str, str]


def main() -> None:
    """Grade what lies in the folders of the autograder, whose root is the first argument."""
    root = Path(sys.argv[1])
    started = time.monotonic()
    settings = json.loads((root / "source" / "assignment.json").read_text(encoding="utf-8"))
    if settings["feedback"] not in VISIBILITIES:
        raise ValueError(f"feedback: expected one of {VISIBILITIES}, got {settings['feedback']!r}")
    exercises = settings["exercises"]
    with tempfile.TemporaryDirectory() as unpacked:
        counted = grade_submission(
            root / "submission",
            settings["assignment"],
            unpack_into=Path(unpacked, "files"),
            exercises=root / "source" / exercises if exercises else None,
            isolation=settings["isolation"],
        )
    found = results(counted, settings["feedback"], round(time.monotonic() - started, 1))
    text = json.dumps(found, indent=1, ensure_ascii=False)
    write_atomically(root / "results" / "results.json", text.encode())
    print(notes(counted))  # shown to instructors


def grade_submission(
    folder: Path, assignment: str, *, unpack_into: Path, exercises: Path | None, isolation: str
) -> Counted:
    """Grade every file of a student, in folders and archives too; what counts is as in a batch."""
    how: dict[str, Any] = {"exercises": exercises, "isolation": isolation}
    try:
        found = find_submissions([folder], unpack_into)
    except ValueError:  # there is none
        names = sorted(shown_name(path.name) for path in folder.iterdir())
        return Counted(grade_assignment(None, assignment, **how), None, dict.fromkeys(names, ""))
    graded = [
        Graded(name, grade_assignment(path, assignment, **how))
        for name, path in itertools.islice(found.submissions.items(), MOST_OF_A_STUDENT)
    ]
    too_many = list(found.submissions)[MOST_OF_A_STUDENT:]
    found.left_out.update(dict.fromkeys(too_many, "there are too many files for one student"))
    counts, others = what_counts(graded, found.submissions)
    reports = [report for name, report in graded if name in counts]
    whose = {exercise: name for name, exercises in counts.items() for exercise in exercises}
    results = [
        result
        for at in zip(*(row.report.results for row in graded), strict=True)
        for row, result in zip(graded, at, strict=True)
        if whose[result.exercise] == row.name
    ]
    best = max(reports, key=lambda report: report.score)  # of several, with its seed
    counted = dataclasses.replace(best, results=results)
    return Counted(counted, ", ".join(counts), {**found.left_out, **others})


def results(counted: Counted, feedback: str, seconds: float) -> dict[str, Any]:
    """A report in Gradescope's format.

    Args:
        feedback: who sees scores and messages: one of `VISIBILITIES`. Whether a function ran is
            always seen.
    """
    report = counted.report
    lines = [what_was_graded(counted)]
    if feedback != "visible":
        lines += [f"- `{result.exercise}`: {in_short(result)}" for result in report.results]
    return {
        "score": report.score,
        "execution_time": seconds,
        "output": "\n".join(lines),
        "output_format": "md",
        "stdout_visibility": "hidden",
        "tests": [
            {
                "name": result.exercise,
                "score": result.score,
                "max_score": result.max_score,
                "status": "passed" if result.status == "passed" else "failed",
                "output": verdict(result),
                "output_format": "md",
                "visibility": feedback,
                "extra_data": {"status": result.status},
            }
            for result in report.results
        ],
        "extra_data": {"seed": report.seed, "isolation": report.isolation},
    }


def what_was_graded(counted: Counted) -> str:
    """The file, and why no other, for the student; in Markdown."""
    others = [
        f"- {escaped(name)}{f': {escaped(reason)}' if reason else ''}"
        for name, reason in list(counted.others.items())[:MOST_NAMED]
    ]
    if len(counted.others) > MOST_NAMED:
        others.append(f"- and {len(counted.others) - MOST_NAMED} more")
    if counted.file is not None:
        head = f"Graded: {escaped(counted.file)}."
        return "\n".join([head, *(["", "Not graded:", "", *others, ""] if others else [""])])
    said = "What was handed in:" if others else "Nothing was handed in."
    return "\n".join([f"There is no .ipynb and no .py file to grade. {said}", "", *others])


def notes(counted: Counted) -> str:
    """What an instructor may want to know and no student needs."""
    report = counted.report
    lines = [how_graded(report)]
    if report.isolation == "basic":
        lines.append("Basic isolation stops accidents, not somebody determined: docs/isolation.md.")
    lines += [f"{r.exercise}: {r.status}{f', {r.hint}' if r.hint else ''}" for r in report.results]
    return "\n".join(line for line in lines if line)


if __name__ == "__main__":
    main()
