"""What we write, read by the rules of the importers' own source; each function names where it is.

The platforms themselves are not here. A rule is told again only as far as a file can break it.
"""

import csv
import re
import zipfile

import pytest

from lessons_lib.grading.batch import Graded
from lessons_lib.grading.classroom.gradebooks import Lines, check_title, gradebook
from lessons_lib.grading.classroom.late import Late
from lessons_lib.grading.classroom.roster import read_roster
from lessons_lib.grading.classroom.students import who_is_who
from lessons_lib.grading.report import Report, Result

HOSTILE = 'a "quoted\\" part, and\\\nthe next; =1+1\\'
TOTALS = "(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)"


def rows_of_php(text):
    """Cells as PHP's `fgetcsv` cuts them: what follows a backslash in quotes ends nothing.

    Moodle calls it with its default escape character, in `lib/csvlib.class.php`.
    """
    rows, row, cell, at, quoted = [], [], "", 0, False
    while at < len(text):
        sign = text[at]
        if quoted and sign == "\\":
            cell, at = cell + text[at : at + 2], at + 1
        elif quoted and sign == '"' and text[at + 1 : at + 2] == '"':
            cell, at = cell + sign, at + 1
        elif sign == '"' and (quoted or not cell):
            quoted = not quoted
        elif not quoted and sign in ",\n":
            row, cell = [*row, cell], ""
            if sign == "\n":
                rows, row = [*rows, row], []
        else:
            cell += sign
        at += 1
    assert not quoted, "the last cell has no end"
    return rows


def read_by_moodle(text):
    """Grades and comments by participant: `mod/assign/feedback/offline/importgradeslib.php`."""
    head, *rows = rows_of_php(text)
    identifier, grade, modified, comments = (
        head.index(name)
        for name in ("Identifier", "Grade", "Last modified (grade)", "Feedback comments")
    )
    assert all(len(row) == len(head) for row in rows) and comments > 0, "it takes 0 for none"
    return {
        int(row[identifier][len("Participant ") :]): (
            float(row[grade]),
            row[modified],
            row[comments],
        )
        for row in rows
    }


def participant_of(path):
    """Whose a feedback file is to Moodle: `mod/assign/feedback/file/importziplib.php`."""
    for part in path.split("/"):
        cut = part.split("_", 4)
        if len(cut) >= 4 and cut[1].isdecimal() and cut[2:4] == ["assignfeedback", "file"]:
            return int(cut[1])
    return None


def read_by_canvas(text):
    """Assignments, their points and grades by student: Canvas's `lib/gradebook_importer.rb`."""
    # From the first three lines it guesses what separates cells.
    commas, semicolons = (
        {len(row) for row in csv.reader(text.splitlines()[:3], delimiter=separator)}
        for separator in ",;"
    )
    assert len(commas) == 1 and (len(semicolons) > 1 or max(semicolons) < max(commas))
    head, *rows = csv.reader(text.splitlines(), strict=True)
    assert "Student" in head[0] and "ID" in head[1] and len(head) > 3
    known = 5 if "SIS User ID" in head[2] and "SIS Login ID" in head[3] else 3
    assert "Section" in head[known - 1]
    (title,) = (name for name in head[known:] if not re.search(TOTALS, name))
    grades, points = {}, None
    for row in rows:
        if "Points Possible" in row[0]:
            points = row[-1] or None
        else:
            grades[int(row[1])] = row[-1]
    numbered = re.fullmatch(r"(.*)\s\((\d+)\)", title)  # `Assignment.title_and_id`
    return numbered.groups() if numbered else (title, None), points, grades


def student_and_file_of(path):
    """Numbers in a feedback file's name: `infer_comment_context_from_filename` of Canvas."""
    parts = path.rpartition("/")[2].split("_")
    assert not parts[-1].startswith("link") and not path.startswith("._")
    return [int(part) for part in parts if re.fullmatch(r"\d+", part)][:2]


def written(kind, names, folder, roster=()):
    report = Report([Result("f", "failed", 2.5, 4.0, HOSTILE)], 1, "strong")
    who = who_is_who(names, roster=roster)
    rows = [Graded(name, report) for name in names]
    files, without = gradebook(kind, Lines(rows, who.students, Late()), "HW 1", folder)
    assert not without
    with zipfile.ZipFile(folder / files[1]) as archive:
        return (folder / files[0]).read_text(encoding="utf-8"), archive.namelist()


def test_moodle(tmp_path):
    names = [
        f"{name}_{number}_assignsubmission_file_/hw.py"
        for name, number in (('J\\"ürgen, Groß', 12), ("Ada_B", 345), ("=Eve", 6))
    ]
    text, feedback = written("moodle", names, tmp_path)
    found = read_by_moodle(text)
    assert found.keys() == {12, 345, 6} and {grade for grade, *_ in found.values()} == {2.5}
    assert "a &quot;quoted&#92;&quot; part, and&#92;<br>" in found[345][2]
    assert [participant_of(path) for path in feedback] == [12, 345, 6]


def test_a_second_time_in_moodle(tmp_path):
    """A grade that is newer than the sheet is kept there: the sheet's own time is handed back."""
    sheet, when = tmp_path / "grades.csv", "Tuesday, 3 March 2026, 10:15 AM"
    sheet.write_text(
        f'Identifier,"Full name",Grade,"Last modified (grade)"\n"Participant 12",A,1,"{when}"\n'
    )
    names = ["A_12_assignsubmission_file_/hw.py"]
    text, _ = written("moodle", names, tmp_path, read_roster(sheet))
    assert read_by_moodle(text)[12][:2] == (2.5, when)


@pytest.mark.parametrize("of_canvas", [True, False])
def test_canvas(tmp_path, of_canvas):
    names = ["doejane_LATE_12345_67890_hw.py", "li_222_333_a_b_4.py"]
    roster = ()
    if of_canvas:
        (tmp_path / "r.csv").write_text(
            "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,HW 1 (77),Final Score\n"
            '    Points Possible,,,,,,9,(read only)\nDoe,Jane,12345,S1,j;"d,One; two,,\n'
            "Li,Bo,222,S2,bo,One,,\n"
        )
        roster = read_roster(tmp_path / "r.csv")
        assert [student.name for student in roster] == ["Jane Doe", "Bo Li"]
    text, feedback = written("canvas", names, tmp_path, roster)
    title, points, grades = read_by_canvas(text)
    # An assignment of Canvas's keeps its points, a new one has ours.
    assert (title, points) == ((("HW 1", "77"), None) if of_canvas else (("HW 1", None), "4"))
    assert grades == {12345: "2.5", 222: "2.5"}
    assert [student_and_file_of(path) for path in feedback] == [[12345, 67890], [222, 333]]


def test_a_title_that_canvas_does_not_read():
    with pytest.raises(ValueError, match='--title: Canvas reads no column with "Final Grade" in'):
        check_title("canvas", "My Final Grade")
    check_title("canvas", "Finals")
    check_title("moodle", "Final Grade")
    columns = ("HW (1)", "HW (2)", "HW (3) (makeup)")
    with pytest.raises(
        ValueError, match=r"--title: the roster has HW \(1\), HW \(2\); expected one"
    ):
        check_title("canvas", "HW", columns)
    check_title("canvas", "HW (1)", columns)
    check_title("canvas", "HW", columns[1:])
