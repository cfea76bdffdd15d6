"""What `check` tells a learner about typical mistakes, and that it survives anything."""

import functools
import itertools
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.course.lstm_gates.exercises import lstm_gates, lstm_step, lstm_unroll
from lessons_lib.functions import relu, sigmoid
from lessons_lib.gradients import clip_values, global_norm
from lessons_lib.grading import Output, case, check, exercise
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.judging.forms import about


def found(function, exercise="lstm_step"):
    """The one result of a check, with its message on one line."""
    (result,) = check(function, exercise).results
    return result, " ".join(result.message.split())


def step(change):
    """A right step whose results `change` spoils."""

    def learner(x, h_prev, c_prev, Wx, Wh, b):
        return change(*lstm_step(x, h_prev, c_prev, Wx, Wh, b))

    return learner


# The verdict


def test_right_answer_passes(capsys):
    report = check(cells.lstm_step)
    assert (report.score, report.max_score) == (2, 2)
    assert [(r.exercise, r.status, r.hint) for r in report.results] == [
        ("lstm_step", "passed", None)
    ]
    assert capsys.readouterr().out == "lstm_step: passed, 2 of 2 points.\n"


def test_stub_is_not_attempted(capsys):
    def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
        raise NotImplementedError

    assert check(lstm_step).results[0].status == "not_attempted"
    assert capsys.readouterr().out == (
        "lstm_step: not attempted yet, 0 of 2 points.\n"
        "Write your code in place of the stub's last line, then check it again.\n"
    )


def test_verdict_is_the_same_each_time(capsys):
    wrong = step(lambda h, c: (h, c + 1))
    check(wrong, "lstm_step")
    first = capsys.readouterr().out
    check(wrong, "lstm_step")
    assert capsys.readouterr().out == first


def test_each_result_earns_its_own_points():
    def gates(x, h_prev, Wx, Wh, b):
        i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
        return i, f, g + 0.5, o

    result, text = found(gates, "lstm_gates")
    assert (result.status, result.score, result.max_score) == ("failed", 1.5, 2)
    assert text.startswith("Right: i, f and o. Not yet: g. In a case with N=3, D=2, H=5, float64:")
    assert "g (new memory) has the right shape, but 15 of 15 values differ." in text


@pytest.mark.parametrize(
    ("activation", "words"),
    [
        (np.tanh, "f went through tanh, and belongs through sigmoid."),
        (lambda a: a, "f is what its sigmoid should be taken of."),
    ],
)
def test_another_activation_is_named(activation, words):
    def gates(x, h_prev, Wx, Wh, b):
        i, _, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
        return i, activation(np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)[1]), g, o

    assert words in found(gates, "lstm_gates")[1]


# Which exercise


def test_exercise_is_found_by_the_functions_name():
    assert check(lstm_gates).results[0].exercise == "lstm_gates"
    assert check(cells.lstm_step, lstm_step).results[0].status == "passed"


def test_names_that_are_none_are_told_in_one_line():
    def lstm_stepp(): ...

    def told(*arguments):
        report = check(*arguments)
        assert report.results[0].status == "error"
        return report.results[0].message

    assert "got 'lstm_stepp'; did you mean lstm_step" in told(lstm_stepp)
    assert "got 'lstm_stpe'; did you mean lstm_step" in told(lstm_step, "lstm_stpe")
    assert told(lambda: None).startswith("A lambda has no name: say which exercise it answers")
    assert told(lstm_step, 5).startswith("Expected a name such as 'lstm_step', got int")
    assert check(lstm_step, lstm_step).score == 2


@pytest.mark.parametrize("value", [None, 3, (1, 2), np.zeros(3), "lstm_step"])
def test_no_function_at_all(value):
    result, text = found(value)
    assert (result.status, result.score, result.max_score) == ("error", 0, 2)
    assert text.startswith("Expected a function, got ")
    assert check(value).results[0].status == "error"


