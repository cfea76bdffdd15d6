"""A lesson takes the time that it promises, and says nothing that its outputs do not bear out."""

import re
from collections.abc import Iterator

import nbformat
import pytest
from nbformat import NotebookNode

from lessons_lib.course import exercises
from lessons_lib.course.lessons import FURTHER, LESSONS
from tests.notebooks.course import NOTEBOOKS
from tools.count_minutes import pictures, work

MOST_MINUTES = {"00_start_here": 45, "10_from_numpy_to_pytorch": 45}  # any other lesson 75
MOST = {"words": 2400, "cells": 24, "lines": 220, "figures": 6, "exercises": 3}

# Numbers in prose that stand in no output and no code of their notebook, and why they may.
NOT_MEASURED_THERE = {
    "published, with its source beside it": {
        "09_better_language_model": ("136.07", "75.76", "100", "650", "0.5"),
        "09_real_texts": ("136.07", "75.76", "82.70", "58.80", "650", "1,150", "400", "100"),
        "09_step_sizes": ("0.9", "0.999"),
    },
    "how a network that is shipped was made; the README beside its data says it": {
        "03_rnn_limits": ("200,000",),
        "05_gates_while_reading": ("128",),
        "06_learning_to_recall": ("7,000", "2,000", "6,000"),
        "06_not_cured": ("128",),
        "07_three_cells_at_equal_parameters": ("20,000", "7,000", "2,000"),
        "09_better_language_model": ("128", "0.25"),
        "09_real_texts": ("0.1",),
    },
    "given in a question, or follows from what is": {
        "02_what_the_way_back_costs": ("10,000", "200"),
        "03_singular_values": ("100",),
        "06_not_cured": ("1,000",),
        "07_three_cells_at_equal_parameters": ("145,000",),
        "08_looking_inside": ("480",),
        "09_better_language_model": ("35.1",),
        "09_real_texts": ("1.5",),
        "09_three_projects": ("270,000",),
    },
    "the length of a text that is shipped, or of a figure's draws": {
        "08_lstm_language_model": ("300,000",),
        "09_same_mask": ("2,000",),
    },
    "a course's number, or a version's": {
        "07_gru": ("230",),
        "10_carrying_weights_elsewhere": ("2.6",),
    },
}
ELSEWHERE = {
    (lesson, number): reason
    for reason, lessons in NOT_MEASURED_THERE.items()
    for lesson, numbers in lessons.items()
    for number in numbers
}


def by_name(lesson) -> str:
    return lesson.name


def read(lesson) -> NotebookNode:
    return nbformat.read(NOTEBOOKS / lesson.file, as_version=4)


def test_every_notebook_is_one_of_the_course():
    files = {path.relative_to(NOTEBOOKS).as_posix() for path in NOTEBOOKS.glob("*.ipynb")}
    files |= {path.relative_to(NOTEBOOKS).as_posix() for path in NOTEBOOKS.glob("further/*.ipynb")}
    assert files == {lesson.file for lesson in (*LESSONS, *FURTHER)}
    assert {e.lesson for e in exercises.all()} <= {one.name for one in (*LESSONS, *FURTHER)}


@pytest.mark.parametrize("lesson", LESSONS, ids=by_name)
def test_a_lesson_is_within_its_ceilings(lesson):
    found = work(read(lesson), lesson.name)
    assert all(getattr(found, what) <= most for what, most in MOST.items()), found
    assert found.unrounded <= MOST_MINUTES.get(lesson.name, 75)
    assert found.by_hand >= 1, "nothing to be found with pencil and paper"


@pytest.mark.parametrize("lesson", FURTHER, ids=by_name)
def test_a_companion_takes_20_to_45_minutes(lesson):
    assert 20 <= work(read(lesson), lesson.name).unrounded <= 45


