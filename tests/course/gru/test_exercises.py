"""Lesson 07: right answers, the package's own among them."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.functions import sigmoid
from lessons_lib.layers import GRU, LSTM, RNN
from tests.course.judged import result


@pytest.mark.parametrize(("layer", "blocks", "biases"), [(RNN, 1, 1), (GRU, 3, 2), (LSTM, 4, 1)])
def test_the_count_is_that_of_the_layers(layer, blocks, biases):
    size = sum(p.size for p in layer(5, 7).params.values())
    assert exercises.find("count_parameters")(5, 7, blocks, biases) == size


def test_who_unpacks_too_few_is_told_of_all_that_the_cache_holds():
    def answer(dh, cache):
        x, h_prev, Wx, Wh, r, z, n, hn = cache
        return x, h_prev, Wx, Wh, r, z, n, hn

    message = result("gru_step_backward", answer, seed=0).message
    assert "cache.hn (3, 5), cache.reset_after = True" in message


def step_by_blocks(x, h_prev, Wx, Wh, bx, bh):
    H = h_prev.shape[1]
    b = bx + bh
    r = 1 / (1 + np.exp(-(x @ Wx[:, :H] + h_prev @ Wh[:, :H] + b[:H])))
    z = sigmoid(x @ Wx[:, H : 2 * H] + h_prev @ Wh[:, H : 2 * H] + b[H : 2 * H])
    n = np.tanh(x @ Wx[:, -H:] + bx[-H:] + r * (h_prev @ Wh[:, -H:] + bh[-H:]))
    return n + z * (h_prev - n)


def before_with_one_bias(x, h_prev, Wx, Wh, bx, bh):
    # In this variant only the sum of the two biases counts.
    return cells.gru_step(x, h_prev, Wx, Wh, bx + bh, 0 * bh, reset_after=False)[0]


def backward_block_by_block(dh, cache):
    x, h_prev, Wx, Wh, r, z, n, hn, _ = cache
    Wr, Wz, Wn = np.split(Wx, 3, axis=1)
    Ur, Uz, Un = np.split(Wh, 3, axis=1)
    dn = (1 - z) * dh
    dz = h_prev * dh - n * dh
    ds = dn * (1 - n * n)
    dr = ds * hn
    ar, az, ah = dr * (r - r * r), dz * (z - z * z), ds * r
    dx = ar @ Wr.T + az @ Wz.T + ds @ Wn.T
    dh_prev = z * dh + ar @ Ur.T + az @ Uz.T + ah @ Un.T
    dWx = np.hstack([x.T @ ar, x.T @ az, x.T @ ds])
    dWh = np.hstack([h_prev.T @ ar, h_prev.T @ az, h_prev.T @ ah])
    ones = np.ones(len(dh), dh.dtype)
    return dx, dh_prev, dWx, dWh, ones @ np.hstack([ar, az, ds]), ones @ np.hstack([ar, az, ah])


RIGHT = [
    ("gru_step", step_by_blocks),
    ("gru_step", cells.gru_step),  # a cache may follow
    ("gru_step_reset_before", before_with_one_bias),
    ("gru_step_reset_before", lambda *arrays: cells.gru_step(*arrays, reset_after=False)),
    ("gru_step_backward", cells.gru_step_backward),
    ("gru_step_backward", backward_block_by_block),
]
