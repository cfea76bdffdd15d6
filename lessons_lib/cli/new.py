"""How an instructor begins."""

from pathlib import Path
from typing import Annotated

import typer

from lessons_lib.cli.output import say


def new(
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="of the assignment's folder")],
) -> None:
    """Start an assignment: a folder with a worked example, ready to be graded and changed."""
    from lessons_lib.cli.scaffold import start_assignment

    for path in start_assignment(folder):
        say(str(path))
    say(f"Go on with the commands in {folder / 'README.md'}.")
