"""nbgrader gives the scores of `lessons grade`, whatever became of a notebook's cells."""

import copy
import csv
import re
import shutil
import sys

import nbformat
import pytest

from lessons_lib.grading import Report, Result
from lessons_lib.grading.export import export
from lessons_lib.grading.export.nbgrader import SETTINGS, added, updated
from lessons_lib.grading.export.nbgrader_cells import has_tests_of_others, mark
from tests.grading.platforms import CS231N, NAME, POINTS, RIGHT, filled, hand_in, run

LESSON = "00_start_here"
OWN_TEST = """\
x = np.ones((1, 1))
assert rnn_step_forward(x, x, x, x, np.zeros(1))[0].shape == (1, 1)"""


@pytest.fixture
def source(exported):
    return nbformat.read(exported("nbgrader") / "source" / NAME / f"{NAME}.ipynb", as_version=4)


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def test_metadata(source):
    nbformat.validate(source)
    marks = [cell.metadata.nbgrader for cell in source.cells]
    assert {mark.schema_version for mark in marks} == {3}
    assert len({mark.grade_id for mark in marks}) == len(marks)
    graded = {mark.grade_id: mark.points for mark in marks if mark.grade and mark.points}
    assert graded == {f"{name}-graded": points for name, points in POINTS.items()}


def test_marks_and_words_of_the_cells(source, reports):
    said = {}
    for who, report in reports.items():
        marked = copy.deepcopy(source)
        mark(report, marked)
        nbformat.validate(marked)
        outputs = {grade_id(c): c.outputs for c in marked.cells if c.get("outputs")}
        scores = {name: float(out[-1].data["text/plain"]) for name, out in outputs.items()}
        assert scores == {f"{r.exercise}-graded": r.score for r in report.results} | {
            f"{r.exercise}-check": 0 for r in report.results
        }
        for name, out in outputs.items():
            said[who, name] = "".join(o.text for o in out if o.output_type == "stream")
    assert said["partly", "rnn_forward-check"] == "It runs.\n"
    assert said["partly", "lstm_forward-check"] == "Not attempted yet.\n"
    assert said["partly", "rnn_forward-graded"] == "rnn_forward: passed, 2 of 2 points.\n"
    last = list(POINTS)[-1]
    level = reports["partly"].isolation
    assert f"{level} isolation; seed of the arguments: " in said["partly", f"{last}-graded"]
    assert "isolation" not in said["partly", "rnn_forward-graded"]


def test_an_answer_that_fails_does_not_run(source):
    mark(Report([Result("rnn_forward", "error", 0.0, 2.0, "It raised.")], 1, "basic"), source)
    outputs = {grade_id(cell): cell.outputs for cell in source.cells if cell.get("outputs")}
    assert outputs["rnn_forward-check"][0].text == "It does not run.\n"


def own_test():
    marks = {"grade": True, "locked": True, "solution": False, "task": False, "points": 5}
    marks |= {"grade_id": "own-test", "schema_version": 3}
    return nbformat.v4.new_code_cell(OWN_TEST, metadata={"nbgrader": marks})


def test_tests_of_others_are_seen(source, reports):
    assert not has_tests_of_others(reports["right"], source)
    source.cells.append(own_test())
    assert has_tests_of_others(reports["right"], source)


def test_a_course_keeps_what_it_has(tmp_path):
    course = tmp_path / "course"
    (course / "source" / "ps1").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.Own.line = 1\n")
    (course / "requirements.txt").write_text("nbgrader>=0.9.5\nown")
    for _ in range(2):  # the second time nothing is new
        export("nbgrader", course, lessons=[LESSON])
        text = (course / "nbgrader_config.py").read_text()
        assert text.startswith("c = get_config()\nc.Own.line = 1\n")
        assert text.count("grade_apart(\n") == text.count("c = get_config()") == 1
        assert (course / "requirements.txt").read_text().splitlines()[:2] == [
            "nbgrader>=0.9.5",
            "own",
        ]
        assert len((course / "requirements.txt").read_text().splitlines()) == 3
    other = course / "source" / LESSON / f"{LESSON}.ipynb"
    other.write_text(other.read_text() + " ")
    with pytest.raises(ValueError, match=r"_here.ipynb is there already and differs"):
        export("nbgrader", course, lessons=[LESSON])


def test_an_update_keeps_what_is_the_instructors(source):
    changed = copy.deepcopy(source)
    graded = next(cell for cell in changed.cells if grade_id(cell) == "rnn_forward-graded")
    graded.metadata.nbgrader.points, graded.source = 4, "# 4 points"
    answer = next(cell for cell in source.cells if grade_id(cell) == "rnn_forward")
    answer.source = answer.source.replace("raise NotImplementedError", "return solved")
    source.cells.append(own_test())
    found = nbformat.reads(
        updated(nbformat.writes(source).encode(), nbformat.writes(changed).encode()).decode(), 4
    )
    cells = {grade_id(cell): cell for cell in found.cells}
    assert [grade_id(cell) for cell in found.cells] == [grade_id(cell) for cell in source.cells]
    assert cells["own-test"].source == OWN_TEST and "return solved" in cells["rnn_forward"].source
    assert cells["rnn_forward-graded"].metadata.nbgrader.points == 4


