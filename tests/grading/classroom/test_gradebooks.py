"""Names of platforms, rosters, late work, and files that gradebooks take in."""

import csv
import html
import io
import tempfile
import unicodedata
from datetime import datetime
from pathlib import Path

import pytest

from lessons_lib.grading.batch import Graded, find_submissions
from lessons_lib.grading.batch.tables import as_csv, table, write_csv
from lessons_lib.grading.classroom.gradebooks import Lines, gradebook
from lessons_lib.grading.classroom.late import Late, late_policy
from lessons_lib.grading.classroom.roster import Student, read_roster
from lessons_lib.grading.classroom.students import student_from, who_is_who
from lessons_lib.grading.classroom.to_look_at import to_look_at
from lessons_lib.grading.report import Report, Result

MOODLE = "Jürgen Groß_123_assignsubmission_file_/hw.py"
CANVAS = "doejane_LATE_12345_67890_hw.py"
BLACKBOARD = "HW 1_jdoe_attempt_2026-03-07-10-15-00_hw.py"


def graded(name, score=3.0, message="", status="failed"):
    return Graded(name, Report([Result("f", status, score, 4.0, message)], 2**62 + 1, "strong"))


def rows_of(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def written(kind, found):
    """Contents of a gradebook's files by name, and whom they leave out."""
    with tempfile.TemporaryDirectory() as folder:
        _, without = gradebook(kind, found, "HW 1", Path(folder))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}, without


def books(kind, names, roster=(), late=Late()):  # noqa: B008
    who = who_is_who(names, roster=roster)
    return written(kind, Lines([graded(name) for name in names], who.students, late))


def test_a_table_for_a_spreadsheet(tmp_path):
    lines = table([graded("한/=1.py")], lambda row: {"student": "한", "name": "=1"})
    write_csv(tmp_path / "grades.csv", lines)
    text = (tmp_path / "grades.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfstudent,"), "Excel wants the mark"
    (row,) = csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    assert (row["student"], row["name"], row["f"], row["f status"]) == ("한", "'=1", "3", "failed")
    assert int(row["seed"]) == 2**62 + 1 and not row["seed"].isdecimal(), "no number to Excel"


@pytest.mark.parametrize(
    "student", ["0012345", "1" * 16, "12E3", "3-4", "2026/03/05", "mar1", "'1"]
)
def test_a_spreadsheet_leaves_an_id_as_it_is(student):
    *_, line = table([graded("a.py")], lambda row: {"student": student, "points": "3.5"})
    assert line[:2] == [f"'{student}", "3.5"]


@pytest.mark.parametrize("student", ["123456789012345", "jdoe12", "maria7", "0", "e5", "10.5"])
def test_an_id_that_a_spreadsheet_shows_as_it_is(student):
    *_, line = table([graded("a.py")], lambda row: {"student": student})
    assert line[0] == student


@pytest.mark.parametrize(
    "start", ["=", "+1", "@", "-2", '"=', '" "=', ' "+', "\uff1d", "\t=", "'="]
)
@pytest.mark.parametrize("before", ["", "x;", "x; "])
def test_no_part_of_a_cell_becomes_a_formula(start, before):
    text = as_csv([["a", f"{before}{start}cmd|'/C calc'!A0&\";.py"]])
    for separator in ",;\t":
        for cell in next(csv.reader([text], delimiter=separator)):
            assert not cell.lstrip(' "').startswith(tuple("=+@-\uff1d")), (separator, cell)


def test_what_is_no_formula_stays_as_it_is():
    message = "expected  -4.7 < -3 & = 5 > =+-2; -1;\n  -7"
    who = who_is_who([MOODLE])
    found = Lines([graded(MOODLE, message=message)], who.students, Late())
    (_, row) = rows_of(written("moodle", found)[0]["moodle.csv"])
    assert row[3] == "-", "Moodle's own sign"
    said = html.unescape(row[4].replace("<br>", "\n")).replace("\xa0", " ")
    assert said == next(iter(found)).feedback


def test_who_has_a_result_missing_has_no_line():
    rows = [graded(CANVAS), graded(MOODLE, 0.0, status="infrastructure_error")]
    found = Lines(rows, who_is_who([CANVAS, MOODLE]).students, Late())
    assert [line.student.id for line in found] == ["12345"]


