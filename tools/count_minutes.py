"""How long a notebook takes: python tools/count_minutes.py [NOTEBOOK ...]

The minutes are computed, and not guessed: a hundred words a minute, ten lines of code a minute, a
minute and a half for each figure, twelve for each exercise that is checked, and six if it is
answered by hand or in a single line. Without arguments every notebook of the course is counted.
"""

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from lessons_lib.course import exercises
from lessons_lib.course.lessons import every_notebook
from lessons_lib.grading.exercise.registry import EXERCISES

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


class Work(NamedTuple):
    """What a notebook asks of its reader."""

    words: int
    cells: int  # of code
    lines: int  # of code that are not blank
    figures: int
    exercises: int  # checked, and not by hand
    short: int  # of these, answered in a single line
    by_hand: int

    @property
    def unrounded(self) -> float:
        checked = 12 * (self.exercises - self.short) + 6 * (self.short + self.by_hand)
        return self.words / 100 + self.lines / 10 + 1.5 * self.figures + checked

    @property
    def minutes(self) -> int:
        return round(self.unrounded)


def work(notebook: NotebookNode, name: str) -> Work:
    """Count what a notebook holds; its exercises are those that the package has for its name."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    asked = [exercise for exercise in exercises.all() if exercise.lesson == name]
    questions = EXERCISES.asked_by_hand().values()
    return Work(
        words=sum(len(text.split()) for text in prose),
        cells=len(code),
        lines=sum(bool(line.strip()) for cell in code for line in cell.source.splitlines()),
        figures=sum(map(pictures, code)),
        exercises=len(asked),
        short=sum(is_a_single_line(exercise.source) for exercise in asked),
        by_hand=sum(question.lesson == name for question in questions),
    )


def pictures(cell: NotebookNode) -> int:
    """How many figures a cell shows, those that move or that only a kernel draws among them."""
    shown = sum(map(is_a_figure, cell.outputs))
    return shown or len(re.findall(r"_dials?\(", cell.source))


def is_a_figure(output: NotebookNode) -> bool:
    """Whether an output is a picture, or HTML with a drawing, a script or coloured words."""
    data = output.get("data", {})
    return any(kind.startswith("image/") for kind in data) or any(
        tag in data.get("text/html", "") for tag in ("<svg", "<script", "background:rgba")
    )


def is_a_single_line(source: str) -> bool:
    """Whether a reference has one statement on one line, its docstring left aside."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    body = function.body[ast.get_docstring(function) is not None :]
    return len(body) == 1 and body[0].lineno == body[0].end_lineno


def main() -> None:
    """Print a line for each notebook."""
    paths = [Path(name) for name in sys.argv[1:]] or every_notebook(NOTEBOOKS)
    print(f"{'':32}", *(f"{name:>9}" for name in (*Work._fields, "minutes")))
    for path in paths:
        found = work(nbformat.read(path, as_version=4), path.stem)
        print(f"{path.stem:32}", *(f"{number:9,}" for number in (*found, found.minutes)))


if __name__ == "__main__":
    main()
