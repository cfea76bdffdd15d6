"""Lesson 01: right answers, the package's own among them."""

import numpy as np

from lessons_lib import cells, functions
from lessons_lib.layers import RNN, Embedding


def step_row_by_row(x, h_prev, Wx, Wh, b):
    return np.stack([np.tanh(Wx.T @ x[n] + Wh.T @ h_prev[n] + b) for n in range(len(x))])


def step_in_place_on_its_own_array(x_t, h, W, U, bias, *, verbose=False):
    a = x_t @ W
    a += h @ U
    a += bias
    return np.tanh(a, out=a)


def unroll_into_zeros(x, h0, Wx, Wh, b):
    hs = np.zeros((len(x), *h0.shape), dtype=Wx.dtype)
    for t in range(len(x)):
        hs[t] = step_in_place_on_its_own_array(x[t], hs[t - 1] if t else h0, Wx, Wh, b)
    return hs, hs[-1]


def unroll_of_the_package(x, h0, Wx, Wh, b):
    layer = RNN(*Wx.shape, dtype=Wx.dtype)
    layer.params.update(Wx=Wx, Wh=Wh, b=b)
    return layer.forward(x, h0)


def one_hot_by_assignment(ids, num_classes):
    rows = np.zeros((*ids.shape, num_classes))
    for place in np.ndindex(ids.shape):
        rows[(*place, ids[place])] = 1
    return rows


def embed_of_the_package(ids, W):
    layer = Embedding(*W.shape, dtype=W.dtype)
    layer.params["W"] = W
    return layer.forward(ids)


RIGHT = [
    ("rnn_step", step_row_by_row),
    ("rnn_step", step_in_place_on_its_own_array),
    ("rnn_step", cells.rnn_step),
    ("rnn_unroll", unroll_into_zeros),
    ("rnn_unroll", unroll_of_the_package),
    ("one_hot", one_hot_by_assignment),
    ("one_hot", functions.one_hot),
    ("embed", lambda ids, W: functions.one_hot(ids, len(W)).astype(W.dtype) @ W),
    ("embed", embed_of_the_package),
]
