"""`lessons grade` for a class, and `lessons statistics`: what they print and write."""

import csv
import textwrap

import pytest

from tests.grading.test_batch import ASSIGNMENT, RIGHT, WRONG

CLASS = {
    "doejane_12345_67890_hw.py": RIGHT,
    "roejohn_LATE_12346_67891_hw.py": RIGHT,
    "poeedgar_12347_67892_hw.py": WRONG + "y = (\n",
    "lienid_12348_67893_hw.pdf": "",
}
ROSTER = 'Student,ID,SIS Login ID,Section,hw1 (5)\n"Roe, John",12346,,A,\n"Li, Enid",12348,,A,\n'
ROSTER += '"Ann\n 9 of 9 for her",12349,,A,\n'


@pytest.fixture
def course(tmp_path):
    (tmp_path / "hw1.py").write_text(textwrap.dedent(ASSIGNMENT))
    (tmp_path / "in").mkdir()
    for name, text in CLASS.items():
        (tmp_path / "in" / name).write_text(text)
    return tmp_path


def test_a_class(lessons, course):
    (course / "roster.csv").write_text(ROSTER)
    given = ["grade", course / "in", "--exercises", course / "hw1.py", "--out", course / "out"]
    options = ["--isolation", "basic", "--format", "canvas", "--late", "10% a day"]
    status, out, err = lessons(*given, *options, "--roster", course / "roster.csv")
    assert (status, err) == (0, "")
    summary = out[out.index("1 want a human eye") :].replace(f"{course}", "")
    assert summary.startswith("1 want a human eye:\n  poeedgar: broken cell or statement\n")
    assert "  Li, Enid: lienid_12348_67893_hw.pdf\n" in summary
    assert "  Ann\\n 9 of 9 for her: nothing\n" in summary, "a name stands in one line"
    assert "2 not in the roster:\n  doejane\n  poeedgar\n" in summary
    assert "Files are named: 3 by Canvas\n  --named-by PLATFORM, or own, if" in summary
    assert "1 late, 0.2 points taken off for it\n" in summary
    assert all(len(line) <= 60 for line in summary.splitlines())
    named = {line.split()[0] for line in summary.splitlines() if line[:2] == "  " and "," in line}
    assert {"canvas.csv", "canvas_feedback.zip", "grades.csv", "left_out.csv"} <= named
    for name in named & {"canvas.csv", "canvas_feedback.zip", "grades.csv", "missing.csv"}:
        assert (course / "out" / name).stat().st_size
    with (course / "out" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    john = rows["12346"]
    assert (john["score"], john["days_late"], john["taken_off"]) == ("2", "1", "0.2")
    assert john["score_left"] == "1.8" and john["name"] == "Roe, John"

    status, out, err = lessons("statistics", course / "out")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == [
        "3 graded, of 2 points:",
        "mean 1.33, median 2, quartiles 1 and 2",
    ]
    assert out.splitlines()[-1].split() == ["double", "3", "0.67", "-"]


def test_who_named_the_files(lessons, course):
    for k, file in enumerate(sorted((course / "in").glob("*.py"))):
        file.rename(course / "in" / f"cs_10{k}_2026_hw.py")
    given = ["grade", course / "in", "--exercises", course / "hw1.py", "--isolation", "basic"]
    status, out, _ = lessons(*given, "--out", course / "out")
    assert status == 0
    assert "Files are named: 3 by nobody else\n  3 of these look like Canvas's, and" in out
    status, out, _ = lessons(*given, "--out", course / "out", "--named-by", "canvas")
    assert status == 0 and "Files are named" not in out
    with (course / "out" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["student"] for row in csv.DictReader(file)} == {"100", "101", "102"}
    status, out, _ = lessons(*given, "--out", course / "out", "--format", "canvas")
    assert status == 0 and (course / "out" / "canvas.csv").exists()
    (course / "in" / "cs_100_2026_hw.py").rename(course / "in" / "ada.py")
    status, out, _ = lessons(*given, "--out", course / "out", "--named-by", "own")
    assert status == 0 and not (course / "out" / "canvas.csv").exists(), "of an earlier run"
    pages = sorted(path.name[:3] for path in (course / "out" / "pages").iterdir())
    assert pages == ["ada", "cs_", "cs_"]
    status, _, err = lessons(*given, "--out", course / "out", "--named-by", "mail")
    assert status == 2 and "--named-by: expected canvas, moodle, blackboard, own, got" in err


def test_copies_are_looked_for_where_no_stub_could_be_handed_out(lessons, course):
    """The lesson's name is none for a file, and students have not what a default needs."""
    (course / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    text = textwrap.dedent(ASSIGNMENT).replace('lesson="hw1"', 'lesson="Homework 1"')
    text = text.replace("def double(x)", "def double(x, by=helper.twice)", 1)
    text = text.replace('"x": ', '"by": helper.twice, "x": ')
    (course / "hw1.py").write_text(f"import helper\n{text}")
    given = ["grade", course / "in", "--exercises", course / "hw1.py", "--out", course / "out"]
    status, out, err = lessons(*given, "--isolation", "basic")
    assert (status, err) == (0, "") and "index.html" in out


def test_statistics_of_what_is_none(lessons, tmp_path, course):
    status, _, err = lessons("statistics", tmp_path / "in")
    assert status == 2 and "expected what `lessons grade` wrote" in err and err.count("\n") == 1
    for options, words in (
        (["--format", "moodel"], "--format: expected canvas, moodle, blackboard, got 'moodel'"),
        (["--due", "soon"], "--due: expected a time"),
        (["--late", "10% a day"], "--late: expected --exercises or --lesson"),
        (["--roster", course / "none.csv"], "none.csv"),
    ):
        status, out, err = lessons("grade", course / "in", "--out", course / "out", *options)
        assert (status, out) == (2, "") and words in err and err.count("\n") == 1


def test_nothing_to_compare_with_is_told_before_anything_is_graded(lessons, course):
    (course / "empty").mkdir()
    given = ["grade", course / "in", "--exercises", course / "hw1.py", "--out", course / "out"]
    (course / "broken.ipynb").write_text("{")
    status, _, err = lessons(*given, "--given", course / "broken.ipynb")
    assert status == 2 and err.startswith("lessons: --given: broken.ipynb cannot be read: ")
    for option in ("--compare", "--given"):
        status, _, err = lessons(*given, option, course / "empty")
        assert (status, err) == (
            2,
            f"lessons: {option}: expected .py or .ipynb files, found none\n",
        )
    assert not list((course / "out").glob("results/*"))
