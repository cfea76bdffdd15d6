"""Notebooks can be graded as files: full marks when solved, none as shipped."""

from pathlib import Path

import nbformat
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import grade
from tests.notebooks.course import LESSONS
from tests.notebooks.test_solutions import stubs

# A companion may have questions by hand alone, and nothing that a grader runs.
ASKING = {exercise.lesson for exercise in exercises.all()}
GRADED = [path for path in LESSONS if path.stem in ASKING]
each_lesson = pytest.mark.parametrize("path", GRADED, ids=lambda path: path.stem)
pytestmark = pytest.mark.slow  # each starts processes


@pytest.mark.parametrize("path", GRADED[::9], ids=lambda path: path.stem)
def test_a_lesson_as_shipped_is_not_attempted(path: Path):
    report = grade(path, isolation="basic")
    assert report.results
    assert {result.status for result in report.results} == {"not_attempted"}, str(report)


@each_lesson
def test_a_solved_lesson_has_full_marks(path: Path, tmp_path: Path):
    notebook = nbformat.read(path, as_version=4)
    for stub in stubs(notebook):
        stub.fill(stub.exercise.name, stub.exercise.source)
    solved = tmp_path / path.name
    nbformat.write(notebook, solved)
    report = grade(solved)
    assert report.score == report.max_score > 0, str(report)
