"""How an instructor begins: a folder with a worked example that can be graded as it stands."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from lessons_lib.cli.output import say
from lessons_lib.files import write_atomically

# Where each template goes; NAME in it stands for the assignment's name.
PLACES = {
    "README.md.txt": "README.md",
    "exercises.py.txt": "exercises.py",
    "right.py.txt": "submissions/right.py",
    "padded.py.txt": "submissions/padded.py",
}


def new(
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="of the assignment's folder")],
) -> None:
    """Start an assignment: a folder with a worked example, ready to be graded and changed."""
    target = folder.absolute()
    name = target.name
    if not re.fullmatch(r"\w[\w.-]*", name, flags=re.ASCII):
        raise ValueError(
            "NAME: expected letters a to z, digits, '_', '-' and '.', beginning with one of the "
            f"first three, got {name!r}"
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"NAME: expected a new or an empty folder, got {target}")
    templates = files("lessons_lib.cli") / "assignment"
    for template, place in PLACES.items():
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (templates / template).read_text(encoding="utf-8")
        write_atomically(path, text.replace("NAME", name).encode())
        say(str(path))
    say(f"Go on with the commands in {folder / 'README.md'}.")
