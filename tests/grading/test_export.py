"""Exports give nothing away, and each platform gives the scores of `lessons grade`."""

import ast
import csv
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
import yaml

from lessons_lib.course import exercises
from lessons_lib.grading import Report, Result, grade
from lessons_lib.grading.batch import load_exercises
from lessons_lib.grading.export import TARGETS, assignment, export, gradescope_grading, student
from lessons_lib.grading.export.describing import shape_check
from lessons_lib.grading.export.github_grading import junit, summary
from lessons_lib.grading.export.nbgrader_grading import GradeApart
from lessons_lib.grading.isolation.policy import missing_for_strong

ROOT = Path(__file__).parents[2]
CS231N = ROOT / "examples" / "cs231n_assignment.py"
NAME = "assignment3"
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",  # nbgrader calls a program beside it
}

LSTM = """
    i, f, o, g = np.split({x} @ Wx + h @ Wh + b, 4, axis=1)
    i, f, o = (1 / (1 + np.exp(-a)) for a in (i, f, o))
    c = f * c + i * np.tanh(g)
    h = o * np.tanh(c)
"""
STEP = textwrap.dedent(LSTM.format(x="x"))
LOOP = textwrap.indent(textwrap.dedent(LSTM.format(x="x[:, t]")), "    ")
RIGHT = {
    "rnn_step_forward": "return np.tanh(x @ Wx + prev_h @ Wh + b), 'a cache'",
    "rnn_forward": """h, hs = h0, []
for t in range(x.shape[1]):
    h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
    hs.append(h)
return np.stack(hs, axis=1)""",
    "lstm_step_forward": f"h, c = prev_h, prev_c\n{STEP}return h, c",
    "lstm_forward": f"""h, c, hs = h0, np.zeros_like(h0), []
for t in range(x.shape[1]):
{LOOP}
    hs.append(h)
return np.stack(hs, axis=1)""",
}
PARTLY = {
    **{name: RIGHT[name] for name in ("rnn_step_forward", "rnn_forward")},
    "lstm_step_forward": RIGHT["lstm_step_forward"].replace("h = o * np.tanh(c)", "h = o * c"),
}
WRONG = {name: body.replace("np.tanh(", "np.sin(") for name, body in RIGHT.items()}
SUBMISSIONS = {"right": RIGHT, "partly": PARTLY, "wrong": WRONG, "unattempted": {}}
SCORES = {"right": 8, "partly": 5, "wrong": 0, "unattempted": 0}
POINTS = {exercise.name: exercise.points for exercise in load_exercises(CS231N)}

# If a platform ran what students hand in, this would leave a file behind.
TRAP = "__import__('pathlib').Path({!r}).write_text('run')"


def filled(path, bodies, *cells):
    """The student version at `path` with some functions written, and further cells."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name = re.match(r"def (\w+)", cell.source)
        if cell.cell_type == "code" and name and name[1] in bodies:
            body = textwrap.indent(bodies[name[1]], "    ")
            stub = r"(    # YOUR CODE HERE\n)?    raise NotImplementedError.*"
            cell.source, count = re.subn(stub, lambda match: body, cell.source)  # noqa: B023
            assert count == 1
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    return notebook


def hand_in(student_version, folder, *cells):
    """The four submissions, FOLDER/WHO/assignment3.ipynb."""
    for who, bodies in SUBMISSIONS.items():
        (folder / who).mkdir(parents=True)
        nbformat.write(filled(student_version, bodies, *cells), folder / who / f"{NAME}.ipynb")
    return folder


def run(command, folder, **environment):
    done = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of an export, made once; to be read only."""

    @functools.cache
    def folder(target, file=CS231N):
        out = tmp_path_factory.mktemp("exported") / target
        export(target, out, exercises=file)
        return out

    return folder


@pytest.fixture(scope="module")
def plain(exported, tmp_path_factory):
    """The four submissions of the plain student version."""
    return hand_in(exported("student") / f"{NAME}.ipynb", tmp_path_factory.mktemp("submissions"))