# The signature


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (
            lambda x, h_prev, c_prev, Wx, b: None,
            "yours (x, h_prev, c_prev, Wx, b) expected (x, h_prev, c_prev, Wx, Wh, b) Missing: Wh.",
        ),
        (lambda x, h_prev, c_prev, Wx, Wh, b, gates: None, "Too many: gates."),
        (lambda x, c_prev, h_prev, Wx, Wh, b: None, "c_prev stands where h_prev belongs."),
        (lambda x, h_prev, c_prev, Wx, Wh, *, b: None, "Its parameters are not the exercise's."),
        (lambda x, h_prev, c_prev, Wx, Wh, b: (yield h_prev), "without yield or async"),
    ],
)
def test_another_signature(learner, words):
    result, text = found(learner)
    assert result.status == "error" and words in text


# Exceptions


def test_exception_is_told_with_the_learners_own_line():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        i = sigmoid(x @ Wh)  # the mistake
        return i, i

    result, text = found(learner)
    assert result.status == "error"
    assert text.startswith("In a case with N=3, D=2, H=5, float64: It raised ValueError: matmul")
    line = learner.__code__.co_firstlineno + 1
    assert f"in learner, line {line}: i = sigmoid(x @ Wh) # the mistake" in text
    assert "x (3, 2), h_prev (3, 5), c_prev (3, 5), Wx (2, 20), Wh (5, 20), b (20,)" in text
    assert "Traceback" not in text
    assert "/" not in result.message


def test_innermost_line_of_the_learners_helpers_is_told():
    def helper(x):
        return np.split(x, 7)

    _, text = found(lambda x, h_prev, c_prev, Wx, Wh, b: helper(x))
    assert "in helper, line" in text
    assert "return np.split(x, 7)" in text


def test_needed_function_is_still_a_stub():
    def my_gates(x):
        raise NotImplementedError

    result, text = found(lambda x, h_prev, c_prev, Wx, Wh, b: my_gates(x))
    assert result.status == "error"
    assert "It needs my_gates, which is not written yet." in text


def endless(*arrays):
    return endless(*arrays)


class Strange(Exception):
    def __str__(self):
        raise RuntimeError


def fails(*arrays):
    raise Strange


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *arrays: sys.exit(0), "tried to end Python"),
        (endless, "calls itself"),
        (fails, "It raised Strange."),
    ],
)
def test_exceptions_of_a_kind_of_their_own(answer, words):
    result, text = found(lambda x, h_prev, c_prev, Wx, Wh, b: answer(x))
    assert result.status == "error" and words in text


def test_long_and_wild_exception_text_is_tamed():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        raise ValueError("\x1b[31mred\n\n" + "long " * 1000)

    result, text = found(learner)
    assert "\x1b" not in result.message
    assert r"ValueError: \x1b[31mred long long" in text
    assert len(text) < 700


def test_keyboard_interrupt_passes_through():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(learner, "lstm_step")


# Structure


def test_return_forgotten():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    result, text = found(learner)
    assert result.status == "failed"
    assert "It returns None; expected the tuple (h, c). Does it end with a return" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h, c: [h, c, 1, 2], "It returns a list of 4; expected the tuple (h, c)."),
        (lambda h, c: h, "It returns an array of shape (3, 5); expected the tuple (h, c)."),
        (lambda h, c: (h,), "It returns a tuple of 1; expected the tuple (h, c)."),
        (lambda h, c: (h, c, 1, 2), "It returns a tuple of 4; expected the tuple (h, c)."),
        (lambda h, c: {"h": h, "c": c}, "It returns a dict; expected the tuple (h, c)."),
        (lambda h, c: 0.5, "It returns 0.5; expected the tuple (h, c)."),
    ],
)
def test_structure(change, words):
    result, text = found(step(change))
    assert (result.status, result.score) == ("failed", 0)
    assert words in text


def test_a_cache_may_follow():
    assert found(step(lambda h, c: [h, c]))[0].status == "passed", "a list of results will do"

    def with_cache(*arguments):
        return list(cells.rnn_step(*arguments))

    assert found(with_cache, "rnn_step")[0].status == "passed"
    assert found(step(lambda h, c: (h, c, {"any": "thing"})))[0].status == "passed"
    assert (
        "expected the tuple (i, f, g, o)" in found(lambda *a: (*lstm_gates(*a), 1), "lstm_gates")[1]
    )


