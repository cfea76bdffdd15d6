"""How fast the package is: `make bench`, or `python -m benchmarks.speed --help`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from benchmarks.speed import tables
from benchmarks.speed.benchmarks import BENCHMARKS
from benchmarks.speed.measuring import growth, measure
from benchmarks.speed.memory import memory
from lessons_lib.files import write_atomically


def bench(
    turns: Annotated[int, typer.Option(min=1, help="how often each candidate has its turn")] = 20,
    only: Annotated[
        str | None, typer.Option(help="only rows with this in their name, such as LSTM")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="file to write the tables to")] = None,
    json: Annotated[Path | None, typer.Option(help="file to write all figures to")] = None,
) -> None:
    """Time this package beside PyTorch, if it is installed, and its matrix products alone.

    Ratios below 1 mean that this package is the faster one; in brackets the middle half of the
    turns. Leave the machine alone meanwhile: two minutes or so.
    """
    names = [name for name in BENCHMARKS if only is None or only in name]
    if not names:
        raise ValueError(f"--only: expected a part of one of {'; '.join(BENCHMARKS)}, got {only!r}")
    rows = list(
        tqdm(measure(names, turns=turns), total=len(names), disable=not sys.stderr.isatty())
    )
    measured = (rows,) if only else (rows, growth(), memory())
    typer.echo(tables.as_markdown(*measured))
    if markdown:
        write_atomically(markdown, (tables.as_markdown(*measured) + "\n").encode())
    if json:
        write_atomically(json, (tables.as_json(*measured) + "\n").encode())


if __name__ == "__main__":
    typer.run(bench)
