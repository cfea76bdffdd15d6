"""Grades, and what was not graded, as CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from lessons_lib.files import writing_atomically
from lessons_lib.grading.report import Report
from lessons_lib.shown import shown

BEGIN_FORMULAS = r"=+@\-＝＋＠－"  # noqa: RUF001
MARK = "\ufeff"  # without it Excel takes UTF-8 for something else
# What a spreadsheet takes for a number, a date or a time, and would show with other characters.
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
CHANGED = re.compile(
    r"0\d+|\d{16,}|\d+(\.\d+)?e[+-]?\d+|\d+[-/:]\d+([-/:]\d+)?|\d+\.\d+\.\d+"
    rf"|{MONTH}[-/ ]?\d+|\d+[-/ ]?{MONTH}",
    re.IGNORECASE | re.ASCII,
)


class Graded(NamedTuple):
    """A submission and its report."""

    name: str
    report: Report


def table(
    rows: Sequence[Graded], about: Callable[[Graded], Mapping[str, str]]
) -> Iterator[Sequence[str]]:
    """The lines of the grades: one for each submission, two columns for each exercise.

    Points stand alone in their column, with the status in the next one. Seeds are written as
    1_234_567: a spreadsheet takes that for text and keeps all digits, and Python for a number. An
    id that it would change, such as 0012345 or one of 16 digits, has an apostrophe before it.

    Args:
        rows: the submissions.
        about: what stands before the points, by column; the same columns for each.
    """
    exercises = list(dict.fromkeys(r.exercise for row in rows for r in row.report.results))
    heads = [head for exercise in exercises for head in (exercise, f"{exercise} status")]
    first = about(rows[0]) if len(rows) else ()
    yield [*first, "score", "max_score", *heads, "isolation", "seed", "submission"]
    for row in rows:
        name, report = row
        results = {result.exercise: result for result in report.results}
        cells = []
        for exercise in exercises:
            result = results.get(exercise)
            cells += [f"{result.score:g}", result.status] if result else ["", ""]
        total = [f"{report.score:g}", f"{report.max_score:g}"]
        seed = "" if report.seed is None else f"{report.seed:_}"
        yield [
            *map(as_text, about(row).values()),
            *total,
            *cells,
            report.isolation or "",
            seed,
            name,
        ]


def as_text(cell: str) -> str:
    """A cell that a spreadsheet would take for a number, and change, as a text.

    What begins with such a quote itself has another, so that no two cells become one.
    """
    return f"'{cell}" if CHANGED.fullmatch(cell) or cell.startswith("'") else cell


def left_out_table(left_out: Mapping[str, str]) -> str:
    """What was not graded as CSV: a line for each file, with the reason."""
    text = as_csv([["file", "reason"], *map(list, left_out.items())])
    return text if text.isascii() else MARK + text


def write_csv(
    path: Path,
    lines: Iterable[Sequence[str]],
    *,
    mark: str = MARK,
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> None:
    """Write lines of cells as they come; see `as_csv`."""
    with writing_atomically(path) as file:
        file.write(mark.encode())
        for line in lines:
            file.write(as_csv([line], quoting).encode())


def as_csv(lines: Iterable[Sequence[str]], quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> str:
    """Lines of cells, none of which a spreadsheet takes for a formula.

    Args:
        lines: the cells.
        quoting: csv.QUOTE_MINIMAL or csv.QUOTE_ALL.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=quoting)
    writer.writerows(map(harmless, line) for line in lines)
    return text.getvalue()


def harmless(cell: str) -> str:
    """No spreadsheet shall take a cell for a formula, nor one that splits at semicolons a part.

    Quotes and blanks before it hide no formula. A lone "-" is none, and means "nothing" to Moodle.
    """
    text = shown(cell, keep="")
    return text if text == "-" else re.sub(rf"(^|;)(?=[\s\"]*[{BEGIN_FORMULAS}])", r"\1'", text)


def harmless_html(text: str) -> str:
    """The same for HTML, whose entities end in semicolons: a sign behind one is written as one."""

    def written(found: re.Match[str]) -> str:
        return re.sub(f"[{BEGIN_FORMULAS}]", lambda sign: f"&#{ord(sign[0])};", found[0])

    return re.sub(rf";[\s\"{BEGIN_FORMULAS}]+", written, text)