def test_what_else_has_a_wrong_shape_is_named_and_no_more():
    _, text = found(step(lambda h, c: (h[:, 1:], c.T)))
    assert "it is transposed. Not of the right shape either: h." in text


def test_results_in_another_order():
    result, text = found(step(lambda h, c: (c, h)))
    assert (result.status, result.score) == ("failed", 0)
    assert "The numbers are right, but their order is not: it returns (c, h)" in text
    assert "the exercise asks for (h, c)." in text


# One result: type, shape, dtype, NaN, values


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h, c: (h.tolist(), c), "h (hidden state) is a list of 3; expected a NumPy array"),
        (
            lambda h, c: (None, c),
            "h (hidden state) is None; expected a NumPy array of shape (N, H)",
        ),
        (lambda h, c: (np.ma.masked_less(h, 9), c), "is a numpy MaskedArray; expected"),
        (
            lambda h, c: (h.T, c),
            "has shape (H, N) = (5, 3), expected (N, H) = (3, 5): it is transposed.",
        ),
        (
            lambda h, c: (h[:, 1:], c),
            "h (hidden state) has shape (3, 4), expected (N, H) = (3, 5).",
        ),
        (
            lambda h, c: (h.squeeze(), c),
            "In a case with N=1, D=3, H=2, float64 (the 3 cases before it are right): "
            "h (hidden state) has shape (2,), expected (N, H) = (1, 2). h has the right numbers, "
            "but axes of length 1 are lost",
        ),
        (lambda h, c: (h.astype(int), c), "h (hidden state) has dtype int64, expected float64."),
        (lambda h, c: (-h, c), "h has the right size and the wrong sign."),
        (lambda h, c: (h * len(h), c), "h is N times too large"),
        (lambda h, c: (h[None], c), "one axis of length 1 too many. keepdims=True"),
        (lambda h, c: (c, c), "h has the numbers that belong into c."),
        (lambda h, c: (sigmoid(np.arctanh(h)), c), "h went through sigmoid, and belongs through t"),
        (lambda h, c: (np.full_like(h, h.sum()), c), "h is the same everywhere: the sum over all"),
        (lambda h, c: (np.arctanh(h), c), "h is what its tanh should be taken of."),
        (lambda h, c: (relu(np.arctanh(h)), c), "h went through ReLU, and belongs through tanh."),
        (
            lambda h, c: (h.astype(object), c),
            "h (hidden state) has dtype object, expected float64. An object array holds",
        ),
        (lambda h, c: (h / (h * 0), c), "holds an infinite number: 15 of 15 values"),
        (lambda h, c: (np.log(h - 9), c), "NumPy warned: invalid value encountered in log."),
        (lambda h, c: (np.full_like(h, np.nan), c), "holds NaN (not a number): 15 of 15 values"),
        (lambda h, c: (h + 1e-6, c), "15 of 15 values differ. h[0, 0] expected 0."),
    ],
)
def test_one_wrong_result(change, words):
    result, text = found(step(change))
    assert (result.status, result.score) == ("failed", 1)
    assert text.startswith("Right: c. Not yet: h. In a case with ")
    assert words in text


@pytest.mark.parametrize(
    "change",
    [
        np.float64,
        np.matrix,
        np.ma.array,
        np.asfortranarray,
        lambda h: h.astype(h.dtype.newbyteorder(">")),
        lambda h: h.astype(np.longdouble),
        lambda h: np.broadcast_to(h, h.shape),
    ],
)
def test_values_earn_the_points_in_whatever_array(change):
    result, text = found(step(lambda h, c: (change(h), c)))
    assert (result.status, result.score) == ("passed", 2)
    if change is np.float64:
        assert text.startswith("Remark, at no cost: h comes back as float64, expected float32.")
        assert "Something on the way is float64. That may be" in text  # and not: it is np.zeros


