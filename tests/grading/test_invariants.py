"""A wrong answer is told when its rows are not independent, or when it looks into the future."""

import numpy as np
import pytest

from lessons_lib.cells import lstm_step
from lessons_lib.course import exercises
from lessons_lib.grading import Exercise, Output, check, exercise, grade
from lessons_lib.grading.judging import bounding, invariants, judge, known_versions


def first_case(name):
    exercise = exercises.find(name)
    return exercise, exercise.cases(np.random.default_rng(3))[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lstm_step", {"N": ("h", "c")}),
        ("lstm_unroll", {"N": ("hs", "h", "c"), "T": ("hs",)}),
        ("rnn_backward", {"N": ("dx", "dh0")}),
        ("sigmoid", {"N": ("y",)}),
        ("global_norm", {}),
    ],
)
def test_probes_are_what_the_reference_does_not_notice(name, expected):
    found = {probe.axis: probe.outputs for probe in invariants.probes(*first_case(name))}
    assert found == expected


def test_a_reference_that_does_not_take_the_changed_numbers_has_no_probes():
    def roots(x):
        if (x < 0).any():
            raise ValueError("x: expected numbers of 0 or more")
        return np.sqrt(x)

    asked = {"make_case": lambda rng, N: {"x": rng.random(N)}, "sizes": [{"N": 3}]}
    outputs = [Output("y", "N")]
    made = Exercise(roots, lesson="99_test", outputs=outputs, hints=[], may_follow=[], **asked)
    assert invariants.probes(made, made.cases(np.random.default_rng(3))[0]) == []


@pytest.mark.parametrize("exercise", exercises.all(), ids=lambda exercise: exercise.name)
def test_no_reference_breaks_an_invariant(exercise):
    case = exercise.cases(np.random.default_rng(3))[0]
    run = lambda case: invariants.call(exercise.reference, case)  # noqa: E731
    assert invariants.broken(exercise, case, run(case), run) == ""


def mixes_rows(x, h_prev, c_prev, Wx, Wh, b):
    h, c, _ = lstm_step(x, h_prev, c_prev, Wx, Wh, b)
    return h - 0.01 * h.sum(axis=0), c


def looks_ahead(x, h0, c0, Wx, Wh, b):
    h, c, hs = h0, c0, []
    for x_t in x + 0.5 * x[-1]:
        h, c, _ = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
    return np.stack(hs), h, c


def test_rows_that_are_not_independent():
    message = check(mixes_rows, "lstm_step").results[0].message
    assert "with other numbers in the last row alone, h changes in other rows too" in message
    assert "future" not in message


def test_a_sentence_about_several_results_has_its_verb_in_the_plural():
    message = check(lambda *args: tuple(y + y.sum(axis=0) for y in mixes_rows(*args)), "lstm_step")
    assert "h and c change in other rows too" in " ".join(message.results[0].message.split())


def test_a_look_into_the_future():
    message = check(looks_ahead, "lstm_unroll").results[0].message
    assert "It looks into the future: with other numbers at the last time step alone, hs" in message
    assert "rows" not in message


def test_a_wrong_answer_that_keeps_them_is_told_nothing():
    def scaled(x, h_prev, c_prev, Wx, Wh, b):
        h, c, _ = lstm_step(x, h_prev, c_prev, Wx, Wh, b)
        return 1.01 * h, c

    message = check(scaled, "lstm_step").results[0].message
    assert "independent" not in message and "future" not in message


@pytest.mark.parametrize(
    "answer", [lambda *a: None, lambda *a: 1 / 0, lambda *a: (a[0].sum(), 3), lambda *a: a]
)
def test_answers_of_the_wrong_kind_are_not_probed(answer):
    def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
        return answer(x, h_prev, c_prev)

    message = check(lstm_step).results[0].message
    assert "independent" not in message


def test_in_isolation_too(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(
        "import numpy as np\n"
        "def lstm_gates(x, h_prev, Wx, Wh, b):\n"
        "    a = np.tanh((x @ Wx).mean() + h_prev @ Wh + b)\n"
        "    return tuple(np.split(a, 4, axis=1))\n"
    )
    assert "rows of the batch are not independent" in grade(path).results[0].message


def test_a_known_mistake_that_never_ends_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(bounding, "MOST_SECONDS_A_CALL", 0.02)
    monkeypatch.setattr(judge, "MOST_SECONDS_FOR_POINTS", 0.02)
    monkeypatch.setattr(known_versions, "MOST_SECONDS_FOR_POINTS", 0.02)

    def square_root(a):
        x = a
        while np.any(abs(x * x - a) > 1e-3):
            x = (x + a / x) / 2
        return x

    def no_mean(a):
        x = a
        while np.any(abs(x * x - a) > 1e-3):
            x = a / x
        return x

    one = exercise(
        lesson="hw",
        outputs=[Output("x", "N")],
        make_case=lambda rng, N: {"a": rng.uniform(2, 3, N)},
        sizes=[{"N": 3}],
    )(square_root)
    one.misconception("The mean of the two is nearer.")(no_mean)
    (found,) = check(lambda a: a / 2, "square_root").results
    assert (found.status, found.hint) == ("failed", None)
    assert known_versions.examine(one, [0]).confused == ("no_mean: it does not end (0)",)
