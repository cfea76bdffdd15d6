"""Grades, and what was not graded, as CSV."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lessons_lib.grading.report import Report, Result
from lessons_lib.shown import shown


class Graded(NamedTuple):
    """A submission and its report."""

    name: str
    report: Report


def table(rows: Sequence[Graded]) -> str:
    """The grades as CSV: a line for each submission, a column for each exercise."""
    exercises = list(dict.fromkeys(r.exercise for row in rows for r in row.report.results))
    lines = [["submission", "score", "max_score", *exercises, "isolation", "seed"]]
    for name, report in rows:
        scores = {result.exercise: result for result in report.results}
        cells = [_score(scores[e]) if e in scores else "" for e in exercises]
        total = [f"{report.score:g}", f"{report.max_score:g}"]
        seed = "" if report.seed is None else str(report.seed)
        lines.append([name, *total, *cells, report.isolation or "", seed])
    return _as_csv(lines)


def left_out_table(left_out: Mapping[str, str]) -> str:
    """What was not graded as CSV: a line for each file, with the reason."""
    return _as_csv([["file", "reason"], *map(list, left_out.items())])


def _score(result: Result) -> str:
    return f"{result.score:g}" if result.status in ("passed", "failed") else f"0 ({result.status})"


def _as_csv(lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(map(_harmless, line) for line in lines)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """No spreadsheet shall take a cell for a formula, nor one that splits at semicolons a part."""
    return re.sub(r"(^|;)(?=\s*[=+@\-＝＋＠－])", r"\1'", shown(cell, keep=""))  # noqa: RUF001
