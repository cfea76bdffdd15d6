"""Names of files and results on disk: whatever they are, each submission has its own."""

import csv
import json
import os
import py_compile
import textwrap
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons_lib.files import read_regular
from lessons_lib.grading import batch
from lessons_lib.grading.batch import (
    How,
    claimed,
    find_submissions,
    grade_all,
    grading_process,
    keeping,
    tables,
)
from lessons_lib.grading.exercise.loading import load_exercises
from lessons_lib.grading.isolation import importable
from lessons_lib.grading.report import Report, Result
from tests.grading import deep
from tests.grading.test_batch import ASSIGNMENT, RIGHT

posix = pytest.mark.skipif(os.name != "posix", reason="other systems forbid such names and files")


@pytest.fixture
def pool(monkeypatch):
    """Grades in no time: the points are the number that a file holds. Lists what was graded."""
    graded = []

    def fake(submissions, how, jobs, keep):
        for name, path in submissions.items():
            graded.append(name)
            score = float(path.read_text())
            keep(name, Report([Result("f", "passed", score, 9999.0, "")], 1, "strong"))

    monkeypatch.setattr(batch, "graded_by_pool", fake)
    return graded


def rows(out):
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["submission"]: row["score"] for row in csv.DictReader(file)}


def handed_in(folder, names):
    folder.mkdir(parents=True)
    for number, name in enumerate(names):
        Path(folder, name).write_text(str(number))
    return find_submissions([folder])


LETTERS = st.sampled_from("aAbß=;,'\"\\-.&\x1b\x7f\x85\u202e\u200b\xa0\n\t  한é\udc80")
NAMES = st.text(LETTERS, min_size=1, max_size=5) | st.text("한aA", min_size=80, max_size=84)