@pytest.mark.parametrize(("error", "status"), [(0, "passed"), (1e-4, "failed")])
def test_a_single_number_in_float32_is_judged_as_an_array_is(error, status):
    def norm(grads):
        return np.float32(global_norm(grads)) + np.float32(error)

    assert found(norm, "global_norm")[0].status == status


@pytest.mark.parametrize(("error", "status"), [(0, "passed"), (1e-4, "failed")])
def test_what_is_made_in_float32_and_written_into_an_array_of_float64(error, status):
    def clipped(grads, max_norm):
        norm = np.float32(global_norm(grads))
        for g in grads.values():
            g *= min(np.float32(1), np.float32(max_norm) / norm) + np.float32(error)
        return norm

    assert found(clipped, "clip_grads")[0].status == status


def test_an_answer_in_place_may_be_a_partial_function():
    assert found(functools.partial(clip_values), "clip_values")[0].status == "passed"


@pytest.mark.parametrize(
    ("context", "kind"),
    [
        (np.errstate(over="raise"), FloatingPointError),
        (warnings.catch_warnings(action="error", category=RuntimeWarning), RuntimeWarning),
    ],
)
def test_whoever_made_errors_of_warnings_may_catch_them(context, kind):
    def learner(x):
        try:
            return np.exp(x) / (1 + np.exp(x))
        except kind:
            small = np.exp(-abs(x))  # it may come out as 0: Python's own setting says nothing then
            return np.where(x < 0, small, 1) / (1 + small)

    with context:
        assert found(learner, "sigmoid")[0].status == "passed"


def test_errors_of_warnings_that_come_out_cost_nothing():
    with np.errstate(all="raise"), warnings.catch_warnings(action="error", category=RuntimeWarning):
        assert found(lambda x: 1 / (1 + np.exp(-x)), "sigmoid")[0].status == "passed"


def test_what_float32_alone_breaks_is_a_remark():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        if x.dtype == np.float32:
            raise TypeError("float64 only")
        return lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    result, text = found(learner)
    assert (result.status, result.score) == ("passed", 2)
    assert text.startswith("Remark, at no cost: with float32 arguments it does not run. It raised")


def test_a_diagonal_has_to_be_right_throughout():
    case, y = Case({}, {"N": 3}, "float64"), np.array([2.0, 3.0, 5.0])
    pairs = np.outer(y, np.ones(3))
    assert "stand on a diagonal of y" in about(Output("y", "N"), [(case, y, pairs)])
    assert about(Output("y", "N"), [(case, y * [1, 1, 2], pairs)]) == ""


@pytest.mark.parametrize(("difference", "digits"), [(1e-7, 10), (1e-2, 4)])
def test_as_many_digits_are_shown_as_a_difference_takes(difference, digits):
    learner = step(lambda h, c: (h * (1 + difference), c))
    (line,) = [line for line in found(learner)[0].message.splitlines() if "expected  " in line]
    assert len(line.split()[-1].lstrip("-0.")) == digits


def test_cause_is_told_before_its_consequence():
    _, text = found(step(lambda h, c: (h + 1, c + 1)))
    assert "c (memory cell) has the right shape, but 15 of 15" in text
    assert "Look at c first, then at h." in text


def late(hs):
    hs[2:, -1] += 0.5
    return hs


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (late, "Time steps 0 to 1 are right; step 2 is the first that differs. hs[2, 2, 0]"),
        (
            list,
            "is a list of 4; expected a NumPy array of shape (T, N, H) = (4, 3, 5). "
            "np.stack(hs) makes one array of them.",
        ),
        (
            lambda hs: np.swapaxes(hs, 0, 1),
            "(N, T, H) = (3, 4, 5), expected (T, N, H) = (4, 3, 5): the axes are right",
        ),
    ],
)
def test_wrong_time_steps(change, words):
    def learner(x, h0, c0, Wx, Wh, b):
        hs, h, c = lstm_unroll(x, h0, c0, Wx, Wh, b)
        return change(hs), h, c

    result, text = found(learner, "lstm_unroll")
    assert result.score == 1 and words in text


# Hints


