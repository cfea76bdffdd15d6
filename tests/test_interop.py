"""PyTorch's names and layouts, without torch; `test_parity.py` hands them to torch itself."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons_lib.interop import from_torch, reorder_blocks, to_torch
from lessons_lib.layers import GRU, LSTM, RNN, Linear
from tests.errors import check_error, says
from tests.strategies import seeds

LAYERS = {RNN: 1, GRU: 3, LSTM: 4}  # each with its number of blocks
each_layer = pytest.mark.parametrize("make", LAYERS)


def draw_layer(make, seed, D=3, H=4, dtype=np.float64):
    rng = np.random.default_rng(seed)
    layer = make(D, H, dtype=dtype)
    for name, value in layer.params.items():
        layer.params[name] = rng.standard_normal(value.shape).astype(dtype)
    return layer


@each_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(seed=seeds, D=st.integers(1, 6), H=st.integers(1, 6))
def test_there_and_back(make, dtype, seed, D, H):
    layer = draw_layer(make, seed, D, H, dtype)
    back = from_torch(to_torch(layer))
    assert type(back) is make
    assert (back.input_size, back.hidden_size) == (D, H)
    assert back.params.keys() == layer.params.keys()
    for name, value in layer.params.items():
        assert back.params[name].dtype == dtype
        np.testing.assert_array_equal(back.params[name], value)


@each_layer
def test_names_and_layout(make):
    layer = draw_layer(make, 0, D=3, H=4)
    rows = 4 * LAYERS[make]
    state_dict = to_torch(layer)
    assert {name: a.shape for name, a in state_dict.items()} == {
        "weight_ih_l0": (rows, 3),
        "weight_hh_l0": (rows, 4),
        "bias_ih_l0": (rows,),
        "bias_hh_l0": (rows,),
    }
    np.testing.assert_array_equal(state_dict["weight_ih_l0"], layer.params["Wx"].T)
    np.testing.assert_array_equal(state_dict["weight_hh_l0"], layer.params["Wh"].T)
    assert all(a.flags.c_contiguous for a in state_dict.values())
    biases = ("bx", "bh") if make is GRU else ("b",)
    total = sum(layer.params[name] for name in biases)
    np.testing.assert_array_equal(state_dict["bias_ih_l0"] + state_dict["bias_hh_l0"], total)


@each_layer
def test_arguments_are_not_written_to_and_what_is_handed_out_is_a_copy(make):
    layer = draw_layer(make, 0)
    kept = {name: value.copy() for name, value in layer.params.items()}
    state_dict = {name: np.asfortranarray(array) for name, array in to_torch(layer).items()}
    for array in state_dict.values():
        array.flags.writeable = False
    back = from_torch(state_dict)
    for array in state_dict.values():
        array.flags.writeable = True
    for array in state_dict.values():
        array[...] = 7
    for name, value in kept.items():
        np.testing.assert_array_equal(layer.params[name], value)
        np.testing.assert_array_equal(back.params[name], value)


@each_layer
def test_a_module_without_biases(make):
    state_dict = to_torch(draw_layer(make, 0))
    del state_dict["bias_ih_l0"], state_dict["bias_hh_l0"]
    layer = from_torch(state_dict, dtype=np.float32)
    assert type(layer) is make
    assert {value.dtype for value in layer.params.values()} == {np.dtype(np.float32)}
    assert not any(value.any() for name, value in layer.params.items() if name.startswith("b"))


def test_torch_is_not_imported():
    script = "import sys, lessons_lib.interop; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def changed(**changes):
    """An LSTM's state dict, D = 3, H = 4, with entries replaced, or left out for None."""
    entries = to_torch(draw_layer(LSTM, 0)) | changes
    return {name: value for name, value in entries.items() if value is not None}


