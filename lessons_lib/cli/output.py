"""What commands print: in a terminal it fits the width, piped it is plain.

Nothing that a stranger wrote moves a cursor: control characters are written out.
"""

import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import typer

from lessons_lib.shown import OF_TEXTS, shown

GAP = 2  # blanks between two columns


def say(text: str = "", *, indent: int = 0, err: bool = False) -> None:
    """Print lines of text.

    Args:
        text: the lines; in a terminal those that are too long are broken between words.
        indent: blanks before what follows on such a break.
        err: print to standard error.
    """
    if (sys.stderr if err else sys.stdout).isatty():
        text = "\n".join(_broken(line, indent) for line in text.split("\n"))
    typer.echo(shown(text), err=err)


def _broken(line: str, indent: int) -> str:
    width = shutil.get_terminal_size().columns
    own = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line,
        width,
        subsequent_indent=own + " " * indent,
        break_long_words=False,  # so that paths stay whole
        break_on_hyphens=False,
    )


def write(pieces: Iterable[str]) -> None:
    """Print pieces of one text, each as soon as it is there.

    Args:
        pieces: the text, cut before its blanks; a terminal gets a new line for one where the piece
            would not fit.
    """
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    column = 0
    for piece in pieces:
        piece = shown(piece, OF_TEXTS)
        if column + len(piece) > width and piece.startswith(" "):
            piece = "\n" + piece[1:]
        typer.echo(piece, nl=False)  # flushes, so that each is seen as it is drawn
        *before, last = piece.split("\n")
        column = len(last) + (0 if before else column)
    typer.echo()


def say_next(step: str) -> None:
    """Say how one may go on; only to a person, so that a program reads results and nothing else."""
    if sys.stdout.isatty():
        say(f"\nNext: {step}")


def show_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Collection[str] = (),
    folded: str = "",
) -> None:
    """Print a table.

    A terminal that is too narrow gets it in parts: the first column, and as many others as fit,
    until all have been shown. Piped it is one line for each row.

    Args:
        headings: of the columns.
        rows: their cells.
        right: headings of the columns that line up on the right, as numbers do.
        folded: heading of the column whose texts a terminal may break between words.
    """
    rows = [[shown(cell, keep="") for cell in row] for row in rows]
    columns = dict(zip(headings, zip(*rows, strict=True), strict=True))
    if sys.stdout.isatty():
        for number, part in enumerate(_parts(columns, folded)):
            if number:
                typer.echo()
            _print_to_terminal({name: columns[name] for name in part}, right, folded)
        return
    widths = {name: max(map(len, (name, *cells))) for name, cells in columns.items()}
    for row in [headings, *rows]:
        cells = zip(row, widths.items(), strict=True)
        line = (f"{c:>{w}}" if name in right else f"{c:<{w}}" for c, (name, w) in cells)
        typer.echo((" " * GAP).join(line).rstrip())


def show_markdown(text: str) -> None:
    """Print Markdown whose tables a terminal gets as `show_table` prints them."""
    text = shown(text)
    if not sys.stdout.isatty():
        typer.echo(text)
        return
    lines = text.splitlines()
    table = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    show_table(table[0], table[2:], right=table[0][1:])
    for line in lines[len(table) :]:
        say(line)


def _parts(columns: Mapping[str, Sequence[str]], folded: str) -> list[list[str]]:
    """Headings of the columns that stand side by side."""
    first, *others = columns
    least = {
        name: GAP + max(map(len, [*_heading(name, cells).split("\n"), *cells]))
        for name, cells in columns.items()
    }
    least[folded] = GAP + 20
    room = GAP + shutil.get_terminal_size().columns - least[first]
    parts: list[list[str]] = []
    left = 0
    for name in others:
        if not parts or least[name] > left:
            parts.append([first])
            left = room
        parts[-1].append(name)
        left -= least[name]
    return parts


def _heading(name: str, cells: Sequence[str]) -> str:
    """A column's heading, which does not make a narrow column wide."""
    return textwrap.fill(name, max(14, *map(len, cells)))


def _print_to_terminal(
    columns: Mapping[str, Sequence[str]], right: Collection[str], folded: str
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, GAP // 2), header_style="bold")
    for name, cells in columns.items():
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(_heading(name, cells), justify=justify, no_wrap=name != folded)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    Console(markup=False, highlight=False, emoji=False).print(table)
