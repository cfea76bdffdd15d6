"""Lesson 02: its references agree with the package; other right answers are accepted."""

import ast

import nbformat
import numpy as np
import pytest

from lessons_lib import cells, gradients
from lessons_lib.cells import rnn_step
from lessons_lib.course import exercises
from lessons_lib.course.backpropagation import exercises as lesson_02
from lessons_lib.layers import RNN
from tests.course.judged import assert_accepted, cases_of, result
from tools.refresh_notebooks import NOTEBOOKS


def test_backpropagation_through_time_is_the_layers():
    for case in cases_of("rnn_backward", 1):
        dhs, caches = case.arguments["dhs"], case.arguments["caches"]
        layer = RNN(caches[0].x.shape[1], dhs.shape[2], dtype=case.dtype)
        layer.params.update(Wx=caches[0].Wx, Wh=caches[0].Wh, b=bias_of(caches[0]))
        layer.forward(np.stack([cache.x for cache in caches]), caches[0].h_prev)
        dx, dh0 = layer.backward(dhs)
        expected = (dx, dh0, *layer.grads.values())
        for got, wanted in zip(exercises.find("rnn_backward")(dhs, caches), expected, strict=True):
            rtol = 1e-10 if case.dtype == "float64" else 1e-4
            np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol)


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
            h, _ = rnn_step(x[t], h_prev, Wx, Wh, b)
            total += np.sum(dhs[t] * h)
        return total

    expected = gradients.numerical_gradient(loss, caches[0].Wh)
    _, dWh, _ = exercises.find("truncated_backward")(dhs, caches, length)
    np.testing.assert_allclose(dWh, expected, rtol=1e-6, atol=1e-8)
    assert np.abs(exercises.find("rnn_backward")(dhs, caches)[3] - expected).max() > 0.01


# Mistakes that the frame itself recognises.


def test_dx_and_dh_prev_exchanged_are_told_as_order():
    def exchanged(dh, cache):
        dx, dh_prev, *rest = cells.rnn_step_backward(dh, cache)
        return dh_prev, dx, *rest

    found = result("rnn_step_backward", exchanged, 0)
    assert (found.status, found.score) == ("failed", 1.25)
    assert "their order is not" in " ".join(found.message.split())


def test_adding_into_dhs_is_reported():
    def backward(dhs, caches):
        dh_next = 0
        by_step = []
        for t in reversed(range(len(dhs))):
            dhs[t] += dh_next
            dx, dh_next, *parameters = cells.rnn_step_backward(dhs[t], caches[t])
            by_step.append((dx, *parameters))
        dxs, *parameters = zip(*by_step, strict=True)
        return np.stack(dxs[::-1]), dh_next, *(sum(gradients) for gradients in parameters)

    found = result("rnn_backward", backward, 0)
    assert (found.status, found.score) == ("failed", 0)
    assert "writes into its argument dhs" in found.message
    assert "dhs[t] += dh_next" in found.message


# Right answers that do it in another way.


def gradient_with_new_arrays(f, x, step=1e-6):
    unit_vectors = np.eye(x.size).reshape(x.size, *x.shape)
    return np.array(
        [(f(x + step * e) - f(x - step * e)) / (2 * step) for e in unit_vectors]
    ).reshape(x.shape)


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


def backward_into_arrays(dhs, caches):
    T, N, H = dhs.shape
    D = caches[0].x.shape[1]
    dtype = dhs.dtype
    dx, dh = np.zeros((T, N, D), dtype), np.zeros((N, H), dtype)
    dWx, dWh, db = np.zeros((D, H), dtype), np.zeros((H, H), dtype), np.zeros(H, dtype)
    for t in range(T - 1, -1, -1):
        dx[t], dh, dWx_t, dWh_t, db_t = step_by_einsum(dhs[t] + dh, caches[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dh, dWx, dWh, db


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


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("numerical_gradient", gradients.numerical_gradient),
        ("rnn_step_backward", cells.rnn_step_backward),
        ("numerical_gradient", gradient_with_new_arrays),
        ("numerical_gradient", gradient_over_flat_entries),
        ("rnn_step_backward", step_by_einsum),
        ("rnn_backward", backward_into_arrays),
        ("rnn_backward", backward_with_products_outside_the_loop),
        ("truncated_backward", truncated_in_one_loop),
    ],
)
def test_right_variants_are_accepted(name, function):
    assert_accepted(name, function)


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