def test_names_of_platforms():
    moodle, canvas, board = map(student_from, (MOODLE, CANVAS, BLACKBOARD))
    assert moodle[:3] == ("123", "Jürgen Groß", "moodle")
    assert canvas[:3] == ("12345", "doejane", "canvas") and canvas.is_late
    assert board.id == "jdoe" and board.submitted == datetime(2026, 3, 7, 10, 15)
    assert student_from("a/ada.py") is None
    ids = {n: s.id for n, s in who_is_who(["a/hw.py", "b/hw.py", "c/ada (1).py"]).students.items()}
    assert ids == {"a/hw.py": "a hw", "b/hw.py": "b hw", "c/ada (1).py": "ada"}


def test_canvas(tmp_path):
    files, without = books("canvas", [CANVAS, "ada.py"])
    assert without == ["ada"]
    head, points, row = rows_of(files["canvas.csv"])
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "HW 1"]
    assert points[0].strip() == "Points Possible" and points[-1] == "4"
    assert row == ["doejane", "12345", "", "", "", "3"]

    export = tmp_path / "export.csv"
    export.write_text(
        'Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (77),HW 10 (78)\n"    Points Possible",,,'
        ',,4,4\n"Lovelace, Ada",501,S1,ada@x.edu,One,,\n"Doe, Jane",12345,S2,jane,One,,\n'
    )
    files, without = books("canvas", [CANVAS, "ada_lovelace.py"], read_roster(export))
    head, _, jane, ada = rows_of(files["canvas.csv"])
    assert without == [] and head[5:] == ["HW 1 (77)"]
    assert jane == ["Doe, Jane", "12345", "S2", "jane", "One", "3"]
    assert ada == ["Lovelace, Ada", "501", "S1", "ada@x.edu", "One", "3"]


def test_blackboard(tmp_path):
    export = tmp_path / "export.xls"  # tabs, in UTF-16
    export.write_text(
        '"Last Name"\t"First Name"\t"Username"\t"HW 1 [Total Pts: 4 Score] |99"\n'
        '"Doe"\t"Jane"\t"jdoe"\t""\n',
        encoding="utf-16",
    )
    hostile = Graded(BLACKBOARD, graded("", message="<script>\nx").report)
    who = who_is_who([BLACKBOARD], roster=read_roster(export))
    assert who.students[BLACKBOARD].name == "Jane Doe"
    files, _ = written("blackboard", Lines([hostile], who.students, Late()))
    assert list(files) == ["blackboard.csv"] and files["blackboard.csv"].startswith(b'"Username"')
    head, row = rows_of(files["blackboard.csv"])
    assert head[1] == "HW 1 [Total Pts: 4 Score] |99" and row[:2] == ["jdoe", "3"]
    assert "&lt;script&gt;<br>x" in row[2] and row[3] == "SMART_TEXT"


def test_two_files_of_a_student_are_one_line():
    """Of the same exercise the better one counts, and each costs what it was late itself."""
    of_g = Graded("g", Report([Result("g", "passed", 4.0, 4.0, "")]))
    late, early = Student("1", is_late=True), Student("1")
    students = {"g": late, "f": early, "worse": late}
    rows = [of_g, graded("worse", 2.0), graded("f")]
    (line,) = Lines(rows, students, Late(percent=50))
    assert (line.earned, line.possible, line.days, line.taken_off) == (7, 8, 1, 2)


@pytest.mark.parametrize(
    ("files", "row"),
    [
        (["Alice.py", "alice.py"], Student("alice", "Alice Archer")),
        (["Jane Doe.py", "janedoe.py"], Student("7", "Jane Doe")),
        (["한\u200c별.py"], Student("8", "한\u200c별")),
    ],
)
def test_students_are_found_by_the_names_that_they_gave(files, row, tmp_path):
    """Here one of two that look alike says which it is not, and letters are written out."""
    for name in files:
        (tmp_path / name).write_text("")
    found = find_submissions([tmp_path])
    roster = [Student("m", "Mallory Not"), row]
    who = who_is_who(found.submissions, roster=roster, handed_in_as=found.handed_in_as)
    assert {own.id for own in who.students.values()} == {row.id} and not who.strangers
    doubts = {own.doubts for own in who.students.values()}
    assert doubts == {(f"files of several names are {row.id}'s",) if files[1:] else ()}
    for name in files:
        (tmp_path / name).rename(tmp_path / f"{name[:-3]}.docx")
    (tmp_path / "bob.py").write_text("")
    found = find_submissions([tmp_path])
    who = who_is_who(found.submissions, found.left_out, [row], found.handed_in_as)
    ((_, instead),) = who.missing
    assert instead == ", ".join(found.left_out)


