"""How far a numerical gradient can be trusted, and how to compare two gradients."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


def relative_error(got: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """Largest difference between two gradients, in units of the largest entry of the second.

    Entry by entry would be too strict: an entry that is 0 or nearly so differs by rounding alone,
    and dividing by it makes that look like a mistake.

    Args:
        got: a gradient.
        expected: the gradient to compare with, of the same shape, not all zero.
    """
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    return float(np.abs(got - expected).max() / np.abs(expected).max())


class EpsErrors(NamedTuple):
    """Relative errors of the numerical gradient; the arrays have one shape (K,)."""

    eps: np.ndarray
    central: np.ndarray  # both sides, float64
    forward: np.ndarray  # one side, float64
    central_float32: np.ndarray  # both sides, float32


def errors_over_eps(
    eps: npt.ArrayLike, *, rng: np.random.Generator, num_steps: int = 8, num_points: int = 201
) -> EpsErrors:
    """Relative error of finite differences, for a loss whose derivative is known.

    The loss is that of a one-unit recurrence without tanh, h = w h + x, with squared error summed
    over time: products and sums alone, which every processor rounds in the same way.

    Args:
        eps: the distances to try, (K,).
        rng: source of the inputs and targets, and of the weights at which to differentiate.
        num_steps: T.
        num_points: how many weights w; the error is the median over them.
    """
    eps = np.asarray(eps, np.float64)
    x, y = rng.uniform(-1, 1, (2, num_steps))
    w = rng.uniform(0.5, 1.0, num_points)
    exact = _slope(w, x, y)

    def median_error(quotient: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.array([np.median(np.abs(quotient(e) / exact - 1)) for e in eps])

    def central(e: np.ndarray, dtype: npt.DTypeLike = np.float64) -> np.ndarray:
        w_, e_ = w.astype(dtype), np.asarray(e, dtype)
        above, below = _loss(w_ + e_, x.astype(dtype), y), _loss(w_ - e_, x.astype(dtype), y)
        return (above - below) / (2 * e_)

    return EpsErrors(
        eps,
        median_error(central),
        median_error(lambda e: (_loss(w + e, x, y) - _loss(w, x, y)) / e),
        median_error(lambda e: central(e, np.float32)),
    )


def _loss(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Half the squared error, summed over time, for every weight; computed in w's dtype."""
    h = loss = np.zeros_like(w)
    for x_t, y_t in zip(x.astype(w.dtype), y.astype(w.dtype), strict=True):
        h = w * h + x_t
        miss = h - y_t
        loss = loss + 0.5 * miss * miss
    return loss


def _slope(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The derivative of `_loss`: dh/dw follows the recurrence dh = h_prev + w dh_prev."""
    h = dh = slope = np.zeros_like(w)
    for x_t, y_t in zip(x, y, strict=True):
        h, dh = w * h + x_t, h + w * dh
        slope = slope + (h - y_t) * dh
    return slope