@pytest.fixture(scope="module")
def points(plain):
    """By submission and exercise, what `lessons grade` gives."""
    asked = load_exercises(CS231N)
    reports = {who: grade(plain / who / f"{NAME}.ipynb", exercises=asked) for who in SUBMISSIONS}
    return {who: {r.exercise: r.score for r in reports[who].results} for who in SUBMISSIONS}


def test_lessons_grade_tells_the_four_apart(points):
    assert {who: sum(given.values()) for who, given in points.items()} == SCORES


# The student version


def everything(folder):
    """The bytes of exported files, those in archives too."""
    for path in filter(Path.is_file, folder.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield from ((name, archive.read(name)) for name in archive.namelist())
        else:
            yield path.name, path.read_bytes()


@pytest.mark.parametrize("file", [CS231N, None], ids=["cs231n", "course"])
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_stubs_and_nothing_else(exported, file, suffix):
    for one in assignment.assignments(file):
        path = exported("student", file) / f"{one.name}{suffix}"
        text = path.read_text()
        if suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            text = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
        tree = ast.parse(text)
        stubs = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        stubs.pop("check_shapes", None)
        assert list(stubs) == [exercise.name for exercise in one.exercises]
        for exercise in one.exercises:
            docstring, unsolved = stubs[exercise.name].body
            assert isinstance(docstring, ast.Expr)
            assert ast.unparse(unsolved) == "raise NotImplementedError"
            arguments = [argument.arg for argument in stubs[exercise.name].args.args]
            assert tuple(arguments) == exercise.parameters


@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize("file", [CS231N, None], ids=["cs231n", "course"])
def test_no_hint_and_no_path_of_this_machine(exported, target, file):
    folder, asked = exported(target, file), assignment.assignments(file)
    hints = [k.hint for a in asked for e in a.exercises for k in e.misconceptions]
    assert hints
    for name, data in everything(folder):
        text = data.decode()
        for absent in (*hints, str(folder), str(ROOT), sys.prefix, "index-url", "file://"):
            assert absent not in text, name


def test_the_student_version_earns_nothing(exported):
    for lesson in ("00_start_here", "05_lstm_gates"):
        for suffix in (".py", ".ipynb"):
            report = grade(exported("student", None) / f"{lesson}{suffix}")
            assert {result.status for result in report.results} == {"not_attempted"}
            assert report.max_score == sum(e.points for e in exercises.all() if e.lesson == lesson)


def test_an_assignment_in_other_notation_is_described_in_it(exported):
    text = (exported("student") / f"{NAME}.py").read_text()
    for line in ("x: (N, T, D).", "Wx: (D, 4H).", "prev_c: (N, H).", "every step, (N, T, H)."):
        assert line in text
    assert "the order i, f, o, g" in text


def test_shape_checks_refuse_another_shape():
    """That they accept the reference is tried by every export."""
    checked = 0
    for one in (a for file in (CS231N, None) for a in assignment.assignments(file)):
        names = {}
        exec(student.setup(one), names)
        for exercise in one.exercises:
            if (check := shape_check(exercise)).startswith("check_shapes"):
                checked += 1
                names[exercise.name] = lambda *arguments: np.zeros((7, 7, 7))
                with pytest.raises(AssertionError, match="expected"):
                    exec(check, names)
    assert checked >= 25  # the others take or give what is no array


DEFINITIONS = r'''
"""Ends in a "quote", holds \\frac and 한글: "x\""""
from __future__ import annotations

import math, numpy as np
from math import pi as PI
from helpers.drawing import make
from lessons_lib.functions import sigmoid
from lessons_lib.grading import Output, exercise

EPS: float = 1e-6
LIMIT = EPS * PI
Array = np.ndarray
SECRET = "the answer"


def square(v):
    return v * v + LIMIT


def asked(**more):
    return exercise(
        lesson="hw",
        outputs=[Output("y", "N H")],
        sizes=[{"N": 3, "H": 4}],
        make_case=lambda rng, N, H: {"x": make(rng, N, H), **more},
    )


@asked(eps=0.5, power=2, f=np.tanh)
def kinds(x: Array, /, eps: float = LIMIT, *, power: int = 2, f=square) -> Array:
    """Ends in "a quote\""""
    return f(x) ** power + eps


@asked(a=2.0, b=-np.inf, c=2, g=sigmoid, k=0)
def written(x, a=float("nan"), b=-np.inf, c=0x10, g=sigmoid, k=lambda v: math.log(v)):
    """Holds \\alpha, \"\"\" and \0, and ends in \\"""
    return g(x) * a


def of_factory(k):
    @asked(scale=3.0)
    def from_factory(x: Secret, scale=k):
        """Not assigned to a name, and asserts what its cases hold."""
        assert (x > 1).all()
        return x * scale


of_factory(2.5)
'''


@pytest.fixture
def definitions(tmp_path):
    """An instructor's file with a helper package beside it, of the kinds that handouts have."""
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "drawing.py").write_text(
        "from helpers.least import LEAST\n\n\n"
        "def make(rng, N, H):\n    return LEAST + rng.random((N, H))\n"
    )
    (tmp_path / "helpers" / "least.py").write_text("LEAST = 1.1\n")
    (tmp_path / "hw.py").write_text(DEFINITIONS.lstrip(), encoding="utf-8")
    return tmp_path / "hw.py"


