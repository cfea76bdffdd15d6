"""Exercises in another notation: cases, answers, wrong versions and messages are translated."""

from pathlib import Path

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Blocks, Swapped, adapt, check, grade
from lessons_lib.grading.batch import load_exercises

EXAMPLE = Path(__file__).parents[2] / "examples" / "cs231n_assignment.py"
# Answers as a student of that course might write them, with a cache at the end.
ANSWERS = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)

def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]), dtype=x.dtype)
    prev_h = h0
    for t in range(T):
        prev_h, _ = rnn_step_forward(x[:, t], prev_h, Wx, Wh, b)
        h[:, t] = prev_h
    return h, None

def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o = (sigmoid(a[:, k * H : (k + 1) * H]) for k in range(3))
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    return o * np.tanh(next_c), next_c, None

def lstm_forward(x, h0, c0, Wx, Wh, b):
    hs, h, c = [], h0, c0
    for t in range(x.shape[1]):
        h, c, _ = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        hs.append(h)
    return np.stack(hs, axis=1), None
"""


@pytest.fixture
def graded(tmp_path):
    def answers(source):
        path = tmp_path / "submission.py"
        path.write_text(source)
        return grade(path, exercises=load_exercises(EXAMPLE))

    return answers


def test_the_example_is_short():
    code = [line for line in EXAMPLE.read_text().split('"""')[2].splitlines() if line.strip()]
    assert len(code) <= 60


def test_right_answers_in_the_other_notation(graded):
    report = graded(ANSWERS)
    assert report.score == report.max_score == 9, str(report)
    names = [result.exercise for result in report.results]
    assert names == ["rnn_step_forward", "rnn_forward", "lstm_step_forward", "lstm_forward"]


def test_a_mistake_is_recognised_in_the_other_notation(graded):
    report = graded(ANSWERS.replace("o * np.tanh(next_c)", "o * next_c"))
    step = report.results[2]
    assert (step.status, step.score) == ("failed", 1)
    courses_own = exercises.find("lstm_step")
    assert step.hint in {known.name for known in courses_own.misconceptions}
    assert "next_h (hidden state)" in step.message


def test_the_courses_order_is_wrong_here(graded):
    ours = exercises.find("lstm_step").source.replace("def lstm_step", "def lstm_step_forward")
    gates = exercises.find("lstm_gates").source
    source = f"import numpy as np\nfrom lessons_lib.functions import sigmoid\n{gates}\n{ours}"
    report = graded(source)
    assert report.results[2].score == 0


def test_time_and_batch_in_the_wrong_order_are_named(graded):
    source = ANSWERS.replace("np.stack(hs, axis=1), None", "np.stack(hs), None")
    message = graded(source).results[3].message
    assert "h (hidden state of every step) has shape (T, N, H)" in message
    assert "expected (N, T, H)" in message


@pytest.mark.parametrize(
    ("conversion", "shape"),
    [(Blocks("i f g o", "i f o g"), (3, 8)), (Swapped(0, 1), (3, 5, 2)), (Swapped(), (4, 2))],
)
def test_there_and_back(conversion, shape):
    array = np.arange(np.prod(shape), dtype=float).reshape(shape)
    there = conversion.there(array)
    assert not np.array_equal(there, array)
    np.testing.assert_array_equal(conversion.back(there), array)


def test_weights_as_columns():
    made = adapt(
        "lstm_gates",
        name="gates",
        lesson="hw",
        arguments={"Wx": "Wx", "Wh": "Wh", "b": "b", "x": "x", "h": "h_prev"},
        results={"forget": "f", "write": "i"},
        conversions={"Wx": [Blocks("i f g o", "f g i o"), Swapped()]},
        points={"forget": 2},
    )
    assert made.points == 2.5

    def gates(Wx, Wh, b, x, h):
        H = h.shape[1]
        f, g, i, o = np.split(Wx, 4)  # rows
        weights = np.concatenate([i.T, f.T, g.T, o.T], axis=1)
        a = x @ weights + h @ Wh + b
        write, forget = 1 / (1 + np.exp(-a[:, :H])), 1 / (1 + np.exp(-a[:, H : 2 * H]))
        return forget, write

    assert check(gates).score == 2.5
    message = check(lambda Wx, Wh, b, x, h: (h, x), "gates").results[0].message
    assert "forget (forget gate)" in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arguments": {"x": "x"}}, "arguments: expected a name of yours for each of x, h_prev"),
        ({"results": {}}, "results: expected names of yours for some of h"),
        ({"results": {"c": "c"}}, "got them for c"),
        ({"conversions": {"y": Swapped()}}, "expected a name of yours, got 'y'"),
        ({"points": {"y": 1}}, "expected a name of yours, got 'y'"),
    ],
)
def test_names_that_are_none(changes, words):
    settings = {
        "name": "step",
        "lesson": "hw",
        "arguments": {name: name for name in ("x", "h_prev", "Wx", "Wh", "b")},
        "results": {"h": "h"},
    }
    with pytest.raises(ValueError, match=words):
        adapt("rnn_step", **{**settings, **changes})