@pytest.mark.parametrize("lesson", (*LESSONS, *FURTHER), ids=by_name)
def test_the_head_says_how_long_it_takes_and_what_it_is_worth(lesson):
    notebook = read(lesson)
    head = notebook.cells[0].source
    minutes = work(notebook, lesson.name).minutes
    assert head.startswith(f"# {lesson.name[:2]} · ")
    assert ("No lesson needs it." in head) == (lesson in FURTHER)
    assert lesson.minutes == minutes
    assert re.search(rf"\*\*Time:\*\* about {minutes} minutes\b", head)
    points = sum(e.points for e in exercises.all() if e.lesson == lesson.name)
    if points:
        assert f"({points:g} point{'' if points == 1 else 's'})" in head


NUMBER = re.compile(r"(?<![\w.,/^])-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?![\w/]|[.,]\d)%?")


def values(text: str) -> set[float]:
    """Every number that stands in outputs or code."""
    found = re.findall(r"\d[\d,_]*\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?", text)
    return {float(one.replace(",", "").replace("_", "")) for one in found}


def said(text: str) -> Iterator[str]:
    """The numbers of a text that measure something: with a point, a % or three digits, no years."""
    text = re.split(r"^#+ (?:Sources|References)", text, flags=re.MULTILINE)[0]
    text = re.sub(
        r"^#+ [^\n]*$|```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", " ", text, flags=re.M | re.S
    )
    text = re.sub(r"\]\([^)]*\)|<[^>]*>|https?://\S+|\b(?:19|20)\d\d\b(?!%)", " ", text)
    text = re.sub(r"\b[Ss]ections? [\d.]+(?:,? (?:and|to|or) [\d.]+)*", " ", text)
    for found in NUMBER.findall(text):
        digits = found.strip("-%").replace(",", "")
        if digits and ("." in digits or "%" in found or len(digits) >= 3):
            yield found


def stands_in(number: str, known: set[float]) -> bool:
    """Whether a number of the prose is one that is known, rounded as the prose has it."""
    digits = number.strip("-%").replace(",", "")
    decimals = len(digits.partition(".")[2])
    value, half = float(digits), 0.5000001 * 10.0**-decimals
    if "%" in number:
        return any(abs(100 * one - value) <= half or one == value for one in known)
    return any(abs(one - value) <= half for one in known)


def borne_out(notebook: NotebookNode) -> set[float]:
    texts = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        texts.append(cell.source)
        for output in cell.outputs:
            texts.append(output.get("text", ""))
            texts += [
                content
                for kind, content in output.get("data", {}).items()
                if kind in ("text/plain", "text/html")
            ]
    return set().union(*map(values, texts))


@pytest.mark.parametrize("lesson", (*LESSONS, *FURTHER), ids=by_name)
def test_numbers_in_prose_stand_in_an_output(lesson):
    notebook = read(lesson)
    known = borne_out(notebook)
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    missing = [
        number
        for text in prose
        for number in said(text)
        if not stands_in(number, known) and (lesson.name, number) not in ELSEWHERE
    ]
    assert not missing


def test_a_number_that_nothing_bears_out_is_found():
    prose = (
        "## 7.1 Of 0.7\n\nAt 0.36 or 12% of 1,914 updates, in 2014, with `0.5` (section 4.2); -2.50"
    )
    assert list(said(prose)) == ["0.36", "12%", "1,914", "-2.50"]
    known = values("loss 0.3641 after 1914\n1.2e-1")
    assert [stands_in(one, known) for one in said(prose)] == [True, True, True, False]
    assert not stands_in("0.37", known)


def test_what_moves_is_a_figure():
    def cell(source, **data):
        output = nbformat.v4.new_output("execute_result", data=data, execution_count=1)
        return nbformat.v4.new_code_cell(source, outputs=[output])

    assert [
        pictures(cell("curve()", **{"image/png": "", "text/plain": "<Figure>"})),
        pictures(cell("page", **{"text/html": "<div></div><script>move()</script>"})),
        pictures(cell("temperature_dial(scores)\ngate_dials('f')")),
        pictures(cell("table(rows)", **{"text/html": "<table></table>"})),
    ] == [1, 1, 2, 0]