def test_handouts_read_as_the_source_does(definitions, tmp_path):
    export("student", tmp_path / "out", exercises=definitions)
    text = (tmp_path / "out" / "hw.py").read_text(encoding="utf-8")
    for line in (
        "def kinds(x: Array, /, eps: float = LIMIT, *, power: int = 2, f=square) -> Array:",
        'def written(x, a=float("nan"), b=-np.inf, c=0x10, g=sigmoid, k=lambda v: math.log(v)):',
        "def from_factory(x, scale=2.5):",
        "from math import pi as PI",
        "LIMIT = EPS * PI",
    ):
        assert f"\n{line}\n" in text
    for absent in ("SECRET", "helpers", "tanh", "def asked"):
        assert absent not in text
    names = {}
    exec(compile(text, "hw.py", "exec"), names)
    assert names["__doc__"].splitlines()[2] == 'Ends in a "quote", holds \\frac and 한글: "x"'
    report = grade(tmp_path / "out" / "hw.ipynb", exercises=load_exercises(definitions))
    for result, exercise in zip(report.results, load_exercises(definitions), strict=True):
        assert result.status == "not_attempted", str(result)
        assert names[exercise.name].__doc__ == exercise.reference.__doc__.rstrip()


@pytest.mark.parametrize("target", ["nbgrader", "otter", "gradescope", "github"])
def test_helpers_are_carried_along(definitions, tmp_path, target):
    export(target, tmp_path / "out", exercises=definitions)
    names = {name.rpartition("/")[2] for name, _ in everything(tmp_path / "out")}
    assert {"hw.py", "least.py", "drawing.py"} <= names


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"k=lambda v: math.log(v)": "k=make"}, "needs make of helpers.drawing, which students"),
        ({"k=lambda v: math.log(v)": "k=kinds"}, "needs kinds, which students do not have"),
        (
            {
                "LIMIT = ": "OPENED = open(__file__)\nLIMIT = ",
                "k=lambda v: math.log(v)": "k=OPENED",
            },
            "needs __file__",
        ),
        ({"of_factory(2.5)": "asked()(lambda x: x)"}, "an exercise is called '<lambda>'"),
        (
            {"LIMIT = ": "open(__file__.replace('hw.py', 'table.csv'))\nLIMIT = "},
            "not where it is exported to: hw.py, line 11: FileNotFoundError",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_cannot_be_handed_out(definitions, tmp_path, changes, reason):
    (tmp_path / "table.csv").write_text("")
    text = definitions.read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace(old, new, 1)
    definitions.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(reason)) as caught:
        export("nbgrader", tmp_path / "out", exercises=definitions)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("moodle", "new"), ValueError, "target: expected one of nbgrader"),
        (("otter", "full"), ValueError, "--out: expected a new or an empty folder"),
        (("otter", "full/file"), ValueError, "--out: expected a new or an empty folder"),
        (("otter", "new", "no.py"), FileNotFoundError, "--exercises: there is no file"),
        (("otter", "new", None, "no.whl"), FileNotFoundError, "--wheel: there is no file"),
        (("otter", "new", None, "full/file"), ValueError, "--wheel: expected lessons_lib"),
        (("otter", "new", "up.py"), ValueError, "got '../assignment3'"),
        (("github", "new", "two.py"), ValueError, "expected one lesson in the file for github"),
    ],
)
def test_bad_usage(tmp_path, monkeypatch, arguments, error, message):
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/file").write_text("")
    two = CS231N.read_text().replace('lesson="assignment3"', 'lesson="assignment2"', 1)
    Path("two.py").write_text(two)
    Path("up.py").write_text(two.replace('"assignment3"', '"../assignment3"'))
    target, out, file, wheel = (*arguments, None, None)[:4]
    with pytest.raises(error, match=re.escape(message)):
        export(target, out, exercises=file, wheel=wheel)
    assert not Path("new").exists()


