"""One time step of each cell: the equations, the gradients, and the shapes in the signatures."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from jaxtyping import TypeCheckError

from lessons_lib.cells import gru_step
from tests.strategies import (
    KINDS,
    Sizes,
    check_gradients,
    each_dtype,
    each_kind,
    make_case,
    run_cells,
    sizes,
    unroll,
    unroll_backward,
)

# --- forward: PyTorch holds the cells in test_parity.py, but for a GRU of this kind ---------------


@given(size=sizes(T=1))
def test_a_gru_that_resets_before_the_product(size):
    case = make_case(KINDS["gru"], size)
    h, _ = gru_step(case.x[0], *case.state, *case.params.values(), reset_after=False)
    Wh_r, Wh_z, Wh_n = np.split(case.params["Wh"], 3, axis=1)
    bh_r, bh_z, bh_n = np.split(case.params["bh"], 3)
    for x, h_prev, found in zip(case.x[0], *case.state, h, strict=True):
        a_r, a_z, a_n = np.split(x @ case.params["Wx"] + case.params["bx"], 3)
        r, z = (
            1 / (1 + np.exp(-a)) for a in (a_r + h_prev @ Wh_r + bh_r, a_z + h_prev @ Wh_z + bh_z)
        )
        n = np.tanh(a_n + (r * h_prev) @ Wh_n + bh_n)
        np.testing.assert_allclose(found, (1 - z) * n + z * h_prev, rtol=1e-12, atol=1e-14)


@each_kind
@given(size=sizes(largest=3))
@settings(max_examples=3)
def test_numerical_gradients_of_steps_chained_in_time(kind, size):
    """Gradients arrive on all hidden states and on the final state, and leave on the first one."""
    case = make_case(kind, size)
    unchecked = kind._replace(step=inspect.unwrap(kind.step))  # it is called thousands of times

    def loss(point):
        params = {name: point[name] for name in case.params}
        state = tuple(point[letter] for letter in "hc"[: kind.num_states])
        hs, last, _ = unroll(unchecked, point["x"], state, params)
        return case.loss(hs, last)

    _, _, caches = unroll(kind, case.x, case.state, case.params)
    names = ["x", *"hc"[: kind.num_states], *case.params]
    gradients = unroll_backward(kind, case.dhs, case.dstate, caches)
    check_gradients(loss, case.point(), dict(zip(names, gradients, strict=True)))


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
