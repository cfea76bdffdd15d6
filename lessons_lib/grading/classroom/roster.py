"""Who is in a class: a table of one's own, or a platform's export."""

import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from lessons_lib.files import read_regular

MOST_BYTES = 20_000_000
MOST_CELL = 10_000_000  # characters
MOST_WORDS = 30  # of a file's name
ID_COLUMNS = ("identifier", "id", "username", "student")
NAME_COLUMNS = ("full name", "name", "student")
LOGIN_COLUMNS = (
    *("sis user id", "sis login id", "student id", "email address", "email", "login"),
    *("username", "id number", "idnumber", "github_username"),  # Moodle's second and third
)
EXPORTS = (  # what only a platform's own table has
    ("canvas", {"student", "id", "section"}),
    ("canvas", {"lastname", "firstname", "id", "section"}),
    ("github classroom", {"identifier", "github_username"}),
    ("moodle", {"identifier"}),
    ("blackboard", {"username", "last name"}),
)
TIME_COLUMNS = ("submitted", "last modified (submission)")
MOODLE_TIMES = (  # Tuesday, 3 March 2026, 10:15 AM; as in the United States; with 24 hours
    *("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p"),
    *("%A, %d %B %Y, %H:%M", "%A, %B %d, %Y, %H:%M"),
)


class Student(NamedTuple):
    """One who handed something in, or should have.

    Attributes:
        id: the platform's, or what stands in the roster; else the name of the files.
        name: to be read; "" if it is not known.
        platform: "canvas", "moodle" or "blackboard", if a file's name says so.
        number: the id there, as that name says.
        upload: what the names of feedback files begin with on that platform.
        is_late: whether the platform's name for the file says so.
        submitted: when the last file came in, if a name or the roster tells.
        row: all columns of the roster.
        doubts: why somebody should look whose the files are, and when they came.
    """

    id: str
    name: str = ""
    platform: str = ""
    number: str = ""
    upload: str = ""
    is_late: bool = False
    submitted: datetime | None = None
    row: Mapping[str, str] = {}
    doubts: tuple[str, ...] = ()


def exported_by(row: Mapping[str, str]) -> str:
    """Which platform has written a row of a roster, by its columns; "" for a table of one's own."""
    columns = {column.strip().casefold() for column in row}
    return next((platform for platform, own in EXPORTS if own <= columns), "")


def read_roster(path: Path, *, times: bool = True) -> list[Student]:
    """The students whom a table lists, and when they handed in, if that is asked for.

    It may be what Canvas exports as its gradebook, Moodle as an assignment's grading worksheet,
    Blackboard as its grade center, or a table of your own with the columns `id` and `name`, and
    `submitted` with times such as 2026-03-05 23:59. Commas, semicolons or tabs separate its cells.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it has no column of ids, a student without one or with another's, or a time
            that is none.
    """
    data = read_regular(path, MOST_BYTES)
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as Blackboard writes it
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"--roster: {path} is not UTF-8 text; save it as CSV UTF-8") from None
    most = csv.field_size_limit(MOST_CELL)  # Moodle's tables hold what students have written
    try:
        tables = [
            csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
            for separator in sorted(",;\t", key=text.partition("\n")[0].count, reverse=True)
        ]  # titles of assignments may have more of another one in them
        table = next((t for t in tables if not {*ID_COLUMNS}.isdisjoint(_by_name(t))), tables[0])
        return _students_in(table, times)
    except csv.Error as error:
        raise ValueError(f"--roster: {path} is no table of cells: {error}") from None
    finally:
        csv.field_size_limit(most)


def _by_name(table: "csv.DictReader[str]") -> dict[str, str]:
    return {str(column).strip().casefold(): column for column in table.fieldnames or ()}