@pytest.mark.parametrize("target", ["nbgrader", "otter", "gradescope", "github"])
def test_a_wheel_goes_along(exported, definitions, tmp_path, target):
    wheel = tmp_path / "lessons_lib-9.9-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    export(target, tmp_path / "a", exercises=definitions, wheel=wheel)
    files = dict(everything(tmp_path / "a"))
    required = {n.rsplit("/")[-1]: data for n, data in files.items()}["requirements.txt"].decode()
    assert required.splitlines()[-1].endswith(f"/{wheel.name}")
    assert b"a wheel" in files.values()
    files = dict(everything(exported(target)))
    assert files["requirements.txt"].decode().splitlines()[-1].startswith("lessons-lib==")


def test_the_command(tmp_path):
    command = [sys.executable, "-m", "lessons_lib", "export", "student", "--out", "out"]
    assert "2 files for student" in run([*command, "--exercises", str(CS231N)], tmp_path)
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "lessons: --out: expected a new or an empty folder, got out\n"


# Grading on platforms


def broken(*arguments, **named):
    return Report([Result("f", "infrastructure_error", 0.0, 1.0, "The disk is full.")])


def test_trouble_of_the_machine_is_no_zero(monkeypatch, tmp_path):
    monkeypatch.setattr(assignment, "grade", broken)
    with pytest.raises(RuntimeError, match="The disk is full"):
        assignment.grade_assignment(tmp_path / "a.py", NAME, exercises=CS231N)


def test_an_unknown_assignment():
    with pytest.raises(ValueError, match="no exercise of 'assignment4'"):
        assignment.grade_assignment("a.py", "assignment4", exercises=CS231N)


def test_nbgrader_metadata(exported):
    path = exported("nbgrader") / "source" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    marks = [cell.metadata.nbgrader for cell in notebook.cells]
    assert {mark.schema_version for mark in marks} == {3}
    assert len({mark.grade_id for mark in marks}) == len(marks)
    graded = {mark.grade_id: mark.points for mark in marks if mark.grade and mark.points}
    assert graded == {f"{name}-graded": points for name, points in POINTS.items()}


def test_nbgrader_step_marks_as_lessons_grade_does(exported, points, tmp_path):
    source = exported("nbgrader") / "source" / NAME / f"{NAME}.ipynb"
    trap = tmp_path / "trap"
    for who in SUBMISSIONS:
        stub = r"    ### BEGIN SOLUTION\n(.*)\n    ### END SOLUTION"
        release = tmp_path / "release.ipynb"
        release.write_text(re.sub(stub.replace("\n", r"\\n"), r"\1", source.read_text()))
        notebook = filled(source, {}, TRAP.format(str(trap)))
        for cell in notebook.cells:
            cell.source = re.sub(stub, r"\1", cell.source)
        nbformat.write(notebook, release)
        notebook = filled(release, SUBMISSIONS[who])
        marked, _ = GradeApart(exercises=CS231N)(notebook, {"nbgrader": {"notebook": NAME}})
        nbformat.validate(marked)
        given = {
            cell.metadata.nbgrader.grade_id: float(cell.outputs[1].data["text/plain"])
            for cell in marked.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }
        assert given == {f"{name}-graded": score for name, score in points[who].items()} | {
            f"{name}-check": 0 for name in points[who]
        }
    assert not trap.exists()


