"""Who handed in what: from the names that platforms give to files, and from a roster."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lessons_lib.files import read_regular
from lessons_lib.grading.batch.students import Names, without_copy_mark

MOST_BYTES = 20_000_000
MOST_CELL = 10_000_000  # characters
ID_COLUMNS = ("identifier", "id", "username", "student")
NAME_COLUMNS = ("full name", "name", "student")
LOGIN_COLUMNS = ("sis user id", "sis login id", "student id", "email address", "email", "login")
TIME_COLUMNS = ("submitted", "last modified (submission)")
OF_A_NAME = re.compile(  # what platforms put into names; the student's part may hold it again
    r"_\d+(?=_assignsubmission_)|_attempt_(?=\d{4}-)|^[^\W_]+_(?:LATE_)?\d{3,}_\d{3,}(?=_)"
)
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
        doubts: why somebody should look whose the files are, and when they came.
    """

    id: str
    name: str = ""
    platform: str = ""
    upload: str = ""
    is_late: bool = False
    submitted: datetime | None = None
    row: Mapping[str, str] = {}
    doubts: tuple[str, ...] = ()


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


def student_from(name: str, names: Names | None = None) -> Student | None:
    """Whom a platform's name for a file names; None if it is no such name.

    Args:
        name: its path below the folder of submissions.
        names: those of the batch.
    """
    named = (names or Names()).platform_of(name)
    if named is None:
        return None
    kind, found = named
    doubts = ["its name fits two students"] if len(OF_A_NAME.findall(found.string)) > 1 else []
    own = Student(found["id"], "", kind)
    if kind == "blackboard":
        try:
            own = own._replace(submitted=datetime.strptime(found["at"], "%Y-%m-%d-%H-%M-%S"))
        except ValueError:
            doubts.append("the time in its name is none")
    else:
        name = found["name"].replace("_", " ") if kind == "moodle" else found["name"]
        start = f"{name}_{found['id']}_"  # Moodle looks for the number behind the first "_"
        start += "assignfeedback_file_/" if kind == "moodle" else f"{found['file']}_"
        is_late = kind == "canvas" and bool(found["late"])
        own = own._replace(name=found["name"], upload=start, is_late=is_late)
        if not own.id.isdecimal():  # graded anonymously: nobody of a gradebook
            own = own._replace(id=f"{own.name}_{own.id}", name="")
    return own._replace(doubts=tuple(doubts))


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
    most = csv.field_size_limit(MOST_CELL)  # Moodle's tables hold what students have written
    try:
        return _students_in(
            csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
        )
    except csv.Error as error:
        raise ValueError(f"--roster: {path} is no table of cells: {error}") from None
    finally:
        csv.field_size_limit(most)


