"""Colab and JupyterLite get the lessons as they are, behind a cell that installs the package."""

import ast
import asyncio
import copy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement

from tests.notebooks.course import LESSONS, NOTEBOOKS
from tools import make_colab_notebooks, make_lite
from tools.make_colab_notebooks import with_first_cell

PACKAGE = "git+https://github.com/somebody/course@0123abc"


@pytest.fixture(scope="module")
def copies(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("colab") / "notebooks"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["make_colab_notebooks", PACKAGE, "--out", str(folder)])
        make_colab_notebooks.main()
    return folder


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_copy_is_the_lesson_with_one_cell_more(lesson: Path, copies: Path):
    before = nbformat.read(lesson, as_version=4)
    copied = nbformat.read(copies / lesson.relative_to(NOTEBOOKS), as_version=4)
    for after, name, asked in (
        (copied, "install-in-colab", PACKAGE),
        (make_lite.with_first_cell(copy.deepcopy(before)), "install-in-browser", "lessons-lib"),
    ):
        nbformat.validate(after)
        (place,) = (n for n, cell in enumerate(after.cells) if cell.id == name)
        assert all(cell.cell_type == "markdown" for cell in after.cells[:place])
        assert after.cells[place + 1].cell_type == "code"
        assert "pip" in after.cells[place].source and asked in after.cells[place].source
        del after.cells[place]
        assert after == before


def run_first_cell() -> list[tuple[str, str]]:
    """The magics that the cell asks IPython for."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import lessons_lib")])
    source = with_first_cell(notebook, PACKAGE).cells[0].source
    asked: list[tuple[str, str]] = []
    shell = SimpleNamespace(run_line_magic=lambda name, line: asked.append((name, line)))
    code = TransformerManager().transform_cell(source)
    exec(compile(code, "cell", "exec"), {"get_ipython": lambda: shell})
    return asked


def test_the_cell_does_nothing_at_home():
    assert "google.colab" not in sys.modules
    assert run_first_cell() == []


def test_the_cell_installs_the_package_in_colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    ((magic, line),) = run_first_cell()
    assert magic == "pip"
    *options, wanted = line.split(maxsplit=2)
    assert options == ["install", "--quiet"]
    requirement = Requirement(wanted.strip('"'))
    assert (requirement.name, requirement.url) == ("lessons-lib", PACKAGE)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "Ready: this lesson can be run in this browser.\n"),
        (
            OSError("no\nconnection"),
            "This lesson can be read here, but not run (OSError: no connection). "
            "It needs a connection.\n",
        ),
    ],
)
def test_the_cell_in_a_browser_says_whether_it_works(error, said, monkeypatch, capsys):
    async def install(names):
        if error:
            raise error

    monkeypatch.setitem(sys.modules, "piplite", SimpleNamespace(install=install))
    code = compile(make_lite.FIRST_CELL, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    asyncio.run(eval(code, {}))
    assert capsys.readouterr().out == said