@pytest.mark.slow
def test_nbgrader_itself(exported, tmp_path):
    pytest.importorskip("nbgrader")
    course, trap = tmp_path / "course", tmp_path / "trap"
    shutil.copytree(exported("nbgrader"), course)

    def nbgrader(*arguments):
        return run([sys.executable, "-m", "nbgrader", *arguments], course)

    nbgrader("generate_assignment", NAME)
    release = course / "release" / NAME / f"{NAME}.ipynb"
    assert "HIDDEN" not in release.read_text() and "SOLUTION" not in release.read_text()
    for path in hand_in(release, tmp_path / "in", TRAP.format(str(trap))).iterdir():
        shutil.copytree(path, course / "submitted" / path.name / NAME)
    nbgrader("autograde", NAME)
    nbgrader("generate_feedback", NAME)
    nbgrader("export", "--to", "grades.csv")
    with (course / "grades.csv").open() as file:
        grades = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert grades == SCORES
    feedback = (course / "feedback" / "partly" / NAME / f"{NAME}.html").read_text()
    assert "lstm_step_forward: not right yet, 1 of 2 points." in feedback
    assert not re.search("HIDDEN|Traceback|NotImplementedError|RuntimeError", feedback)
    assert not trap.exists()


def test_otter_notebook(exported):
    notebook = nbformat.read(exported("otter") / NAME / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    raw = [cell.source for cell in notebook.cells if cell.cell_type == "raw"]
    assert raw[0].startswith("# ASSIGNMENT CONFIG\n")
    assert yaml.safe_load(raw[0])["autograder_files"] == [CS231N.name]
    questions = [yaml.safe_load(text) for text in raw if text.startswith("# BEGIN QUESTION")]
    assert [question["points"] for question in questions] == [[0, p] for p in POINTS.values()]


@pytest.mark.slow
def test_otter_itself(exported, points, tmp_path):
    pytest.importorskip("otter")
    folder, trap = tmp_path / "course" / NAME, tmp_path / "trap"
    shutil.copytree(exported("otter"), tmp_path / "course")

    def otter(*arguments):
        return run([sys.executable, "-m", "otter", *map(str, arguments)], folder)

    otter("assign", f"{NAME}.ipynb", "dist")
    student_version = folder / "dist" / "student" / f"{NAME}.ipynb"
    assert "SOLUTION" not in student_version.read_text()
    (grader,) = (folder / "dist" / "autograder").glob("*.zip")
    submissions = hand_in(student_version, tmp_path / "in", TRAP.format(str(trap)))
    for who, score in SCORES.items():
        packed = tmp_path / f"{who}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(submissions / who / f"{NAME}.ipynb", f"{NAME}.ipynb")
            for name in ("numpy.py", "otter.py", ".OTTER_LOG"):
                archive.writestr(name, TRAP.format(str(trap)))
        otter("run", packed, "-a", grader, "-o", tmp_path)
        found = json.loads((tmp_path / "results.json").read_text())
        given = {test["name"]: test["score"] for test in found["tests"] if "score" in test}
        assert given == points[who]
        assert sum(given.values()) == score
    assert not trap.exists()


@pytest.fixture
def gradescope(exported, tmp_path):
    """Grade a folder of files as Gradescope does; None where it left no results."""

    def graded(files, lesson=NAME, exercises=CS231N, **settings):
        zipped = exported("gradescope", exercises) / lesson / "autograder.zip"
        root = tmp_path / "autograder"
        shutil.rmtree(root, ignore_errors=True)
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root)
        (root / "venv").symlink_to(sys.prefix)
        place = root / "source" / "assignment.json"
        place.write_text(json.dumps(json.loads(place.read_text()) | settings))
        for file in files:
            shutil.copy(file, root / "submission")
        done = subprocess.run(["bash", root / "run_autograder"], env=ENVIRONMENT, cwd=root)
        results = root / "results" / "results.json"
        assert (done.returncode == 0) == results.exists()
        return json.loads(results.read_text()) if results.exists() else None

    return graded