@posix
@given(st.lists(NAMES.map("{}.py".format).filter(lambda n: n[0] != "."), min_size=2, unique=True))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_name_takes_the_row_of_another(pool, tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("batch")
    found = handed_in(folder / "in", names)
    paths = {name: path.name for name, path in found.submissions.items()}
    assert sorted(paths.values()) == sorted(names)
    for name, real in paths.items():
        assert name.isprintable() and (name == real or name not in names)
    grade_all(found, folder / "out")
    points = {tables.harmless(name): f"{names.index(real)}" for name, real in paths.items()}
    assert rows(folder / "out") == points
    for kind in ("results", "feedback"):
        written = os.listdir(folder / "out" / kind)
        assert len({name.casefold() for name in written}) == len(names)
    assert b"\x1b" not in (folder / "out" / "grades.csv").read_bytes()


@posix
@pytest.mark.parametrize(
    "other",
    [" alice.py", "\xa0alice.py", "alice\x08.py", "Alice.py", "alice .py"]
    + [f"alice{unseen}.py" for unseen in "\u034f\u2800\u3164\ufe0f\U0001d159\U000e0101"],
)
def test_the_row_is_whose_name_it_is(pool, tmp_path, other):
    grade_all(handed_in(tmp_path / "in", [other, "alice.py"]), tmp_path / "out")
    (marked,) = (name for name in rows(tmp_path / "out") if name != "alice.py")
    assert marked.endswith(" (not alice.py)") and rows(tmp_path / "out")["alice.py"] == "1"


@posix
def test_no_two_names_are_one_in_a_table(pool, tmp_path):
    """A quote stands before what a spreadsheet would take for a formula."""
    names = ["a;=x;=y.py", "a;'=x;=y.py", "a;=x;'=y.py", "a;'=x;'=y.py"]
    grade_all(handed_in(tmp_path / "in", names), tmp_path / "out")
    assert sorted(rows(tmp_path / "out").values()) == ["0", "1", "2", "3"]
    assert [row.report.score for row in keeping.kept_reports(tmp_path / "out")] != [0]
    assert len(keeping.kept_reports(tmp_path / "out")) == 4


@posix
def test_only_what_counted_last_is_in_the_statistics(pool, tmp_path):
    """The result of a file that is gone stays, and its name in a table may be another's."""
    grade_all(handed_in(tmp_path / "in", ["b.py", "a;'=x.py"]), tmp_path / "out")
    grade_all(handed_in(tmp_path / "later", ["b.py", "a;=x.py"]), tmp_path / "out")
    counted = keeping.kept_reports(tmp_path / "out")
    assert sorted(row.name for row in counted) == ["a;=x.py", "b.py"]
    for damaged in ("[", '{"a": 1}', "[1]", "[" * 100_000):
        (tmp_path / "out" / "counted.json").write_text(damaged)
        with pytest.raises(ValueError, match=r"counted\.json is damaged; give `lessons grade`"):
            keeping.kept_reports(tmp_path / "out")


def test_a_report_that_cannot_be_is_a_row_of_the_batch(monkeypatch, tmp_path):
    too_much = Report([Result("f", "passed", 0.6000000000000001, 0.6, "")], 1, "strong")
    monkeypatch.setattr(grading_process, "grade_in_place", lambda path, **how: too_much)
    (result,) = grading_process._grade_one(tmp_path / "a.py", How()).results
    assert result.status == "infrastructure_error" and "0.6000000000000001 of 0.6" in result.message


@posix
def test_what_lies_in_a_folder_is_only_read_if_it_is_a_file(pool, tmp_path):
    found = handed_in(tmp_path / "in", ["ada.py"])
    os.mkfifo(tmp_path / "in" / "pipe.zip")
    (tmp_path / "in" / "link.zip").symlink_to("/dev/zero")
    (tmp_path / "in" / "loop").symlink_to(".")
    with pytest.raises(OSError, match="more than 20,000,000 bytes"):
        os.truncate(tmp_path / "in" / "ada.py", 10**12)
        read_regular(tmp_path / "in" / "ada.py", 20_000_000)
    assert keeping.digest_of(tmp_path / "in" / "ada.py").startswith("unread: ")
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    assert list(found.submissions) == ["ada.py"]
    assert found.left_out["pipe.zip/"].endswith("it is not a regular file")
    assert found.left_out["link.zip"] == found.left_out["loop/"] == "a link"


@posix
def test_a_folder_deeper_than_a_path_can_be_long():
    with importable.Folder() as folder:  # not in tmp_path: pytest cannot remove what is so deep
        Path(folder, "ada.py").write_text(RIGHT)
        assert len(list(deep.folders(folder, "deep", 1200))) == 1200
        found = find_submissions([Path(folder)])
    assert list(found.submissions) == ["ada.py"]
    (reason,) = found.left_out.values()
    assert reason == "it lies in more than 30 folders"


def test_two_batches_and_a_folder_among_the_submissions(tmp_path):
    (tmp_path / "in").mkdir()
    with (
        claimed(tmp_path / "out", [tmp_path / "in"]),
        pytest.raises(ValueError, match="another batch is writing"),
        claimed(tmp_path / "out", []),
    ):
        pass
    for out, path in (("in", "in"), ("in/deep/out", "in"), ("out", "out/unpacked/1")):
        with pytest.raises(ValueError, match=r"outside the submissions|made anew"):
            with claimed(tmp_path / out, [tmp_path / path]):
                pass
    assert os.listdir(tmp_path / "in") == []


def test_a_folder_for_results_that_holds_something_else(tmp_path):
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(ValueError, match=r"--out: .*unpacked is no earlier batch's"):
        with claimed(tmp_path, []):
            pass
    (tmp_path / "unpacked").rmdir()
    for paths in ([], [tmp_path / "ada.py"]):
        with claimed(tmp_path, paths):
            (tmp_path / "unpacked").mkdir(exist_ok=True)
            (tmp_path / "grades.csv").touch()
    with pytest.raises(ValueError, match=r"PATH: .*grades.csv is of an earlier batch"):
        with claimed(tmp_path, list(tmp_path.iterdir())):
            pass


def resealed(**changes):
    """A forgery by somebody who knows how results are sealed."""

    def forge(path):
        record = json.loads(path.read_text())
        del record["seal"]
        record["results"][0] |= changes
        path.write_text(json.dumps(record | {"seal": keeping._seal(record)}))

    return forge


def a_pipe(path):
    path.unlink()
    os.mkfifo(path)


FORGERIES = {
    "other points": lambda path: path.write_text(path.read_text().replace("0.0", "5.0")),
    "cut off": lambda path: path.write_text(path.read_text()[:50]),
    "a list": lambda path: path.write_text("[]"),
    "without end": lambda path: path.write_text("[" * 100_000),
    "huge": lambda path: os.truncate(path, 10**11),
    "a pipe": a_pipe,
    "more than all points": resealed(score=1e6),
    "endless points": resealed(score=float("inf"), max_score=float("inf")),
    "text for points": resealed(score="9", max_score="9"),
    "no such status": resealed(status="won"),
    "no text": resealed(message=["\x1b[2J"]),
}  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_result_is_told_and_graded_anew(pool, tmp_path, forge):
    if forge is a_pipe and os.name != "posix":
        pytest.skip("there are no pipes in folders")
    found = handed_in(tmp_path / "in", ["ada.py", "bob.py"])
    grade_all(found, tmp_path / "out")
    assert grade_all(found, tmp_path / "out").anew == {} and pool == ["ada.py", "bob.py"]
    forge(next((tmp_path / "out" / "results").glob("ada*")))
    done = grade_all(found, tmp_path / "out")
    assert done.anew == {"ada.py": keeping.DAMAGED} and pool[2:] == ["ada.py"]
    assert rows(tmp_path / "out") == {"ada.py": "0", "bob.py": "1"}


def test_what_has_changed_is_graded_anew(pool, tmp_path, monkeypatch):
    found = handed_in(tmp_path / "in", ["ada.py", "bob.py"])
    out, hw1, helper = tmp_path / "out", tmp_path / "hw1.py", tmp_path / "helper.py"
    hw1.write_text("import helper\n" + textwrap.dedent(ASSIGNMENT))
    helper.write_text("")
    how = How(hw1)
    grade_all(found, out, how)
    del pool[:]
    Path(tmp_path, "in", "bob.py").write_text("7")
    assert grade_all(found, out, how).anew == {"bob.py": "it has changed"} and pool == ["bob.py"]
    assert rows(out)["bob.py"] == "7"
    package = tmp_path / "lessons_lib"
    package.mkdir()
    changes = [
        lambda: hw1.write_text(hw1.read_text().replace("points=2", "points=3")),
        lambda: helper.write_text("x = 1\n"),
        lambda: monkeypatch.setattr(keeping, "PACKAGE", package),
        lambda: (package / "judge.py").write_text("x = 1"),
        lambda: monkeypatch.setattr(keeping.np, "__version__", "99"),
    ]
    for change in changes:
        del pool[:]
        change()
        assert set(grade_all(found, out, how).anew.values()) == {keeping.CHANGED}
        assert grade_all(found, out, how).anew == {} and pool == ["ada.py", "bob.py"]
    grade_all(found, out, how, regrade=True)
    assert len(pool) == 4


def test_byte_code_beside_exercises_is_not_run(tmp_path):
    (tmp_path / "evil.py").write_text("raise SystemExit('byte code was run')")
    (tmp_path / "hw1.py").write_text("import pack.part\n" + textwrap.dedent(ASSIGNMENT))
    (tmp_path / "pack").mkdir()
    for file in ("hw1.py", "pack/__init__.py", "pack/part.py"):
        (tmp_path / file).touch()
        py_compile.compile(
            str(tmp_path / "evil.py"),
            cache_from_source(tmp_path / file),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    assert [exercise.name for exercise in load_exercises(tmp_path / "hw1.py")] == ["double"]


def test_exercises_among_the_submissions(tmp_path, lessons):
    (tmp_path / "in" / "bo").mkdir(parents=True)
    (tmp_path / "in" / "ada.py").write_text(RIGHT)
    hw1 = tmp_path / "in" / "hw1.py"
    hw1.write_text(textwrap.dedent(ASSIGNMENT))
    command = ("grade", tmp_path / "in", "--exercises", hw1, "--out", tmp_path / "out")
    status, out, err = lessons(*command)
    assert (status, err) == (0, "") and "1 graded" in out and "hw1.py: it belongs to the" in out
    # What it imports may be a student's: installed or not, a module, a folder or a link.
    tried = "try:\n    import bo, cy, pytest\nexcept ImportError:\n    pass\n"
    hw1.write_text(tried + textwrap.dedent(ASSIGNMENT))
    evil = "raise SystemExit('a student was run')"
    for name in ("cy.py", "bo/any.py", "pytest.py"):
        (tmp_path / "in" / name).write_text(evil)
        status, out, err = lessons(*command)
        assert (status, out) == (2, "") and f"hw1.py would take in {name}, which lies" in err
        (tmp_path / "in" / name).unlink()
    named = ("grade", tmp_path / "in" / "ada.py", tmp_path / "in" / "cy.py", *command[2:])
    (tmp_path / "in" / "cy.py").write_text(evil)
    assert "hw1.py would take in cy.py, which lies" in lessons(*named)[2]
    (tmp_path / "in" / "eve.py").write_text(RIGHT)
    files = [tmp_path / "in" / name for name in ("ada.py", "eve.py")]  # as d/[ae]*.py names them
    beside = ("grade", *files, *command[2:])
    assert "hw1.py would take in cy.py, which lies" in lessons(*beside)[2]
    with zipfile.ZipFile(tmp_path / "in" / "eve.zip", "w") as archive:
        archive.write(files[1], "eve.py")
    (tmp_path / "in" / "bo" / "bo.py").write_text(RIGHT)
    for paths in (["ada.py", "eve.zip"], ["eve.zip", "bo"]):  # as d/*.zip and d/*/ name them
        beside = ("grade", *(tmp_path / "in" / name for name in paths), *command[2:])
        assert "hw1.py would take in " in lessons(*beside)[2]
    (tmp_path / "in" / "eve.zip").unlink()
    (tmp_path / "in" / "bo" / "bo.py").unlink()
    files[1].unlink()
    (tmp_path / "in" / "cy.py").unlink()
    (tmp_path / "in" / ".x").mkdir()
    (tmp_path / "in" / ".x" / "__init__.py").write_text(evil)
    (tmp_path / "in" / "cy").symlink_to(".x")  # no submission, yet imported
    assert "hw1.py would take in cy/__init__.py, which lies" in lessons(*command)[2]


def test_a_link_of_a_students_is_a_link_and_no_more(tmp_path, lessons):
    """To itself, or to what the exercises import from their own folder."""
    for name in ("in", "hw"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "ada.py").write_text(RIGHT)
    (tmp_path / "in" / "bo.py").symlink_to("bo.py")
    (tmp_path / "in" / "cy.py").symlink_to(tmp_path / "hw" / "helper.py")
    (tmp_path / "hw" / "helper.py").touch()
    (tmp_path / "hw" / "hw1.py").write_text("import helper\n" + textwrap.dedent(ASSIGNMENT))
    options = ("--exercises", tmp_path / "hw" / "hw1.py", "--out", tmp_path / "out")
    status, out, err = lessons("grade", tmp_path / "in", *options)
    assert (status, err) == (0, "") and "3 graded" in out
    for name in ("bo", "cy"):
        (result,) = (tmp_path / "out" / "feedback").glob(f"{name}.py*")
        assert "The file cannot be read: it is a link." in result.read_text()
    status, _, err = lessons("grade", tmp_path / "in" / "bo.py", *options)
    assert (status, err.count("\n")) == (2, 1)
    # Also where files are named one by one, as a shell does.
    (tmp_path / "in" / "up").symlink_to("..")
    (tmp_path / "in" / "long.py").symlink_to("x" * 300)
    status, out, err = lessons("grade", *sorted((tmp_path / "in").iterdir()), *options)
    assert (status, err) == (0, "") and "5 graded" in out
    table = (tmp_path / "out" / "grades.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [line.split(",")[0] for line in table if "passed" in line] == ["ada"]