@pytest.mark.parametrize(
    ("state_dict", "words"),
    [
        ({}, "ValueError: state_dict: expected weight_ih_l0, .*, got nothing"),
        (changed(weight_hh_l0=None), "ValueError: state_dict: expected weight_ih_l0, .* one layer"),
        (changed(weight_ih_l1=np.ones((16, 4))), "ValueError: state_dict: .*, got .*weight_ih_l1"),
        (changed(weight_ih_l0_reverse=np.ones(1)), "ValueError: .* one layer, got weight_ih_l0$"),
        (changed(weight_hr_l0=np.ones((2, 4))), "ValueError: state_dict: expected no projection"),
        ({0: np.ones(3)}, "TypeError: state_dict: expected names"),
        (changed(weight_ih_l0=np.ones((12, 3))), r"ValueError: .*, got \(12, 3\) and \(16, 4\)"),
        (changed(weight_hh_l0=np.ones((16, 8))), r"ValueError: .*, got \(16, 3\) and \(16, 8\)"),
        (changed(weight_hh_l0=np.ones((16, 5))), r"ValueError: .*, got \(16, 3\) and \(16, 5\)"),
        (changed(weight_hh_l0=np.ones(16)), r"ValueError: .*, got \(16, 3\) and \(16,\)"),
        (changed(weight_ih_l0=np.ones(16)), r"ValueError: .*, got \(16,\) and \(16, 4\)"),
        (changed(bias_ih_l0=np.ones(12)), r"ValueError: .*bias_ih_l0: .*\(16,\), got \(12,\)"),
        (
            changed(weight_ih_l0=np.ones((16, 3), int)),
            "ValueError: .*weight_ih_l0: .*floating-point",
        ),
        (
            changed(weight_ih_l0=np.full((16, 3), "a")),
            "ValueError: .*weight_ih_l0: .*floating-point",
        ),
        ([1, 2], "TypeError: state_dict: expected"),
        ("weights.pt", "TypeError: state_dict: expected"),
    ],
)
def test_what_from_torch_does_not_take(state_dict, words):
    check_error(lambda: from_torch(state_dict), words)


@says(
    (
        lambda: from_torch(changed(), dtype=np.int64),
        "TypeError: dtype: expected float32 or float64, got int64",
    ),
    (lambda: to_torch(Linear(2, 3)), "TypeError: layer: .* RNN, LSTM or GRU, got Linear"),
    (
        lambda: to_torch(GRU(2, 3, reset_after=False)),
        "ValueError: layer: .*reset_after=False, expected reset_after=True",
    ),
    *(
        (
            lambda names=names: reorder_blocks(np.zeros((2, 8)), *names),
            "ValueError: target: expected the names of",
        )
        for names in (("i f g o", "i f g"), ("i f g o", "i f g c"), ("i i g o",) * 2, ("", ""))
    ),
    *(
        (
            lambda shape=shape: reorder_blocks(np.zeros(shape), "i f g o", "f i g o"),
            "ValueError: array: expected an axis of 4 equal blocks",
        )
        for shape in ((2, 9), ())
    ),
)
def test_what_else_is_refused(call, words):
    check_error(call, words)


@pytest.mark.parametrize(("axis", "shape"), [(-1, (3, 8)), (0, (8, 3)), (0, (8,))])
def test_blocks_in_another_order(axis, shape):
    blocks = [np.full(2, k) for k in range(4)]  # f, g, i, o
    array = np.broadcast_to(np.concatenate(blocks), (3, 8))
    array = array.T if shape == (8, 3) else array[0] if shape == (8,) else array
    found = reorder_blocks(array, "f g i o", "i f g o", axis=axis)
    assert found.shape == shape
    line = np.moveaxis(found, axis, 0).reshape(8, -1)[:, 0]
    np.testing.assert_array_equal(line, [2, 2, 0, 0, 1, 1, 3, 3])
    back = reorder_blocks(found, "i f g o", "f g i o", axis=axis)
    np.testing.assert_array_equal(back, array)
    assert not np.shares_memory(found, array)
