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
