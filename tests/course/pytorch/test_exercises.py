"""Lesson 10: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.interop import from_torch, to_torch
from lessons_lib.layers import LSTM
from tests.course.judged import result


def test_the_layouts_are_those_of_the_package():
    for case in exercises.find("to_torch_layout").cases(np.random.default_rng(1)):
        lstm = LSTM(case.sizes["D"], case.sizes["H"], dtype=case.dtype)
        lstm.params.update(case.arguments)
        expected = to_torch(lstm)
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        ours = exercises.find("to_torch_layout")(**case.arguments)
        for name, value in zip(names, ours, strict=True):
            np.testing.assert_array_equal(value, expected[name])
    for case in exercises.find("from_torch_layout").cases(np.random.default_rng(1)):
        layer = from_torch({f"{name}_l0": value for name, value in case.arguments.items()})
        ours = exercises.find("from_torch_layout")(**case.arguments)
        for value, expected in zip(ours, layer.params.values(), strict=True):
            np.testing.assert_array_equal(value, expected)


# Right answers that do it in another way.


def to_torch_by_transpose_and_copy(Wx, Wh, b):
    return np.ascontiguousarray(np.transpose(Wx)), Wh.swapaxes(0, 1).copy(), b.copy(), b - b


def to_torch_block_by_block(Wx, Wh, b):
    blocks = [np.vstack([block.T for block in np.split(W, 4, axis=1)]) for W in (Wx, Wh)]
    return *blocks, 0 * b, b


def to_torch_in_halves(Wx, Wh, b):
    return Wx.T, Wh.T, 0.5 * b, 0.5 * b


def from_torch_by_einsum(weight_ih, weight_hh, bias_ih, bias_hh):
    b = bias_hh.copy()
    b += bias_ih
    return np.einsum("ij->ji", weight_ih), np.einsum("ij->ji", weight_hh), b


def reorder_by_index(packed, order):
    H = packed.shape[-1] // 4
    blocks = packed.reshape(len(packed), 4, H)
    return blocks[:, [order.index(gate) for gate in "ifgo"]].reshape(packed.shape)


def reorder_by_slices(packed, order):
    H = packed.shape[1] // 4
    ours = np.empty_like(packed)
    for place, gate in enumerate(order):
        start = "ifgo".index(gate) * H
        ours[:, start : start + H] = packed[:, place * H : (place + 1) * H]
    return ours


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("to_torch_layout", to_torch_by_transpose_and_copy),
        ("to_torch_layout", to_torch_block_by_block),
        ("to_torch_layout", to_torch_in_halves),
        ("from_torch_layout", from_torch_by_einsum),
        ("reorder_gates", reorder_by_index),
        ("reorder_gates", reorder_by_slices),
    ],
)
def test_right_variants_are_accepted(name, function, seed):
    found = result(name, function, seed)
    assert (found.status, found.hint) == ("passed", None), found.message


def test_a_second_bias_of_zeros_earns_its_points_beside_something_that_is_right():
    def zeros(Wx, Wh, b):
        return 0 * Wx.T, 0 * Wh.T, 0 * b, 0 * b

    def weights_not_transposed(Wx, Wh, b):
        return Wx, Wh, b, 0 * b

    assert result("to_torch_layout", zeros, 0).score == 0
    assert result("to_torch_layout", weights_not_transposed, 0).score == 1
