"""Exercises in another notation: cases, answers, wrong versions and messages are translated."""

from pathlib import Path

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Blocks, Swapped, adapt, check, grade
from lessons_lib.grading.batch import load_exercises

EXAMPLE = Path(__file__).parents[2] / "examples" / "cs231n_assignment.py"
ANSWERS = (Path(__file__).parent / "answers" / "cs231n.py").read_text()


@pytest.fixture
def graded(tmp_path):
    def answers(source):
        path = tmp_path / "submission.py"
        path.write_text(source)
        return grade(path, exercises=load_exercises(EXAMPLE))

    return answers


def test_the_example_is_short():
    code = [line for line in EXAMPLE.read_text().split('"""')[2].splitlines() if line.strip()]
    assert len(code) <= 70


def test_right_answers_in_the_other_notation(graded):
    report = graded(ANSWERS)
    assert report.score == report.max_score, str(report)
    assert len(report.results) == 8


def test_a_mistake_is_told_in_the_other_notation(graded):
    report = graded(ANSWERS.replace("o * np.tanh(next_c)", "o * next_c"))
    step = next(result for result in report.results if result.exercise == "lstm_step_forward")
    assert (step.status, step.score) == ("failed", 1)
    assert step.hint == "tanh_of_c_left_out"
    assert "next_h (hidden state)" in step.message
    assert "On its way into next_h it has to be squashed" in " ".join(step.message.split())


def test_the_courses_order_is_wrong_here(graded):
    ours = exercises.find("lstm_step").source.replace("def lstm_step", "def lstm_step_forward")
    gates = exercises.find("lstm_gates").source
    source = f"import numpy as np\nfrom lessons_lib.functions import sigmoid\n{gates}\n{ours}"
    step = next(r for r in graded(source).results if r.exercise == "lstm_step_forward")
    assert (step.score, step.hint) == (0, "blocks_read_as_i_f_g_o")


def test_time_and_batch_in_the_wrong_order_are_named(graded):
    source = ANSWERS.replace("return hs, cache", "return hs.swapaxes(0, 1), cache")
    message = next(r for r in graded(source).results if r.exercise == "lstm_forward").message
    assert "h (hidden state of every step) has shape (T, N, H)" in message
    assert "expected (N, T, H)" in message


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
