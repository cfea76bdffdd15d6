"""JupyterLite gets the lessons as they are, behind a cell that installs the package."""

import copy
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.course import LESSONS
from tools.make_lite import with_first_cell


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_copy_is_the_lesson_with_one_cell_more(path: Path):
    lesson = nbformat.read(path, as_version=4)
    made = with_first_cell(copy.deepcopy(lesson))
    nbformat.validate(made)
    first = next(n for n, cell in enumerate(made.cells) if cell.cell_type == "code")
    assert "%pip install --quiet ipywidgets lessons-lib" in made.cells[first].source.splitlines()
    assert [*made.cells[:first], *made.cells[first + 1 :]] == lesson.cells
    assert made.metadata == lesson.metadata
