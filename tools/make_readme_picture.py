"""Store the picture of the README, a figure of a notebook: python tools/make_readme_picture.py"""

import base64
import sys
from pathlib import Path

import nbformat

from lessons_lib.files import write_atomically

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "further" / "05_gates_while_reading.ipynb"
CELL = "village-figure"
PICTURE = ROOT / "docs" / "images" / "gates.png"


def figure(notebook: Path, cell_id: str) -> bytes:
    """Return the stored PNG of a notebook's cell."""
    cells = nbformat.read(notebook, as_version=4).cells
    (cell,) = (cell for cell in cells if cell.id == cell_id)
    (png,) = (o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(png)


def main() -> int:
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(PICTURE, figure(NOTEBOOK, CELL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
