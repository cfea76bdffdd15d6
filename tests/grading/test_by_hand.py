"""Questions by hand: what counts as the answer, and what is said to other ones."""

import numpy as np
import pytest

from lessons_lib.grading import by_hand, check, hint, reveal
from lessons_lib.grading.exercise.by_hand import ByHand
from lessons_lib.grading.exercise.registry import EXERCISES


@pytest.fixture(autouse=True)
def questions(monkeypatch):
    monkeypatch.setattr(EXERCISES, "_by_hand", {})
    by_hand(
        "slope",
        lesson="mine",
        answer=0.36,
        tolerance=0.005,
        hints=["Twice."],
        mistakes={0.6: "That is the slope of one step.", 1e-3: "That is tanh alone."},
    )
    by_hand("size", lesson="mine", answer=(3, 8))
    by_hand("gate", lesson="mine", answer="forget gate", choices=["input gate", "forget gate"])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *[("slope", answer) for answer in (0.36, np.float32(0.364), np.array(0.36))],
        *[("size", answer) for answer in ((3, 8), [3, 8], np.zeros((3, 8)).shape)],
        ("gate", " forget  gate"),
    ],
)
def test_what_is_right_passes(name, answer, capsys):
    assert check(answer, name).results[0].status == "passed"
    assert capsys.readouterr().out == f"{name}: passed.\n"


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("slope", 0.6, "That is the slope of one step."),
        ("slope", 0.604, "That is the slope of one step."),
        ("slope", 0.00101, "That is tanh alone."),
        ("slope", 0.002, '0.002 is not it. hint("slope") helps.'),
        ("slope", 0.366, '0.366 is not it. hint("slope") helps.'),
        ("slope", float("nan"), 'nan is not it. hint("slope") helps.'),
        ("slope", True, "Expected a number, got True."),
        ("slope", len, "Expected a number, got <built-in function len>."),
        ("slope", "0.36", "Expected a number, got '0.36'."),
        ("slope", np.zeros(99), "Expected a number, got ndarray of another kind."),
        ("size", (8, 3), "(8, 3) is not it."),
        ("size", 24, "Expected a shape such as (2, 3), got 24."),
        ("gate", "input gate", "'input gate' is not it."),
        ("gate", "door", "Expected one of 'input gate', 'forget gate', got 'door'."),
    ],
)
def test_what_is_not_is_told(name, answer, said):
    (result,) = check(answer, name).results
    assert (result.status, result.message, result.max_score) == ("failed", said, 0)


def test_none_is_no_attempt_and_there_are_hints(capsys):
    check(None, "slope")
    hint("slope")
    reveal("slope")
    said = capsys.readouterr().out.splitlines()
    assert said == ["slope: not attempted yet.", "Hint 1 of 1: Twice.", "0.36"]


def test_a_question_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match=r"^mistakes: 0\.5 is within the tolerance"):
        by_hand("x", lesson="mine", answer=0.52, tolerance=0.1, mistakes={0.5: ""})
    with pytest.raises(ValueError, match=r"^answer: expected one of \['a'\], got 'b'"):
        ByHand("x", "mine", "b", choices=["a"])
    with pytest.raises(ValueError, match=r"^name: expected a new one, got 'lstm_step'"):
        by_hand("lstm_step", lesson="mine", answer=1)
