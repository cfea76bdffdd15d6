"""Lesson 06: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.gradients import numerical_gradient
from lessons_lib.layers import LSTM
from tests.course.judged import result


def float64_cases(name, seed=1):
    cases = exercises.find(name).cases(np.random.default_rng(seed))
    return [case.arguments for case in cases if case.dtype == "float64"]


def test_the_memory_backwards_is_its_numerical_gradient():
    for arguments in float64_cases("memory_backward"):
        dc = arguments.pop("dc")
        got = exercises.find("memory_backward")(dc, **arguments)
        for (name, value), gradient in zip(arguments.items(), got, strict=True):

            def loss(v, name=name, arguments=arguments, dc=dc):
                a = arguments | {name: v}
                return float(np.sum(dc * (a["f"] * a["c_prev"] + a["i"] * a["g"])))

            np.testing.assert_allclose(gradient, numerical_gradient(loss, value), atol=1e-8)


def test_one_step_agrees_with_the_package():
    for arguments in float64_cases("lstm_step_backward"):
        got = exercises.find("lstm_step_backward")(**arguments)
        for a, b in zip(got, cells.lstm_step_backward(**arguments), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_sequence_agrees_with_the_layer():
    for arguments in float64_cases("lstm_backward"):
        caches, dhs = arguments["caches"], arguments["dhs"]
        first = caches[0]
        layer = LSTM(first.x.shape[1], first.h_prev.shape[1], dtype=np.float64)
        bias = find_bias(first)
        layer.params.update(Wx=first.Wx, Wh=first.Wh, b=bias)
        layer.forward(np.stack([cache.x for cache in caches]), (first.h_prev, first.c_prev))
        dx, (dh0, dc0) = layer.backward(dhs)
        expected = dx, dh0, dc0, layer.grads["Wx"], layer.grads["Wh"], layer.grads["b"]
        for a, b in zip(exercises.find("lstm_backward")(**arguments), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def find_bias(cache):
    """The bias that gave a cache its gates."""
    a = [np.log(s / (1 - s)) for s in (cache.i, cache.f, cache.o)]
    a.insert(2, np.arctanh(cache.g))
    return (np.concatenate(a, axis=1) - cache.x @ cache.Wx - cache.h_prev @ cache.Wh)[0]


def test_the_cell_path_is_what_is_left_when_nothing_goes_through_h():
    """With Wh = 0 the gates do not depend on h, and the product is the whole gradient."""
    rng = np.random.default_rng(3)
    T, N, H = 5, 2, 3
    a = rng.normal(size=(T, N, 4 * H))
    c = rng.normal(size=(N, H))
    zeros = np.zeros((H, 4 * H))
    dc = np.ones((N, H))
    h, caches = np.zeros((N, H)), []
    for t in range(T):
        h, c, cache = cells.lstm_step(a[t], h, c, np.eye(4 * H), zeros, np.zeros(4 * H))
        caches.append(cache)
    product = exercises.find("cell_gradient")(np.stack([cache.f for cache in caches]))
    assert product.shape == (T + 1, N, H)
    for t in reversed(range(T)):
        _, _, dc, *_ = cells.lstm_step_backward(np.zeros((N, H)), dc, caches[t])
        np.testing.assert_allclose(product[t], dc, rtol=1e-13)


def test_the_bug_of_the_notebook_is_right_for_one_step_and_wrong_for_two():
    known = {m.name: m.function for m in exercises.find("lstm_backward").misconceptions}
    broken, right = known["dc_next_ignored"], exercises.find("lstm_backward")
    for arguments in float64_cases("lstm_backward"):
        for T in (1, 2):
            dhs, caches = arguments["dhs"][:T], arguments["caches"][:T]
            same = [
                np.allclose(a, b)
                for a, b in zip(broken(dhs, caches), right(dhs, caches), strict=True)
            ]
            assert all(same) if T == 1 else not any(same)


# Right answers that do it in another way.


def memory_by_einsum(dc, c_prev, i, f, g):
    return tuple(np.einsum("nh,nh->nh", partner, dc) for partner in (f, g, c_prev, i))


def step_block_by_block(dh, dc, cache):
    H = dh.shape[1]
    total = dc.copy()
    total += (1 - np.square(cache.tanh_c)) * cache.o * dh
    grads = {
        "i": total * cache.g * cache.i * (1 - cache.i),
        "f": total * cache.c_prev * cache.f * (1 - cache.f),
        "g": total * cache.i * (1 - cache.g) * (1 + cache.g),
        "o": dh * cache.tanh_c * cache.o * (1 - cache.o),
    }
    dx, dh_prev = np.zeros_like(cache.x), np.zeros_like(dh)
    dWx, dWh = np.empty_like(cache.Wx), np.empty_like(cache.Wh)
    db = np.empty(4 * H, dh.dtype)
    for k, da in enumerate(grads.values()):
        block = slice(k * H, (k + 1) * H)
        dx += da @ cache.Wx[:, block].T
        dh_prev += da @ cache.Wh[:, block].T
        dWx[:, block] = cache.x.T @ da
        dWh[:, block] = cache.h_prev.T @ da
        db[block] = np.ones(len(da), da.dtype) @ da
    return dx, dh_prev, total * cache.f, dWx, dWh, db


def sequence_with_arrays_filled(dhs, caches):
    T, N, H = dhs.shape
    cache = caches[0]
    dx = np.empty((T, N, cache.x.shape[1]), dhs.dtype)
    dWx, dWh = np.zeros_like(cache.Wx), np.zeros_like(cache.Wh)
    db = np.zeros(4 * H, dhs.dtype)
    dh, dc = np.zeros((N, H), dhs.dtype), np.zeros((N, H), dhs.dtype)
    for t in range(T - 1, -1, -1):
        dh += dhs[t]
        dx[t], dh, dc, a, b, c = step_block_by_block(dh, dc, caches[t])
        dWx += a
        dWh += b
        db += c
    return dx, dh, dc, dWx, dWh, db


def path_by_cumprod(f):
    ones = np.ones_like(f[:1])
    return np.cumprod(np.concatenate([ones, f[::-1]]), axis=0)[::-1]


def path_by_logarithms(f):
    whole = np.stack([np.log(f[t:]).sum(axis=0) for t in range(len(f) + 1)])
    return np.exp(whole)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("memory_backward", memory_by_einsum),
        ("lstm_step_backward", step_block_by_block),
        ("lstm_step_backward", cells.lstm_step_backward),
        ("lstm_backward", sequence_with_arrays_filled),
        ("cell_gradient", path_by_cumprod),
        ("cell_gradient", path_by_logarithms),
    ],
)
def test_right_variants_are_accepted(name, function, seed):
    found = result(name, function, seed)
    assert (found.status, found.hint) == ("passed", None), found.message


def test_adding_to_the_dc_that_was_given_is_refused():
    """`dc += …` writes into the caller's array."""

    def writes(dh, dc, cache):
        dc += dh * cache.o * (1 - cache.tanh_c**2)
        return cells.lstm_step_backward(0 * dh, dc, cache)

    found = result("lstm_step_backward", writes, 0)
    assert found.status == "failed" and found.score == 0
    assert "dc" in found.message
