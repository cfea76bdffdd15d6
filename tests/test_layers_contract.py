"""What callers of the layers may rely on: dtypes, arguments left alone, extremes, clear errors."""

import numpy as np
import pytest

from lessons_lib.layers import Embedding, Linear
from tests.strategies import (
    Sizes,
    each_dtype,
    each_kind,
    make_case,
    make_layer,
    pack,
    run_layer,
    unpack,
)

SMALL = Sizes(T=4, N=3, D=2, H=5, seed=0)


def assert_equal(results, expected, rtol=0.0):
    assert results.keys() == expected.keys()
    for name, value in results.items():
        np.testing.assert_allclose(value, expected[name], rtol=rtol, atol=rtol, err_msg=name)


@each_kind
@each_dtype
@pytest.mark.parametrize("other", [np.float32, np.float64, np.int64])
def test_the_dtype_of_the_parameters_decides(kind, dtype, other):
    case = make_case(kind, SMALL)
    layer = make_layer(kind, case)
    layer.params = {name: value.astype(dtype) for name, value in case.params.items()}
    results = run_layer(
        layer,
        case._replace(
            x=case.x.astype(other),
            state=tuple(s.astype(other) for s in case.state),
            dhs=case.dhs.astype(other),
            dstate=tuple(s.astype(other) for s in case.dstate),
        ),
    )
    assert {name: a.dtype for name, a in results.items()} == dict.fromkeys(results, dtype)
    if other is not np.int64:
        expected = run_layer(make_layer(kind, case), case)
        assert_equal(results, expected, rtol=1e-4 if np.float32 in (dtype, other) else 0.0)


@each_kind
def test_changing_a_result_does_not_change_what_follows(kind):
    case = make_case(kind, SMALL)
    layer = make_layer(kind, case)
    expected = run_layer(layer, case)
    results = layer.forward(case.x, pack(case.state))
    for _ in range(3):
        for array in (results[0], *unpack(results[1])):
            array[...] = np.nan
        results = layer.backward(case.dhs, pack(case.dstate))
        np.testing.assert_array_equal(results[0], expected["dx"])
        np.testing.assert_array_equal(unpack(results[1])[0], expected["dh"])
        for name, g in layer.grads.items():
            np.testing.assert_array_equal(g, expected[f"d{name}"])


@each_kind
def test_other_shapes_dtypes_and_parameters_in_between_leave_no_trace(kind):
    """Workspaces are kept from call to call: what lies in them must not matter."""
    case = make_case(kind, SMALL)
    layer = make_layer(kind, case)
    handed_out = run_layer(layer, case)
    expected = {name: value.copy() for name, value in handed_out.items()}
    of_case = layer.params.copy()
    # 3 x 4 numbers are as many as 4 x 3.
    for T, N, dtype in ((7, 3, np.float64), (4, 1, np.float32), (3, 4, np.float64), (0, 3, float)):
        other = make_case(kind, SMALL._replace(T=T, N=N, seed=1), dtype)
        layer.params.update(other.params)
        results = run_layer(layer, other)
        assert_equal(results, run_layer(make_layer(kind, other), other))
        assert {a.dtype for a in results.values()} == {np.dtype(dtype)}
        layer.params.update(of_case)
        assert_equal(run_layer(layer, case), expected)
    assert_equal(handed_out, expected)  # stay as they were handed out
    other = make_case(kind, SMALL._replace(seed=1))
    for name, value in other.params.items():
        layer.params[name][...] = value  # in place as well
    assert_equal(run_layer(layer, other), run_layer(make_layer(kind, other), other))


@each_dtype
def test_the_other_layers_leave_arguments_alone_and_repeat_their_gradients(dtype):
    rng = np.random.default_rng(0)
    x = np.asfortranarray(rng.standard_normal((4, 3, 2)).astype(dtype))
    ids = np.array([[0, 2, 2], [1, 0, 2]] * 2)[:, ::-1]
    dy = rng.standard_normal((4, 3, 10)).astype(dtype)[:, :, ::2]
    for array in (x, ids, dy):
        array.flags.writeable = False
    for layer, argument in ((Linear(2, 5, dtype=dtype), x), (Embedding(3, 5, dtype=dtype), ids)):
        for value in layer.params.values():
            value.flags.writeable = False
        y = layer.forward(argument)
        kept = y.copy()
        first = layer.backward(dy), *(g.copy() for g in layer.grads.values())
        second = layer.backward(dy), *(g.copy() for g in layer.grads.values())
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
        layer.forward(argument)
        np.testing.assert_array_equal(y, kept)


@each_kind
@each_dtype
@pytest.mark.parametrize(
    "size",
    [
        SMALL._replace(N=0),
        SMALL._replace(T=0),
        SMALL._replace(T=0, N=0),
        Sizes(T=1, N=1, D=1, H=1, seed=0),
    ],
)
def test_empty_and_smallest_sequences(kind, dtype, size):
    case = make_case(kind, size, dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        results = run_layer(make_layer(kind, case), case)
    assert all(np.isfinite(a).all() for a in results.values())
    assert results["hs"].shape == (size.T, size.N, size.H)
    if size.T == 0:  # nothing happens to the state, nor to the gradient on it
        np.testing.assert_array_equal(results["h"], case.state[0])
        np.testing.assert_array_equal(results["dh"], case.dstate[0])
    if size.T * size.N == 0:
        assert not any(results[f"d{name}"].any() for name in case.params)


@each_kind
@each_dtype
def test_huge_inputs_and_states(kind, dtype):
    case = make_case(kind, SMALL, dtype)
    case = case._replace(x=1e4 * case.x, state=tuple(1e4 * s for s in case.state))
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        results = run_layer(make_layer(kind, case), case)
    assert all(np.isfinite(a).all() for a in results.values())