ALLOWED = {
    "score": float,
    "execution_time": float,
    "output": str,
    "stdout_visibility": str,
    "tests": list,
    "extra_data": dict,
}
ALLOWED_IN_TEST = {
    "name": str,
    "score": float,
    "max_score": float,
    "status": str,
    "output": str,
    "output_format": str,
    "visibility": str,
    "extra_data": dict,
}


@pytest.mark.skipif(os.name != "posix", reason="Gradescope's containers run Linux")
def test_gradescope(plain, points, gradescope):
    for who, score in SCORES.items():
        found = gradescope([plain / who / f"{NAME}.ipynb"])
        assert found["score"] == score
        assert {key: type(value) for key, value in found.items()} == ALLOWED
        for test in found["tests"]:
            assert {key: ALLOWED_IN_TEST[key] for key in test} == {
                key: type(value) for key, value in test.items()
            }
            assert test["status"] in ("passed", "failed")
        visible = [test for test in found["tests"] if test["visibility"] == "visible"]
        hidden = [test for test in found["tests"] if test["visibility"] == "after_published"]
        assert len(visible) == len(hidden) == len(POINTS)
        assert not any("score" in test for test in visible)
        given = {test["name"]: test["score"] for test in hidden}
        assert given == points[who]


@pytest.mark.skipif(os.name != "posix", reason="Gradescope's containers run Linux")
def test_gradescope_with_other_files(plain, gradescope, tmp_path):
    right = plain / "right" / f"{NAME}.ipynb"
    renamed = tmp_path / "my work.ipynb"
    shutil.copy(right, renamed)
    assert gradescope([renamed])["score"] == 8
    assert gradescope([renamed, CS231N])["score"] == 0  # which one is it?
    assert gradescope([])["score"] == 0
    assert gradescope([right, CS231N], feedback="visible")["tests"][-1]["visibility"] == "visible"
    assert gradescope([right], feedback="sometimes") is None
    assert gradescope([right], assignment="another") is None


@pytest.mark.skipif(os.name != "posix", reason="Gradescope's containers run Linux")
def test_gradescope_with_a_lesson_of_the_course(gradescope, tmp_path):
    lesson = "00_start_here"
    solved = [e.source for e in exercises.all() if e.lesson == lesson]
    (tmp_path / f"{lesson}.py").write_text("\n\n".join(["import numpy as np", *solved]))
    assert gradescope([tmp_path / f"{lesson}.py"], lesson, exercises=None)["score"] == 4


def test_gradescope_feedback_names_the_misconception():
    report = Report([Result("f", "failed", 1.0, 2.0, "Is tanh missing?", "no_tanh")], 3, "basic")
    found = gradescope_grading.results(report, "visible", 0.5)
    assert found["tests"][1]["output"] == "not right yet\nIs tanh missing?"
    assert found["tests"][1]["extra_data"] == {"status": "failed", "hint": "no_tanh"}
    assert found["extra_data"] == {"seed": 3, "isolation": "basic"}
    assert "basic isolation" in found["output"]


GH = """#!/usr/bin/env bash
# As GitHub's command line answers: a repository, a file of it, or 404.
for argument; do case "$argument" in repos/*) path="${argument#repos/}" ;; esac; done
case "$path" in */contents/*) path="${path/contents\\//}" ;; esac
case "$path" in *down*) echo 'gh: Bad Gateway (HTTP 502)' >&2; exit 1 ;; esac
if [ -e "$HUB/$path" ]; then [ -d "$HUB/$path" ] || cat "$HUB/$path"
else echo '{"message": "Not Found"}'; echo 'gh: Not Found (HTTP 404)' >&2; exit 1; fi
"""


