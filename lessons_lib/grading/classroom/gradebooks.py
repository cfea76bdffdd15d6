"""Files that the gradebooks of Canvas, Moodle and Blackboard take in.

Columns and names are those that the importers look for:

- Canvas, "How do I import grades in the Gradebook?" and `lib/gradebook_importer.rb`: Student, ID,
  SIS User ID, SIS Login ID, Section, then the assignment as "Title (number)" or a new title; a
  second line gives the points of a new one. Columns with words of its totals are not read. Feedback
  is taken in by "Upload Submissions" of an assignment, which reads the numbers of student and file
  out of each name (`abstract_assignment.rb`, `infer_comment_context_from_filename`).
- Moodle, "Offline grading worksheet": `mod/assign/feedback/offline/importgradeslib.php` wants
  Identifier, Grade and "Last modified (grade)", and takes "Feedback comments". It keeps a grade of
  its own that is newer than the time in the third (`locallib.php`). PHP's `fgetcsv`, which cuts the
  cells, takes a quote behind a backslash for no end of a cell, so neither stands in one here.
  Feedback is taken in by "Upload multiple feedback files in a zip":
  `mod/assign/feedback/file/importziplib.php` reads "Full name_number_assignfeedback_file_" at the
  beginning of a path.
- Blackboard Learn, "Work offline with grade data": Username is the key, a column's heading ends in
  its number where there is one, cells are quoted. It has no archive of feedback: that stands in the
  columns "Feedback to Learner" and "Feedback Format", as in what it exports.
"""

import csv
import html
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lessons_lib.files import writing_atomically
from lessons_lib.grading.batch.tables import Graded, harmless_html, write_csv
from lessons_lib.grading.classroom.late import Late, late_in_words
from lessons_lib.grading.classroom.roster import Student, exported_by
from lessons_lib.shown import shown

FORMATS = ("canvas", "moodle", "blackboard")
MADE = (2020, 1, 1, 0, 0, 0)  # the same files make the same archive
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
CANVAS_TOTALS = ("Current", "Final", "Override")
MODIFIED = "Last modified (grade)"
TEXT_FORMAT = "SMART_TEXT"  # of Blackboard: text that may hold HTML


class Line(NamedTuple):
    """What a gradebook gets to know of a student, over all submissions that count.

    Attributes:
        student: who it is.
        earned, possible: points.
        days: that the work was late.
        taken_off: points for that.
        feedback: what the student should read.
    """

    student: Student
    earned: float
    possible: float
    days: int
    taken_off: float
    feedback: str

    @property
    def grade(self) -> str:
        """The points that are left."""
        return f"{round(self.earned - self.taken_off, 6):g}"


class Lines:
    """A line for each student, in the order of their submissions, made whenever it is asked for.

    Of two that answer the same exercise the one with more points left counts, also where files were
    named one by one. Each costs what it was late itself. Of whom a result is missing, because the
    grader failed, there is no line: it would say 0.
    """

    def __init__(self, rows: Sequence[Graded], students: Mapping[str, Student], late: Late) -> None:
        self._rows, self._students, self._late = rows, students, late
        self._places: dict[str, list[int]] = {}  # of each student's rows
        for place, row in enumerate(rows):
            self._places.setdefault(students[row.name].id, []).append(place)

    def __iter__(self) -> Iterator[Line]:
        for places in self._places.values():
            rows = [self._rows[place] for place in places]
            results = (result for row in rows for result in row.report.results)
            if not any(result.status == "infrastructure_error" for result in results):
                yield self._line(rows)

    def _line(self, rows_of_one: list[Graded]) -> Line:
        graded: list[Graded] = []
        answered: set[str] = set()

        def worth(row: Graded) -> tuple[float, int]:
            return self._late.worth(row.report, self._students[row.name])

        for row in sorted(rows_of_one, key=worth, reverse=True):
            exercises = {result.exercise for result in row.report.results}
            if not graded or not answered & exercises:
                graded.append(row)
                answered |= exercises
        graded.sort(key=rows_of_one.index)
        whose = [self._students[row.name] for row in graded]
        of_each = [self._late.days(student) for student in whose]
        days = max(of_each)
        earned = sum(row.report.score for row in graded)
        possible = sum(row.report.max_score for row in graded)
        taken_off = sum(
            self._late.taken_off(own, row.report.score, row.report.max_score)
            for own, row in zip(of_each, graded, strict=True)
        )
        feedback = "\n\n".join(str(row.report) for row in graded)
        if days:
            feedback = f"{late_in_words(days, taken_off)}\n\n{feedback}"
        return Line(whose[0], earned, possible, days, taken_off, feedback)


def check_title(kind: str, title: str, columns: Iterable[str] = ()) -> None:
    """Refuse a title that the platform does not take for an assignment's.

    Raises:
        ValueError: if it has the name of one of Canvas's totals in it, or is that of several of the
            columns of a roster.
    """
    if len(fitting := _columns(columns, title, kind)) > 1:
        raise ValueError(
            f"--title: the roster has {', '.join(fitting)}; expected one of them, got {title!r}"
        )
    for total in CANVAS_TOTALS if kind == "canvas" else ():
        for what in ("Score", "Points", "Grade", "Status"):
            if f"{total} {what}" in title:
                raise ValueError(
                    f'--title: Canvas reads no column with "{total} {what}" in its name; '
                    f"expected another title, got {title!r}"
                )