def test_exchanged_weights_are_recognised_although_they_mostly_raise():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        return lstm_step(x, h_prev, c_prev, Wh, Wx, b)

    result, text = found(learner)
    assert (result.status, result.hint) == ("error", "weights_exchanged")
    assert "It raised ValueError: matmul" in text


def test_a_result_is_judged_by_the_right_answer_that_is_nearest():
    def to_torch_layout(Wx, Wh, b):
        return Wx.T, Wh.T, b / 2, b

    (found,) = check(to_torch_layout).results
    assert found.score == found.max_score - EXERCISES.find("to_torch_layout").outputs[3].points
    assert "Not yet: bias_ih" in found.message and "half" not in found.message


def test_no_hint_for_an_unknown_mistake():
    result, text = found(step(lambda h, c: (h, c * 1.5)))
    assert result.hint is None
    assert 'Stuck? hint("lstm_step") The arguments of a small case' in text


def test_a_size_of_zero_divides_nothing():
    wrong, _ = found(lambda x, p, rng, train: (0.3 * x, x), "dropout_forward")  # p is 0 in a case
    assert (wrong.status, wrong.score) == ("failed", 0)


def test_a_small_case_that_goes_wrong_can_be_tried():
    def wrong_for_one_row(h, c):
        return (h, 1.5 * c) if len(h) == 1 else (h, c)

    text = " ".join(found(step(wrong_for_one_row))[1].split())
    assert 'by hand: from lessons_lib.grading import case; case("lstm_step", 3)' in text
    arguments = case("lstm_step", 3)
    assert list(arguments) == ["x", "h_prev", "c_prev", "Wx", "Wh", "b"]
    assert len(arguments["x"]) == 1
    arguments["x"][:] = 0
    assert case("lstm_step", 3)["x"].any()
    assert "case(" not in found(step(lambda h, c: (c, h)))[1]  # the order is all that is wrong
    with pytest.raises(ValueError, match="number: expected one from 0 to 5, got 6"):
        case("lstm_step", 6)


def test_what_was_given_is_no_step():
    def embed(ids, W):
        return W[ids - 1]

    (result,) = check(embed).results
    assert "taken at an index that is 1 too small" in result.message.replace("\n", " ")


def test_a_slip_is_looked_for_no_longer_than_it_may_take(monkeypatch):
    def plus_for_times(x, h_prev, c_prev, Wx, Wh, b):
        i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
        c = f * c_prev + i * g
        return o + np.tanh(c), c

    words = "+ and * are exchanged in one place"
    assert words in found(plus_for_times)[1]
    monkeypatch.setattr("lessons_lib.grading.judging.slips.MOST_SECONDS", 0.0)
    assert words not in found(plus_for_times)[1]


@pytest.mark.parametrize(
    ("name", "right", "wrong", "words"),
    [
        ("gru_step", "z = sigmoid(", "z = np.tanh(", "tanh stands in one place for sigmoid"),
        ("stacked_lstm", "h0, c0, s", "0 * h0, 0 * c0, s", "do not change with h0 or c0, and"),
        ("same_mask_dropout", "/ (1 - p)", "/ p", "one term of a difference is left out"),
        # With one step it is right where there are two layers, as with any number of steps.
        ("stacked_lstm", "zip(layers, h0, c0, strict=True)", "zip(layers[:2], h0, c0)", ""),
        # One step of one row has no other scores beside it; one step of two rows has.
        ("cross_entropy", "logits.max(axis=-1, keepdims=True)", "logits.max()", "is -inf"),
        # Weights have no steps to be read backwards.
        ("rnn_unroll", "_t, h, Wx,", "_t, h, Wx[::-1, ::-1],", "60 of 60 values differ"),
        # The ids of one step may have the largest one among them.
        ("embedding_backward", "np.zeros((vocab_size", "np.zeros((ids.max() + 1", "shape (6, 2)"),
        # The axis T of these norms counts steps back: entry 0 is the last step.
        ("gradient_norms", "np.stack(norms)", "np.stack(norms[::-1])", "the wrong way round"),
    ],
)
def test_what_is_true_of_this_answer_and_nothing_else(name, right, wrong, words):
    asked = EXERCISES.find(name)
    names = dict(asked.reference.__globals__)
    exec(asked.source.replace(right, wrong), names)
    text = found(names[name], name)[1]
    assert words in text and "With a single time step" not in text and "backwards" not in text
    assert name != "gradient_norms" or "time step" not in text


