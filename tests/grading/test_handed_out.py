"""Modules that an instructor hands out can be imported wherever answers run, and answer nothing."""

import textwrap
import time

import pytest

from lessons_lib.grading import check, grade, offered
from lessons_lib.grading.batch import find_submissions, leave_out_exercises
from lessons_lib.grading.exercise.handed_out import imported
from lessons_lib.grading.exercise.loading import content, load_exercises
from lessons_lib.grading.export import TARGETS, export
from lessons_lib.grading.judging import bounding
from lessons_lib.grading.offered import answer_in, building_blocks
from lessons_lib.grading.references import check_references
from tests.grading.test_agreement import LEVELS

EXERCISES = """
import numpy as np
from lessons_lib.grading import Output, exercise
HANDED_OUT = ("rnn_utils.py", "more")

def make(rng, N, H):
    return {"p": {"x": rng.normal(size=(N, H))}}

@exercise(lesson="hw", outputs=[Output("y", "N H")], make_case=make, sizes=[{"N": 3, "H": 4}])
def scores(p):
    return np.tanh(2 * p["x"])
"""
FORMS = """
import numpy as np
from lessons_lib.functions import softmax
from lessons_lib.grading import Output, exercise

def make(rng, N, H, **more):
    return {"s": rng.normal(size=(N, H)), **more}

sizes = [{"N": 3, "H": 4}]

@exercise(lesson="hw", outputs=[Output("p", "N H")], make_case=make, sizes=sizes, returns_dict=True)
def as_dict(s):
    return {"p": softmax(s)}

@exercise(lesson="hw", outputs=[Output("s", "N H", written_to="s")], make_case=make, sizes=sizes)
def in_place(s):
    s[...] = softmax(s)

@exercise(lesson="hw", outputs=[Output("p", "N H")], make_case=make, sizes=sizes)
def by_position(s, /):
    return softmax(s)

@exercise(lesson="hw", outputs=[Output("n", "")], make_case=make, sizes=sizes)
def number(s):
    return int(1e6 * s[0, 0])

@exercise(lesson="hw", outputs=[Output("n", "")], make_case=make, sizes=sizes)
def is_positive(s):
    return int(s[0, 0] > 0)
"""
ANSWER = """
from rnn_utils import *
import more.deep
import keras
def scores(p):
    return twice(more.deep.tanh(p["x"]))
"""