def remove_gradebooks(out: Path) -> None:
    """Take away what an earlier run has left: it may have had other students."""
    for kind in FORMATS:
        (out / f"{kind}.csv").unlink(missing_ok=True)
        (out / f"{kind}_feedback.zip").unlink(missing_ok=True)


def gradebook(
    kind: str, found: Iterable[Line], title: str, out: Path
) -> tuple[list[str], list[str]]:
    """Write files for a platform.

    Args:
        kind: "canvas", "moodle" or "blackboard".
        found: the students' lines; they are gone through several times.
        title: of the assignment, as the platform calls it.
        out: folder to write to.

    Returns:
        The files' names, and the ids of those whom they leave out: no name and no roster tells
        their id on the platform.
    """
    without: list[str] = []
    columns: Mapping[str, str] = {}  # of the platform's own export
    most, uploads = 0.0, False
    for line in found:
        if not _is_known(line, kind):
            without.append(line.student.id)
            continue
        most = max(most, line.possible)
        columns = columns or line.student.row
        uploads |= _is_uploaded(line, kind)
    known = (line for line in found if _is_known(line, kind))
    path = out / f"{kind}.csv"
    column = next(iter(_columns(columns, title, kind)), "")
    if kind == "canvas":
        points = "" if column else f"{most:g}"  # Canvas has those of its own assignments
        write_csv(path, _canvas(known, column or title, points), mark="")
    elif kind == "moodle":
        write_csv(path, _moodle(known), mark="")
    else:
        column = column or f"{title} [Total Pts: {most:g} Score]"
        write_csv(path, _blackboard(known, column), mark="", quoting=csv.QUOTE_ALL)
    names = [path.name]
    if uploads:
        names.append(f"{kind}_feedback.zip")
        with (
            writing_atomically(out / names[1]) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for line in found:
                if _is_uploaded(line, kind):
                    name = shown(f"{line.student.upload}feedback.txt", keep="")
                    member, text = zipfile.ZipInfo(name, MADE), f"{line.feedback}\n"
                    archive.writestr(member, text, zipfile.ZIP_DEFLATED)
    return names, without


def _is_known(line: Line, kind: str) -> bool:
    return _has_number(line.student, kind) or bool(line.student.row)


def _has_number(student: Student, kind: str) -> bool:
    anonymous = kind == "canvas" and not student.number.isdecimal()
    return student.platform == kind and not anonymous


def _number(student: Student, kind: str) -> str:
    """The id on the platform: that of its own export, else of the file's name."""
    is_its_own = exported_by(student.row) == kind or not _has_number(student, kind)
    return student.id if is_its_own else student.number


def _is_uploaded(line: Line, kind: str) -> bool:
    return line.student.platform == kind and bool(line.student.upload)


def _columns(columns: Iterable[str], title: str, kind: str) -> list[str]:
    """The assignment's column in the platform's own export, or several that may be it.

    Of "Midterm" it is none that is called "Midterm (makeup) (111)".
    """
    end = {"canvas": r" \(\d+\)", "blackboard": r" \[[^\[\]]*\]( \|\d+)?"}.get(kind, "")
    names = list(columns)
    if title in names:
        return [title]
    return [name for name in names if re.fullmatch(re.escape(title) + end, name)]


def _canvas(found: Iterable[Line], column: str, points: str) -> Iterator[Sequence[str]]:
    yield [*CANVAS_COLUMNS, column]
    yield ["    Points Possible", "", "", "", "", points]
    for line in found:
        row = {"Student": line.student.name} | dict(line.student.row)
        row["ID"] = _number(line.student, kind="canvas")
        yield [*(row.get(name, "") for name in CANVAS_COLUMNS), line.grade]


def _moodle(found: Iterable[Line]) -> Iterator[Sequence[str]]:
    yield ["Identifier", "Full name", "Grade", MODIFIED, "Feedback comments"]
    for line in found:
        identifier = f"Participant {_number(line.student, kind='moodle')}"
        name = line.student.name.replace("\\", "/")
        modified = line.student.row.get(MODIFIED) or "-"
        yield [identifier, name, line.grade, modified, _as_html(line.feedback)]


def _blackboard(found: Iterable[Line], column: str) -> Iterator[Sequence[str]]:
    yield ["Username", column, "Feedback to Learner", "Feedback Format"]
    for line in found:
        yield [
            _number(line.student, kind="blackboard"),
            line.grade,
            _as_html(line.feedback),
            TEXT_FORMAT,
        ]


def _as_html(text: str) -> str:
    escaped = html.escape(shown(text)).replace("\\", "&#92;").replace("\n", "<br>")
    return harmless_html(escaped.replace("  ", "&nbsp; "))
