"""A file is graded in a process of its own: scores, statuses, and what it may import."""

import os
import signal
import sys
import textwrap
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lessons_lib.course import exercises
from lessons_lib.grading import Output, exercise, grade, grader
from lessons_lib.grading.batch import load_exercises
from lessons_lib.grading.isolation import policy
from lessons_lib.grading.isolation.process import Allowance, Worker

EXAMPLES = Path(__file__).parents[2] / "examples"
STRONG = pytest.param(
    "strong",
    marks=pytest.mark.skipif(bool(policy.missing_for_strong()), reason="not possible here"),
)
each_isolation = pytest.mark.parametrize("level", [STRONG, "basic"])


def course_answers(*names):
    return "\n\n".join(
        [
            "import numpy as np\nfrom lessons_lib.functions import sigmoid",
            *(exercises.find(name).source for name in names),
        ]
    )


@pytest.fixture
def submission(tmp_path):
    def write(source, name="submission.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    return write


def statuses(report):
    return {result.exercise: result.status for result in report.results}


@each_isolation
def test_right_and_wrong_answers(submission, level):
    source = course_answers("lstm_gates", "lstm_step") + textwrap.dedent(
        """

        def lstm_unroll(x, h0, c0, Wx, Wh, b):
            hs = []
            h, c = h0, c0
            for x_t in x:
                h, c = lstm_step(x_t, h, c0, Wx, Wh, b)
                hs.append(h)
            return np.stack(hs), h, c
        """
    )
    report = grade(submission(source), isolation=level)
    assert report.isolation == level
    assert statuses(report) == {
        "lstm_gates": "passed",
        "lstm_step": "passed",
        "lstm_unroll": "failed",
    }
    assert "step 1 is the first that differs" in report.results[2].message
    assert report.results[2].hint is not None


def test_a_submission_has_one_budget_for_all_that_it_does(submission, monkeypatch):
    """However often it has to be started anew."""
    monkeypatch.setattr("lessons_lib.grading.grader.Allowance", lambda: Allowance(seconds=1.5))
    names = ["lstm_gates", "lstm_step", "lstm_unroll"]
    bodies = [f"def {name}({', '.join(exercises.find(name).parameters)}):" for name in names]
    report = grade(submission("\n".join(f"{b}\n    while True: pass" for b in bodies)))
    assert set(statuses(report).values()) == {"timeout"}
    assert "The 1.5 seconds of work for all answers of the file are" in report.results[1].message


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is none here")
@each_isolation
@pytest.mark.parametrize(("times", "status"), [(1, "passed"), (2, "crashed")])
@pytest.mark.parametrize("when", ["define", "call"])
def test_an_answer_that_the_system_kills_is_asked_once_more(
    submission, level, times, status, when, monkeypatch
):
    """It was out of memory, say, for what others took."""
    left, ask = [None] * times, Worker.ask

    def killed(self, question, **how):
        if question["do"] == when and left:
            left.pop()
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()  # or it may answer before it ends
        return ask(self, question, **how)

    monkeypatch.setattr(Worker, "ask", killed)
    asked = [exercises.find("lstm_gates")]
    report = grade(submission(course_answers("lstm_gates")), exercises=asked, isolation=level)
    assert (statuses(report), left) == ({"lstm_gates": status}, [])


def test_an_answer_that_sleeps_is_not_waited_for(submission, monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_PER_CALL", 0.2)
    signature = f"def lstm_gates({', '.join(exercises.find('lstm_gates').parameters)}):"
    (result,) = grade(submission(f"{signature}\n    import time; time.sleep(60)")).results
    assert result.status == "timeout"
    assert "No result after 0.8 seconds" in result.message and "wait" in result.message


def test_what_a_submission_may_send_is_counted(submission, monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.grader.Allowance", lambda: Allowance(bytes=1000))
    assert statuses(grade(submission(course_answers("lstm_gates"))))["lstm_gates"] == "crashed"


ENDS = [
    ("while True: pass", "timeout", "after 1 seconds of work"),
    ("import os; os._exit(0)", "crashed", "Its process ended"),
    ("import ctypes; ctypes.string_at(0)", "crashed", "Its process ended"),
    ("return np.ones(2**33), 1, 1, 1", "memory", "MemoryError"),
    ("import sys; sys.exit(0)", "error", "It tried to end Python"),
    ("raise KeyboardInterrupt", "crashed", "Its process ended"),
]
IN_ANY = [
    ("raise NotImplementedError", "not_attempted", "Write your code"),
    ("pass", "not_attempted", "Write your code"),
    ("return nothing(x)", "error", "name 'nothing' is not defined"),
    ("return [1] * 10", "failed", "It returns a list of 10"),
    ("return x, x, x, object()", "failed", "shape"),
    ("return np.matrix(x), x, x, x", "failed", "shape"),
]


@pytest.mark.parametrize(
    ("level", "body", "status", "words"),
    [
        *(pytest.param("strong", *row, marks=STRONG.marks) for row in ENDS),
        *(("basic", *row) for row in [*ENDS, *IN_ANY]),
    ],
)
def test_what_a_function_may_do(submission, level, body, status, words, monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_PER_CALL", 1.0)
    monkeypatch.setattr("lessons_lib.grading.isolation.times.PATIENCE", 100.0)
    source = f"import numpy as np\ndef lstm_gates(x, h_prev, Wx, Wh, b):\n    {body}\n"
    source += course_answers("lstm_step").replace("lstm_gates(", "helper(")
    source += "\n" + course_answers("lstm_gates").replace("def lstm_gates(", "def helper(")
    report = grade(submission(source), isolation=level)
    assert statuses(report) == {"lstm_gates": status, "lstm_step": "passed"}, str(report)
    assert words in report.results[0].message
    assert report.results[0].score == 0


def test_a_notebook(submission):
    cells = [
        new_markdown_cell("# My answers"),
        new_code_cell("%matplotlib inline\nimport numpy as np\nprint('no harm')\n!ls"),
        new_code_cell("from lessons_lib import plots  # there is none in grading"),
        new_code_cell("%%timeit\n1 + 1"),
        new_code_cell("def broken(:"),
        new_code_cell(course_answers("lstm_gates")),
        new_code_cell("1 / 0"),
        new_code_cell(course_answers("lstm_step").replace("def lstm_step", "def mine")),
        new_code_cell('check(mine, exercise="lstm_step")'),
    ]
    path = submission("", "05_lstm_gates.ipynb")
    nbformat.write(new_notebook(cells=cells), path)
    report = grade(path)
    assert statuses(report) == {
        "lstm_gates": "passed",
        "lstm_step": "passed",
        "lstm_unroll": "not_attempted",
    }
    assert "In cell 4, line 1, a part is left out" in report.results[0].message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("05_lstm_gates.ipynb", b"{", "not a notebook"),
        ("05_lstm_gates.ipynb", b'{"cells": 3}', "not a notebook"),
        ("05_lstm_gates.ipynb", b"[" * 10**6, "not a notebook"),
        ("05_lstm_gates.py", b"\xff\xfe", "UTF-16"),
        ("05_lstm_gates.py", b"#" * 20_000_001, "more than 20,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    report = grade(path)
    assert set(statuses(report).values()) == {"error"} and len(report.results) == 3
    assert words in report.results[0].message


@pytest.mark.skipif(os.name != "posix", reason="links and pipes as POSIX has them")
def test_links_and_pipes_are_not_followed(tmp_path):
    link, pipe = tmp_path / "link.py", tmp_path / "pipe.py"
    link.symlink_to("/etc/passwd")
    os.mkfifo(pipe)
    assert "it is a link" in grade(link).results[0].message
    assert "not a regular file" in grade(pipe).results[0].message


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="path: there is no file"):
        grade(tmp_path / "none.py")
    with pytest.raises(ValueError, match="isolation: expected auto, strong or basic"):
        grade(tmp_path / "none.py", isolation="some")


def test_fresh_cases_and_their_replay(submission):
    path = submission(course_answers("lstm_gates").replace("sigmoid(a_i)", "np.tanh(a_i)"))
    first, second = grade(path), grade(path)
    assert first.seed != second.seed
    again = grade(path, seed=first.seed)
    assert again.results == first.results
    assert first.results != second.results  # other numbers in the message


ANSWERS = """
from lessons_lib.course.lstm_gates.exercises import lstm_gates
from lessons_lib.course.exercises import find
from lessons_lib.layers import LSTM
from lessons_lib.cells import lstm_step
import lessons_lib.cells as m; m.lstm_step
from lessons_lib.grading.exercise.registry import find
"""


@each_isolation
def test_the_answers_cannot_be_imported(submission, level):
    lines = ["1 + 1", *ANSWERS.strip().splitlines()]
    tries = [f"try: {line}; got.append({line!r})\nexcept Exception: pass" for line in lines]
    answer = "def lstm_gates(x, h_prev, Wx, Wh, b): raise OSError(got)\ndef lstm_step(): ..."
    path = submission("\n".join(["got = []", *tries, answer]))
    asked = [exercises.find("lstm_gates"), exercises.find("lstm_step")]
    report = grade(path, exercises=asked, isolation=level)
    assert "OSError: ['1 + 1']" in report.results[0].message, "something was imported"


def test_a_lesson_goes_on_with_the_learners_function(submission):
    source = """
        from lessons_lib.grading import check
        report = check(lstm_gates)
        gates = lstm_gates if report.score == report.max_score else None
    """
    step = course_answers("lstm_step").replace("= lstm_gates(", "= gates(")
    source = f"{course_answers('lstm_gates')}\n{textwrap.dedent(source)}\n{step}"
    assert set(statuses(grade(submission(source))).values()) == {"passed"}


def double(x):
    """Twice."""
    return 2 * x


ON_ITS_WAY_TO_2 = {  # when all has been run, though no statement shows that it changes K or k
    "into an array": "K = np.ones(1)\nnp.add(K, 1, K)\ndef k(): return K[0]",
    "by another name": "def set():\n    global K\n    K = 2\nrun = set\nrun()\ndef k(): return K",
    "by a generator": "K = [0]\ndef go():\n    yield K.append(2)\nsteps = go()\n[*steps]\n"
    "def k(): return K[-1]",
    "by an operator": "class A:\n    def __or__(self, k): K.append(k)\nK = []\nA() | 2\n"
    "def k(): return K[0]",
    "in a cache": "K = [2]\n@lru_cache\ndef k(): return K[0]\nk()\nK[0] = 3",
}


@pytest.mark.parametrize("name", ON_ITS_WAY_TO_2)
def test_what_a_text_does_not_show_comes_out_when_all_is_run(submission, name, monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_FOR_ALL", 1.0)
    made = exercise(
        lesson="99_mine",
        outputs=[Output("y", "N")],
        make_case=lambda rng, N: {"x": rng.normal(size=N)},
        sizes=[{"N": 3}],
    )(double)
    begin = f"import numpy as np\nfrom functools import lru_cache\n{ON_ITS_WAY_TO_2[name]}\n"
    answer = "def double(x): return k() * x\n"
    unseen = "import sys\nsetattr(sys.modules[__name__], 'double', lambda x: k() * x)\n"
    training = "while True: double(1.0)\n"
    for source, right in [
        (begin + answer, True),
        (begin + training + answer, True),
        (begin + unseen, True),
        (begin + answer.replace("*", "+") + training, False),
    ]:
        report = grade(submission(source), exercises=[made])
        assert (statuses(report)["double"] == "passed") is right, report


def test_the_second_grading_has_its_own_cases(submission, monkeypatch):
    """Or of two answers to a question of yes or no one would always be right."""
    drawn, was = [], grader._graded
    monkeypatch.setattr(grader, "_graded", lambda *given: drawn.append(given[3]) or was(*given))
    source = "import numpy as np\nK = np.ones(1)\nnp.add(K, 1, K)\n"
    source += "def sigmoid(x): return 1 / (1 + np.exp(-x)) if K[0] == 2 else x\n"
    path, asked = submission(source), [exercises.find("sigmoid")]
    report = grade(path, exercises=asked)
    assert statuses(report) == {"sigmoid": "passed"} and drawn[1] != drawn[0] == report.seed
    assert grade(path, exercises=asked, seed=report.seed) == report and drawn[2:] == drawn[:2]


def test_of_two_gradings_one_counts_and_nothing_is_mixed(submission):
    """What is paid for an error that is carried on is not paid to whom the error costs nothing."""
    source = """
        import numpy as np
        K = np.zeros(1)
        np.add(K, 1, K)

        def rnn_step_forward(x, prev_h, Wx, Wh, b):
            a = x @ Wx + prev_h @ Wh + b
            return a if K[0] else np.tanh(a), (x, prev_h, Wx, Wh)

        def rnn_step_backward(dnext_h, cache):
            x, prev_h, Wx, Wh = cache
            dx, dh, dWx, dWh = dnext_h @ Wx.T, dnext_h @ Wh.T, x.T @ dnext_h, prev_h.T @ dnext_h
            return dx, dh, dWx, dWh, dnext_h.sum(axis=0)
        """
    asked = load_exercises(EXAMPLES / "cs231n_assignment.py")[:2]
    report = grade(submission(source), exercises=asked)
    assert [result.score for result in report.results] == [2, 0], report
    of_all = grade(submission(source), exercises=asked, run="all")
    assert [result.score for result in of_all.results] == [0, 1], of_all


def test_earlier_cells_may_be_used(submission):
    path = submission(
        """
        from lessons_lib import cells, functions, gradients
        from lessons_lib.cells import rnn_step

        def numerical_gradient(f, x, eps=1e-6):
            assert not hasattr(gradients, "numerical_gradient")
            assert not hasattr(cells, "rnn_step_backward")
            assert cells.rnn_step is rnn_step and functions.sigmoid(0) == 0.5
            assert __file__ == "submission.py"
            raise ArithmeticError("all as expected")
        """
    )
    assert "all as expected" in grade(path).results[0].message


@each_isolation
def test_a_progress_bar_hands_on_what_it_goes_through_and_a_plot_does_nothing(submission, level):
    source = """
        try:
            import matplotlib.pyplot as plt
            from tqdm import tqdm
            HALF = 0.5
        except ImportError:
            print("pip install matplotlib tqdm")
        from tqdm.notebook import trange

        def sigmoid(x):
            with tqdm(total=3) as bar:
                bar.set_postfix(loss=1)
                bar.update()
            for k in trange(2, leave=False):
                plt.plot(x, label=f"{k}")
                for half in tqdm([HALF], desc="a bar"):
                    y = half * (x / np.abs(x) * np.tanh(np.abs(x) * half) + k)
            return y
        """
    path = submission(f"import numpy as np\n{textwrap.dedent(source)}")
    report = grade(path, exercises=[exercises.find("sigmoid")], isolation=level)
    assert statuses(report) == {"sigmoid": "passed"}, report


def squares(f, cache, rng, grads):
    """Arguments of every kind."""
    for g in grads.values():
        g *= 2
    return f(cache[0]) + rng.random()


def test_arguments_of_every_kind(submission):
    def make_case(rng, N):
        return {
            "f": lambda x: float((x**2).sum()),
            "cache": (rng.normal(size=N), 2.0),
            "rng": np.random.default_rng(rng.integers(1000)),
            "grads": {"W": rng.normal(size=N)},
        }

    made = exercise(
        lesson="99_mine",
        outputs=[Output("y", ""), Output("W", "N", written_to="grads")],
        make_case=make_case,
        sizes=[{"N": 3}],
    )(squares)
    path = submission(
        """
        def squares(f, cache, rng, grads):
            grads["W"] += grads["W"]
            return rng.random() + f(cache[0])
        """
    )
    report = grade(path, exercises=[made])
    assert report.score == 2, str(report)
    path = submission("def squares(f, cache, rng, grads):\n    return f('text')")
    assert "ValueError" in grade(path, exercises=[made]).results[0].message


def test_nothing_is_left_running_or_lying_about(submission, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("lessons_lib.grading.grader.SECONDS_PER_CALL", 1.0)
    monkeypatch.setattr("secrets.token_hex", lambda length: "only this test's")
    grade(submission("def lstm_gates(x, h_prev, Wx, Wh, b):\n    while True: pass"))
    assert not list((tmp_path / "t").iterdir())
    if sys.platform == "linux":
        running = [p for p in Path("/proc").glob("[0-9]*/environ") if _readable_holds(p)]
        assert not running


def _readable_holds(path):
    try:
        return b"only this test's" in path.read_bytes()
    except OSError:
        return False