@pytest.fixture
def github(exported, tmp_path):
    """The steps of the exported workflow, by name, to be run in the exported checkout."""
    shutil.copytree(exported("github"), tmp_path / "export")
    checkout = tmp_path / "export" / "grading"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    lessons = f'#!/bin/sh\nexec "{sys.executable}" -m lessons_lib "$@"\n'
    (tmp_path / "bin" / "lessons").write_text(lessons)
    for path in (tmp_path / "bin").iterdir():
        path.chmod(0o755)
    (workflow,) = (checkout / ".github" / "workflows").glob("*.yml")
    job = yaml.safe_load(workflow.read_text())["jobs"]["grade"]

    def step(name, hub):
        (script,) = (one["run"] for one in job["steps"] if one.get("name") == name)
        if missing_for_strong():
            script = script.replace(" --require strong", "")
        return run(
            ["bash", "-e", "-c", script],
            checkout,
            **job["env"],
            HUB=str(hub),
            PATH=f"{tmp_path / 'bin'}:{ENVIRONMENT['PATH']}",
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
        )

    step.checkout = checkout
    step.summary = tmp_path / "summary.md"
    return step


@pytest.mark.skipif(os.name != "posix", reason="the workflow runs on Ubuntu")
def test_github(plain, github, tmp_path):
    hub = tmp_path / "hub"
    shutil.copytree(plain, hub / "class")
    (hub / "class" / "empty").mkdir()  # a repository without the file
    students = [*SUBMISSIONS, "empty"]
    student_version = github.checkout.parent / "student"
    assert [path.suffix for path in student_version.iterdir()] == [".ipynb"], "what is fetched"
    (github.checkout / "roster.txt").write_text("\n".join(f"class/{s}" for s in students))
    for name in ("Collect", "Grade", "Report"):
        github(name, hub)
    suites = ElementTree.parse(github.checkout / "graded" / "junit.xml").getroot()
    given = {}
    for suite in suites:
        who = suite.get("name").split("/")[1]
        found = {p.get("name"): p.get("value") for p in suite.find("properties")}
        given[who] = float(found["score"])
        verdicts = [len(suite.findall(f"testcase/{k}")) for k in ("failure", "error", "skipped")]
        assert [int(suite.get(key)) for key in ("failures", "errors", "skipped")] == verdicts
        assert int(suite.get("tests")) == len(suite.findall("testcase")) == len(POINTS)
    assert given == SCORES | {"empty": 0}
    rows = github.summary.read_text().splitlines()
    given = {"rnn_step_forward": "2", "rnn_forward": "2", "lstm_step_forward": "1"}
    cells = [given.get(name, "0 (not_attempted)") for name in POINTS]
    total = f"5 of {sum(POINTS.values()):g}"
    assert f"| {' | '.join(['class/partly/assignment3.ipynb', total, *cells])} |" in rows
    assert len(rows) == 2 + len(students)


@pytest.mark.skipif(os.name != "posix", reason="the workflow runs on Ubuntu")
@pytest.mark.parametrize("repository", ["class/gone", "class/down"])
def test_github_trouble_stops_the_workflow(github, tmp_path, repository):
    (github.checkout / "roster.txt").write_text(f"{repository}\n")
    (tmp_path / "class" / "down").mkdir(parents=True)
    with pytest.raises(AssertionError, match="HTTP"):
        github("Collect", tmp_path)


def test_github_reports_take_any_name_and_message():
    result = {"exercise": "f", "status": "crashed", "score": 0, "max_score": 1}
    record = {
        "submission": "a|b\x00<i>[x](y)",
        "score": 0,
        "max_score": 1,
        "seed": 1,
        "isolation": "strong",
        "results": [result | {"message": "\x1b]0;\ud800]]> <b>&"}],
    }
    (suite,) = ElementTree.fromstring(junit([record]))
    assert suite.find("testcase/error").text == "?]0;?]]> <b>&"
    (row,) = summary([record]).splitlines()[2:]
    assert row.startswith(r"| a\|b") and r"\<i\>\[x\](y)" in row
