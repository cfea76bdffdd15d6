"""Whose a file is, and which of a student's files counts.

The rule: files are one student's that lie in the same folder of Moodle's (`Jane
Doe_123_assignsubmission_file_`), or bear the same name and number of Canvas's
(`doejane_123_456_homework.ipynb`), or the same user of Blackboard's
(`Homework_jdoe_attempt_2026-03-05-10-15-00_a.ipynb`), or lie in the same archive, or are called the
same in the same folder but for the mark of a copy. What a platform writes stands first in a name
and the end is the student's: the first form counts, and none inside of an archive. Of those that
answer the same exercises the one with most points counts; of equal ones that with more attempts,
then that which is no copy, then the later.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from lessons_lib.grading.batch.tables import Graded

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_\w+")
CANVAS = re.compile(
    r"(?P<name>[^\W_]+)_(?P<late>LATE_)?(?P<id>\d{3,})_(?P<file>\d{3,})_.+", re.IGNORECASE
)
BLACKBOARD = re.compile(r".+?_(?P<id>[^_]+)_attempt_(?P<at>\d{4}(?:-\d\d){5})(?:_.+|\.\w+)?")
FORMS = {"canvas": CANVAS, "moodle": MOODLE, "blackboard": BLACKBOARD}
LONG_NUMBER = 5  # digits: those of Canvas's are longer than those of courses and years
LONGEST = 255  # characters of a file's name; a member of an archive may be called by more
COPY = re.compile(r"(?:[ _-]*\(\d+\)|[ _-]+copy\d*(?: \(\d+\))?)$|^copy of ", re.IGNORECASE)


def titles_of(names: Iterable[str]) -> frozenset[str]:
    """Titles of tasks that look as if Canvas had named a file: "CS_101_2026".

    Several files begin with them, and Canvas gives each file a number of its own. They stand before
    a time of Blackboard's, or their numbers are short; of what is in a student's archive none is.
    """
    files: dict[str, set[str]] = {}
    for name in names:
        parts = name.split("/")
        for k, part in enumerate(parts):
            if (found := CANVAS.match(part)) and (
                BLACKBOARD.fullmatch(part) or not _has_long_numbers(found)
            ):
                where = "/".join([*parts[:k], _without_copy_mark(part)])
                files.setdefault(part[: found.end("file")], set()).add(where)
            if part.lower().endswith(".zip"):
                break
    return frozenset(title for title, places in files.items() if len(places) > 1)


def _has_long_numbers(found: re.Match[str]) -> bool:
    return min(len(found["id"]), len(found["file"])) >= LONG_NUMBER


def platform_of(name: str, titles: Collection[str] = ()) -> tuple[str, re.Match[str]] | None:
    """Which platform has named a file, by its path, and the parts of that name.

    `titles` are those of the batch; see `titles_of`.
    """
    parts = name.split("/")
    for k, part in enumerate(parts):  # from outside
        found = [(kind, match) for kind, form in FORMS.items() if (match := form.match(part))]
        found = [(a, b) for a, b in found if a != "canvas" or part[: b.end("file")] not in titles]
        if k < len(parts) - 1 and not part.lower().endswith(".zip"):
            # A folder of Canvas's is an archive that somebody has unpacked, or a course's section.
            found = [(a, b) for a, b in found if a != "canvas" or _has_long_numbers(b)]
        if found:
            return min(found, key=lambda one: one[1].start("id"))
        if part.lower().endswith(".zip"):  # what is in it is named by the student
            break
    return None


def student_of(name: str, titles: Collection[str] = ()) -> str:
    """Who handed a file in, by its path below the folder of submissions; see the module."""
    if named := platform_of(name, titles):
        kind, found = named
        if kind == "blackboard":  # a user's name may have a "_": all before the time is the key
            return found.string[: found.start("at") - 1]
        return f"{found['name']}_{found['id']}"
    parts = name.split("/")
    for k, part in enumerate(parts[:-1], start=1):
        if part.lower().endswith(".zip"):
            return "/".join(parts[:k])
    return "/".join([*parts[:-1], _without_copy_mark(parts[-1])])


def _without_copy_mark(file_name: str) -> str:
    stem = PurePosixPath(file_name).stem[-LONGEST:]
    while (shorter := COPY.sub("", stem)) and shorter != stem:
        stem = shorter
    return stem


def points_of(row: Graded) -> tuple[float, int]:
    """What a submission is worth where lateness costs nothing: its points, and 0 days late."""
    return row.report.score, 0


def not_counted(
    graded: Iterable[Graded],
    paths: Mapping[str, Path],
    worth: Callable[[Graded], tuple[float, int]] = points_of,
) -> dict[str, str]:
    """Why rows of one student do not count, by name; all others of them do.

    Args:
        graded: all rows of the student.
        paths: where a file lies, by its name.
        worth: the points that are left of a row's for its lateness, and minus the days late.
    """
    taken: list[Graded] = []
    left_out: dict[str, str] = {}

    def rank(row: Graded) -> tuple[float, int, int, bool, float, str]:
        path = paths[row.name]
        is_copy = _without_copy_mark(path.name) != path.stem
        made = path.lstat().st_mtime if path.is_symlink() or path.exists() else 0.0
        attempts = sum(result.status != "not_attempted" for result in row.report.results)
        left, days = worth(row)
        return left, attempts, days, not is_copy, made, row.name

    for row in sorted(graded, key=rank, reverse=True):
        if not row.report.results:
            left_out[row.name] = "it defines none of the exercises"
            continue
        answered = {result.exercise for result in row.report.results}
        rival = next((o for o in taken if answered & {r.exercise for r in o.report.results}), None)
        if rival is None:
            taken.append(row)
            continue
        (left, days), (others_left, others_days) = worth(row), worth(rival)
        more = "more points" if others_left > left else "as many points"
        more += " left" if days or others_days else ""
        archive = row.name[: row.name.lower().find(".zip/") + 5]  # may be a whole class's
        of = "archive" if archive[4:] and rival.name.startswith(archive) else "student"
        left_out[row.name] = f"{rival.name} of the same {of} counts; it has {more}"
    return left_out
