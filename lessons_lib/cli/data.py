"""The texts: which there are, downloading them, making the village again."""

from pathlib import Path
from typing import Annotated

import typer

from lessons_lib.cli.common import completed_from
from lessons_lib.cli.output import say, say_next, show_table


def list_texts() -> None:
    """List the texts: what they are, whether they are here, on what terms they may be used."""
    from lessons_lib.text import CORPORA, find_data_home, is_present

    rows = []
    for name, info in CORPORA.items():
        here = "here" if is_present(name) else f"to fetch, {info.size / 1e6:.1f} MB"
        rows.append((name, here, f"{info.description} ({info.licence})"))
    show_table(("name", "where", "text"), rows, folded="text")
    say(f"data home: {find_data_home()}")
    say_next("`lessons data fetch NAME`, or `lessons train NAME` if it is here.")


def fetch(
    name: Annotated[
        str,
        typer.Argument(
            help="shakespeare or ptb", autocompletion=completed_from("shakespeare", "ptb")
        ),
    ],
) -> None:
    """Download a text into the data home, and check it."""
    from lessons_lib.text import fetch as fetch_text

    for path in fetch_text(name):
        say(str(path))
    say_next(f"`lessons train {name}` trains a model on it.")


def build(
    out: Annotated[Path | None, typer.Option(help="folder to write to  [the shipped data]")] = None,
) -> None:
    """Write the village corpus again, byte for byte; to another folder as plain text."""
    import bz2

    from lessons_lib.files import data_path, write_atomically
    from lessons_lib.text.village import build as build_village

    folder = out or data_path("village")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in build_village().items():
        data = text.encode()
        if out is None:  # shipped packed, for the package's size
            name, data = f"{name}.bz2", bz2.compress(data)
        write_atomically(folder / name, data)
        say(str(folder / name))
    say_next("`lessons train village` trains a model on it.")
