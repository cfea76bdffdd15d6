"""Lesson 00: its references do what they say; other right answers are accepted."""

import math

import numpy as np
import pytest

from lessons_lib import functions
from lessons_lib.course import exercises
from tests.course.judged import assert_accepted, result


def test_references_do_what_they_say():
    x = np.arange(24.0).reshape(2, 3, 4)
    y = exercises.find("time_major")(x)
    assert y.shape == (3, 2, 4)
    for n in range(2):
        for t in range(3):
            np.testing.assert_array_equal(y[t, n], x[n, t])
    W, b = np.arange(20.0).reshape(4, 5), np.arange(5.0)
    y = exercises.find("linear")(x, W, b)
    for n in range(2):
        for t in range(3):
            expected = [sum(x[n, t, d] * W[d, k] for d in range(4)) + b[k] for k in range(5)]
            np.testing.assert_array_equal(y[n, t], expected)
    x = np.array([[-1000.0, -2.0, 0.0, 0.5, 1000.0]])
    expected = [[0, 1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-0.5)), 1]]
    np.testing.assert_allclose(exercises.find("sigmoid")(x), expected, atol=1e-16)


def test_an_overflow_is_named():
    found = result("sigmoid", lambda x: np.exp(x) / (1 + np.exp(x)), 0)
    assert (found.status, found.score) == ("failed", 0)
    assert "NaN (not a number)" in found.message
    assert "NumPy warned: overflow encountered in exp." in found.message


# Right answers that do it in another way.


def sigmoid_in_two_branches(x):
    y = np.empty_like(x)
    y[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    e = np.exp(x[x < 0])
    y[x < 0] = e / (1 + e)
    return y


def sigmoid_with_abs(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def linear_by_loops(x, W, b):
    y = np.zeros((*x.shape[:2], len(b)), dtype=x.dtype)
    for t in range(len(x)):
        for n in range(x.shape[1]):
            y[t, n] = x[t, n] @ W + b
    return y


def linear_in_one_block(x, W, b):
    T, N, D = x.shape
    return (x.reshape(T * N, D) @ W + b).reshape(T, N, -1)


RIGHT = [
    ("time_major", lambda x: x.transpose(1, 0, 2)),
    ("time_major", lambda x: np.moveaxis(x, 1, 0)),
    ("time_major", lambda x: np.stack(list(x), axis=1)),
    ("time_major", lambda x: np.einsum("ntd->tnd", x)),
    ("linear", lambda x, W, b: np.einsum("tnd,dk->tnk", x, W) + b),
    ("linear", lambda x, W, b: np.dot(x, W) + b[None, None, :]),
    ("linear", linear_by_loops),
    ("linear", linear_in_one_block),
    ("sigmoid", sigmoid_in_two_branches),
    ("sigmoid", sigmoid_with_abs),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),  # right, though it warns
    ("sigmoid", lambda x: 1 / (1 + np.exp(-np.clip(x, -50, 50)))),
    ("sigmoid", functions.sigmoid),
]


@pytest.mark.parametrize(("name", "function"), RIGHT)
def test_right_variants_are_accepted(name, function):
    assert_accepted(name, function)