def _students_in(table: "csv.DictReader[str]") -> list[Student]:
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
        first = cell.get("first name") or cell.get("firstname", "")  # the second is Canvas's
        both = f"{first} {cell.get('last name') or cell.get('lastname', '')}".strip()
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
    submissions: Iterable[str],
    left_out: Iterable[str] = (),
    roster: Sequence[Student] = (),
    handed_in_as: Mapping[str, str] | None = None,
    names: Names | None = None,
) -> Class:
    """Find the student of each submission.

    In a roster they are found by id, by another column that identifies them, by the letters of
    those, or by name: by the first that fits anybody. What fits two is told to fit nobody.

    Args:
        submissions: names of files below the folder, as a batch has them.
        left_out: names of files that are not graded.
        roster: see `read_roster`.
        handed_in_as: what a file is called whose name here says more, or writes a letter out; its
            student is looked for by that.
        names: those of the batch; else what stands in the first arguments.
    """
    by_id = {_normal(student.id): student for student in roster}
    by_login: dict[str, set[str]] = {}
    by_letters: dict[str, set[str]] = {}
    by_name: dict[str, set[str]] = {}
    for student in roster:
        cells = {key.strip().casefold(): value for key, value in student.row.items()}
        logins = [_normal(cells[column]) for column in LOGIN_COLUMNS if cells.get(column)]
        for text in logins:
            by_login.setdefault(text, set()).add(_normal(student.id))
        for text in (student.id, *logins):
            by_letters.setdefault(_letters(text), set()).add(_normal(student.id))
        for text in (student.name, " ".join(student.name.split(", ")[::-1])):
            by_name.setdefault(_letters(text), set()).add(_normal(student.id))

    def found(student: Student) -> Student | None:
        own_id = _normal(student.id)
        if own_id in by_id:
            return by_id[own_id]
        # On a platform students choose what they are called: a name is no number there.
        name = student.name if student.platform else student.id
        for text, known in (
            (own_id, by_login),
            (_letters(own_id), by_letters),
            (_letters(name), by_name),
        ):
            if text and (fitting := known.get(text)):
                return by_id[next(iter(fitting))] if len(fitting) == 1 else None
        return None

    def asked_for(name: str, plain: Iterable[str] = ()) -> list[Student]:
        """Who may have handed a file in, the likeliest first.

        What no platform has named may lie in a section's folder, or in one of the student's.
        """
        named = student_from(name, names)
        if named and (named.platform != "canvas" or not roster or found(named)):
            return [named]
        *folders, file = _outside_of_archives(name)
        parts = [without_copy_mark(file), *reversed(folders)]
        return [*([named] if named else []), *map(Student, [*plain, *parts])]

    students: dict[str, Student] = {}
    strangers = []
    real = {name: (handed_in_as or {}).get(name, name) for name in submissions}
    left = {name: (handed_in_as or {}).get(name, name) for name in left_out}
    names = names or Names([*real.values(), *left.values()])
    plain = _plain_ids({name: name for name in real}, names)
    really_plain = _plain_ids(real, names)
    for name, real_name in real.items():
        own = student_from(name, names) or Student(plain[name])
        asked = asked_for(real_name, [really_plain[name]])
        listed = next(filter(None, map(found, asked)), None)
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
    sources: dict[str, set[str]] = {}
    for name, own in students.items():
        sources.setdefault(own.id, set()).add(names.student_of(name))
    for name, own in students.items():
        if len(sources[own.id]) > 1:
            doubts = (*own.doubts, f"files of several names are {own.id}'s")
            students[name] = own._replace(doubts=doubts)
    instead: dict[str, list[str]] = {}
    for name, real_name in left.items():
        if listed := next(filter(None, map(found, asked_for(real_name))), None):
            instead.setdefault(listed.id, []).append(name)
    there = {student.id for student in students.values()}
    missing = [(s, ", ".join(instead.get(s.id, []))) for s in roster if s.id not in there]
    return Class(students, missing, strangers)


def _plain_ids(submissions: Mapping[str, str], names: Names) -> dict[str, str]:
    """For files that no platform has named: their name, or where that is several's, the path."""
    whose = {key: names.student_of(name) for key, name in submissions.items()}
    paths = {key: name[:-4] if _is_zip(name) else name for key, name in whose.items()}
    ids = {path: path.rpartition("/")[2] for path in paths.values()}
    for longer in (lambda path: path.replace("/", " "), lambda path: path):
        times = Counter(ids.values())
        ids = {path: own if times[own] == 1 else longer(path) for path, own in ids.items()}
    return {name: ids[path] for name, path in paths.items()}


def _outside_of_archives(name: str) -> list[str]:
    """The parts of a path, without what a student has called so in an archive."""
    parts = name.split("/")
    inside = next((k for k, part in enumerate(parts, start=1) if _is_zip(part)), len(parts))
    return parts[:inside]


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def _normal(text: str) -> str:
    """One way to write a letter with marks: Macs write names of files in another."""
    return unicodedata.normalize("NFC", text)


def _letters(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in text if c.isalnum() or unicodedata.category(c)[0] == "M")
