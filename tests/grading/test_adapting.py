"""Exercises in another notation: names, layouts and points are translated.

What is said to mistakes in another notation is tried in `test_students.py`.
"""

from pathlib import Path

import numpy as np
import pytest

from lessons_lib.grading import Blocks, Swapped, adapt, check, grade
from lessons_lib.grading.batch import load_exercises

EXAMPLE = Path(__file__).parents[2] / "examples" / "cs231n_assignment.py"
ANSWERS = Path(__file__).parent / "answers" / "cs231n.py"


def test_the_example_is_short():
    code = [line for line in EXAMPLE.read_text().split('"""')[2].splitlines() if line.strip()]
    assert len(code) <= 70


def test_right_answers_in_the_other_notation():
    report = grade(ANSWERS, exercises=load_exercises(EXAMPLE))
    assert report.score == report.max_score, str(report)
    assert len(report.results) == 8


@pytest.mark.parametrize(
    ("conversion", "shape"),
    [(Blocks("i f g o", "i f o g"), (3, 8)), (Swapped(0, 1), (3, 5, 2)), (Swapped(), (4, 2))],
)
def test_to_theirs_and_back(conversion, shape):
    array = np.arange(np.prod(shape), dtype=float).reshape(shape)
    theirs = conversion.to_theirs(array)
    assert not np.array_equal(theirs, array)
    np.testing.assert_array_equal(conversion.to_ours(theirs), array)


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


BETWEEN = """
from lessons_lib.grading import adapt
weights = {name: name for name in ("Wx", "Wh", "b")}
forward = adapt("rnn_step", name="forward", lesson="hw", results={"h": "h"}, may_follow=["cache"],
                arguments={"x": "x", "h_prev": "h_prev", **weights})
num_grad = adapt("numerical_gradient", name="num_grad", lesson="hw",
                 arguments={"f": "f", "x": "x", "eps": "eps"}, results={"gradient": "gradient"})
backward = adapt("rnn_step_backward", name="backward", lesson="hw", carry_errors=0.5,
                 arguments={"dh": "dh", "cache": "cache"}, cache_from={"cache": forward},
                 results={name: name for name in ("dx", "dh_prev", "dWx", "dWh", "db")})
"""


@pytest.mark.parametrize(
    ("between", "forgotten", "points"),
    [("gradient", "", [2, 2, 2]), ("ended", "", [2, 0, 2]), ("gradient", "+ b", [0, 2, 0.875])],
)
def test_a_backward_pass_in_another_process_than_its_forward_pass(
    tmp_path, between, forgotten, points
):
    """One ends after an exercise that is given a function, or is ended by what it does."""
    (tmp_path / "hw.py").write_text(BETWEEN)
    right = """def num_grad(f, x, eps):
    units = np.eye(x.size).reshape(-1, *x.shape)
    slopes = [(f(x + eps * unit) - f(x - eps * unit)) / (2 * eps) for unit in units]
    return np.reshape(slopes, x.shape)"""
    (tmp_path / "ann.py").write_text(
        f"""import os
import numpy as np

def forward(x, h_prev, Wx, Wh, b):
    h = np.tanh(x @ Wx + h_prev @ Wh {"" if forgotten else "+ b"})
    return h, (x, h_prev, Wx, Wh, h)

{right if between == "gradient" else "def num_grad(f, x, eps): os._exit(1)"}

def backward(dh, cache):
    x, h_prev, Wx, Wh, h = cache
    da = dh * (1 - h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, h_prev.T @ da, {"0 * " if forgotten else ""}da.sum(0)
"""
    )
    report = grade(tmp_path / "ann.py", exercises=load_exercises(tmp_path / "hw.py"), seed=1)
    assert [result.score for result in report.results] == points, str(report)


def test_a_cache_may_be_large(tmp_path):
    """Nobody looks into it, so it is not sent."""
    (tmp_path / "hw.py").write_text(BETWEEN.partition("num_grad")[0])
    (tmp_path / "ann.py").write_text(
        """import numpy as np
room = np.zeros(10_000_000)

def forward(x, h_prev, Wx, Wh, b):
    room[: h_prev.size] = np.tanh(x @ Wx + h_prev @ Wh + b).ravel()
    h = room[: h_prev.size].reshape(h_prev.shape).copy()
    return h, (x, h_prev, room)
"""
    )
    report = grade(tmp_path / "ann.py", exercises=load_exercises(tmp_path / "hw.py"), seed=1)
    assert report.score == report.max_score, str(report)
