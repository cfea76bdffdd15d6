"""Grade many submissions: several at once, nothing lost when stopped, one table at the end."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lessons_lib.files import write_atomically
from lessons_lib.grading.batch.finding import Found, find_submissions, leave_out_exercises
from lessons_lib.grading.batch.keeping import (
    Kept,
    NotKeptError,
    claimed,
    digest_of,
    fingerprint,
    kept_report,
    kept_reports,
    write_counted,
    write_report,
)
from lessons_lib.grading.batch.pool import How, graded_by_pool
from lessons_lib.grading.batch.students import NAMED_BY, points_of, what_counts
from lessons_lib.grading.batch.tables import Graded, left_out_table, table, write_csv
from lessons_lib.grading.exercise.loading import load_exercises
from lessons_lib.grading.report import Report

__all__ = [
    "NAMED_BY",
    "Batch",
    "Found",
    "Graded",
    "How",
    "claimed",
    "find_submissions",
    "grade_all",
    "kept_reports",
    "leave_out_exercises",
    "load_exercises",
]

AS_USUAL = How()
Pool = Callable[[Mapping[str, Path], How, int, Callable[[str, Report], None]], None]


class Batch(NamedTuple):
    """What came of many submissions.

    Attributes:
        rows: those that count; a report is read from disk when it is asked for.
        left_out: why other files do not, by name.
        anew: why a submission was graded although it had been before, by name.
    """

    rows: Sequence[Graded]
    left_out: dict[str, str]
    anew: dict[str, str]


def grade_all(
    found: Found,
    out: Path,
    how: How = AS_USUAL,
    *,
    jobs: int = 1,
    regrade: bool = False,
    on_graded: Callable[[Graded], None] = lambda graded: None,
    about: Callable[[Graded], Mapping[str, str]] | None = None,
    worth: Callable[[Graded], tuple[float, int]] = points_of,
    pool: Pool | None = None,
) -> Batch:
    """Grade submissions and write what came of them.

    Writes `results/NAME.json` and `feedback/NAME.txt` for each as it is graded, and `grades.csv`
    and `left_out.csv` at the end. A submission that has a result already, of the same content,
    exercises and grader, is not graded again: a batch that was stopped goes on where it was.

    Args:
        found: as `find_submissions` gives it.
        out: folder to write to; see `claimed`.
        how: each is graded; without a seed each gets new cases.
        jobs: how many are graded at once.
        regrade: grade each, whatever results there are.
        on_graded: called with each as it is done.
        about: first columns of `grades.csv`, see `table`; by default whose the submission is.
        worth: decides which of a student's rows count, see `what_counts`.
        pool: grades them; by default `jobs` processes here.

    Returns:
        A row for each student's answers, in the order found, and what has none.
    """
    (out / "results").mkdir(parents=True, exist_ok=True)
    (out / "feedback").mkdir(exist_ok=True)
    submissions = found.submissions
    task = fingerprint(how)
    digests = {name: digest_of(path) for name, path in submissions.items()}
    left = dict(submissions)
    anew: dict[str, str] = {}

    def keep(name: str, report: Report) -> None:
        write_report(out, name, digests[name], task, report)
        on_graded(Graded(name, report))

    for name in submissions if not regrade else ():
        try:
            on_graded(Graded(name, kept_report(out, name, digests[name], task)))
            del left[name]
        except NotKeptError as reason:
            if str(reason):
                anew[name] = str(reason)
    (pool or graded_by_pool)(left, how, jobs, keep)
    files_of: dict[str, list[str]] = {}  # those named one by one are nobody's, and all count
    for name, student in found.students.items():
        files_of.setdefault(student, []).append(name)
    not_taken: dict[str, str] = {}
    counts: dict[str, list[str]] = {}
    for names in files_of.values():
        own, others = what_counts(Kept(out, names), submissions, worth)
        not_taken |= others
        counts |= own if len(own) > 1 else {}
    counted = [name for name in submissions if name not in not_taken]
    rows = Kept(out, counted, counts)
    if about is None:
        about = lambda row: {"student": found.students.get(row.name, row.name)}  # noqa: E731
    left_out = dict(sorted({**found.left_out, **not_taken}.items()))
    write_counted(out, counted, counts)
    write_csv(out / "grades.csv", table(rows, about))
    write_atomically(out / "left_out.csv", left_out_table(left_out).encode())
    return Batch(rows, left_out, anew)