def test_a_roster_is_asked_for_a_file_s_name_and_its_folders():
    roster = [Student("jdoe", "Jane Doe"), Student("42", "Ada King")]
    names = ["sa/jdoe.py", "sb/jdoe.py", "Ada King/hw.py", "eve/hw.py"]
    who = who_is_who(names, roster=roster)
    assert [who.students[name].id for name in names] == ["jdoe", "jdoe", "42", "eve hw"]
    assert (who.missing, who.strangers) == ([], ["eve/hw.py"])
    assert who.students["sa/jdoe.py"].doubts == ("files of several names are jdoe's",)


def test_exercises_in_folders_with_numbers_are_not_those_of_another():
    """Without its "/" the path of user1's first is user11."""
    roster = [Student(f"user{k}") for k in range(1, 13)]
    names = [f"user{k}/{number}.py" for k in range(1, 13) for number in (1, 2)]
    who = who_is_who(names, roster=roster)
    assert all(who.students[name].id == name.partition("/")[0] for name in names)
    assert not any(own.doubts for own in who.students.values()), "each in a folder of theirs"
    rows = [Student("1", "Jane Doe"), Student("2", "Ann Roe")]
    weeks = ["1/doe_hw.py", "2/roe_hw.py", "Ann Roe/1.py", "1/jane_doe.py"]
    who = who_is_who(weeks, roster=rows)
    assert who.strangers == weeks[:2]
    assert [who.students[name].id for name in weeks[2:]] == ["2", "1"]
    mins = [Student("1", "Lee Min"), Student("2", "Kim Min"), Student("3", "Min Lee")]
    who = who_is_who(["kim/min.py", "min/lee.py"], roster=mins)
    assert [own.id for own in who.students.values()] == ["2", "lee"], "which name is the last?"
    both = who_is_who(["ada/bob.py"], roster=[Student("ada"), Student("bob")])
    assert both.strangers == ["ada/bob.py"], "nobody is guessed"
    assert both.students["ada/bob.py"].id == "ada/bob" and len(both.missing) == 2


def test_what_looks_like_a_platforms_name_in_ones_own_folder():
    roster = [Student("jdoe"), Student("22222", "Paul Roe")]
    names = ["jdoe/roepaul_22222_70002_hw3.py", "sec 1/roepaul_22222_70003_hw3.py", "jdoe/hw.py"]
    who = who_is_who(names, roster=roster)
    assert who.strangers == names[:1]
    assert [who.students[name].id for name in names[1:]] == ["22222", "jdoe"]


def test_two_who_are_called_alike(tmp_path):
    export = tmp_path / "export.csv"
    export.write_text(
        'Student,ID,SIS Login ID,Section\n"Wang, Wei",1,wei.wang,A\n"Wang, Wei",2,wei.wang2,A\n'
        '"Doe, Jo",3,jo-2,A\n"Roe, Jo",4,jo,A\n'
    )
    names = ["Wei Wang.py", "wei.wang.py", "hw wei.wang2.py", "jo-2.py", "jo_2.py"]
    who = who_is_who(names, roster=read_roster(export))
    assert who.strangers == ["Wei Wang.py", "jo_2.py"]
    assert [who.students[name].id for name in (*names[1:3], names[3])] == ["1", "2", "3"]
    table = tmp_path / "roster.csv"
    table.write_text("id,name\njane@a.edu,Jane Doe\njo,Jo Roe\njo-2,Jo Poe\n")
    names = ["Group 1-Jane Doe_123_assignsubmission_file_/hw.py", "jane_hw3.py", "sub/jo-2.py"]
    who = who_is_who(names, roster=read_roster(table))
    assert [own.id for own in who.students.values()] == ["jane@a.edu", "jane@a.edu", "jo-2"]


def ids_by(roster, names):
    who = who_is_who(names, roster=[Student(*one) for one in roster])
    return [who.students[name].id if name not in who.strangers else None for name in names]


