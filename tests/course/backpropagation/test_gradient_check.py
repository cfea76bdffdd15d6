"""Finite differences have the errors that theory gives them."""

import numpy as np

from lessons_lib.course.backpropagation import gradient_check
from lessons_lib.course.backpropagation.gradient_check import errors_over_eps, relative_error


def test_relative_error_is_in_units_of_the_largest_entry():
    assert relative_error([[1.0, 0.0]], [[2.0, -4.0]]) == 1.0
    assert relative_error([5.0], [5.0]) == 0.0
    # An entry that is all but zero does not count for more than the others.
    assert relative_error([1.0, 1e-12], [1.0, 1e-15]) < 1e-11


def test_the_slope_is_the_derivative_of_the_loss():
    x, y = np.random.default_rng(0).normal(size=(2, 5))
    w, step = np.array([0.3, 0.8]), 1e-6
    loss, slope = gradient_check._loss, gradient_check._slope
    measured = (loss(w + step, x, y) - loss(w - step, x, y)) / (2 * step)
    np.testing.assert_allclose(slope(w, x, y), measured, rtol=1e-7)
    h = [x[0], w * x[0] + x[1]]
    half_squares = 0.5 * sum((h_t - y_t) ** 2 for h_t, y_t in zip(h, y[:2], strict=True))
    np.testing.assert_allclose(loss(w, x[:2], y[:2]), half_squares)


def test_errors_fall_with_their_order_until_rounding_takes_over():
    errors = errors_over_eps(10.0 ** -np.arange(1, 13), rng=np.random.default_rng(1))
    np.testing.assert_allclose(errors.central[1:4] / errors.central[2:5], 100, rtol=0.1)
    np.testing.assert_allclose(errors.forward[1:5] / errors.forward[2:6], 10, rtol=0.1)
    assert errors.central.min() < 1e-8 < errors.forward.min() < 1e-6
    assert errors.central_float32.min() > 1e-5
