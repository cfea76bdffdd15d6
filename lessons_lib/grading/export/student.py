"""The student version of an assignment: what to write, and whether it runs. No answers."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.handed_out import imported
from lessons_lib.grading.export.as_written import written
from lessons_lib.grading.export.assignment import Assignment, GraderFiles
from lessons_lib.grading.export.describing import advice, shape_check, signature, stub, text_literal
from lessons_lib.grading.export.lesson_text import Cell, stub_in
from lessons_lib.grading.offered import answer_in

STUDENT = "student"
IMPORTS = "import numpy as np"
CHECK_SHAPES = '''def check_shapes(call, expected):
    """Call a function once and compare the shapes of its results. The values are graded later."""
    result = call(np.random.default_rng(0))
    found = result if isinstance(result, tuple | list) else (result,)
    assert len(found) >= len(expected), f"expected {', '.join(expected)}; got {len(found)} results"
    for (name, shape), array in zip(expected.items(), found):
        assert np.shape(array) == shape, f"{name}: expected shape {shape}, got {np.shape(array)}"'''


def files(assignments: list[Assignment], grader: GraderFiles) -> dict[str, bytes]:
    """For each assignment a notebook and a .py file with the same stubs; what is handed out."""
    written = grader.handed_out()
    for assignment in assignments:
        written[f"{assignment.name}.ipynb"] = notebook(cells(assignment))
        written[f"{assignment.name}.py"] = module(assignment)
    return written


class Part(NamedTuple):
    """A cell of the notebook.

    Attributes:
        kind: "title", "setup", "task", "stub", "check" of an exercise, or "text" of a lesson.
        exercise: the one that a stub, its task or its check belongs to.
    """

    kind: str
    cell: Cell
    exercise: Exercise | None = None


def cells(assignment: Assignment) -> list[Cell]:
    """The cells of the notebook: for each exercise its stub and a check of shapes."""
    return [part.cell for part in parts(assignment)]


def parts(assignment: Assignment) -> Iterator[Part]:
    """The cells of the notebook in order; the stubs stand in the lesson's text if it has any."""
    yield Part("title", markdown("assignment-title", title(assignment)))
    yield Part("setup", code("setup-of-checks", setup(assignment)))
    asked = {exercise.name: exercise for exercise in assignment.exercises}
    for cell in assignment.text:
        exercise = asked.get(stub_in(cell) or "")
        yield Part("stub" if exercise else "text", cell, exercise)
        if exercise:
            yield _check(exercise)
    for exercise in () if assignment.text else assignment.exercises:
        task = markdown(f"{exercise.name}-task", f"## `{signature(exercise)}`")
        yield Part("task", task, exercise)
        yield Part("stub", code(exercise.name, stub(exercise)), exercise)
        yield _check(exercise)


def _check(exercise: Exercise) -> Part:
    return Part("check", code(f"{exercise.name}-shapes", shape_check(exercise)), exercise)


def title(assignment: Assignment) -> str:
    """The heading, the instructor's words, points, and how to work."""
    points = sum(exercise.points for exercise in assignment.exercises)
    asked = "\n".join(f"- `{e.name}`: {e.points:g}" for e in assignment.exercises)
    how = advice(assignment.exercises)
    words = [f"# {assignment.name}", assignment.introduction, how, f"{points:g} points:", asked]
    return "\n\n".join(part for part in words if part)


def setup(assignment: Assignment) -> str:
    """The code that stands before the first exercise."""
    return f"{_needs(assignment)}\n\n\n{CHECK_SHAPES}"


def _needs(assignment: Assignment) -> str:
    """Imports, constants and functions that the signatures need.

    Raises:
        ValueError: if one of the functions answers an exercise.
    """
    needs = dict.fromkeys([IMPORTS, *(n for e in assignment.exercises for n in written(e).needs)])
    source = "\n".join(
        f"\n\n{text}\n\n" if text.startswith(("def ", "class ", "@")) else text for text in needs
    ).strip()
    if len(needs) > 1:
        with imported({"defaults.py": source.encode()}) as (module,):
            if fault := answer_in(module, assignment.exercises):
                raise ValueError(
                    "--exercises: a default would be handed out with what it needs, and "
                    f"{fault.removeprefix('defaults.')}; give it another default"
                )
    return source


def module(assignment: Assignment) -> bytes:
    """The same as a .py file."""
    introduction = [assignment.introduction] if assignment.introduction else []
    how = textwrap.fill(advice(assignment.exercises), 88)
    text = "\n\n".join([assignment.name, *introduction, how])
    head = f"{text_literal(text)}\n\n{_needs(assignment)}\n"
    return "\n\n".join([head, *(stub(e) + "\n" for e in assignment.exercises)]).encode()


def markdown(identifier: str, source: str) -> Cell:
    """A cell of text."""
    return _cell("markdown", identifier, source)


def code(identifier: str, source: str, metadata: dict[str, Any] | None = None) -> Cell:
    """A cell of code that has not been run."""
    return _cell("code", identifier, source, metadata) | {"execution_count": None, "outputs": []}


def raw(identifier: str, source: str) -> Cell:
    """A cell that is neither; otter-grader reads its settings from such."""
    return _cell("raw", identifier, source)


def notebook(cells: list[Cell]) -> bytes:
    """A notebook of these cells, format 4.5."""
    content = {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return f"{json.dumps(content, indent=1, ensure_ascii=False)}\n".encode(
        errors="backslashreplace"
    )


def _cell(kind: str, identifier: str, source: str, metadata: dict[str, Any] | None = None) -> Cell:
    return {
        "cell_type": kind,
        "id": identifier,
        "metadata": metadata or {},
        "source": source.splitlines(keepends=True),
    }
