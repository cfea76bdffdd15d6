"""Many submissions: all of them graded, none twice, one table."""

import csv
import json
import textwrap

import pytest

from lessons_lib.grading import batch
from lessons_lib.grading.batch import find_submissions, grade_all, load_exercises

ASSIGNMENT = """
    import numpy as np

    from lessons_lib.grading import Output, exercise

    def make_case(rng, N):
        return {"x": rng.normal(size=N)}

    @exercise(lesson="hw1", outputs=[Output("y", "N", points=2)], make_case=make_case,
              sizes=[{"N": 3}])
    def double(x):
        return 2 * x
"""
RIGHT = "def double(x):\n    return x + x\n"
WRONG = "def double(x):\n    return x * x\n"


@pytest.fixture
def course(tmp_path):
    (tmp_path / "hw1.py").write_text(textwrap.dedent(ASSIGNMENT))
    folder = tmp_path / "in"
    (folder / "eve").mkdir(parents=True)
    (folder / "ada.py").write_text(RIGHT)
    (folder / "bob.py").write_text(WRONG)
    (folder / "eve" / "=1+1.py").write_text("gone = __import__('os')._exit(0)\n" + RIGHT)
    (folder / ".hidden.py").write_text(RIGHT)
    (folder / "notes.txt").write_text("no submission")
    return tmp_path


def scores(out):
    with (out / "grades.csv").open() as file:
        return {row["submission"]: row["double"] for row in csv.DictReader(file)}


def test_a_batch(course):
    found = find_submissions([course / "in"])
    assert list(found) == ["ada.py", "bob.py", "eve/=1+1.py"]
    graded = grade_all(found, course / "out", exercises=course / "hw1.py", jobs=2)
    assert [one.name for one in graded] == list(found)
    assert [one.report.score for one in graded] == [2, 0, 0]
    assert scores(course / "out") == {"ada.py": "2", "bob.py": "0", "eve/=1+1.py": "0 (crashed)"}
    for path in (course / "out" / "results").iterdir():
        record = json.loads(path.read_text())
        assert record["isolation"] in ("strong", "basic") and record["seed"] > 0
    assert len(list((course / "out" / "feedback").iterdir())) == 3


def test_it_goes_on_where_it_was(course, monkeypatch):
    found = find_submissions([course / "in" / "ada.py", course / "in" / "bob.py"])
    out = course / "out"
    first = grade_all(found, out, exercises=course / "hw1.py")

    graded_anew = []
    real = batch._graded_by_pool

    def watched(submissions, *rest):
        graded_anew.extend(submissions)
        return real(submissions, *rest)

    monkeypatch.setattr(batch, "_graded_by_pool", watched)
    assert grade_all(found, out, exercises=course / "hw1.py") == first
    assert graded_anew == []

    (course / "in" / "bob.py").write_text(RIGHT)
    second = grade_all(found, out, exercises=course / "hw1.py")
    assert graded_anew == ["bob.py"]
    assert [one.report.score for one in second] == [2, 2]
    assert second[0] == first[0]

    for path in (out / "results").glob("ada*"):
        path.write_text('{"cut of')
    grade_all(found, out, exercises=course / "hw1.py")
    assert graded_anew == ["bob.py", "ada.py"]

    with (course / "hw1.py").open("a") as file:
        file.write("\n# another point of view\n")
    grade_all(found, out, exercises=course / "hw1.py")
    assert graded_anew == ["bob.py", "ada.py", "ada.py", "bob.py"]


def test_equal_names_and_formulas(course):
    found = find_submissions([course / "in", course / "in" / "ada.py", course / "in" / "ada.py"])
    assert list(found)[-2:] == ["ada.py (2)", "ada.py (3)"]
    graded = [batch.Graded(name, batch.Report([])) for name in ("=cmd()", "@a\n\x1b[2J")]
    lines = batch.table(graded).splitlines()
    assert lines[1].startswith("'=cmd()")
    assert lines[2].startswith("\"'@a")


def test_a_folder_may_lie_in_a_hidden_one(course):
    (course / "in").rename(course / ".in")
    assert len(find_submissions([course / ".in"])) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"x = 1\ny = (\n", "line 2: SyntaxError: "),
        (b"x = 1\n\n1 / 0\n", "line 3: ZeroDivisionError: division by zero"),
        (b"import no_such_module\n", "line 1: ModuleNotFoundError: No module named"),
        ("é".encode("latin-1"), "SyntaxError: "),
    ],
)
def test_a_file_of_exercises_that_does_not_run(tmp_path, text, words):
    file = tmp_path / "hw3.py"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=r"^--exercises: ") as caught:
        load_exercises(file)
    assert f"{file}" in str(caught.value) and words in str(caught.value)
    file.write_text(textwrap.dedent(ASSIGNMENT))
    assert len(load_exercises(file)) == 1, "mended, it is run again"


def test_students_get_the_hint_that_they_cannot_ask_for(course):
    text = ASSIGNMENT.replace("sizes=", 'hints=["Twice is two times.", "More."], sizes=')
    (course / "hw1.py").write_text(textwrap.dedent(text))
    found = find_submissions([course / "in" / "bob.py"])
    ((_, report),) = grade_all(found, course / "out", exercises=course / "hw1.py")
    message = report.results[0].message
    assert "Hint: Twice is two times." in message and "hint(" not in message


def test_bad_input(course):
    with pytest.raises(FileNotFoundError, match="PATH: there is no file or folder"):
        find_submissions([course / "nowhere"])
    (course / "empty").mkdir()
    with pytest.raises(ValueError, match=r"PATH: expected \.py or \.ipynb files, found none"):
        find_submissions([course / "empty"])
    with pytest.raises(FileNotFoundError, match="--exercises: there is no file"):
        load_exercises(course / "hw2.py")
    with pytest.raises(ValueError, match="defines no exercise"):
        load_exercises(course / "in" / "ada.py")