def test_a_roster_is_asked_for_parts_of_a_name_that_no_platform_gave(tmp_path):
    table = tmp_path / "roster.csv"
    table.write_text(
        "id,name,email\n12345.0,Jane Doe,jdoe@school.edu\n2026,Ann Roe,ann@a.edu\n"
        "777,Mary Ann Roe,\njdoe7,李小龍,\n202603,Zed Zett,\n"
        "112345,Max Mut,\n"
    )
    expected = {
        "hw3_12345.py": "12345",
        "12345 jane/hw.py": "12345",
        "doe_jane.py": "12345",
        "hw3-jane-doe-v2.py": "12345",
        "jdoe.ipynb": "12345",
        "hw3_jdoe.py": "12345",
        "hw_2026.py": None,  # a year
        "hw_2026_03.py": None,  # a month
        "hw3_ann_roe.py": "2026",
        "hw3_mary_ann_roe.py": "777",
        "12345_mary_ann_roe.py": None,  # of whom?
        "hw3_jane_marie_doe.py": "12345",
        "hw3_jane_ann_roe_doe.py": None,  # two names
        "doe.py": None,
        "hw3-jdoe/ann_roe_norm.py": "12345",
        "hw4-jdoe/mary ann roe.py": None,  # another's name in one's own folder
        "jdoe 2.py": "12345",
        "jdoe-7.py": "12345",  # and not jdoe7's
        "hw3_jdoe_7.py": "12345",
        "hw3_jdoe7.py": "jdoe7",
        "hw3_J_doe.py": None,
        "1_12345.py": "12345",
        "2_12345.py": "12345",  # there is 112345
        "作業3李小龍.py": "jdoe7",
        "12345/2_112345.py": None,
        "Ann Roe/hw&112345.py": None,
        "ta jdoe/hw_ann_roe.py": None,  # an assistant's
        "ta jdoe/hw_mary_ann_roe.py": None,
        "ta jdoe/hw.py": None,
        "12345-9/2.py": "12345",
        "李小龍_hw.py": "jdoe7",
        "777/hw3_jdoe.py": None,  # a section's number, or a student's?
        # What a student has called so.
        "poebob_90001_70001_hw3_12345.py": None,
        "Bob Poe_9_assignsubmission_file_/12345.py": None,
        "eve.zip/hw3_12345.py": None,
    }
    who = who_is_who(list(expected), roster=read_roster(table))
    found = {name: who.students[name].id for name in expected if name not in who.strangers}
    assert found == {name: own for name, own in expected.items() if own}
    one = ["2026/hw.py"]  # no folder beside it has a student's number
    assert who_is_who(one, roster=read_roster(table)).strangers == one
    table.write_text(
        "id,name,email,github_username\n1001,Jane Marie Doe,jane.doe@a.edu,jd\n"
        "1002,Jane Doe,doe2@a.edu,j-d-2\n1003,Jun Kim,j-kim@a.edu,\n1004,Lee Kim,kim@a.edu,\n"
    )
    names = ["hw_jane.doe.py", "hw_doe2.py", "hw_j-kim.py", "hw_kim.py", "hw-j-d-2/a.py"]
    who = who_is_who(names, roster=read_roster(table))
    assert who.strangers == ["hw_jane.doe.py"], "the login of the one is the name of the other"
    assert [who.students[name].id for name in names[1:]] == ["1002", "1003", "1004", "1002"]


def test_a_table_of_ones_own_has_other_numbers_than_the_platform():
    roster = [("1", "Jane Doe"), ("2", "Ann Roe"), ("3", "Bob Poe")]
    in_moodle = [
        f"{who}_assignsubmission_file_/hw.py" for who in ("Jane Doe_2", "Ann Roe_7", "Bo P_3")
    ]
    assert ids_by(roster, in_moodle) == [None, "2", "3"]  # who is called Jane has Ann's number
    who = who_is_who(in_moodle, roster=[Student(*one) for one in roster])
    doubts = [who.students[name].doubts for name in in_moodle]
    assert who.students[in_moodle[0]].id == "Jane Doe_2"
    assert doubts == [(), (), ("in the roster its number has another name",)]
    files, _ = books("moodle", in_moodle[1:2], [Student(*one) for one in roster])
    assert rows_of(files["moodle.csv"])[1][:2] == ["Participant 7", "Ann Roe"]
    files, _ = books("canvas", [CANVAS], [Student("700001", "Doe, Jane", row={"id": "700001"})])
    assert rows_of(files["canvas.csv"])[2][:2] == ["Doe, Jane", "12345"]


