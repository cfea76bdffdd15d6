"""Exercises in notebooks: not attempted as shipped, full marks when solved, a verdict when wrong.

An exercise is a cell with a stub, a function whose body is `raise NotImplementedError`, and below
it a cell with `check(function)` or `check(function, exercise="name")`.
"""

import ast
import asyncio
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from lessons_lib.course import exercises
from lessons_lib.grading.exercise.definition import Exercise
from tests.notebooks.course import LESSONS, kernel_environ
from tests.notebooks.rules import code_cells
from tools.refresh_notebooks import is_skipped, make_client

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


class Stub(NamedTuple):
    """A stub, the cell that holds it, and the cell that checks it."""

    function: str
    cell: NotebookNode
    check: NotebookNode
    exercise: Exercise

    @property
    def points(self) -> str:
        return f"{self.exercise.points:g} point{'' if self.exercise.points == 1 else 's'}"

    @property
    def verdict(self) -> str:
        return "".join(o.text for o in self.check.outputs if o.output_type == "stream")

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


async def run_cells(client: NotebookClient, *cells: NotebookNode) -> None:
    """Run cells in the notebook's kernel; a cell that raises fails the test."""
    for cell in cells:
        if cell.cell_type == "code" and not is_skipped(cell):
            await client.async_execute_cell(cell, client.nb.cells.index(cell))


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
        verdict = f"{stub.exercise.name}: not attempted yet, 0 of {stub.points}.\n"
        assert stub.verdict.startswith(verdict)


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


@pytest.mark.thorough
@each_lesson
def test_references_get_full_marks_and_wrong_answers_their_verdict(path: Path):
    asyncio.run(solve(path))


async def solve(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    solved = stubs(notebook)
    for stub in solved:
        stub.fill(stub.exercise.name, stub.exercise.source)
    client = make_client(notebook, path)
    async with client.async_setup_kernel(env=kernel_environ()):
        await run_cells(client, *notebook.cells)
        for stub in solved:
            points = f"{stub.exercise.points:g}"
            assert (
                stub.verdict.strip() == f"{stub.exercise.name}: passed, {points} of {stub.points}."
            )

        for stub in solved:
            stub.fill(stub.exercise.name, doubled(stub.exercise))
            await run_cells(client, stub.cell, stub.check)
            assert stub.verdict.startswith(f"{stub.exercise.name}: not right yet, ")
