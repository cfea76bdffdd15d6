"""Lesson 01: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import cells, functions
from lessons_lib.course import exercises
from lessons_lib.layers import RNN, Embedding
from tests.course.judged import result

# A grade draws its own seeds, so what holds for `check` has to hold for any.
SEEDS = range(3)


def test_the_lesson_has_its_exercises():
    found = [e for e in exercises.all() if e.lesson == "01_sequences_and_recurrence"]
    assert [(e.name, e.points, e.parameters) for e in found] == [
        ("rnn_step", 2, ("x", "h_prev", "Wx", "Wh", "b")),
        ("rnn_unroll", 3, ("x", "h0", "Wx", "Wh", "b")),
        ("one_hot", 1, ("ids", "num_classes")),
        ("embed", 1, ("ids", "W")),
    ]


def test_references_agree_with_the_package():
    for case in exercises.find("rnn_step").cases(np.random.default_rng(1)):
        h, _ = cells.rnn_step(**case.arguments)
        np.testing.assert_array_equal(exercises.find("rnn_step")(**case.arguments), h)
    for case in exercises.find("rnn_unroll").cases(np.random.default_rng(1)):
        x, h0, Wx, Wh, b = case.arguments.values()
        layer = RNN(*Wx.shape, dtype=Wx.dtype)
        layer.params.update(Wx=Wx, Wh=Wh, b=b)
        hs, h = exercises.find("rnn_unroll")(**case.arguments)
        np.testing.assert_allclose(layer.forward(x, h0)[0], hs, rtol=1e-5)
        np.testing.assert_array_equal(h, hs[-1])
    for case in exercises.find("one_hot").cases(np.random.default_rng(1)):
        expected = functions.one_hot(**case.arguments)
        np.testing.assert_array_equal(exercises.find("one_hot")(**case.arguments), expected)
    for case in exercises.find("embed").cases(np.random.default_rng(1)):
        layer = Embedding(*case.arguments["W"].shape, dtype=case.arguments["W"].dtype)
        layer.params["W"] = case.arguments["W"]
        expected = layer.forward(case.arguments["ids"])
        np.testing.assert_array_equal(exercises.find("embed")(**case.arguments), expected)


@pytest.mark.parametrize("name", ["rnn_step", "rnn_unroll"])
def test_cases_have_state_bias_and_several_steps(name):
    cases = exercises.find(name).cases(np.random.default_rng(2))
    assert [case.dtype for case in cases].count("float32") == 1
    for case in cases:
        for argument, value in case.arguments.items():
            assert value.dtype == case.dtype
            assert np.all(value != 0), argument
    if name == "rnn_unroll":
        assert min(case.arguments["x"].shape[0] for case in cases) >= 3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["one_hot", "embed"])
def test_ids_reach_both_ends_and_sometimes_leave_the_last_out(name, seed):
    cases = exercises.find(name).cases(np.random.default_rng(seed))
    assert all(case.arguments["ids"].min() == 0 for case in cases)
    tops = {case.sizes["V"] - 1 - int(case.arguments["ids"].max()) for case in cases}
    assert max(tops) > 0, "the number of classes could be read off the ids"


def test_a_table_as_wide_as_the_ids_at_hand_is_refused():
    found = result("one_hot", lambda ids, num_classes: np.eye(ids.max() + 1)[ids], 0)
    assert found.status == "failed"


def test_integers_and_booleans_get_the_same_hint():
    found = result("one_hot", lambda ids, num_classes: np.eye(num_classes, dtype=int)[ids], 0)
    assert found.hint == "not_floating_point"


# Right answers that do it in another way.


def step_with_concatenated_weights(x, h_prev, Wx, Wh, b):
    return np.tanh(np.hstack([x, h_prev]) @ np.vstack([Wx, Wh]) + b)


def step_row_by_row(x, h_prev, Wx, Wh, b):
    rows = [np.tanh(Wx.T @ x[n] + Wh.T @ h_prev[n] + b) for n in range(len(x))]
    return np.stack(rows)


def step_like_the_package(x, h_prev, Wx, Wh, b):
    return cells.rnn_step(x, h_prev, Wx, Wh, b)


def step_in_place_on_its_own_array(x_t, h, W, U, bias, *, verbose=False):
    a = x_t @ W
    a += h @ U
    a += bias
    return np.tanh(a, out=a)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "step",
    [
        step_with_concatenated_weights,
        step_row_by_row,
        step_like_the_package,
        step_in_place_on_its_own_array,
    ],
)
def test_right_steps_are_accepted(step, seed):
    def unroll(x, h0, Wx, Wh, b):
        hs = np.zeros((len(x), *h0.shape), dtype=Wx.dtype)
        for t in range(len(x)):
            h = step(x[t], hs[t - 1] if t else h0, Wx, Wh, b)
            hs[t] = h[0] if isinstance(h, tuple) else h
        return hs, hs[-1]

    for name, function in [("rnn_step", step), ("rnn_unroll", unroll)]:
        found = result(name, function, seed)
        assert (found.status, found.hint) == ("passed", None), found.message


def one_hot_by_assignment(ids, num_classes):
    rows = np.zeros((*ids.shape, num_classes))
    for t in range(ids.shape[0]):
        for n in range(ids.shape[1]):
            rows[t, n, ids[t, n]] = 1
    return rows


RIGHT = [
    ("one_hot", one_hot_by_assignment),
    ("one_hot", lambda ids, V: (ids[..., None] == np.arange(V)).astype(float)),
    ("one_hot", functions.one_hot),
    ("embed", lambda ids, W: np.take(W, ids, axis=0)),
    ("embed", lambda ids, W: functions.one_hot(ids, len(W)).astype(W.dtype) @ W),
    ("embed", lambda ids, W: np.stack([W[row] for row in ids])),
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", range(len(RIGHT)))
def test_right_look_ups_are_accepted(number, seed):
    name, function = RIGHT[number]
    found = result(name, function, seed)
    assert (found.status, found.hint) == ("passed", None), found.message