@pytest.fixture
def hw(tmp_path):
    (tmp_path / "hw.py").write_text(EXERCISES)
    (tmp_path / "rnn_utils.py").write_text("def twice(f):\n    return f(2)\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "__init__.py").touch()
    deep = "import numpy as np\ndef tanh(x):\n    return lambda k: np.tanh(k * x)\n"
    (tmp_path / "more" / "deep.py").write_text(deep)
    return tmp_path / "hw.py"


@pytest.mark.parametrize("isolation", LEVELS)
def test_an_answer_imports_what_is_handed_out(hw, tmp_path, isolation):
    exercises = load_exercises(hw)
    check_references(exercises)
    answer = tmp_path / "answer.py"
    answer.write_text(ANSWER)
    (result,) = grade(answer, exercises=exercises, isolation=isolation).results
    assert result.status == "passed"
    assert "NumPy, rnn_utils, more and lessons_lib.functions" in result.message  # not keras
    answer.write_text(ANSWER.replace('tanh(p["x"])', "tanh(None)"))
    (result,) = grade(answer, exercises=exercises, isolation=isolation).results
    assert "in scores, line 6" in result.message  # of the student's file


@pytest.mark.parametrize("factor", [2, 3])
def test_check_agrees(hw, tmp_path, factor, lessons, monkeypatch):
    answer = tmp_path / "answer.py"
    answer.write_text(ANSWER.replace("twice(", f"{factor} / 2 * twice("))
    status, said, _ = lessons("check", answer, "--exercises", hw)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {}
    exec(answer.read_text().replace("import keras", ""), names)
    report = check(names["scores"], *load_exercises(hw))
    assert (status == 0) == (report.score == report.max_score) == (factor == 2)
    assert report.results[0].message.partition("\n")[0] in said


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_exports_hand_it_out(hw, tmp_path, target):
    written = export(target, tmp_path / "out", exercises=hw)
    text = "".join(p.read_text() for p in written if p.suffix in (".ipynb", ".py"))
    assert "beside NumPy, the standard library, rnn_utils and more." in text
    folders = {p.parent for p in written if p.name == "hw.ipynb"}
    assert folders and all((f / "more" / "deep.py").is_file() for f in folders)


def test_a_copy_that_comes_back_is_no_submission(hw, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "rnn_utils.py").write_bytes(b"def twice(f):\r\n    return f(2)\r\n")
    (tmp_path / "in" / "answer.py").write_text(ANSWER)
    found = find_submissions([tmp_path / "in"], tmp_path / "unpacked")
    leave_out_exercises(found, hw)
    assert list(found.submissions) == ["answer.py"] and "handed out" in str(found.left_out)
    before = content(hw)
    (tmp_path / "rnn_utils.py").write_text("def twice(f):\n    return f(2.0)\n")
    assert content(hw) != before  # and so all is graded anew


@pytest.mark.parametrize(
    ("line", "module", "reason"),
    [
        ('("none.py",)', "", "there is no file 'none.py' beside it"),
        ('("../hw.py",)', "", "expected modules or packages"),
        ('tuple(["m.py"])', "", "expected modules or packages"),
        ('("random.py",)', "", "another module has the name of 'random.py'"),
        ('("m.py",)', "def f(:", "m.py, line 1: SyntaxError"),
        ('("m.py",)', "import scipy", "m cannot be imported where answers run: ModuleNotF"),
        ('("m.py",)', "while True: pass", "m cannot be imported where answers run: it took too"),
        ('("m.py",)', "def scores(p): pass", "m has scores, which is asked for"),
        ('("m.py",)', "from numpy import tanh\ndef _f(x): return tanh(2 * x)", "m._f gives resul"),
    ],
)
def test_what_cannot_be_handed_out_is_refused(hw, line, module, reason, monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_TO_DEFINE", 2.0)
    (hw.parent / "m.py").write_text(textwrap.dedent(module))
    hw.write_text(EXERCISES.replace('("rnn_utils.py", "more")', line))
    with pytest.raises(ValueError, match="HANDED_OUT") as raised:
        check_references(load_exercises(hw))
    assert reason in str(raised.value) and "\n" not in str(raised.value)


def test_helpers_that_answer_nothing_are_none(hw):
    """Whatever they are: what cannot be called, made, or asked for its parameters."""
    helper = """
        class Odd:
            activation, largest = np.tanh, max
            def __init__(self, size): raise RuntimeError
            @property
            def broken(self): raise RuntimeError
            @staticmethod
            def leaves(*any): raise SystemExit
        class Rows(Odd):
            def __init__(self): pass
            def total(self, x): return x.T.sum()
            def endless(self, x):
                while np.size(x):
                    pass
        count = functools.partial(len)
    """
    source = f"import functools, numpy as np\n{textwrap.dedent(helper)}"
    with imported({"m.py": source.encode()}) as (module,):
        assert answer_in(module, load_exercises(hw)) == ""


def test_helpers_that_wait_hold_nobody_up(hw, monkeypatch):
    monkeypatch.setattr(offered, "MOST_SECONDS", 0.3)
    monkeypatch.setattr(bounding, "BY_THE_CLOCK", 0.1)
    helper = """
        def asks(): input("Press Return ")
        def sleeps(x): time.sleep(0.1)
        def waits(x):
            while True:
                time.sleep(0.01)
    """
    source = f"import time\n{textwrap.dedent(helper)}"
    started = time.monotonic()
    with imported({"m.py": source.encode()}) as (module,):
        assert answer_in(module, load_exercises(hw)) == ""
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "helper",
    [
        "class Layer:\n    def forward(self, x): return np.tanh(2 * x)",
        "class Layer:\n    @staticmethod\n    def forward(x): return np.tanh(2 * x)",
        "class Layer:\n    def __call__(self, x): return np.tanh(2 * x)",
        "all = {'f': lambda x: np.tanh(2 * x)}",
        "f = functools.partial(lambda k, x: np.tanh(k * x), 2)",
        "f = np.vectorize(lambda x: np.tanh(2 * x))",
        "def f(*many): return {'y': np.tanh(2 * many[0]['x'])}",
        "def f(x, /): np.tanh(2 * x, out=x)",
        "def f(x): yield np.tanh(2 * x)",
        "def f(x, k): return np.tanh(2 * k * x)",
        "def f(x): x[...] = np.tanh(2 * x)",
    ],
)
def test_what_answers_is_seen_in_whatever_form_it_is_handed_out(hw, helper):
    with imported({"m.py": f"import functools, numpy as np\n{helper}".encode()}) as (module,):
        assert "gives results that scores" in answer_in(module, load_exercises(hw))


@pytest.mark.parametrize("name", ["as_dict", "in_place", "by_position", "number", "is_positive"])
def test_what_answers_is_seen_in_whatever_form_it_is_asked_for(tmp_path, name):
    (tmp_path / "hw.py").write_text(FORMS)
    (asked,) = (e for e in load_exercises(tmp_path / "hw.py") if e.name == name)
    assert ("softmax" in building_blocks([asked])[1]) == (name not in ("number", "is_positive"))
    (tmp_path / "m.py").write_text("def f(s): return int(1e6 * s[0, 0])\ndef g(s): return 1")
    handed_out = {"m.py": (tmp_path / "m.py").read_bytes()}
    with imported(handed_out) as (module,):
        assert answer_in(module, [asked]) == (
            "m.f gives results that number asks for" if name == "number" else ""
        )
