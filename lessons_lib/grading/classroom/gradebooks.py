"""Files that the gradebooks of Canvas, Moodle and Blackboard take in.

Columns and names are those that the importers look for:

- Canvas, "How do I import grades in the Gradebook?" and `lib/gradebook_importer.rb`: Student, ID,
  SIS User ID, SIS Login ID, Section, then the assignment as "Title (number)" or a new title; a
  second line may give the points possible. Feedback is taken in by "Upload Submissions" of an
  assignment, which reads the numbers of student and file out of each name
  (`abstract_assignment.rb`, `infer_comment_context_from_filename`).
- Moodle, "Offline grading worksheet": `mod/assign/feedback/offline/importgradeslib.php` wants
  Identifier, Grade and "Last modified (grade)", and takes "Feedback comments". Feedback is taken in
  by "Upload multiple feedback files in a zip": `mod/assign/feedback/file/importziplib.php` reads
  "Full name_number_assignfeedback_file_" at the beginning of a path.
- Blackboard Learn, "Work offline with grade data": Username is the key, a column's heading ends in
  its number where there is one, cells are quoted. It has no archive of feedback: that stands in the
  columns "Feedback to Learner" and "Feedback Format", as in what it exports.
"""

import csv
import html
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lessons_lib.grading.batch.tables import Graded, as_csv, harmless_html
from lessons_lib.grading.classroom.late import Late, late_in_words
from lessons_lib.grading.classroom.students import Student
from lessons_lib.shown import shown

FORMATS = ("canvas", "moodle", "blackboard")
MADE = (2020, 1, 1, 0, 0, 0)  # the same files make the same archive
CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
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
        return f"{self.earned - self.taken_off:g}"


def lines(rows: Sequence[Graded], students: Mapping[str, Student], late: Late) -> list[Line]:
    """A line for each student, in the order of their submissions.

    Of two that answer the same exercise the one with more points counts, also where files were
    named one by one. Each costs what it was late itself.
    """
    of_student: dict[str, list[Graded]] = {}
    for row in rows:
        of_student.setdefault(students[row.name].id, []).append(row)
    found = []
    for rows_of_one in of_student.values():
        graded: list[Graded] = []
        answered: set[str] = set()
        for row in sorted(rows_of_one, key=lambda row: -row.report.score):
            exercises = {result.exercise for result in row.report.results}
            if not graded or not answered & exercises:
                graded.append(row)
                answered |= exercises
        graded.sort(key=rows_of_one.index)
        whose = [students[row.name] for row in graded]
        of_each = [late.days(student) for student in whose]
        days = max(of_each)
        earned = sum(row.report.score for row in graded)
        possible = sum(row.report.max_score for row in graded)
        taken_off = sum(
            late.taken_off(own, row.report.score, row.report.max_score)
            for own, row in zip(of_each, graded, strict=True)
        )
        feedback = "\n\n".join(str(row.report) for row in graded)
        if days:
            feedback = f"{late_in_words(days, taken_off)}\n\n{feedback}"
        found.append(Line(whose[0], earned, possible, days, taken_off, feedback))
    return found


def gradebook(kind: str, found: Sequence[Line], title: str) -> tuple[dict[str, bytes], list[str]]:
    """Files for a platform, and whom they leave out.

    Args:
        kind: "canvas", "moodle" or "blackboard".
        found: the students' lines.
        title: of the assignment, as the platform calls it.

    Returns:
        Contents by file name, and the ids of those of whom no name and no roster tells the
        platform's id.
    """
    known: list[Line] = []
    without: list[str] = []
    for line in found:
        if line.student.platform == kind or line.student.row:
            known.append(line)
        else:
            without.append(line.student.id)
    makers = {"canvas": _canvas, "moodle": _moodle, "blackboard": _blackboard}
    files = {f"{kind}.csv": makers[kind](known, title).encode()}
    uploads = [line for line in known if line.student.platform == kind and line.student.upload]
    if uploads:
        files[f"{kind}_feedback.zip"] = _zipped(uploads)
    return files, without


def _canvas(found: Sequence[Line], title: str) -> str:
    column = _column(found, title, f"{title} (") or title
    most = max((line.possible for line in found), default=0.0)
    table = [[*CANVAS_COLUMNS, column], ["    Points Possible", "", "", "", "", f"{most:g}"]]
    for line in found:
        row = {"Student": line.student.name} | dict(line.student.row) | {"ID": line.student.id}
        table.append([*(row.get(name, "") for name in CANVAS_COLUMNS), line.grade])
    return as_csv(table)


def _moodle(found: Sequence[Line], title: str) -> str:
    table = [["Identifier", "Full name", "Grade", "Last modified (grade)", "Feedback comments"]]
    for line in found:
        comments = _as_html(line.feedback)
        identifier = f"Participant {line.student.id}"
        table.append([identifier, line.student.name, line.grade, "-", comments])
    return as_csv(table)


def _blackboard(found: Sequence[Line], title: str) -> str:
    most = max((line.possible for line in found), default=0.0)
    column = _column(found, title, f"{title} [") or f"{title} [Total Pts: {most:g} Score]"
    table = [["Username", column, "Feedback to Learner", "Feedback Format"]]
    for line in found:
        table.append([line.student.id, line.grade, _as_html(line.feedback), TEXT_FORMAT])
    return as_csv(table, csv.QUOTE_ALL)


def _column(found: Sequence[Line], title: str, start: str) -> str:
    """The assignment's column in the platform's own export; "" if there is none."""
    columns = next((line.student.row for line in found if line.student.row), {})
    return next((name for name in columns if name == title or name.startswith(start)), "")


def _as_html(text: str) -> str:
    escaped = html.escape(shown(text), quote=False).replace("\n", "<br>")
    return harmless_html(escaped.replace("  ", "&nbsp; "))


def _zipped(found: Sequence[Line]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for line in found:
            name = shown(f"{line.student.upload}feedback.txt", keep="")
            archive.writestr(zipfile.ZipInfo(name, MADE), f"{line.feedback}\n")
    return packed.getvalue()
