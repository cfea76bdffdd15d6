"""Handouts give nothing away, and are refused where they could not be graded."""

import ast
import itertools
import json
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lessons_lib.cli.common import lesson_files, lesson_names
from lessons_lib.course import exercises
from lessons_lib.course.lessons import LESSONS
from lessons_lib.grading import Report, Result, grade
from lessons_lib.grading.batch import load_exercises
from lessons_lib.grading.export import TARGETS, assignment, export, student, wheel
from lessons_lib.grading.export.describing import shape_check
from tests.grading.platforms import CS231N, NAME, ROOT, SCORES, run
from tests.grading.test_batch import ASSIGNMENT


def test_lessons_grade_tells_the_four_apart(points):
    assert {who: sum(given.values()) for who, given in points.items()} == SCORES


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


def assert_without(folder, *absent):
    for name, data in everything(folder):
        for word in (*absent, str(folder.parent), str(ROOT), sys.prefix, "index-url", "file://"):
            assert word not in data.decode(), name


def solution(exercise):
    """The lines of a reference below its docstring that say something, as they stand in JSON."""
    (function,) = ast.parse(exercise.source).body
    lines = exercise.source.splitlines()[function.body[0].end_lineno :]
    return [json.dumps(line.strip())[1:-1] for line in lines if len(line.strip()) >= 12]


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_no_hint_no_solution_and_no_path_of_this_machine(exported, target):
    hints = [known.hint for exercise in exercises.all() for known in exercise.misconceptions]
    solutions = [solution(exercise) for exercise in exercises.all()]
    assert all(solutions)
    assert_without(exported(target, None), *hints, *itertools.chain(*solutions))


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

EPS: float = 1e-6; SECRETS = "the answer"
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
        (
            {
                "LIMIT = ": "def answer(x):\n    return 3.0 * x\n\n\nLIMIT = ",
                "k=lambda v: math.log(v)": "k=answer",
            },
            "handed out with what it needs, and answer gives results that from_factory asks for",
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
        (("otter", "new", "up.py"), ValueError, "got '../hw1'"),
        (("github", "new", "two.py"), ValueError, "expected one lesson in the file for github"),
    ],
)
def test_bad_usage(tmp_path, monkeypatch, arguments, error, message):
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/file").write_text("")
    one = textwrap.dedent(ASSIGNMENT)
    again = one.replace("def double", "def triple").replace('"hw1"', '"hw2"')
    Path("two.py").write_text(one + again)
    Path("up.py").write_text(one.replace('"hw1"', '"../hw1"'))
    target, out, file, built = (*arguments, None, None)[:4]
    with pytest.raises(error, match=re.escape(message)):
        export(target, out, exercises=file, wheel=built)
    assert not Path("new").exists()


@pytest.mark.parametrize("target", sorted(TARGETS.keys() - {student.STUDENT}))
def test_a_wheel_and_helpers_go_along(exported, definitions, tmp_path, target):
    built = tmp_path / "lessons_lib-9.9-py3-none-any.whl"
    built.write_bytes(b"a wheel")
    export(target, tmp_path / "a", exercises=definitions, wheel=built)
    files = dict(everything(tmp_path / "a"))
    files |= {name.rpartition("/")[2]: data for name, data in files.items()}
    assert {"hw.py", "least.py", "drawing.py"} <= set(files)
    required = files["requirements.txt"].decode()
    assert required.splitlines()[-1].endswith(f"/{built.name}")
    assert b"a wheel" in files.values()
    assert_without(tmp_path / "a")
    files = dict(everything(exported(target, None)))
    assert files["requirements.txt"].decode().splitlines()[-1].startswith("lessons-lib==")