def test_a_slip_that_would_spoil_a_right_result_was_not_made():
    def learner(logits, targets):
        p = np.exp(logits - logits.max(axis=-1, keepdims=True))
        p /= p.sum(axis=-1, keepdims=True)
        y = np.eye(logits.shape[-1])[targets]
        loss = -(y * np.log(p)).sum() / targets.size  # nan, as where no maximum is subtracted
        return loss, (p - y) / targets.size

    text = found(learner, "cross_entropy")[1]
    assert "loss (mean cross entropy) is nan" in text and "Right: dlogits" in text
    assert "A right solution gives the same numbers" not in text


def test_a_list_of_other_arrays_is_not_to_be_stacked():
    def learner(ids, dx, hs, dlogits):
        return hs[0], hs[0]

    text = found(learner, "tied_gradient")[1]
    assert "dW (gradient of the shared matrix) is a tuple of 2" in text and "stack" not in text


def test_a_zero_is_no_sum_of_zeros():
    text = found(lambda Wx, Wh, b: (Wx.T, Wh.T, b, 0), "to_torch_layout")[1]
    assert "bias_hh (bias beside the recurrent product) is 0" in text and "summed" not in text


def by_counting(x):
    # Without the 5 it is never, and no line of Python is run meanwhile.
    n = next(filter((9 - 5).__eq__, itertools.count(0, 2)))
    return n * x / 2


def until_small(x):
    y, n = 0 * x, 9
    while n > 4:  # with n + 4 it always is
        y, n = y + x, n - 4
    return y


@pytest.mark.parametrize("reference", [by_counting, until_small])
@pytest.mark.parametrize("thread", ["main", "another"])
def test_a_slip_that_never_ends(reference, thread, monkeypatch):
    monkeypatch.setattr("lessons_lib.grading.judging.bounding.MOST_SECONDS_A_CALL", 0.05)
    asked = {"make_case": lambda rng, N: {"x": rng.normal(size=N)}, "sizes": [{"N": 3}, {"N": 4}]}
    with EXERCISES.unchanged(), ThreadPoolExecutor(1) as other:
        exercise(lesson="own", outputs=[Output("y", "N")], **asked)(reference)
        traced, start = sys.gettrace(), time.process_time()
        arguments = (lambda x: 2 * x + x**2, reference.__name__)
        text = (
            found(*arguments) if thread == "main" else other.submit(found, *arguments).result()
        )[1]
    assert "3 of 3 values differ" in text and time.process_time() - start < 5
    assert sys.gettrace() is traced


def test_a_reference_that_never_ends_with_other_arguments(monkeypatch):
    """It sums until nothing is added any more, and its arguments are exchanged for a hint."""
    monkeypatch.setattr("lessons_lib.grading.judging.bounding.MOST_SECONDS_A_CALL", 0.05)
    rounds = 0

    def series(first, ratio):
        nonlocal rounds
        total, term = np.zeros_like(first), first.copy()
        while np.abs(term).max() > 1e-12:
            rounds += 1
            if rounds > 500_000:
                raise RuntimeError
            total, term = total + term, term * ratio
        return total

    def make(rng, N):
        return {"first": 10 + rng.random(N), "ratio": rng.uniform(0.1, 0.5, N)}

    with EXERCISES.unchanged():
        exercise(lesson="own", outputs=[Output("y", "N")], make_case=make, sizes=[{"N": 3}])(series)
        assert found(lambda first, ratio: first + ratio, "series")[0].status == "failed"
    assert rounds < 500_000


SCALES = np.array([2.0, 5.0])  # an array of the reference's module


def scaled(x):
    return np.tanh(x) * SCALES[0] + SCALES[1]


def curved(x):
    return np.tanh(x) + x**2 / np.cosh(x)


def turned(x):
    y = np.outer(x, x + 1)
    return y.T + 2 * y


