"""The refresh tool writes the same bytes every time, and only when the whole notebook ran."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.notebooks.course import kernel_environ
from tools import refresh_notebooks
from tools.refresh_notebooks import KERNEL, WIDGET, stable_outputs


def printed(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


def refresh(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, refresh_notebooks.__file__, *map(str, paths)],
        env=kernel_environ(),
        capture_output=True,
        text=True,
    )


def test_widgets_are_left_out():
    picture = new_output("display_data", data={"image/png": "/aa/"})
    widget = new_output("display_data", data={WIDGET: {"model_id": "1f"}})
    assert stable_outputs([widget]) == []
    assert stable_outputs([picture, widget]) == []


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook as an editor may leave it: old outputs, a foreign kernel, times, widget state."""
    path = tmp_path / "a lesson é.ipynb"
    skip = {"tags": ["skip-execution", "nbval-skip"]}
    stale = {"execution": {"iopub.execute_input": "2026-01-31T12:00:00Z"}}
    cells = [
        new_code_cell(
            "for k in range(50):\n    print(k, flush=True)",
            metadata=stale,
            outputs=[printed("old\n")],
            id="print",
        ),
        new_code_cell("", outputs=[printed("old\n")], id="empty"),
        new_code_cell("1 / 0", metadata=skip, outputs=[printed("kept\n")], id="skipped"),
        new_code_cell("import os\n\nprint(os.listdir())", id="folder"),
    ]
    kernel = {"display_name": "mine", "language": "python", "name": "mine"}
    metadata = {"kernelspec": kernel, "widgets": {}, "toc": 1}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


@pytest.mark.slow
def test_a_notebook_is_refreshed_once(notebook: Path):
    first = refresh(notebook)
    assert (first.returncode, first.stdout) == (0, f"{notebook}: refreshed\n"), first.stderr
    bytes_once = notebook.read_bytes()
    second = refresh(notebook)
    assert (second.returncode, second.stdout) == (0, f"{notebook}: unchanged\n"), second.stderr
    assert notebook.read_bytes() == bytes_once
    assert list(notebook.parent.iterdir()) == [notebook]

    fresh = nbformat.read(notebook, as_version=nbformat.NO_CONVERT)
    assert set(fresh.metadata) == {"kernelspec", "language_info"}
    assert fresh.metadata.kernelspec == KERNEL
    assert "version" not in fresh.metadata.language_info
    assert [cell.id for cell in fresh.cells] == ["print", "empty", "skipped", "folder"]
    assert [cell.execution_count for cell in fresh.cells] == [1, None, None, 2]
    assert [cell.metadata for cell in fresh.cells[:2]] == [{}, {}]
    assert fresh.cells[0].outputs == [printed("".join(f"{k}\n" for k in range(50)))]
    assert fresh.cells[1].outputs == []
    assert fresh.cells[2].outputs == [printed("kept\n")]
    assert fresh.cells[3].outputs == [printed(f"{[notebook.name]}\n")]


@pytest.mark.slow
def test_a_notebook_that_fails_is_left_as_it_was(notebook: Path):
    content = nbformat.read(notebook, as_version=4)
    content.cells[3].source = "undefined_name"
    nbformat.write(content, notebook)
    before = notebook.read_bytes()
    result = refresh(notebook)
    assert result.returncode == 1
    assert "is left as it was" in result.stderr
    assert "undefined_name" in result.stderr
    assert notebook.read_bytes() == before
    assert list(notebook.parent.iterdir()) == [notebook]


def test_a_missing_notebook_is_named(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["refresh", str(tmp_path / "none.ipynb")])
    with pytest.raises(SystemExit, match="2"):
        refresh_notebooks.main()
    said = capsys.readouterr().err
    assert "there is no notebook" in said and "none.ipynb" in said