def test_the_command(lessons, definitions, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, said, _ = lessons("export", "student", "--out", "out", "--exercises", definitions)
    assert status == 0 and "2 files for student" in said
    status, _, said = lessons("export", "student", "--out", "out")
    assert (status, said) == (2, "lessons: --out: expected a new or an empty folder, got out\n")


def broken(*arguments, **named):
    return Report([Result("f", "infrastructure_error", 0.0, 1.0, "The disk is full.")])


def test_trouble_of_the_machine_is_no_zero(monkeypatch, tmp_path):
    monkeypatch.setattr(assignment, "grade", broken)
    with pytest.raises(RuntimeError, match="The disk is full"):
        assignment.grade_assignment(tmp_path / "a.py", NAME, exercises=CS231N)


def test_an_unknown_assignment():
    with pytest.raises(ValueError, match="no exercise of 'assignment4'"):
        assignment.grade_assignment("a.py", "assignment4", exercises=CS231N)


def test_some_lessons_with_their_text(tmp_path):
    names = lesson_names(["5", "02_truncated_bptt"])
    assert names == ["05_lstm_gates", "02_truncated_bptt"]
    for target in sorted(TARGETS):
        export(target, tmp_path / target, lessons=names, texts=lesson_files(names))
    (path,) = (tmp_path / "student").glob("05*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells]
    assert any("## 1. What should a memory do?" in source for source in sources)
    links = re.findall(r"\]\(([^)]*)\)", "\n".join(c for c in sources if "check_shapes" not in c))
    assert all(re.match(r"https?:|#", link) for link in links), links
    solved = exercises.find("lstm_gates").source
    for cell in notebook.cells:
        if cell.source.startswith("def lstm_gates("):
            cell.source = f"from lessons_lib.functions import sigmoid\n{solved}"
    nbformat.write(notebook, path)
    statuses = [result.status for result in grade(path).results]
    assert statuses == ["passed", "not_attempted", "not_attempted"]
    source = tmp_path / "nbgrader" / "source" / names[0] / f"{names[0]}.ipynb"
    marks = [c.metadata["nbgrader"] for c in nbformat.read(source, 4).cells if c.metadata]
    assert [m.grade_id for m in marks if m.solution] == ["lstm_gates", "lstm_step", "lstm_unroll"]
    assert sum(m.get("points", 0) for m in marks) == 7
    with pytest.raises(ValueError, match=r"06_lstm_backward.ipynb has no stub of lstm_backward"):
        name = "06_lstm_backward"
        export("student", tmp_path / "no", lessons=[name], texts=lesson_files([name]))


def test_the_command_makes_a_wheel_and_says_why(lessons, tmp_path, monkeypatch):
    def make_wheel(folder):
        made = folder / "lessons_lib-9.9-py3-none-any.whl"
        made.write_bytes(b"a wheel")
        return made

    monkeypatch.setattr(wheel, "make_wheel", make_wheel)
    out = tmp_path / "out"
    status, said, _ = lessons("export", "github", "--lesson", "00", "--out", out)
    assert status == 0 and said.startswith("No index has this package yet")
    assert (out / "grading" / "lessons_lib-9.9-py3-none-any.whl").read_bytes() == b"a wheel"
    status, _, said = lessons("export", "github", "--lesson", "77", "--out", tmp_path / "b")
    assert (status, said) == (
        2,
        f"lessons: --lesson: expected a number up to {len(LESSONS) - 1} or a name, got 77\n",
    )
    status, _, said = lessons("export", "github", "--text", "--out", tmp_path / "c")
    assert status == 2 and "--text: expected --lesson" in said


def test_what_is_installed_is_packed_as_a_wheel(tmp_path):
    path = wheel.pack("iniconfig", tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        (record,) = (name for name in archive.namelist() if name.endswith("RECORD"))
        named = {line.split(",")[0] for line in archive.read(record).decode().splitlines()}
        assert named == set(archive.namelist()) and "iniconfig/__init__.py" in named
    command = [sys.executable, "-m", "pip", "--version"]
    if subprocess.run(command, capture_output=True).returncode == 0:
        run([*command[:-1], "install", "--no-deps", "--quiet", "--target", "there", path], tmp_path)
        assert (tmp_path / "there" / "iniconfig" / "__init__.py").is_file()
