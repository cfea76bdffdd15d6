"""Who handed in what: from the names that platforms give to files, and from a roster."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lessons_lib.files import read_regular
from lessons_lib.grading.batch.students import BLACKBOARD, CANVAS, MOODLE, student_of

MOST_BYTES = 20_000_000
ID_COLUMNS = ("identifier", "id", "username", "student")
NAME_COLUMNS = ("full name", "name", "student")
LOGIN_COLUMNS = ("sis user id", "sis login id", "student id", "email address", "email", "login")
TIME_COLUMNS = ("submitted", "last modified (submission)")
MOODLE_TIME = "%A, %d %B %Y, %I:%M %p"  # Tuesday, 3 March 2026, 10:15 AM


class Student(NamedTuple):
    """One who handed something in, or should have.

    Attributes:
        id: the platform's, or what stands in the roster; else the name of the files.
        name: to be read; "" if it is not known.
        platform: "canvas", "moodle" or "blackboard", if a file's name says so.
        upload: what the names of feedback files begin with on that platform.
        is_late: whether the platform's name for the file says so.
        submitted: when the last file came in, if a name or the roster tells.
        row: all columns of the roster.
    """

    id: str
    name: str = ""
    platform: str = ""
    upload: str = ""
    is_late: bool = False
    submitted: datetime | None = None
    row: Mapping[str, str] = {}


class Class(NamedTuple):
    """Who is who in a batch.

    Attributes:
        students: by the name of each submission.
        missing: those of the roster without a submission, with the files that came instead.
        strangers: submissions of nobody in the roster.
    """

    students: dict[str, Student]
    missing: list[tuple[Student, str]]
    strangers: list[str]


def student_from(name: str) -> Student | None:
    """Whom a platform's name for a file names; None if it is no such name."""
    for part in name.split("/"):  # from outside: what is in an archive is named by the student
        if found := MOODLE.match(part):
            start = f"{found['name']}_{found['id']}_assignfeedback_file_/"
            return Student(found["id"], found["name"], "moodle", start)
        if found := CANVAS.match(part):
            start = f"{found['name']}_{found['id']}_{found['file']}_"
            return Student(found["id"], found["name"], "canvas", start, is_late=bool(found["late"]))
        if found := BLACKBOARD.match(part):
            at = datetime.strptime(found["at"], "%Y-%m-%d-%H-%M-%S")
            return Student(found["id"], "", "blackboard", submitted=at)
    return None


def read_roster(path: Path) -> list[Student]:
    """The students whom a table lists.

    It may be what Canvas exports as its gradebook, Moodle as an assignment's grading worksheet,
    Blackboard as its grade center, or a table of your own with the columns `id` and `name`, and
    `submitted` with times such as 2026-03-05 23:59. Commas, semicolons or tabs separate its cells.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it has no column of ids, one that is there twice, or a time that is none.
    """
    data = read_regular(path, MOST_BYTES)
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as Blackboard writes it
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"--roster: {path} is not UTF-8 text; save it as CSV UTF-8") from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
    columns = {str(column).strip().casefold(): column for column in table.fieldnames or ()}
    of_ids = next((columns[name] for name in ID_COLUMNS if name in columns), None)
    if of_ids is None:
        raise ValueError(f"--roster: expected a column called id, got {', '.join(columns)}")
    students: dict[str, Student] = {}
    for row in table:
        cell = {name: (row[columns[name]] or "").strip() for name in columns}
        number = re.fullmatch(r"\D+ (\d+)", row[of_ids] or "")  # Participant 123
        own = number[1] if number and "identifier" in columns else (row[of_ids] or "").strip()
        if not own:  # as in Canvas's line of points
            continue
        if own in students:
            raise ValueError(f"--roster: {own} stands there twice; ids are to differ")
        name = next((cell[c] for c in NAME_COLUMNS if cell.get(c) and columns[c] != of_ids), "")
        both = f"{cell.get('first name', '')} {cell.get('last name', '')}".strip()
        when = next((cell[c] for c in TIME_COLUMNS if cell.get(c, "-") != "-"), "")
        submitted = time_of(when, f"--roster: {own}") if when else None
        row_of_text = {str(key): str(value or "") for key, value in row.items()}
        students[own] = Student(own, name or both, submitted=submitted, row=row_of_text)
    return list(students.values())


def time_of(text: str, whose: str) -> datetime:
    """A time as ISO 8601 writes it, or Moodle.

    Raises:
        ValueError: if it is none; the message begins with `whose`.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.strptime(text, MOODLE_TIME)
    except ValueError:
        raise ValueError(f"{whose}: expected a time as 2026-03-05 23:59, got {text!r}") from None


def who_is_who(
    submissions: Sequence[str], left_out: Iterable[str] = (), roster: Sequence[Student] = ()
) -> Class:
    """Find the student of each submission.

    In a roster they are found by id, by another column that identifies them, or by name; what fits
    two is told to fit nobody.

    Args:
        submissions: names of files below the folder, as a batch has them.
        left_out: names of files that are not graded.
        roster: see `read_roster`.
    """
    known: dict[str, set[str]] = {}
    by_id = {student.id: student for student in roster}
    for student in roster:
        cells = {key.strip().casefold(): value for key, value in student.row.items()}
        logins = [cells[column] for column in LOGIN_COLUMNS if cells.get(column)]
        for text in (student.id, student.name, *logins):
            for letters in {_letters(text), _letters(" ".join(text.split(", ")[::-1]))}:
                known.setdefault(letters, set()).add(student.id)

    def found(student: Student) -> Student | None:
        for text in (student.id, student.name):
            fitting = known.get(_letters(text), set()) if text else set()
            if len(fitting) == 1:
                return by_id[next(iter(fitting))]
        return None

    students: dict[str, Student] = {}
    strangers = []
    plain = _plain_ids(submissions)
    for name in submissions:
        own = student_from(name) or Student(plain[name])
        listed = found(own)
        if listed:
            own = own._replace(
                id=listed.id,
                name=listed.name or own.name,
                submitted=own.submitted or listed.submitted,
                row=listed.row,
            )
        elif roster:
            strangers.append(name)
        students[name] = own
    instead: dict[str, list[str]] = {}
    for name in left_out:
        own = student_from(name) or Student(Path(student_of(name)).name)
        if listed := found(own):
            instead.setdefault(listed.id, []).append(name)
    there = {student.id for student in students.values()}
    missing = [(s, ", ".join(instead.get(s.id, []))) for s in roster if s.id not in there]
    return Class(students, missing, strangers)


def _plain_ids(submissions: Sequence[str]) -> dict[str, str]:
    """For files that no platform has named: their name, or where that is several's, the path."""
    paths = {name: student_of(name).removesuffix(".zip") for name in submissions}
    last = {path: path.rpartition("/")[2] for path in paths.values()}
    times = Counter(last.values())
    return {
        name: last[path] if times[last[path]] == 1 else path.replace("/", " ")
        for name, path in paths.items()
    }


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
