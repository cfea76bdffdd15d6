"""Runs in otter-grader: grades a submission in a process of its own."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin  # type: ignore[import-not-found]
from otter.test_files.abstract_test import TestCaseResult  # type: ignore[import-not-found]

from lessons_lib.grading.export.assignment import (
    grade_assignment,
    how_graded,
    in_short,
    ran,
)
from lessons_lib.grading.report import Report


class GradeApart(AbstractOtterPlugin):
    """Grades apart, and lets otter run an empty notebook in the submission's place."""

    report: Report

    def before_grading(self, config: Any) -> None:
        """Grade the submission, then put everything away that came with it.

        Python would import a student's `numpy.py` that lies in the folder, and otter unpickles
        a student's log.
        """
        submission = Path(self.submission_path)
        exercises = self.plugin_config["exercises"]
        self.report = grade_assignment(
            submission,
            self.plugin_config["assignment"],
            exercises=Path("../source/files", exercises).resolve() if exercises else None,
            isolation=self.plugin_config["isolation"],
        )
        is_script = submission.suffix == ".py"
        for path in submission.parent.iterdir():
            if path.name == "tests" or (path == submission and not is_script):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        if is_script:  # made anew: written to, a link would lead elsewhere
            submission.write_text("")

    def before_execution(self, submission: Any) -> Any:
        """Nothing of a student's is left to run."""
        return nbformat.v4.new_notebook()

    def after_grading(self, results: Any) -> None:
        """Put the scores and the feedback in."""
        for result in self.report.results:
            file = results.get_result(result.exercise)
            public, hidden = file.test_cases
            # otter shows the message of a test only if it has not passed, else this one.
            hidden.success_message = str(result)
            file.test_case_results = [
                TestCaseResult(public, in_short(result), ran(result)),
                TestCaseResult(hidden, str(result), result.status == "passed"),
            ]
            file.update_score(result.score)
        results.set_output(how_graded(self.report))

    def generate_report(self) -> str:
        """What otter prints."""
        return f"{self.report}\n\n{how_graded(self.report)}"
