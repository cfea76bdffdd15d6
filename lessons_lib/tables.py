"""Numbers as a table: HTML in a notebook, plain text in a terminal and in stored outputs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tabulate import tabulate


class Table:
    """Columns side by side; the last line of a cell shows it.

    Attributes:
        columns: what stands in each column, from top to bottom, by its heading.
        digits: digits behind the decimal point, by heading.
    """

    def __init__(self, columns: Mapping[str, ArrayLike], digits: int | Mapping[str, int] = 2):
        self.columns = {heading: _entries(column) for heading, column in columns.items()}
        self.digits = digits if isinstance(digits, Mapping) else dict.fromkeys(columns, digits)
        lengths = {heading: len(column) for heading, column in self.columns.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"columns: expected some, all of one length, got {lengths or 'none'}")

    def _rows(self) -> list[list[str]]:
        cells = [
            [_text(entry, self.digits.get(heading, 2)) for entry in column]
            for heading, column in self.columns.items()
        ]
        return [list(row) for row in zip(*cells, strict=True)]

    def _tabulate(self, form: str) -> str:
        numbers = [any(map(_is_number, column)) for column in self.columns.values()]
        sides = ["right" if number else "left" for number in numbers]
        return tabulate(
            self._rows(),
            list(self.columns),
            tablefmt=form,
            colalign=sides,
            disable_numparse=True,  # the digits are those that were asked for
        )

    def __repr__(self) -> str:
        return self._tabulate("simple")

    def _repr_html_(self) -> str:
        return self._tabulate("html")


def table(columns: Mapping[str, ArrayLike], digits: int | Mapping[str, int] = 2) -> Table:
    """Show columns side by side.

    Args:
        columns: the entries of each column, from top to bottom, by its heading. Numbers, words,
            or None where there is nothing to show.
        digits: digits behind the decimal point of numbers that are not whole by their type: for
            all columns, or by heading (2 where a heading is not named).

    Returns:
        What a notebook shows as a table if it is the last line of a cell.

    Raises:
        ValueError: if there is no column, or columns differ in length.
    """
    return Table(columns, digits)


def _entries(column: ArrayLike) -> Sequence[Any]:
    return list(column)  # type: ignore[arg-type]  # rows of an array, words of a list


def _is_number(entry: Any) -> bool:
    return isinstance(entry, int | float | np.number) and not isinstance(entry, bool)


def _text(entry: Any, digits: int) -> str:
    if entry is None:
        return ""
    if isinstance(entry, float | np.floating):
        return f"{round(float(entry), digits) + 0.0:,.{digits}f}"  # + 0.0: no minus before a zero
    return f"{entry:,}" if isinstance(entry, int | np.integer) and _is_number(entry) else str(entry)
