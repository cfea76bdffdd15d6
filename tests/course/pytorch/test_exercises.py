"""Lesson 10: right answers, the package's own among them."""

import numpy as np

from lessons_lib.grading import check
from lessons_lib.interop import from_torch, to_torch
from lessons_lib.layers import LSTM
from tests.course.judged import result

NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def to_torch_of_the_package(Wx, Wh, b):
    lstm = LSTM(len(Wx), len(Wh), dtype=Wx.dtype)
    lstm.params.update(Wx=Wx, Wh=Wh, b=b)
    state = to_torch(lstm)
    return tuple(state[name] for name in NAMES)


def to_torch_block_by_block(Wx, Wh, b):
    blocks = [np.vstack([block.T for block in np.split(W, 4, axis=1)]) for W in (Wx, Wh)]
    return *blocks, 0 * b, b


def from_torch_of_the_package(*arrays):
    layer = from_torch(dict(zip(NAMES, arrays, strict=True)))
    return tuple(layer.params.values())


def from_torch_by_einsum(weight_ih, weight_hh, bias_ih, bias_hh):
    b = bias_hh.copy()
    b += bias_ih
    return np.einsum("ij->ji", weight_ih), np.einsum("ij->ji", weight_hh), b


def reorder_by_index(packed, order):
    blocks = packed.reshape(len(packed), 4, -1)
    return blocks[:, [order.index(gate) for gate in "ifgo"]].reshape(packed.shape)


def reorder_by_slices(packed, order):
    H = packed.shape[1] // 4
    ours = np.empty_like(packed)
    for place, gate in enumerate(order):
        start = "ifgo".index(gate) * H
        ours[:, start : start + H] = packed[:, place * H : (place + 1) * H]
    return ours


RIGHT = [
    ("to_torch_layout", to_torch_of_the_package),
    ("to_torch_layout", to_torch_block_by_block),
    ("to_torch_layout", lambda Wx, Wh, b: (Wx.T, Wh.T, 0.5 * b, 0.5 * b)),
    ("from_torch_layout", from_torch_of_the_package),
    ("from_torch_layout", from_torch_by_einsum),
    ("reorder_gates", reorder_by_index),
    ("reorder_gates", reorder_by_slices),
]


def test_a_second_bias_of_zeros_earns_its_points_beside_something_that_is_right():
    def zeros(Wx, Wh, b):
        return 0 * Wx.T, 0 * Wh.T, 0 * b, 0 * b

    def weights_not_transposed(Wx, Wh, b):
        return Wx, Wh, b, 0 * b

    assert result("to_torch_layout", zeros, 0).score == 0
    assert result("to_torch_layout", weights_not_transposed, 0).score == 1


def test_another_split_of_the_bias_went_through_no_tanh():
    def split(Wx, Wh, b):
        return Wx.T, Wh.T, b + 1, np.full_like(b, -1)

    report = check(split, "to_torch_layout")
    assert report.score == 1 and "tanh" not in report.results[0].message
