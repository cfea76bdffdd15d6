"""Lesson 00: right answers, the package's own among them."""

import numpy as np

from lessons_lib import functions
from lessons_lib.layers import Linear
from tests.course.judged import result


def test_an_overflow_is_named():
    found = result("sigmoid", lambda x: np.exp(x) / (1 + np.exp(x)), 0)
    assert (found.status, found.score) == ("failed", 0)
    assert "NaN (not a number)" in found.message
    assert "NumPy warned: overflow encountered in exp." in found.message


def test_an_overflow_on_the_way_to_a_right_answer_is_named():
    found = result("sigmoid", lambda x: 1 / (1 + np.exp(-x)), 0)
    assert found.status == "passed"
    assert found.message.startswith("NumPy warned: overflow encountered in exp. The results are")
    assert not result("sigmoid", lambda x: np.tanh(x / 2) / 2 + 0.5, 0).message


def sigmoid_in_two_branches(x):
    y = np.empty_like(x)
    y[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    e = np.exp(x[x < 0])
    y[x < 0] = e / (1 + e)
    return y


def linear_by_loops(x, W, b):
    y = np.zeros((*x.shape[:2], len(b)), dtype=x.dtype)
    for t in range(len(x)):
        for n in range(x.shape[1]):
            y[t, n] = [sum(x[t, n] * W[:, k]) + b[k] for k in range(len(b))]
    return y


def linear_of_the_package(x, W, b):
    layer = Linear(*W.shape, dtype=W.dtype)
    layer.params.update(W=W, b=b)
    return layer.forward(x)


RIGHT = [
    ("time_major", lambda x: np.stack(list(x), axis=1)),
    ("time_major", lambda x: np.einsum("ntd->tnd", x)),
    ("linear", linear_by_loops),
    ("linear", linear_of_the_package),
    ("sigmoid", sigmoid_in_two_branches),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),  # right, though it warns
    ("sigmoid", functions.sigmoid),
]
