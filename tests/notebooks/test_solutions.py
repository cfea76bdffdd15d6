"""Exercises in notebooks: not attempted as shipped, full marks when solved, a verdict when wrong.

An exercise is a cell with a stub, a function whose body is `raise NotImplementedError`, and below
it a cell with `check(function)` or `check(function, exercise="name")`.
"""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from lessons_lib import exercises
from lessons_lib.grading.definition import Exercise
from tests.notebooks.course import LESSONS, kernel_environ
from tests.notebooks.rules import code_cells
from tools.refresh_notebooks import SKIP_TAG

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


class Stub(NamedTuple):
    """A stub, the cell that holds it, and the cell that checks it."""

    function: str
    cell: NotebookNode
    check: NotebookNode
    exercise: Exercise

    def fill(self, function_name: str, source: str) -> None:
        """Write another function in place of the stub, under the stub's name."""
        self.cell.source = source.replace(f"def {function_name}(", f"def {self.function}(", 1)


def stubs(notebook: NotebookNode) -> list[Stub]:
    cells = code_cells(notebook)
    found = []
    for place, cell in enumerate(cells):
        if "raise NotImplementedError" not in cell.source:
            continue
        (function,) = (n for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef))
        check, exercise = check_of(function.name, cells[place + 1 :])
        found.append(Stub(function.name, cell, check, exercises.find(exercise)))
    return found


def check_of(function: str, cells: list[NotebookNode]) -> tuple[NotebookNode, str]:
    """Return the first cell that checks a function, and the name of the exercise."""
    for cell in cells:
        source = "\n".join(line for line in cell.source.splitlines() if line[:1] != "%")
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "check" and ast.unparse(node.args[0]) == function:
                named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
                return cell, named.get("exercise", function)
    raise AssertionError(f"no cell checks {function}")


def printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def run(notebook: NotebookNode, path: Path) -> None:
    """Run the notebook to its end; a cell that raises fails the test."""
    client = NotebookClient(
        notebook,
        skip_cells_with_tag=SKIP_TAG,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env=kernel_environ())


def filled(path: Path, sources: Mapping[str, tuple[str, str]]) -> list[Stub]:
    """Run a notebook with functions in place of stubs.

    Args:
        path: the notebook.
        sources: by the exercise's name: the name of a function, and its source.
    """
    notebook = nbformat.read(path, as_version=4)
    found = stubs(notebook)
    for stub in found:
        stub.fill(*sources[stub.exercise.name])
    run(notebook, path)
    return found


@each_lesson
def test_every_exercise_of_the_lesson_has_its_stub(path: Path):
    notebook = nbformat.read(path, as_version=4)
    asked = {stub.exercise.name for stub in stubs(notebook)}
    assert asked == {e.name for e in exercises.all() if e.lesson == path.stem}
    for stub in stubs(notebook):
        (function,) = ast.parse(stub.cell.source).body
        parameters = tuple(argument.arg for argument in function.args.args)
        assert parameters == stub.exercise.parameters
        assert ast.get_docstring(function)


@each_lesson
def test_stubs_as_shipped_are_not_attempted(path: Path):
    for stub in stubs(nbformat.read(path, as_version=4)):
        points = f"{stub.exercise.points:g}"
        verdict = f"{stub.exercise.name}: not attempted yet, 0 of {points} points.\n"
        assert printed(stub.check).startswith(verdict)


@pytest.mark.slow
@each_lesson
def test_references_get_full_marks(path: Path):
    references = {e.name: (e.name, e.source) for e in exercises.all() if e.lesson == path.stem}
    for stub in filled(path, references):
        points = f"{stub.exercise.points:g}"
        verdict = f"{stub.exercise.name}: passed, {points} of {points} points."
        assert printed(stub.check).strip() == verdict


def doubled(exercise: Exercise) -> str:
    """Source of an answer that is wrong: one more than twice what the reference returns.

    What the reference only writes into arguments is doubled there.
    """
    name, parameters = exercise.name, ", ".join(exercise.parameters)
    right = exercise.source.replace(f"def {name}(", f"def right_{name}(", 1)
    spoil = (
        "return tuple(2 * r + 1 for r in results) "
        "if isinstance(results, tuple) else 2 * results + 1"
    )
    if not exercise.returned:
        (argument,) = {output.written_to for output in exercise.outputs}
        spoil = f"[np.multiply(a, 2, out=a) for a in {argument}.values()]"
    return f"""{right}

def {name}({parameters}):
    results = right_{name}({parameters})
    {spoil}
"""


@pytest.mark.slow
@each_lesson
def test_a_wrong_answer_gets_its_verdict_and_the_lesson_goes_on(path: Path):
    wrong = {e.name: (e.name, doubled(e)) for e in exercises.all() if e.lesson == path.stem}
    for stub in filled(path, wrong):
        verdict = f"{stub.exercise.name}: not right yet, "
        assert printed(stub.check).startswith(verdict)
