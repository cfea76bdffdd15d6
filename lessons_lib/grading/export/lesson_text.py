"""A lesson's own notebook as an assignment: its cells, and which of them are stubs."""

import json
import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.export.describing import UNSOLVED

Cell = dict[str, Any]
# In Markdown, a link to a file of the checkout: students have no such file.
RELATIVE_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:|#)[^)\s]+\)")


def read_lesson(path: str | PathLike[str], exercises: Sequence[Exercise]) -> tuple[Cell, ...]:
    """The cells of a lesson without outputs, and with links that lead somewhere.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if an exercise has no stub in it.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"--text: there is no notebook {path}")
    cells = [_bare(cell) for cell in json.loads(Path(path).read_text(encoding="utf-8"))["cells"]]
    stubs = {name for cell in cells if (name := stub_in(cell))}
    for exercise in exercises:
        if exercise.name not in stubs:
            raise ValueError(f"--text: {Path(path).name} has no stub of {exercise.name}")
    return tuple(cells)


def stub_in(cell: Cell) -> str | None:
    """The function whose stub is in a cell, if there is one."""
    source = "".join(cell["source"])
    found = re.match(r"def (\w+)\(", source)
    return found[1] if found and source.endswith(UNSOLVED) else None


def _bare(cell: Cell) -> Cell:
    source = "".join(cell["source"])
    kept = {"cell_type": cell["cell_type"], "id": cell["id"], "metadata": {}}
    if cell["cell_type"] == "code":
        kept |= {"execution_count": None, "outputs": []}
    else:
        source = RELATIVE_LINK.sub(r"\1", source)
    return kept | {"source": source.splitlines(keepends=True)}
