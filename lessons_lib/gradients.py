"""Norm of a set of gradients, clipping, and the numerical gradient that checks a backward pass."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

Gradients = Mapping[str, np.ndarray] | Iterable[np.ndarray]


def global_norm(grads: Gradients) -> float:
    """L2 norm of all gradients taken together, as if they were one long vector.

    The squares are summed in float64, so float32 gradients neither overflow nor lose digits.

    Args:
        grads: a dict of arrays or an iterable of arrays, of any shapes.
    """
    with np.errstate(over="ignore"):  # beyond 1e154 the norm is inf, which says enough
        return float(np.sqrt(sum(_sum_of_squares(g) for g in _arrays(grads))))


def clip_grads(grads: Gradients, max_norm: float) -> float:
    """Scale all gradients down, in place, so that their global norm is at most max_norm.

    Every gradient is multiplied by the same rate = max_norm / (norm + 1e-6) when that is below 1:
    the direction of the step stays, only its length changes. Gradients whose norm is not finite
    are left alone; the norm returned tells.

    Args:
        grads: a dict of arrays or an iterable of arrays; written to.
        max_norm: the largest norm allowed, above 0.

    Returns:
        The global norm before clipping.

    Raises:
        ValueError: if max_norm is not above 0.

    Source: Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks".
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm: expected a number above 0, got {max_norm}")
    grads = _arrays(grads)
    norm = global_norm(grads)
    rate = max_norm / (norm + 1e-6)
    if np.isfinite(norm) and rate < 1:
        for g in grads:
            g *= rate
    return norm


def clip_values(grads: Gradients, limit: float) -> None:
    """Cut every single entry of arrays, as in `clip_grads`, to the range -limit … limit, in place.

    Unlike there this changes the direction of the step.

    Raises:
        ValueError: if limit is not above 0.
    """
    if not limit > 0:
        raise ValueError(f"limit: expected a number above 0, got {limit}")
    for g in _arrays(grads):
        np.clip(g, -limit, limit, out=g)


def numerical_gradient(
    f: Callable[[np.ndarray], float], x: npt.ArrayLike, eps: float = 1e-6
) -> np.ndarray:
    """Gradient of a scalar function by central differences, (f(x + eps) - f(x - eps)) / (2 eps).

    Args:
        f: takes an array shaped like x and returns a number.
        x: the point at which to differentiate, any shape; it is copied, not written to.
        eps: half the distance between the two evaluations.

    Returns:
        Array shaped like x, in float64.
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + eps
        above = f(x)
        x[index] = value - eps
        below = f(x)
        x[index] = value
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def _arrays(grads: Gradients) -> list[np.ndarray]:
    return list(grads.values() if isinstance(grads, Mapping) else grads)


_BLOCK = 1 << 13  # entries: 64 KB of float64, which stays in the cache until it is summed


def _sum_of_squares(g: np.ndarray) -> float:
    flat = np.ravel(g)
    blocks = (flat[k : k + _BLOCK].astype(np.float64) for k in range(0, flat.size, _BLOCK))
    return sum(float(np.dot(block, block)) for block in blocks)