def _students_in(table: "csv.DictReader[str]", times: bool) -> list[Student]:
    columns = _by_name(table)
    of_ids = next((columns[name] for name in ID_COLUMNS if name in columns), None)
    if of_ids is None:
        raise ValueError(f"--roster: expected a column called id, got {', '.join(columns)}")
    students: dict[str, Student] = {}
    for row in table:
        cell = {name: (row[columns[name]] or "").strip() for name in columns}
        platform = exported_by(row)
        number = re.fullmatch(r"\D+ (\d+)", row[of_ids] or "")  # Participant 123
        own = number[1] if number and platform == "moodle" else (row[of_ids] or "").strip()
        own = _as_text(own)
        name = next((cell[c] for c in NAME_COLUMNS if cell.get(c) and columns[c] != of_ids), "")
        first = cell.get("first name") or cell.get("firstname", "")  # the second is Canvas's
        both = f"{first} {cell.get('last name') or cell.get('lastname', '')}".strip()
        if not own:  # as in Canvas's line of points
            if (name or both) and not platform:
                raise ValueError(f"--roster: {name or both} has no {of_ids}; give one")
            continue
        if own in students:
            raise ValueError(f"--roster: {own} stands there twice; ids are to differ")
        when = next((cell[c] for c in TIME_COLUMNS if times and cell.get(c, "-") != "-"), "")
        submitted = time_of(when, f"--roster: {own}") if when else None
        row_of_text = {str(key): str(value or "") for key, value in row.items()}
        for column in filter(columns.get, LOGIN_COLUMNS):
            row_of_text[columns[column]] = _as_text(cell[column])
        students[own] = Student(own, name or both, submitted=submitted, row=row_of_text)
    return list(students.values())


def _as_text(cell: str) -> str:
    """A cell without what a spreadsheet adds to a whole number."""
    return re.sub(r"^(\d+)\.0$", r"\1", cell)


