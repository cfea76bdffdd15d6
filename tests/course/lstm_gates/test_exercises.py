"""Lesson 05: right answers, the package's own among them."""

import numpy as np

from lessons_lib import cells
from lessons_lib.functions import sigmoid


def gates_of_the_package(x, h_prev, Wx, Wh, b):
    _, _, cache = cells.lstm_step(x, h_prev, np.zeros_like(h_prev), Wx, Wh, b)
    return cache.i, cache.f, cache.g, cache.o


def gates_row_by_row_with_another_sigmoid(x_t, h, W, U, bias, *, verbose=False):
    i, f, g, o = np.split(np.stack([bias + U.T @ h[n] + x_t[n] @ W for n in range(len(h))]), 4, -1)
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


def step_with_a_cache_of_its_own(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = gates_in_place_on_own_arrays(x, h_prev, Wx, Wh, b)
    c = np.multiply(f, c_prev)
    c += i * g
    return o * np.tanh(c), c, "a cache"


def unroll_in_place(x, h0, c0, Wx, Wh, b):
    hs = np.zeros((len(x), *h0.shape), dtype=Wx.dtype)
    h, c = h0.copy(), c0.copy()
    for t in range(len(x)):
        h[...], c[...], _ = cells.lstm_step(x[t], h, c, Wx, Wh, b)
        hs[t] = h
    return hs, h, c


RIGHT = [
    ("lstm_gates", gates_of_the_package),
    ("lstm_gates", gates_row_by_row_with_another_sigmoid),
    ("lstm_gates", gates_in_place_on_own_arrays),
    ("lstm_step", cells.lstm_step),
    ("lstm_step", step_with_a_cache_of_its_own),
    ("lstm_unroll", unroll_in_place),
]
