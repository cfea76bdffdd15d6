"""Lesson 01: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import cells, functions
from lessons_lib.course import exercises
from lessons_lib.layers import RNN, Embedding
from tests.course.judged import assert_accepted, result


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


def test_integers_and_booleans_get_the_same_hint():
    found = result("one_hot", lambda ids, num_classes: ids[..., None] == np.arange(num_classes), 0)
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


@pytest.mark.parametrize(
    "step",
    [
        step_with_concatenated_weights,
        step_row_by_row,
        step_like_the_package,
        step_in_place_on_its_own_array,
    ],
)
def test_right_steps_are_accepted(step):
    def unroll(x, h0, Wx, Wh, b):
        hs = np.zeros((len(x), *h0.shape), dtype=Wx.dtype)
        for t in range(len(x)):
            h = step(x[t], hs[t - 1] if t else h0, Wx, Wh, b)
            hs[t] = h[0] if isinstance(h, tuple) else h
        return hs, hs[-1]

    assert_accepted("rnn_step", step)
    assert_accepted("rnn_unroll", unroll)


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


@pytest.mark.parametrize(("name", "function"), RIGHT)
def test_right_look_ups_are_accepted(name, function):
    assert_accepted(name, function)