def test_a_user_of_blackboard_with_an_underscore_is_known_by_a_roster():
    roster = [Student(one) for one in ("a_smith", "b_smith", "smith", "jdoe")]
    users = ["smith", "jdoe", "a_smith", "b_smith"]
    names = [f"HW_1_{user}_attempt_2026-03-05-10-15-00_hw.py" for user in users]
    who = who_is_who(names, roster=roster)
    assert [(own.id, own.number) for own in who.students.values()] == [(u, u) for u in users]
    assert not any(own.doubts for own in who.students.values()), "all have the title"
    one = who_is_who(names[2:3], roster=roster)
    assert one.strangers == names[2:3] and one.students[names[2]].doubts, "it may end with a letter"
    of_one = [name.replace("HW_1_", "HW_a_") for name in names[:2]]
    assert not who_is_who(of_one, roster=roster).strangers


def test_in_a_platforms_own_table_only_numbers_count(tmp_path):
    export = tmp_path / "export.csv"
    export.write_text('Student,ID,SIS Login ID,Section\n"Doe, Jane",31001,jdoe,A\n')
    others = ["doejane_31050_71050_hw.py", "HW_j-doe_attempt_2026-03-05-10-15-00_hw.py"]
    assert who_is_who(others[:1], roster=read_roster(export)).strangers == others[:1]
    export.write_text("Last Name,First Name,Username\nDoe,Jane,jdoe\n")
    assert who_is_who(others[1:], roster=read_roster(export)).strangers == others[1:]
    export.write_text("Identifier,Full name,Status\nParticipant 506,Tom May,\n")
    moodle = ["Tom May_599_assignsubmission_file_/hw.py", "Tim_506_assignsubmission_file_/hw.py"]
    assert who_is_who(moodle, roster=read_roster(export)).strangers == moodle[:1]


def test_canvas_writes_the_last_name_first():
    roster = [("1", "Li Wei"), ("2", "Wei Li"), ("3", "Jane Doe"), ("4", "Ada de la Cruz")]
    names = [
        f"{who}_9000{k}_7000{k}_hw.py"
        for k, who in enumerate(["weili", "liwei", "doejane", "delacruzada", "janedoe"])
    ]
    assert ids_by(roster, names) == ["1", "2", "3", "4", "3"]
    assert ids_by([("1", "Wei, Li"), ("2", "Li, Wei")], names[:2]) == ["1", "2"]


def test_a_number_of_a_platform_is_none_of_the_school(tmp_path):
    export = tmp_path / "export.csv"
    export.write_text('Student,ID,SIS User ID,SIS Login ID,Section\n"Poe, Bob",55555,12345,bob,A\n')
    who = who_is_who([CANVAS], roster=read_roster(export))
    assert who.strangers == [CANVAS] and [s.id for s, _ in who.missing] == ["55555"]


def test_columns_and_cells_of_rosters(tmp_path):
    file = tmp_path / "roster.csv"
    when = "Last modified (submission)"
    file.write_text(
        f"Identifier,Full name,ID number,{when}\nParticipant 2,Jane Doe,765,"
        '"Thursday, March 5, 2026, 11:59 PM"\nParticipant 3,Bob,766,"am Donnerstag"\n'
    )
    roster = read_roster(file, times=False)
    assert who_is_who(["765.py"], roster=roster).students["765.py"].id == "2"
    with pytest.raises(ValueError, match=r"expected a time as .* got 'am Donnerstag'"):
        read_roster(file)
    file.write_text(file.read_text().replace("am Donnerstag", "Friday, 6 March 2026, 23:59"))
    times = [student.submitted for student in read_roster(file)]
    assert times == [datetime(2026, 3, 5, 23, 59), datetime(2026, 3, 6, 23, 59)]
    file.write_text("id;name\n123.0;Ada\n1230.0;Bo\n")
    names = ["123.py", "1230.py"]
    who = who_is_who(names, roster=read_roster(file))
    assert [who.students[name].name for name in names] == ["Ada", "Bo"]
    file.write_text('Student;ID;Section;"A, b, c, d (1)"\nAda;123;S;\nBo;1230;S;\n')
    assert [student.id for student in read_roster(file)] == ["123", "1230"]
    file.write_text("identifier,github_username,github_id,name\nTeam 1,,,\nada,ada-l,7,\n,,,\n")
    assert [student.id for student in read_roster(file)] == ["Team 1", "ada"]


