"""Run notebooks anew and store their outputs: python tools/refresh_notebooks.py [NOTEBOOK ...]

The same notebook gives the same bytes on every run, so that a diff shows what has changed and
nothing else. Without arguments every notebook of the course is run.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from lessons_lib.course.lessons import every_notebook
from lessons_lib.files import write_atomically

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
SKIP_TAG = "skip-execution"
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL_TIMEOUT = 300  # seconds


def is_skipped(cell: NotebookNode) -> bool:
    """Tell whether a cell is left out when its notebook is run."""
    return SKIP_TAG in cell.metadata.get("tags", [])


def stable_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs without what changes from run to run.

    Printed text arrives in pieces whose lengths depend on the time, so neighbours are joined.
    Widgets get new identifiers on every run, and show nothing without their kernel: a cell with one
    keeps no output.
    """
    if any(WIDGET in output.get("data", {}) for output in outputs):
        return []
    stable: list[NotebookNode] = []
    for output in outputs:
        last = stable[-1] if stable else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            stable.append(output)
    return stable


def make_client(notebook: NotebookNode, path: Path) -> NotebookClient:
    """What runs a notebook, in the folder of its file."""
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # no word on the kernel's connection
        skip_cells_with_tag=SKIP_TAG,
        resources={"metadata": {"path": str(path.parent)}},
    )
    # For an output widget the client would send messages to the kernel while it waits for a reply,
    # and now and then wait for ever (nbclient 0.11, pyzmq 27).
    client.widget_registry = {}
    return client


def execute(path: Path, environ: Mapping[str, str] | None = None) -> str:
    """Run a notebook in its own folder and return the text of the file with the new outputs.

    Args:
        path: The notebook, which is left as it is.
        environ: The environment variables of the kernel; those of this process if None.

    Raises:
        CellExecutionError, CellTimeoutError, DeadKernelError: A cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = NotebookNode(kernelspec=KERNEL)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times that JupyterLab stores
        if cell.cell_type == "code" and not is_skipped(cell):
            cell.outputs, cell.execution_count = [], None

    kernel_environ = dict(os.environ if environ is None else environ)
    kernel_environ.pop("MPLBACKEND", None)  # figures go into the notebook
    kernel_environ.pop("JPY_SESSION_NAME", None)  # nobody looks: verdicts as text, not as cards
    make_client(notebook, path).execute(env=kernel_environ)

    notebook.metadata.language_info.pop("version", None)  # differs between machines
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = stable_outputs(cell.outputs)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Run notebooks anew and store their outputs.")
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    paths = parser.parse_args().notebooks or every_notebook(NOTEBOOKS)
    if not paths:
        parser.error(f"there is no notebook in {NOTEBOOKS}")
    for path in paths:
        if not path.is_file():
            parser.error(f"there is no notebook {path}")

    status = 0
    for path in paths:
        try:
            text = execute(path.resolve())
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            print(f"{path} is left as it was: {error}", file=sys.stderr)
            status = 1
            continue
        same = text == path.read_text(encoding="utf-8")
        if not same:
            write_atomically(path, text.encode())
        print(f"{path}: {'unchanged' if same else 'refreshed'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
