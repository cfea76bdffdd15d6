"""Norm of a set of gradients, clipping, and the numerical gradient that checks a backward pass."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

Gradients = Mapping[str, np.ndarray | None] | Iterable[np.ndarray | None] | np.ndarray


def global_norm(grads: Gradients) -> float:
    """L2 norm of all gradients taken together, as if they were one long vector.

    The squares are summed in float64, so float32 gradients neither overflow nor lose digits.

    Args:
        grads: a dict of arrays, an iterable of arrays, of any shapes, or one array; what is None
            is left out.
    """
    arrays = [np.asarray(g) for g in _named(grads).values()]
    with np.errstate(over="ignore", under="ignore"):
        total = sum(_sum_of_squares(g) for g in arrays)
        if 1e-280 < total < np.inf or np.isnan(total):
            return float(np.sqrt(total))
        # All 0, or so large or small that their squares are not: measured in the largest.
        largest = max((float(np.abs(g).max(initial=0)) for g in arrays), default=0.0)
        if largest in (0, np.inf):
            return largest
        return largest * float(
            np.sqrt(sum(_sum_of_squares(g / np.float64(largest)) for g in arrays))
        )


def clip_grads(grads: Gradients, max_norm: float, *, error_if_nonfinite: bool = False) -> float:
    """Scale all gradients down, in place, so that their global norm is at most max_norm.

    Every gradient is multiplied by the same rate = max_norm / (norm + 1e-6) when that is below 1:
    the direction of the step stays, only its length changes. Gradients whose norm is not finite
    are left alone; the norm returned tells.

    Args:
        grads: a dict of arrays, an iterable of arrays, or one array, of any shape; written to.
            What is None is left out.
        max_norm: the largest norm allowed, above 0.
        error_if_nonfinite: complain of a gradient that is not finite.

    Returns:
        The global norm before clipping.

    Raises:
        ValueError: if max_norm is not above 0, or an array cannot be written to.
        TypeError: if grads hold anything but arrays of floating-point numbers and None.
        FloatingPointError: if a gradient is infinite or NaN and error_if_nonfinite is set.

    Source: Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks".
    """
    arrays = _to_clip(grads, max_norm, "max_norm", error_if_nonfinite)
    norm = global_norm(arrays)
    rate = float(max_norm) / (norm + 1e-6)
    if np.isfinite(norm) and rate < 1:
        for g in arrays:  # in float64: the rate may be too small for the dtype of g
            np.multiply(g, rate, out=g, dtype=np.result_type(g, np.float64), casting="same_kind")
    return norm


def clip_values(grads: Gradients, limit: float, *, error_if_nonfinite: bool = False) -> None:
    """Cut every single entry of arrays, as in `clip_grads`, to the range -limit … limit, in place.

    Unlike there this changes the direction of the step. What is infinite becomes the limit, what is
    NaN stays NaN.

    Arguments and errors are those of `clip_grads`, with limit for max_norm.
    """
    for g in _to_clip(grads, limit, "limit", error_if_nonfinite):
        wide = np.result_type(g, np.float64)  # the limit may be too large for the dtype of g
        np.clip(g, -float(limit), float(limit), out=g, dtype=wide, casting="same_kind")


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

    Raises:
        ValueError: if eps is so small beside an entry of x that it does not change it.
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
        if value + eps == value - eps:
            raise ValueError(f"eps: expected a step that changes {value}, got {eps}")
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def _named(grads: Gradients) -> dict[str, np.ndarray]:
    """The gradients by name, as far as there are any."""
    if isinstance(grads, np.ndarray):
        return {"grads": grads}
    if not isinstance(grads, Mapping):
        grads = {f"grads[{k}]": g for k, g in enumerate(grads)}
    return {name: g for name, g in grads.items() if g is not None}


def _to_clip(
    grads: Gradients, limit: float, name: str, error_if_nonfinite: bool
) -> list[np.ndarray]:
    """The arrays that are to be clipped, checked before any of them is written to."""
    if not limit > 0:
        raise ValueError(f"{name}: expected a number above 0, got {limit}")
    named = _named(grads)  # once: grads may be an iterator
    for key, g in named.items():
        if not isinstance(g, np.ndarray) or g.dtype.kind != "f":
            kind = g.dtype if isinstance(g, np.ndarray) else type(g).__name__
            raise TypeError(f"{key}: expected an array of floating-point numbers, got {kind}")
        if not g.flags.writeable:
            raise ValueError(
                f"{key}: expected an array to be clipped in place, got a read-only one"
            )
        if error_if_nonfinite and not np.isfinite(g).all():
            raise FloatingPointError(f"{key}: expected finite gradients, got NaN or infinity")
    return list(named.values())


_BLOCK = 1 << 13  # entries: 64 KB of float64, which stays in the cache until it is summed


def _sum_of_squares(g: np.ndarray) -> float:
    flat = np.ravel(g)
    blocks = (flat[k : k + _BLOCK].astype(np.float64) for k in range(0, flat.size, _BLOCK))
    return sum(float(np.dot(block, block)) for block in blocks)
