"""Every notebook keeps to the rules, and every rule can be broken."""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)

from tests.notebooks import rules
from tests.notebooks.course import LESSONS
from tools.refresh_notebooks import KERNEL, WIDGET


def test_the_course_has_notebooks():
    assert LESSONS, "there is no notebook in notebooks/"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path: Path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    problems = [problem for rule in rules.RULES for problem in rule(notebook)]
    assert not problems, "\n" + "\n".join(problems)


LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}


@pytest.fixture
def notebook() -> NotebookNode:
    """A notebook that keeps every rule: printed text, a figure, and a cell that is never run."""
    printed = new_output("stream", name="stdout", text="loss 0.6931\n")
    picture = new_output("display_data", data={"image/png": "/aa/bb", "text/plain": "<Figure>"})
    alt = {"mystnb": {"image": {"alt": "the loss falls"}}}
    tags = {"tags": ["nbval-skip", "skip-execution"]}
    cells = [
        new_code_cell("print(loss)", execution_count=1, outputs=[printed], id="print"),
        new_code_cell("", id="empty"),
        new_code_cell("fetch()", metadata=tags, id="skipped"),
        new_code_cell(
            "draw()", execution_count=2, outputs=[picture], metadata=NotebookNode(alt), id="draw"
        ),
        new_markdown_cell("The loss falls.", id="see"),
    ]
    for cell in cells:
        cell.metadata = nbformat.from_dict(cell.metadata)
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": LANGUAGE})


def broken(notebook: NotebookNode) -> set[str]:
    """Return the names of the rules that a notebook breaks."""
    return {rule.__name__ for rule in rules.RULES if list(rule(notebook))}


def test_a_good_notebook_breaks_no_rule(notebook: NotebookNode):
    assert broken(notebook) == set()


def show_a_widget(cells: list[NotebookNode]) -> None:
    widget = {WIDGET: {"model_id": "1f"}, "text/plain": "slider"}
    cells[0].outputs.append(new_output("display_data", data=widget))


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("cell_ids_are_unique", lambda cells: cells[1].update(id="print")),
        ("no_widget_is_stored", show_a_widget),
        ("every_cell_was_run_in_order", lambda cells: cells[0].update(execution_count=None)),
        ("every_cell_was_run_in_order", lambda cells: cells[0].update(execution_count=3)),
        ("skip_tags_go_together", lambda cells: cells[1].metadata.update(tags=["nbval-skip"])),
        ("skip_tags_go_together", lambda cells: cells[1].metadata.update(tags=["skip-execution"])),
        ("outputs_hold_nothing_volatile", lambda cells: cells[0].outputs[0].update(name="stderr")),
        ("figures_are_described", lambda cells: cells[3].metadata.mystnb.image.update(alt=" ")),
        ("figures_are_described", lambda cells: cells.pop()),
        ("figures_are_described", lambda cells: cells.insert(4, new_code_cell("", id="code"))),
    ],
)
def test_a_rule_that_is_broken(notebook: NotebookNode, rule: str, damage):
    damage(notebook.cells)
    assert broken(notebook) == {rule}


def test_another_kernel_and_the_stored_state_of_widgets(notebook: NotebookNode):
    notebook.metadata.kernelspec = KERNEL | {"display_name": "my environment"}
    notebook.metadata["widgets"] = {}
    assert broken(notebook) == {"kernel_is_the_usual_one", "no_widget_is_stored"}


PATHS = "saved to /data/ada/run.txt|~/runs/first|D:\\ada\\runs|ipykernel_4711"
TIMES = "done at 12:30:01|took 2.5 s|took 31ms|about 3 minutes|2026-01-31"
OTHERS = "<object at 0x7f3a2b10>|RuntimeWarning: overflow"


@pytest.mark.parametrize("text", f"{PATHS}|{TIMES}|{OTHERS}".split("|"))
def test_a_volatile_output(notebook: NotebookNode, text: str):
    for output in (
        new_output("stream", name="stdout", text=f"{text}\n"),
        new_output("error", ename="E", evalue="", traceback=[text]),
        new_output("display_data", data={"text/plain": text}),
        new_output("display_data", data={"text/html": text}),
    ):
        notebook.cells[0].outputs = [output]
        assert broken(notebook) == {"outputs_hold_nothing_volatile"}


@pytest.mark.parametrize(
    "text",
    [
        "h (4, 3)  c (4, 3)  0.25/0.75/1.0",
        "and/or, forget / learn / remember / use",
        "see https://arxiv.org/abs/1412.3555",
        "<b>i</b><span>f</span>",
        "perplexity 2.4400 after 300 steps",
        '<img src="data:image/png;base64,iVBO/aa/bb+cc=">',
    ],
)
def test_an_output_that_may_stay(notebook: NotebookNode, text: str):
    notebook.cells[0].outputs = [new_output("display_data", data={"text/html": text})]
    assert broken(notebook) == set()
