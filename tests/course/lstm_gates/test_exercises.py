"""Lesson 05: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.functions import sigmoid
from tests.course.judged import assert_accepted


def test_references_agree_with_the_package():
    for case in exercises.find("lstm_step").cases(np.random.default_rng(1)):
        h, c, cache = cells.lstm_step(**case.arguments)
        np.testing.assert_array_equal(exercises.find("lstm_step")(**case.arguments), (h, c))
        without_c = {name: value for name, value in case.arguments.items() if name != "c_prev"}
        gates = exercises.find("lstm_gates")(**without_c)
        np.testing.assert_array_equal(gates, (cache.i, cache.f, cache.g, cache.o))
    for case in exercises.find("lstm_unroll").cases(np.random.default_rng(1)):
        x, h, c, *weights = case.arguments.values()
        hs = np.empty((*x.shape[:2], h.shape[1]))
        for t in range(len(x)):
            h, c, _ = cells.lstm_step(x[t], h, c, *weights)
            hs[t] = h
        for got, expected in zip(
            exercises.find("lstm_unroll")(**case.arguments), (hs, h, c), strict=True
        ):
            np.testing.assert_array_equal(got, expected)


# Right answers that do it in another way.


def gates_by_einsum(x, h_prev, Wx, Wh, b):
    H = h_prev.shape[1]
    a = np.einsum("nd,dk->nk", x, Wx) + np.einsum("nh,hk->nk", h_prev, Wh) + b
    return (
        sigmoid(a[:, :H]),
        sigmoid(a[:, H : 2 * H]),
        np.tanh(a[:, 2 * H : -H]),
        sigmoid(a[:, -H:]),
    )


def gates_from_concatenated_weights(x, h_prev, Wx, Wh, b):
    a = np.hstack([x, h_prev]) @ np.vstack([Wx, Wh]) + b
    a = a.reshape(len(x), 4, -1).transpose(1, 0, 2)
    return sigmoid(a[0]), sigmoid(a[1]), np.tanh(a[2]), sigmoid(a[3])


def gates_row_by_row(x, h_prev, Wx, Wh, b):
    rows = [gates_by_einsum(x[n : n + 1], h_prev[n : n + 1], Wx, Wh, b) for n in range(len(x))]
    return tuple(np.concatenate(gate) for gate in zip(*rows, strict=True))


def gates_with_another_sigmoid(x_t, h, W, U, bias, *, verbose=False):
    i, f, g, o = np.split(bias + h @ U + x_t @ W, 4, axis=-1)
    return 1 / (1 + np.exp(-i)), np.exp(f) / (1 + np.exp(f)), np.tanh(g), 1 / (1 + np.exp(-o))


def gates_in_place_on_own_arrays(x, h_prev, Wx, Wh, b):
    a = x @ Wx
    a += h_prev @ Wh
    a += b
    i, f, g, o = np.split(a, 4, axis=1)
    np.tanh(g, out=g)
    for gate in (i, f, o):
        gate[...] = sigmoid(gate)
    return i, f, g, o


@pytest.mark.parametrize(
    "gates",
    [
        gates_by_einsum,
        gates_from_concatenated_weights,
        gates_row_by_row,
        gates_with_another_sigmoid,
        gates_in_place_on_own_arrays,
    ],
)
def test_right_variants_are_accepted(gates):
    def step(x, h_prev, c_prev, Wx, Wh, b):
        i, f, g, o = gates(x, h_prev, Wx, Wh, b)
        c = np.multiply(f, c_prev)
        c += i * g
        return o * np.tanh(c), c, "a cache"

    def unroll(x, h0, c0, Wx, Wh, b):
        hs = np.zeros((len(x), *h0.shape), dtype=Wx.dtype)
        h, c = h0.copy(), c0.copy()
        for t in range(len(x)):
            h[...], c[...], _ = step(x[t], h, c, Wx, Wh, b)
            hs[t] = h
        return hs, h, c

    for name, function in [("lstm_gates", gates), ("lstm_step", step), ("lstm_unroll", unroll)]:
        assert_accepted(name, function)
