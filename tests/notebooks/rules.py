"""What every notebook of the course keeps to: a rule yields a line per place that breaks it."""

import re
from collections import Counter
from collections.abc import Iterator

from nbformat import NotebookNode

from tools.refresh_notebooks import KERNEL, WIDGET, is_skipped

# What differs from machine to machine or from run to run has no place in a stored output.
VOLATILE = {
    "a path": re.compile(r"(?<![\w/:<.])~?/\w[\w.-]*/\w|\b[A-Za-z]:\\\w|\bipykernel_\d+"),
    "a time": re.compile(r"\b\d\d?:\d\d(:\d\d)?\b|\d ?(s|ms|µs|us|ns)\b|\d (seconds|minutes)\b"),
    "a date": re.compile(r"\b(19|20)\d\d-\d\d-\d\d\b"),
    "an object's address": re.compile(r"\b0x[0-9a-fA-F]{4,}"),
    "a warning": re.compile(r"\b\w*Warning:"),
}
EMBEDDED_FILE = re.compile(r"base64,[A-Za-z0-9+/=\s]+")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def output_texts(output: NotebookNode) -> Iterator[str]:
    """Yield every text of an output; pictures are not text."""
    yield output.get("text", "")
    yield "\n".join(output.get("traceback", []))
    for kind, content in output.get("data", {}).items():
        if isinstance(content, str) and kind not in ("image/png", "image/jpeg"):
            yield EMBEDDED_FILE.sub("", content)


def has_picture(cell: NotebookNode) -> bool:
    return any(
        kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {})
    )


def cell_ids_are_unique(notebook: NotebookNode) -> Iterator[str]:
    for name, count in Counter(cell.get("id") for cell in notebook.cells).items():
        if name is None or count > 1:
            yield f"{count} cells have the id {name}"


def kernel_is_the_usual_one(notebook: NotebookNode) -> Iterator[str]:
    if notebook.metadata.get("kernelspec") != KERNEL:
        yield f"kernelspec is {notebook.metadata.get('kernelspec')}, not {KERNEL}"
    if notebook.metadata.get("language_info", {}).get("pygments_lexer") != "ipython3":
        yield "language_info does not say that the cells are IPython's"


def no_widget_is_stored(notebook: NotebookNode) -> Iterator[str]:
    if "widgets" in notebook.metadata:
        yield "metadata.widgets holds the state of widgets"
    for cell in code_cells(notebook):
        if any(WIDGET in output.get("data", {}) for output in cell.outputs):
            yield f"cell {cell.id}: a widget that needs its kernel is stored"


def every_cell_was_run_in_order(notebook: NotebookNode) -> Iterator[str]:
    cells = [cell for cell in code_cells(notebook) if cell.source.strip() and not is_skipped(cell)]
    for expected, cell in enumerate(cells, start=1):
        if cell.execution_count != expected:
            yield f"cell {cell.id}: execution count {cell.execution_count}, expected {expected}"


def skip_tags_go_together(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        if ("nbval-skip" in tags(cell)) != is_skipped(cell):
            yield f"cell {cell.id}: nbval-skip and skip-execution go together, found {tags(cell)}"


def outputs_hold_nothing_volatile(notebook: NotebookNode) -> Iterator[str]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                yield f"cell {cell.id}: text on stderr: {output.text[:80]!r}"
            for text in output_texts(output):
                for what, pattern in VOLATILE.items():
                    if found := pattern.search(text):
                        line = text[: found.end()].splitlines()[-1]
                        yield f"cell {cell.id}: an output holds {what}: {line!r}"


def figures_are_described(notebook: NotebookNode) -> Iterator[str]:
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if cell.cell_type != "code" or not has_picture(cell):
            continue
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if not alt.strip():
            yield f"cell {cell.id}: a figure without alt text in metadata.mystnb.image.alt"
        if following is None or following.cell_type != "markdown":
            yield f"cell {cell.id}: no sentence below the figure"


RULES = (
    cell_ids_are_unique,
    kernel_is_the_usual_one,
    no_widget_is_stored,
    every_cell_was_run_in_order,
    skip_tags_go_together,
    outputs_hold_nothing_volatile,
    figures_are_described,
)
