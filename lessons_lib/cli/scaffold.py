"""A new assignment: a folder with a worked example that can be graded as it stands."""

import re
from importlib.resources import files
from pathlib import Path

from lessons_lib.files import write_atomically

TEMPLATES = files("lessons_lib.cli") / "assignment"
# Where each template goes; NAME in it stands for the assignment's name.
PLACES = {
    "README.md.txt": "README.md",
    "exercises.py.txt": "exercises.py",
    "right.py.txt": "submissions/right.py",
    "padded.py.txt": "submissions/padded.py",
}


def start_assignment(folder: Path) -> list[Path]:
    """Write the beginnings of an assignment.

    Args:
        folder: its folder, new or empty; the folder's name is the assignment's.

    Raises:
        ValueError: if the name is none for an assignment, or the folder is not empty.
        OSError: if the folder cannot be written.
    """
    folder = folder.absolute()
    if not re.fullmatch(r"\w[\w.-]*", folder.name, flags=re.ASCII):
        raise ValueError(
            "NAME: expected letters a to z, digits, '_', '-' and '.', beginning with one of the "
            f"first three, got {folder.name!r}"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"NAME: expected a new or an empty folder, got {folder}")
    written = []
    for template, place in PLACES.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        write_atomically(path, text.replace("NAME", folder.name).encode())
        written.append(path)
    return written
