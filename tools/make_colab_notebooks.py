"""Copies of the lessons for Colab: python -m tools.make_colab_notebooks PACKAGE --out FOLDER

Each copy gets a first code cell that installs the course's package in Colab and does nothing
anywhere else. The lessons themselves stay as they are. PACKAGE is an address that pip understands,
as git+https://github.com/OWNER/NAME@COMMIT.
"""

import argparse
from pathlib import Path

import nbformat

from lessons_lib.course.lessons import every_notebook

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
FIRST_CELL = '''# Installs the course's package in Colab (about a minute); elsewhere does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install --quiet "lessons-lib @ {package}"'''


def with_first_cell(notebook: nbformat.NotebookNode, package: str) -> nbformat.NotebookNode:
    """A copy of a notebook that can be run in Colab.

    Args:
        notebook: a lesson.
        package: the package's address.

    Returns:
        The lesson with one cell more, before its first code cell.
    """
    cell = nbformat.v4.new_code_cell(FIRST_CELL.format(package=package), id="install-in-colab")
    cells = notebook.cells
    first = next(place for place, other in enumerate(cells) if other.cell_type == "code")
    return nbformat.NotebookNode({**notebook, "cells": [*cells[:first], cell, *cells[first:]]})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", metavar="PACKAGE")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "further").mkdir(exist_ok=True)
    for path in every_notebook(NOTEBOOKS):
        made = with_first_cell(nbformat.read(path, as_version=4), arguments.package)
        nbformat.write(made, arguments.out / path.relative_to(NOTEBOOKS))


if __name__ == "__main__":
    main()
