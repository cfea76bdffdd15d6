"""Whose a file is, and which of a student's files counts.

The rule: files are one student's that lie in the same folder of Moodle's (`Jane
Doe_123_assignsubmission_file_`), or bear the same name and number of Canvas's
(`doejane_123_456_homework.ipynb`), or the same user of Blackboard's
(`Homework_jdoe_attempt_2026-03-05-10-15-00_a.ipynb`), or lie in the same archive, or are called the
same in the same folder but for the mark of a copy. Of those that answer the same exercises the one
with most points counts; of equal ones that with more attempts, then that which is no copy, then the
later.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from lessons_lib.grading.batch.tables import Graded

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_\w+")
CANVAS = re.compile(
    r"(?P<name>[^\W_]+)_(?P<late>LATE_)?(?P<id>\d{3,})_(?P<file>\d{3,})_.+", re.IGNORECASE
)
BLACKBOARD = re.compile(r".+_(?P<id>[^_]+)_attempt_(?P<at>\d{4}(?:-\d\d){5})(?:_.+|\.\w+)?")
COPY = re.compile(r"[ _-]*(?:\(\d+\)|-?copy\d*(?: \(\d+\))?)$|^copy of ", re.IGNORECASE)


def student_of(name: str) -> str:
    """Who handed a file in, by its path below the folder of submissions; see the module."""
    parts = name.split("/")
    for part in parts:  # from outside: what is in a student's archive is named by the student
        for form in (MOODLE, CANVAS):
            if found := form.match(part):
                return f"{found['name']}_{found['id']}"
        if found := BLACKBOARD.match(part):
            return f"{found['id']}_attempt"
    archives = [k for k, part in enumerate(parts[:-1], start=1) if part.lower().endswith(".zip")]
    if archives:
        return "/".join(parts[: archives[-1]])
    return "/".join([*parts[:-1], _without_copy_mark(parts[-1])])


def _without_copy_mark(file_name: str) -> str:
    stem = PurePosixPath(file_name).stem
    while (shorter := COPY.sub("", stem)) and shorter != stem:
        stem = shorter
    return stem


def one_for_each_student(
    graded: Sequence[Graded], students: Mapping[str, str], paths: Mapping[str, Path]
) -> tuple[list[Graded], dict[str, str]]:
    """The rows that count, and why others do not.

    Args:
        graded: all rows.
        students: whose a file is, by its name; one without counts in any case.
        paths: where it lies, by its name.

    Returns:
        Rows in their order, and reasons by name.
    """
    taken: dict[str, list[Graded]] = {}
    left_out: dict[str, str] = {}

    def rank(row: Graded) -> tuple[float, int, bool, float, str]:
        path = paths[row.name]
        is_copy = _without_copy_mark(path.name) != path.stem
        made = path.lstat().st_mtime if path.is_symlink() or path.exists() else 0.0
        attempts = sum(result.status != "not_attempted" for result in row.report.results)
        return row.report.score, attempts, not is_copy, made, row.name

    for row in sorted(graded, key=rank, reverse=True):
        student = students.get(row.name)
        if student is None:  # named by the instructor
            continue
        if not row.report.results:
            left_out[row.name] = "it defines none of the exercises"
            continue
        others = taken.setdefault(student, [])
        answered = {result.exercise for result in row.report.results}
        rival = next((o for o in others if answered & {r.exercise for r in o.report.results}), None)
        if rival is None:
            others.append(row)
            continue
        more = "more" if rival.report.score > row.report.score else "as many"
        left_out[row.name] = f"{rival.name} of the same student counts; it has {more} points"
    return [row for row in graded if row.name not in left_out], left_out