def test_points_go_into_the_column_of_that_title(tmp_path):
    export = tmp_path / "export.csv"
    export.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (late) (76),HW 1 (77)\n"
        '"Doe, Jane",12345,S2,jane,One,,\n'
    )
    files, _ = books("canvas", [CANVAS], read_roster(export))
    assert rows_of(files["canvas.csv"])[0][5:] == ["HW 1 (77)"]


def test_a_file_under_a_number_of_the_platform_leaves_its_student_in_the_gradebook():
    students = who_is_who([CANVAS, "12345.py"]).students
    files, without = written("canvas", Lines([graded("12345.py", 4.0)], students, Late()))
    assert rows_of(files["canvas.csv"])[2][:2] == ["doejane", "12345"] and not without
    assert rows_of(files["canvas.csv"])[2][-1] == "4"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_letters_with_marks_are_letters(form):
    """A Mac writes "ü" as "u" and a mark."""
    roster = [
        Student("1", "Jan Müller"),
        Student("2", "Jan Muller"),
        Student("zoé"),
        Student("zoe"),
    ]
    roster += [Student("3", "राम पटेल"), Student("4", "रीमा पटेल")]
    names = ["Jan Müller.py", "zoé.py", "रीमा पटेल.zip/hw.py", "eve (1).ZIP/hw.py"]
    names = [unicodedata.normalize(form, name) for name in names]
    who = who_is_who(names, roster=[*roster, Student("eve")])
    assert [who.students[name].id for name in names] == ["1", "zoé", "4", "eve"]


def test_who_is_graded_without_a_name_has_no_line_in_a_gradebook():
    files, without = books("canvas", ["anon_aB3dE_67890_hw.py", CANVAS])
    assert without == ["anon_aB3dE"] and len(rows_of(files["canvas.csv"])) == 3


def test_a_roster_knows_better_than_a_name_that_looks_like_canvas_s():
    roster = [Student("alice"), Student("bob")]
    names = ["alice/cs_10101_202610_hw.py", "bob/hw.py"]
    assert [who_is_who(names, roster=roster).students[name].id for name in names] == [
        "alice",
        "bob",
    ]
    inside = "mal_12345_67890_hw.zip/alice/hw.py"
    assert who_is_who([inside], roster=roster).strangers == [inside]


def test_a_late_file_that_is_worth_no_more_takes_nobodys_points():
    students = {"again": Student("1", is_late=True), "f": Student("1")}
    for score in (3.0, 4.0):
        (line,) = Lines([graded("again", score), graded("f")], students, Late(percent=50))
        assert (line.earned, line.days, line.taken_off) == (3, 0, 0)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("jdoe_LATE_123_456_x_123_assignsubmission_file_a.py", ("123", "canvas", True, None)),
        ("A_1_assignsubmission_file_x_2_assignsubmission_file_a.py", ("1", "moodle", False, None)),
        ("A_124_999_123_assignsubmission_file_/a.py", ("123", "moodle", False, None)),
        (
            "HW_ada_attempt_2026-03-25-10-20-00_x_bob_attempt_2026-03-01-00-00-00_a.py",
            ("ada", "blackboard", False, datetime(2026, 3, 25, 10, 20)),
        ),
    ],
)
def test_the_end_of_a_name_is_the_students(name, own):
    found = student_from(name)
    assert (found.id, found.platform, found.is_late, found.submitted) == own
    assert to_look_at(graded(name).report, found, Late()) == ["its name fits two students"]
    assert student_from("1.zip/HW_bob_attempt_2099-01-01-00-00-00_hw.py") is None


def test_a_title_like_numbers_of_canvas_makes_no_class_one_student(tmp_path):
    title = "CS_101_202610"
    for name in ("ada", "bob"):
        (tmp_path / f"{title}_{name}_attempt_2026-03-25-10-20-00_a.py").write_text("")
    found = find_submissions([tmp_path])
    assert len(set(found.students.values())) == 2
    who = who_is_who(found.submissions, handed_in_as=found.handed_in_as)
    assert {own.id for own in who.students.values()} == {"ada", "bob"}
    # Canvas gives each of a student's files a number of its own.
    on_canvas = "mal_103_2028_x_102_attempt_2026-03-05-10-15-00_a.py", "mal_103_2029_a.py"
    assert {own.id for own in who_is_who(on_canvas).students.values()} == {"103"}