def test_two_exports_stand_side_by_side():
    first, second = (SETTINGS.format(names=f'["{k}"]', place=None) for k in "ab")
    text = added("nbgrader_config.py", added("nbgrader_config.py", "", first), second)
    assert text.count("grade_apart(\n") == 2


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course of `nbgrader quickstart`, with our assignment and a test of the instructor's in it.

    Returns its folder, and a function that runs nbgrader in it.
    """
    pytest.importorskip("nbgrader")
    folder = tmp_path_factory.mktemp("nbgrader") / "course"

    def nbgrader(*arguments, where=folder):
        return run([sys.executable, "-m", "nbgrader", *arguments], where)

    nbgrader("quickstart", "course", where=folder.parent)
    export("nbgrader", folder, exercises=CS231N)
    source = folder / "source" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(source, as_version=4)
    notebook.cells.append(own_test())
    nbformat.write(notebook, source)
    nbgrader("generate_assignment", NAME)
    return folder, nbgrader


def without(notebook, *starts):
    """A notebook without the cells whose ids begin so."""
    notebook.cells = [c for c in notebook.cells if not grade_id(c).startswith(starts)]
    return notebook


def damaged(release):
    """Submissions that are right, and have lost something; with the points that they hold."""
    bare = filled(release, RIGHT)
    for cell in bare.cells:
        cell.metadata = {}
    twice = filled(release, RIGHT)
    extra = [copy.deepcopy(cell) for cell in twice.cells[3:5]]
    extra[0].metadata.nbgrader.grade_id = "of another assignment"
    for number, cell in enumerate(extra):
        cell.id = f"extra-{number}"
    twice.cells += extra
    first = without(filled(release, RIGHT), "title", "setup", "rnn_step_forward")
    first.cells.insert(0, nbformat.v4.new_code_cell("import numpy as np"))
    older = filled(release, RIGHT)  # nbgrader refuses to go on where a cell says so
    for cell in older.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader |= {"schema_version": 1, "grade": False, "solution": True}
    return {
        "a-older": (older, 13),
        "bare": (bare, 13),
        "no-first": (first, 6),
        "no-second": (without(filled(release, RIGHT), "rnn_forward"), 11),
        "twice": (twice, 13),
    }


@pytest.mark.slow
def test_nbgrader_itself(course, tmp_path):
    folder, nbgrader = course
    trap = tmp_path / "trap"
    release = folder / "release" / NAME / f"{NAME}.ipynb"
    assert not re.search("HIDDEN|SOLUTION", release.read_text())
    submitted = folder / "submitted"
    for path in hand_in(release, tmp_path / "in").iterdir():
        shutil.copytree(path, submitted / path.name / NAME)
    expected = {"right": 13, "partly": 10, "wrong": 5, "unattempted": 0}
    for who, (notebook, points) in damaged(release).items():
        (submitted / who / NAME).mkdir(parents=True)
        nbformat.write(notebook, submitted / who / NAME / f"{NAME}.ipynb")
        expected[who] = points
    nbgrader("generate_assignment", "ps1")
    shutil.copytree(folder / "release" / "ps1", submitted / "right" / "ps1")
    log = nbgrader("autograde", NAME)
    nbgrader("autograde", "ps1")
    nbgrader("generate_feedback", NAME)
    nbgrader("export", "--to", "grades.csv")
    with (folder / "grades.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == NAME]
    grades = {row["student_id"]: float(row["score"] or 0) for row in rows}
    assert {who: grades[who] for who in expected} == expected, log
    assert not trap.exists()
    feedback = (folder / "feedback" / "partly" / NAME / f"{NAME}.html").read_text()
    assert "lstm_step_forward: not right yet, 1 of 2 points." in feedback
    assert "isolation; seed of the arguments: " in feedback
    assert not re.search("HIDDEN|RuntimeError|hint\\(", feedback)
    # Handed out already, and now an exercise earns more and the release says so.
    changed = tmp_path / CS231N.name
    text = CS231N.read_text()
    changed.write_text(
        text.replace('results={"h": "hs"},', 'results={"h": "hs"}, points={"h": 4},', 1)
    )
    assert changed.read_text() != text
    export("nbgrader", folder, exercises=changed, update=True)
    nbgrader("generate_assignment", NAME, "--force")
    nbgrader("autograde", NAME, "--force", "--student", "right")
    nbgrader("export", "--to", "grades.csv")
    with (folder / "grades.csv").open() as file:
        again = {(r["student_id"], r["assignment"]): r["score"] for r in csv.DictReader(file)}
    assert float(again["right", NAME]) == 15
    ran = nbformat.read(folder / "autograded" / "right" / "ps1" / "problem1.ipynb", as_version=4)
    assert any(cell.get("execution_count") for cell in ran.cells), "ps1 is run as ever"
