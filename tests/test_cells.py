"""One time step of each cell: the equations, the gradients, and the shapes in the signatures."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from jaxtyping import TypeCheckError

from lessons_lib.cells import gru_step, lstm_step, rnn_step
from tests.strategies import (
    KINDS,
    Sizes,
    check_gradients,
    make_case,
    run_cells,
    sizes,
    unroll,
    unroll_backward,
)

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
one_step = sizes(T=1)


# --- forward: the equations of the contract, one block and one row at a time ----------------------


def blocks(case, row, count):
    """x Wx and h Wh of one batch row, cut into blocks of H."""
    wx = case.x[0, row] @ case.params["Wx"]
    wh = case.state[0][row] @ case.params["Wh"]
    return np.split(wx, count), np.split(wh, count)


def logistic(a):
    return 1 / (1 + np.exp(-a))


@given(one_step)
def test_rnn_step_follows_its_equation(size):
    case = make_case(KINDS["rnn"], size)
    h, _ = rnn_step(case.x[0], *case.state, *case.params.values())
    for row in range(size.N):
        (wx,), (wh,) = blocks(case, row, 1)
        np.testing.assert_allclose(
            h[row], np.tanh(wx + wh + case.params["b"]), rtol=1e-12, atol=1e-14
        )


@given(one_step)
def test_lstm_step_follows_its_equations_with_blocks_i_f_g_o(size):
    case = make_case(KINDS["lstm"], size)
    h, c, _ = lstm_step(case.x[0], *case.state, *case.params.values())
    b_i, b_f, b_g, b_o = np.split(case.params["b"], 4)
    for row in range(size.N):
        (wx_i, wx_f, wx_g, wx_o), (wh_i, wh_f, wh_g, wh_o) = blocks(case, row, 4)
        i, f = logistic(wx_i + wh_i + b_i), logistic(wx_f + wh_f + b_f)
        g, o = np.tanh(wx_g + wh_g + b_g), logistic(wx_o + wh_o + b_o)
        expected_c = f * case.state[1][row] + i * g
        np.testing.assert_allclose(c[row], expected_c, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(h[row], o * np.tanh(expected_c), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("reset_after", [True, False])
@given(size=one_step)
def test_gru_step_follows_its_equations_with_blocks_r_z_n(reset_after, size):
    case = make_case(KINDS["gru"], size)
    h, _ = gru_step(case.x[0], *case.state, *case.params.values(), reset_after=reset_after)
    bx_r, bx_z, bx_n = np.split(case.params["bx"], 3)
    bh_r, bh_z, bh_n = np.split(case.params["bh"], 3)
    Whn = case.params["Wh"][:, 2 * size.H :]
    for row in range(size.N):
        h_prev = case.state[0][row]
        (wx_r, wx_z, wx_n), (wh_r, wh_z, wh_n) = blocks(case, row, 3)
        r, z = logistic(wx_r + bx_r + wh_r + bh_r), logistic(wx_z + bx_z + wh_z + bh_z)
        if reset_after:
            n = np.tanh(wx_n + bx_n + r * (wh_n + bh_n))
        else:
            n = np.tanh(wx_n + bx_n + (r * h_prev) @ Whn + bh_n)
        np.testing.assert_allclose(h[row], (1 - z) * n + z * h_prev, rtol=1e-12, atol=1e-14)


def test_gru_resets_after_the_product_unless_told_otherwise():
    case = make_case(KINDS["gru"], Sizes(T=1, N=2, D=3, H=4, seed=0))
    arguments = (case.x[0], *case.state, *case.params.values())
    default, _ = gru_step(*arguments)
    np.testing.assert_array_equal(default, gru_step(*arguments, reset_after=True)[0])
    assert np.abs(default - gru_step(*arguments, reset_after=False)[0]).max() > 1e-3


# --- backward: numerical gradients ----------------------------------------------------------------


@each_kind
@given(size=one_step)
@settings(max_examples=15)
def test_numerical_gradients_of_one_step(kind, size):
    case = make_case(kind, size)

    def step(point):
        params = [point[name] for name in case.params]
        states = [point[letter] for letter in "hc"[: kind.num_states]]
        return kind.step(point["x"], *states, *params)

    def loss(point):
        *state, _ = step(point)
        return sum(float((s * ds).sum()) for s, ds in zip(state, case.dstate, strict=True))

    point = case.point() | {"x": case.x[0]}
    *_, cache = step(point)
    gradients = kind.step_backward(*case.dstate, cache)
    names = ["x", *"hc"[: kind.num_states], *case.params]  # the order of the arguments
    check_gradients(loss, point, dict(zip(names, gradients, strict=True)))


@each_kind
@given(size=sizes(largest=3))
@settings(max_examples=6)
def test_numerical_gradients_of_steps_chained_in_time(kind, size):
    """Gradients arrive on all hidden states and on the final state, and leave on the first one."""
    case = make_case(kind, size)

    def loss(point):
        params = {name: point[name] for name in case.params}
        state = tuple(point[letter] for letter in "hc"[: kind.num_states])
        hs, last, _ = unroll(kind, point["x"], state, params)
        return case.loss(hs, last)

    _, _, caches = unroll(kind, case.x, case.state, case.params)
    names = ["x", *"hc"[: kind.num_states], *case.params]
    gradients = unroll_backward(kind, case.dhs, case.dstate, caches)
    check_gradients(loss, case.point(), dict(zip(names, gradients, strict=True)))


# --- dtype and arguments --------------------------------------------------------------------------


@each_kind
@each_dtype
def test_the_dtype_of_the_parameters_decides(kind, dtype):
    case = make_case(kind, Sizes(T=2, N=3, D=2, H=4, seed=1))
    params = {name: value.astype(dtype) for name, value in case.params.items()}
    for other in (np.float32, np.float64):
        mixed = case._replace(
            params=params,
            x=case.x.astype(other),
            state=tuple(s.astype(other) for s in case.state),
            dhs=case.dhs.astype(other),
            dstate=tuple(s.astype(other) for s in case.dstate),
        )
        *state, cache = kind.step(mixed.x[0], *mixed.state, *params.values())
        gradients = kind.step_backward(*mixed.dstate, cache)
        assert [a.dtype for a in (*state, *gradients)] == [dtype] * (len(state) + len(gradients))


@each_kind
def test_arguments_are_not_written_to(kind):
    case = make_case(kind, Sizes(T=1, N=3, D=2, H=4, seed=2))
    arguments = [case.x[0], *case.state, *case.params.values()]
    for array in (*arguments, *case.dstate):
        array.flags.writeable = False  # writing raises
    *_, cache = kind.step(*arguments)
    kept = [np.copy(a) for a in cache]
    first = kind.step_backward(*case.dstate, cache)
    second = kind.step_backward(*case.dstate, cache)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    for now, before in zip(cache, kept, strict=True):
        np.testing.assert_array_equal(now, before)


@each_kind
@each_dtype
def test_extreme_and_empty_inputs_give_finite_numbers(kind, dtype):
    case = make_case(kind, Sizes(T=3, N=2, D=1, H=1, seed=4), dtype)
    empty = make_case(kind, Sizes(T=3, N=0, D=2, H=3, seed=4), dtype)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        results = run_cells(kind, case._replace(x=case.x * dtype(1e4)))
        results_of_nothing = run_cells(kind, empty)
    assert all(np.isfinite(a).all() for a in results.values())
    assert results_of_nothing["hs"].shape == (3, 0, 3)
    assert not results_of_nothing["dWx"].any()


# --- the shapes in the signatures -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["x", "h", "Wx", "Wh"])
@each_kind
def test_annotations_are_checked_while_tests_run(kind, name):
    """Without this check the annotations could say anything."""
    case = make_case(kind, Sizes(T=1, N=3, D=2, H=4, seed=5))
    arguments = case.point() | {"x": case.x[0]}
    arguments[name] = arguments[name][:-1, :-1]
    states = [arguments[letter] for letter in "hc"[: kind.num_states]]
    with pytest.raises(TypeCheckError):
        kind.step(arguments["x"], *states, *(arguments[p] for p in case.params))


def test_annotations_are_not_checked_for_users():
    """The checks cost time, and `cells` stays bare mathematics: NumPy's own error is enough."""
    script = (
        "import numpy as np, sys\n"
        "from lessons_lib.cells import rnn_step\n"
        "assert 'beartype' not in sys.modules\n"
        "zeros = np.zeros\n"
        "h, _ = rnn_step(zeros((5, 2)), zeros((1, 3)), zeros((2, 3)), zeros((3, 3)), zeros(3))\n"
        "assert h.shape == (5, 3)\n"  # (1, 3) is broadcast where the signature says (5, 3)
    )
    subprocess.run([sys.executable, "-c", script], check=True)