@pytest.mark.parametrize(
    ("named_by", "files", "guessed", "told"),
    [
        (
            "own",
            ["cs_10101_20261_ada.py", "lab_10102_20262_bob.py"],
            ["cs_10101", "lab_10102"],
            ["cs_10101_20261_ada", "lab_10102_20262_bob"],
        ),
        ("own", ["A_1_assignsubmission_file_/a.py"], ["A_1"], ["A_1_assignsubmission_file_/a"]),
        (
            "canvas",
            ["ada_101_2026_a.py", "ada_101_2027_b.py", "bob.py"],
            ["ada_101_2026_a", "ada_101_2027_b", "bob"],
            ["ada_101", "ada_101", "bob"],
        ),
        (
            "canvas",
            ["hw_101_2026_a.py", "hw_102_2027_a.py", "hw_103_2028_a.py"],
            ["hw_101_2026_a", "hw_102_2027_a", "hw_103_2028_a"],
            ["hw_101", "hw_102", "hw_103"],
        ),
        (
            "canvas",
            ["cs_101_2026_a/ada_123_456_a.py"],
            ["cs_101_2026_a/ada_123_456_a"],
            ["ada_123"],
        ),
        (
            "moodle",
            ["jane_10101_20261_1_assignsubmission_file_a.py"],
            ["jane_10101"],
            ["jane_10101_20261_1"],
        ),
    ],
)
def test_an_instructor_says_who_named_the_files(named_by, files, guessed, told, tmp_path):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    for by, students in ((None, guessed), (named_by, told)):
        found = find_submissions([tmp_path], named_by=by)
        assert sorted(found.students.values()) == students
    assert not any(map(found.names.is_refused, files))


def test_files_of_several_names_of_one_id():
    roster = [Student("123", "Jane Doe")]
    names = [CANVAS.replace("12345", "123"), "jane_doe.py", "bob.py"]
    students = who_is_who(names, roster=roster).students
    assert [bool(students[name].doubts) for name in names] == [True, True, False]


def test_users_of_blackboard_whose_names_end_alike():
    names = [f"HW_{user}_doe_attempt_2026-03-25-10-20-00_a.py" for user in "ab"]
    students = who_is_who(names).students.values()
    assert [student.id for student in students] == ["a_doe", "b_doe"], "all have the title"
    assert [own.id for own in who_is_who(names[:1]).students.values()] == ["doe"]


def test_whoever_is_called_like_anothers_number():
    roster = [Student("123", "124"), Student("124", "123")]
    names = ["124_123_assignsubmission_file_/a.py", "123_124_assignsubmission_file_/a.py"]
    who = who_is_who(names, roster=roster)
    assert [who.students[name].id for name in names] == ["123", "124"]


def test_users_who_differ_by_a_point():
    logins = [{"email": "x.y@a.b"}, {"email": "xy@a.b"}]
    roster = [Student("jdoe", row=logins[0]), Student("j.doe", row=logins[1])]
    names = ["jdoe.py", "j.doe.py", "J_Doe.py"]
    who = who_is_who(names, roster=roster)
    assert [who.students[name].id for name in names] == ["jdoe", "j.doe", "j.doe"]


def test_who_is_missing(tmp_path):
    file = tmp_path / "roster.csv"
    file.write_bytes("\ufeffid;name\n1;Ada Lovelace\n2;Bo Li\n3;Éva Nagy\n".encode())
    roster = read_roster(file)
    pdf = "Bo Li_2_assignsubmission_file_/a.pdf"
    who = who_is_who(["ada_lovelace.py", "eve.py"], [pdf], roster)
    assert who.students["ada_lovelace.py"].id == "1"
    assert who.strangers == ["eve.py"]
    assert [(s.name, files) for s, files in who.missing] == [("Bo Li", pdf), ("Éva Nagy", "")]
    for left in ("Bo Li.zip/hw.txt", "Bo Li.zip/", "monday/Bo Li/hw.txt", "Bo Li.txt"):
        who = who_is_who(["ada_lovelace.py"], [left], roster)
        assert next((s.name, files) for s, files in who.missing) == ("Bo Li", left)
    twins = [Student("1", "Bo Li"), Student("2", "Bo Li")]
    assert who_is_who(["bo_li.py"], roster=twins).strangers == ["bo_li.py"], "nobody is guessed"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\nAda\n", "expected a column called id, got name"),
        ("id\n1\n1\n", "1 stands there twice"),
        ("id,name\n1,Ada\n,Bo\n", "Bo has no id; give one"),
        ("id,submitted\n1,soon\n", "expected a time as 2026-03-05 23:59, got 'soon'"),
    ],
)
def test_a_roster_that_is_none(tmp_path, text, words):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(ValueError, match=f"--roster: .*{words}"):
        read_roster(tmp_path / "r.csv")