def time_of(text: str, whose: str) -> datetime:
    """A time as ISO 8601 writes it, or Moodle.

    Raises:
        ValueError: if it is none; the message begins with `whose`.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in MOODLE_TIMES:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form)
    raise ValueError(f"{whose}: expected a time as 2026-03-05 23:59, got {text!r}")


class Roster:
    """Finds students among those listed.

    They are found by id or by another column that identifies them, as they are written; else by the
    words of those, or of what stands before an @, and by name.

    Args:
        listed: see `read_roster`.
    """

    def __init__(self, listed: Sequence[Student]) -> None:
        self._by_id = {_normal(student.id): student for student in listed}
        self._exported_by = {exported_by(student.row) for student in listed}
        self._by_login: dict[str, set[str]] = {}
        self._by_words: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        self._by_last_name: dict[str, set[str]] = {}  # with that first, as Canvas writes it
        self._words: dict[str, set[str]] = {}  # of each name, without initials
        self._by_word: dict[str, set[str]] = {}
        for own_id, student in self._by_id.items():
            cells = {key.strip().casefold(): value for key, value in student.row.items()}
            logins = [_normal(cells[column]) for column in LOGIN_COLUMNS if cells.get(column)]
            for text in logins:
                self._by_login.setdefault(text, set()).add(own_id)
            for text in (own_id, *logins):
                for login in (text, text.partition("@")[0]):
                    self._by_words.setdefault(" ".join(words_of(login)), set()).add(own_id)
            for text in (student.name, " ".join(student.name.split(", ")[::-1])):
                self._by_name.setdefault(_letters(text), set()).add(own_id)
            self._words[own_id] = {word for word in words_of(student.name) if len(word) > 1}
            for word in self._words[own_id] if len(self._words[own_id]) > 1 else ():
                self._by_word.setdefault(word, set()).add(own_id)
            for text in _with_the_last_name_first(student.name):
                self._by_last_name.setdefault(_letters(text), set()).add(own_id)

    def __contains__(self, own_id: str) -> bool:
        return _normal(own_id) in self._by_id

    def __getitem__(self, own_id: str) -> Student:
        return self._by_id[_normal(own_id)]

    def fitting(self, student: Student) -> set[str]:
        """The ids of all whom a file's name, or a part of its path, may mean.

        In a platform's own table the number counts alone. A table of one's own need not have it:
        there number and name both count. What no platform has named is looked for as it is written
        first, then by words and by name.
        """
        if not student.platform:
            itself = self.exactly(student.id)
            return itself or self._numbered(student) | self.called(student)
        if student.platform and student.platform in self._exported_by:
            has_logins = student.platform == "blackboard"
            return self.exactly(student.id) if has_logins else self._numbered(student)
        numbers, words = self._numbered(student), self.called(student)
        return numbers & words or numbers | words

    def exactly(self, text: str) -> set[str]:
        """The ids of all who have this id, or else this login, as it is written."""
        text = _normal(text)
        return {text} & self._by_id.keys() or self._by_login.get(text, set())

    def called(self, student: Student) -> set[str]:
        """The ids of all who are called so."""
        # On a platform students choose what they are called: a name is no number there.
        name = student.name if student.platform else student.id
        letters = _letters(name)
        if not letters:
            return set()
        if student.platform == "moodle" and "-" in name and letters not in self._by_name:
            return self.called(student._replace(name=name.partition("-")[2]))  # behind a group's
        first, last = (by.get(letters, set()) for by in (self._by_name, self._by_last_name))
        if student.platform == "canvas":
            return last or first
        return first if student.platform else first | last

    def inside(self, part: str) -> set[str]:
        """The ids of all who stand in a name that no platform has given, as "hw3_12345".

        That is an id or a login of three characters, of five if they are digits, which may be a
        year, or a name whose words are all there. What fits with more words counts.
        """
        words = words_of(part)[:MOST_WORDS] if self._by_id else []
        found: dict[range, set[str]] = {}
        for length in range(len(words), 0, -1):
            for k in range(len(words) - length + 1):
                run = words[k : k + length]
                one = Student(" ".join(run))
                is_long = len(one.id) >= (5 if one.id.isdigit() else 3)
                fits = self._numbered(one) if is_long else set()
                if length > 1 or is_long or not one.id.isascii():  # some have one name only
                    fits = fits | self.called(one)
                if fits and not any(k in longer for longer in found):
                    found[range(k, k + length)] = fits
        there = {*words}
        whole = {  # "anna maria lopez" has two names in it, "mary ann roe" is one
            own_id: self._words[own_id]
            for word in there
            for own_id in self._by_word.get(word, ())
            if self._words[own_id] <= there
        }
        names = {own for own, w in whole.items() if not any(w < other for other in whole.values())}
        return names.union(*found.values())

    def numbered_in(self, part: str) -> set[str]:
        """The ids of all whose id or login is a word with a digit, of five characters or more."""
        long = (w for w in words_of(part)[:MOST_WORDS] if len(w) >= 5 and re.search(r"\d", w))
        return set().union(*(self._numbered(Student(word)) for word in long))

    def _numbered(self, student: Student) -> set[str]:
        if student.platform in ("canvas", "moodle"):  # whose numbers are in no other column
            return {_normal(student.id)} & self._by_id.keys()
        words = " ".join(words_of(student.id))
        return self.exactly(student.id) or (self._by_words.get(words, set()) if words else set())


def _with_the_last_name_first(name: str) -> set[str]:
    """How Canvas may write a name: of "A B C" nobody can tell which is the last one."""
    words = name.split()
    if "," in name or len(words) < 2:
        return {name}
    return {" ".join([*words[k:], *words[:k]]) for k in range(1, len(words))}


def _normal(text: str) -> str:
    """One way to write a letter with marks: Macs write names of files in another."""
    return unicodedata.normalize("NFC", text)


def words_of(text: str) -> list[str]:
    """What stands between signs; of letters that are not Latin also between numbers."""
    words: list[str] = []
    last = ""
    for c in unicodedata.normalize("NFKC", text).casefold():
        if unicodedata.category(c)[0] == "M" and last:
            words[-1] += c
            continue
        is_latin = c.isdigit() or unicodedata.name(c, "").startswith("LATIN")
        kind = "" if not c.isalnum() else "latin" if is_latin else "other"
        if kind and kind == last:
            words[-1] += c
        elif kind:
            words.append(c)
        last = kind
    return words


def _letters(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in text if c.isalnum() or unicodedata.category(c)[0] == "M")
