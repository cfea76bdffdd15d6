"""The lessons in the browser, by JupyterLite: python tools/make_lite.py FOLDER

Python runs in the page itself (Pyodide), and what a learner writes stays in that browser. The
copies of the lessons get a first code cell that installs this package, which the site brings along;
Pyodide and the other packages are fetched when a page is opened.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from lessons_lib.course.lessons import every_notebook

ROOT = Path(__file__).resolve().parent.parent
FIRST_CELL = """# Installs the course's package in this browser: after each start of the kernel.
%pip install --quiet ipywidgets lessons-lib"""


def with_first_cell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a lesson whose first code cell installs the package."""
    cell = nbformat.v4.new_code_cell(FIRST_CELL, id="install-in-browser")
    cells = notebook.cells
    first = next(place for place, other in enumerate(cells) if other.cell_type == "code")
    return nbformat.NotebookNode({**notebook, "cells": [*cells[:first], cell, *cells[first:]]})


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the lessons for JupyterLite.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="written anew")
    folder = parser.parse_args().folder.resolve()
    with tempfile.TemporaryDirectory() as place:
        wheels, contents = Path(place, "wheels"), Path(place, "contents")
        contents.mkdir()
        (contents / "further").mkdir()
        for path in every_notebook(ROOT / "notebooks"):
            made = with_first_cell(nbformat.read(path, as_version=4))
            nbformat.write(made, contents / path.relative_to(ROOT / "notebooks"))
        wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", wheels, ROOT]
        subprocess.run(wheel, check=True)
        (package,) = wheels.glob("*.whl")
        build = [sys.executable, "-m", "jupyter", "lite", "build", "--contents", contents]
        build += ["--piplite-wheels", package, "--output-dir", folder, "--no-sourcemaps"]
        subprocess.run(build, cwd=place, check=True)


if __name__ == "__main__":
    main()