@pytest.mark.parametrize(
    ("reference", "axes", "answer", "words"),
    [
        (scaled, "N", lambda x: np.tanh(x) * 2 - 5, "one sign is wrong"),
        (curved, "N", lambda x: np.tanh(x) + x / np.cosh(x), "one power is left out"),
        (curved, "N", lambda x: np.tanh(x) + x**2, "one division is left out"),
        (turned, "N N", lambda x: 3 * np.outer(x, x + 1), "one array is not transposed"),
    ],
)
def test_a_slip_in_a_reference_of_ones_own(reference, axes, answer, words):
    asked = {"make_case": lambda rng, N: {"x": rng.normal(size=N)}, "sizes": [{"N": 3}]}
    with EXERCISES.unchanged():
        exercise(lesson="own", outputs=[Output("y", axes)], **asked)(reference)
        text = found(answer, reference.__name__)[1]
    assert f"gives the same numbers if {words}." in text


def test_a_token_that_is_the_same_by_chance_is_not_called_unchanged():
    right = exercises.find("sample_next")
    of_the_size = found(lambda logits, t, rng: right(np.abs(logits), t, rng), "sample_next")[1]
    assert "does not change" not in of_the_size
    of_none = found(lambda logits, t, rng: right(0 * logits, t, rng), "sample_next")[1]
    assert "token does not change with logits, and should." in of_none


def by_match(x):
    match x.ndim:
        case 1 + 0j:  # in which no other sign than + or - may stand
            y = np.tanh(x) + x
        case _:
            y = x
    return y


@pytest.mark.parametrize("reference", [lambda x: np.tanh(x) + x, by_match])
def test_a_reference_that_no_slip_can_be_made_in(reference, monkeypatch):
    monkeypatch.setattr(reference, "__name__", "added")
    with EXERCISES.unchanged():
        exercise(
            lesson="own",
            outputs=[Output("y", "N", points=1, about="a sum")],
            make_case=lambda rng, N: {"x": rng.normal(size=N)},
            sizes=[{"N": 3}, {"N": 4}],
        )(reference)
        result, text = found(lambda x: x * x * x + 3, "added")
    assert (result.status, result.hint) == ("failed", None)
    assert "3 of 3 values differ" in text


def test_no_hint_for_nan():
    assert found(step(lambda h, c: (h * np.nan, c * np.nan)))[0].hint is None


# What a function does besides returning


def test_argument_written_to():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
        c_prev *= f
        c_prev += i * g
        return o * np.tanh(c_prev), c_prev

    result, text = found(learner)
    assert (result.status, result.score) == ("passed", 2)
    assert text.startswith("Remark, at no cost: it writes into its argument c_prev, and so changes")
    assert f"in learner, line {learner.__code__.co_firstlineno + 2}: c_prev *= f" in text


def test_argument_given_another_shape_or_dtype():
    def reshapes(x, h_prev, c_prev, Wx, Wh, b):
        results = lstm_step(x, h_prev, c_prev, Wx, Wh, b)
        x.shape = (-1,)
        b[:] = 0
        return results

    _, text = found(reshapes)
    assert "it writes into its arguments x and b" in text


def test_printing_is_shown_once_and_cut():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        sys.stdout.reconfigure(line_buffering=True)
        print("looking at", x.shape)
        sys.stdout.buffer.write(b"\xff\n")
        for k in range(30):
            print(k, file=sys.stderr)
        return lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    result, text = found(learner)
    assert result.status == "passed"
    assert text.startswith("It printed, in this case: looking at (3, 2) \ufffd 0 1 2 3")
    assert text.endswith("… and 22 lines more")


def test_nothing_else_is_printed(capfd):
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        warnings.warn("a path would follow", stacklevel=1)
        np.float64(1) / np.float64(0)
        return lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        check(learner, "lstm_step")
    out, err = capfd.readouterr()
    assert (out, err) == ("lstm_step: passed, 2 of 2 points.\n", "")


def test_closed_output():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        sys.stdout.close()
        return lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    assert found(learner)[0].status == "passed"