def test_a_roster_with_long_cells(tmp_path, monkeypatch):
    """Moodle's table holds what students have written online; none may keep it from being read."""
    (tmp_path / "r.csv").write_text(f"id,online text\n1,{'x' * 140_000}\n")
    assert read_roster(tmp_path / "r.csv")[0].id == "1"
    monkeypatch.setattr("lessons_lib.grading.classroom.roster.MOST_CELL", 9)
    with pytest.raises(ValueError, match=r"--roster: .* is no table of cells: field larger"):
        read_roster(tmp_path / "r.csv")


def test_a_time_that_cannot_be_compared_stops_nobody():
    zone = "2026-03-05T00:00+01:00"
    naive, none = "HW_a_attempt_2026-03-07-10-15-00.py", "HW_b_attempt_2026-99-99-99-99-99.py"
    students = who_is_who([naive, none]).students
    policy = late_policy(zone, None, list(students.values()))
    assert [policy.days(student) for student in students.values()] == [0, 0]
    words = [to_look_at(graded(name).report, students[name], policy) for name in (naive, none)]
    assert words == [["its time has no zone"], ["the time in its name is none"]]


def test_late_work():
    due = datetime(2026, 3, 5, 23, 59)
    early, late, marked = (
        Student("1", submitted=due),
        Student("2", submitted=datetime(2026, 3, 7, 0, 0)),
        Student("3", is_late=True),
    )
    policy = late_policy("2026-03-05 23:59", "10% a day, at most 3", [early, late, marked])
    assert [policy.days(student) for student in (early, late, marked)] == [0, 2, 1]
    assert [policy.taken_off(days, 18.0, 20.0) for days in (0, 2, 3, 9)] == [0, 4, 6, 6]
    assert policy.taken_off(2, 3.0, 20.0) == 3, "nobody gets less than 0"
    assert late_policy(None, "2.5 % per day", [early]).taken_off(9, 20.0, 20.0) == 4.5
    assert late_policy(None, "50% a day", [early]).left(2, 0.1 + 0.2, 0.1 + 0.2) == 0
    files, _ = books("canvas", [CANVAS], late=policy)
    assert rows_of(files["canvas.csv"])[2][-1] == "2.6"
    (line,) = Lines([graded(CANVAS)], {CANVAS: marked}, policy)
    assert (line.earned, line.taken_off) == (3, 0.4)
    assert line.feedback.startswith("Late by 1 day: 0.4 points are taken off.")
    assert line._replace(earned=0.1 + 0.2, taken_off=0.3).grade == "0"


@pytest.mark.parametrize(
    ("due", "late", "words"),
    [
        ("tomorrow", None, "--due: expected a time as"),
        (None, "a bit", "--late: expected such as"),
        (None, "110% a day", "--late: expected such as"),
        ("2026-03-05 23:59+01:00", None, "expected a time zone in both"),
    ],
)
def test_policies_that_are_none(due, late, words):
    with pytest.raises(ValueError, match=words):
        late_policy(due, late, [Student("1", submitted=datetime(2026, 3, 5))])


def test_what_needs_a_human_eye():
    def reasons(status="failed", message=""):
        report = Report([Result("f", status, 0.0, 1.0, message)])
        return to_look_at(report, Student("1"), Late())

    nothing = to_look_at(Report([]), Student("1"), Late())
    assert reasons() == [] and nothing == ["no exercise in it"]
    assert reasons("timeout") == ["took too long"]
    assert reasons("error", "The file cannot be read: it is a link.") == ["unreadable"]
    left_out = "In cell 2, line 3, a part was left out.\n    open('x')"
    assert reasons(message=left_out) == ["statement left out"]
    broken = "In cell 1, line 1, a part is left out: Python cannot read it.\n    x ="
    assert reasons(message=broken) == ["broken cell or statement"]
