"""Lesson 02: right answers, and what the frame itself recognises is told."""

import ast

import nbformat
import numpy as np

from lessons_lib import cells, gradients
from lessons_lib.course import exercises
from lessons_lib.course.backpropagation import exercises as lesson_02
from tests.course.judged import assert_accepted, cases_of, result
from tests.strategies import KINDS, unroll_backward
from tools.refresh_notebooks import NOTEBOOKS


def bias_of(cache):
    """The bias that a step was made with; the cache does not keep it."""
    sums = np.arctanh(cache.h.astype(np.float64)) - cache.x @ cache.Wx - cache.h_prev @ cache.Wh
    return sums[0].astype(cache.h.dtype)


def test_truncation_agrees_with_numbers_got_without_any_backward_pass():
    """With the state that enters a chunk held still, the loss of each chunk has this gradient."""
    case = cases_of("truncated_backward", 1)[0]
    dhs, caches, length = case.arguments.values()
    x, Wx, b = np.stack([cache.x for cache in caches]), caches[0].Wx, bias_of(caches[0])

    def loss(Wh):
        total, h = 0.0, None
        for t, cache in enumerate(caches):
            h_prev = cache.h_prev if t % length == 0 else h
            h, _ = cells.rnn_step(x[t], h_prev, Wx, Wh, b)
            total += np.sum(dhs[t] * h)
        return total

    expected = gradients.numerical_gradient(loss, caches[0].Wh)
    _, dWh, _ = exercises.find("truncated_backward")(dhs, caches, length)
    np.testing.assert_allclose(dWh, expected, rtol=1e-6, atol=1e-8)


def gradient_over_flat_entries(f, x, eps=1e-6):
    point = x.astype(np.float64)
    flat = point.ravel()  # a view: point is contiguous
    gradient = np.empty(flat.size)
    for k in range(flat.size):
        old = flat[k]
        values = []
        for sign in (+1, -1):
            flat[k] = old + sign * eps
            values.append(f(point))
        flat[k] = old
        gradient[k] = (values[0] - values[1]) / 2 / eps
    return gradient.reshape(x.shape)


def step_by_einsum(dh, cache):
    da = dh - dh * cache.h * cache.h
    return (
        np.einsum("nh,dh->nd", da, cache.Wx),
        np.einsum("nk,hk->nh", da, cache.Wh),
        np.einsum("nd,nh->dh", cache.x, da),
        np.einsum("nk,nh->kh", cache.h_prev, da),
        np.ones(len(da), dtype=da.dtype) @ da,
    )


def chained(dhs, caches):
    return tuple(unroll_backward(KINDS["rnn"], dhs, (np.zeros_like(dhs[0]),), caches))


def backward_with_products_outside_the_loop(dhs, caches):
    T, N, H = dhs.shape
    x, h_prev, Wx, Wh, h = (np.stack(values) for values in zip(*caches, strict=True))
    das, dh = np.empty_like(dhs), np.zeros_like(dhs[0])
    for t in reversed(range(T)):
        das[t] = (dhs[t] + dh) * (1 - h[t] ** 2)
        dh = das[t] @ Wh[0].T
    flat = das.reshape(T * N, H)
    dWx, dWh = x.reshape(T * N, -1).T @ flat, h_prev.reshape(T * N, H).T @ flat
    return das @ Wx[0].T, dh, dWx, dWh, flat.sum(axis=0)


def truncated_in_one_loop(dhs, caches, length):
    dh, sums = np.zeros_like(dhs[0]), [0, 0, 0]
    for t in reversed(range(len(dhs))):
        if (t + 1) % length == 0:
            dh = np.zeros_like(dh)
        _, dh, *parameters = step_by_einsum(dhs[t] + dh, caches[t])
        sums = [s + g for s, g in zip(sums, parameters, strict=True)]
    return tuple(sums)


RIGHT = [
    ("numerical_gradient", gradients.numerical_gradient),
    ("numerical_gradient", gradient_over_flat_entries),
    ("rnn_step_backward", cells.rnn_step_backward),
    ("rnn_step_backward", step_by_einsum),
    ("rnn_backward", chained),
    ("rnn_backward", backward_with_products_outside_the_loop),
    ("truncated_backward", truncated_in_one_loop),
]


def test_the_repair_that_the_notebook_names_is_the_whole_repair():
    notebook = nbformat.read(NOTEBOOKS / f"{lesson_02.LESSON}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "bug-code")
    source = ast.unparse(ast.parse(cell.source).body[0])
    for old, new in (
        ("(dhs[t], caches[t])", "(dhs[t] + dh_next, caches[t])"),
        ("    for t in", "    dh_next = 0\n    for t in"),
    ):
        assert source.count(old) == 1
        source = source.replace(old, new)
    namespace = {"np": np, "cells": cells}
    exec(source, namespace)
    assert_accepted("rnn_backward", namespace["rnn_backward_broken"])


def test_a_numerical_gradient_in_the_dtype_of_x_is_told():
    def numerical_gradient(f, x, eps=1e-6):
        gradient = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[index] += eps
            down[index] -= eps
            gradient[index] = (f(up) - f(down)) / (2 * eps)
        return gradient

    assert result("numerical_gradient", numerical_gradient, 0).hint == "kept_in_the_dtype_of_x"


def test_a_numerical_gradient_for_two_axes_alone_is_told():
    def numerical_gradient(f, x, eps=1e-6):
        x = np.array(x, dtype=np.float64)
        gradient = np.zeros(x.shape)
        for j in range(x.shape[0]):
            for k in range(x.shape[1]):
                up, down = x.copy(), x.copy()
                up[j, k] += eps
                down[j, k] -= eps
                gradient[j, k] = (f(up) - f(down)) / (2 * eps)
        return gradient

    for seed in range(3):
        assert result("numerical_gradient", numerical_gradient, seed).hint == "two_axes_only"


def test_an_array_put_back_with_a_rounding_is_told():
    def numerical_gradient(f, x, eps=1e-6):
        x = x if x.dtype == np.float64 else x.astype(np.float64)
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            x[index] += eps
            above = f(x)
            x[index] -= 2 * eps
            gradient[index] = (above - f(x)) / (2 * eps)
            x[index] += eps
        return gradient

    for seed in range(3):
        found = result("numerical_gradient", numerical_gradient, seed)
        assert found.status == "passed"
        assert "it writes into its argument x" in found.message


def test_a_numerical_gradient_that_keeps_float32_is_told():
    def numerical_gradient(f, x, eps=1e-6):
        x = 1.0 * x  # float64 of whole numbers alone
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            value = x[index]
            x[index] = value + eps
            above = f(x)
            x[index] = value - eps
            gradient[index] = (above - f(x)) / (2 * eps)
            x[index] = value
        return gradient

    for seed in range(3):
        found = result("numerical_gradient", numerical_gradient, seed)
        assert found.status == "passed"
        assert "with float32 arguments gradient has too few right digits" in found.message