def test_who_draws_from_another_generator_than_the_given_one_is_told():
    def learner(x, p, rng, train):
        mask = (np.random.random(x.shape) >= p) / (1 - p) if train else np.ones_like(x)  # noqa: NPY002
        return x * mask, mask

    _, text = found(learner, "dropout_forward")
    assert "Called twice with the same arguments it gives two results." in text


def test_global_state_stays_as_it_was():
    def learner(x, h_prev, c_prev, Wx, Wh, b):
        np.random.seed(0)  # noqa: NPY002
        np.seterr(all="raise")
        warnings.simplefilter("ignore")
        return lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    np.random.seed(123)  # noqa: NPY002
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(123)  # noqa: NPY002
    before = np.geterr(), list(warnings.filters)
    check(learner, "lstm_step")
    assert (np.geterr(), warnings.filters) == before
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_reused_array_does_not_spoil_earlier_results():
    workspace = np.empty(1000, np.float64)

    def learner(x, h0, c0, Wx, Wh, b):
        hs, h, c = lstm_unroll(x, h0, c0, Wx, Wh, b)
        if Wx.dtype == np.float32:
            return hs, h, c
        own = workspace[: hs.size].reshape(hs.shape)
        own[...] = hs
        return own, h, c

    assert found(learner, "lstm_unroll")[0].status == "passed"


def test_callable_object_and_partial():
    import functools

    class Step:
        def __call__(self, x, h_prev, c_prev, Wx, Wh, b):
            return lstm_step(x, h_prev, c_prev, Wx, Wh, b)

    assert found(Step())[0].status == "passed"
    assert found(functools.partial(lstm_step))[0].status == "passed"
    assert found(np.tanh)[0].status == "error"


# Errors carried on


def test_what_builds_on_a_wrong_answer_is_judged_with_it_too():
    names = {}
    source = "\n".join(e.source for e in (lstm_gates, lstm_step, lstm_unroll))
    swapped = source.replace("a_i, a_f, a_g, a_o = np", "a_i, a_f, a_o, a_g = np")
    exec(f"import numpy as np\nfrom lessons_lib.functions import relu, sigmoid\n{swapped}", names)
    results = [check(names[n]).results[0] for n in ("lstm_gates", "lstm_step", "lstm_unroll")]
    assert [result.score for result in results] == [1, 1, 1.5]
    assert "Right, given your own lstm_step, which is not right itself: hs, h and c, for 50%" in (
        results[2].message
    )
    exec("def lstm_gates(*arguments): return [0 * arguments[1]] * 4", names)
    exec("def lstm_step(x, h, c, *weights): return 0 * h, 0 * c", names)
    assert check(names["lstm_step"]).score == 0  # zeros are right for gates of zeros
    # Of other shapes the own results would be broadcast, to as much as the grader could hold.
    wide = "lambda *arguments: [np.ones((9, 1, 1, 1)), np.ones((1, 9, 1, 1))] * 2"
    exec(f"import numpy as np\nlstm_gates = {wide}", names)
    exec("def lstm_step(x, h, c, *weights): return h + 1, c + 1", names)
    assert check(names["lstm_step"]).score == 0
    exec("def lstm_gates(x, h, *weights): return [h + 1] * 4", names)  # solved without weights
    exec("def lstm_step(x, h, c, *weights): c = h * c + h * h; return h * np.tanh(c), c", names)
    assert check(names["lstm_step"]).score == 0
    # Arguments passed on need no derivative, and nothing but dh_prev depends on dh.
    names = {}
    passes_on = "x, _, Wx, Wh, _ = cache; return x, dh, Wx, Wh, Wh[0]"
    exec(f"def rnn_step_backward(dh, cache): {passes_on}", names)
    exec(
        "import numpy as np\n"
        "def rnn_backward(dhs, caches):\n"
        "    x, _, Wx, Wh, _ = map(np.array, zip(*caches))\n"
        "    return x, dhs.sum(axis=0), Wx.sum(axis=0), Wh.sum(axis=0), Wh.sum(axis=0)[0]",
        names,
    )
    assert check(names["rnn_backward"]).score == 0
