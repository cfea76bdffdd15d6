"""The cliff in the loss of a one-unit RNN, and descent on it with and without clipping.

The network has no input: h_t = tanh(w h_{t-1} + b) from h_0 = START, and the loss is
(h_T - TARGET)^2. With two parameters the whole loss surface can be drawn.

After figure 6 of Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent
neural networks", which has a sigmoid and other numbers.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

START, TARGET = 0.5, 0.6
NUM_STEPS = 50

Array = npt.NDArray[np.float64]


class Point(NamedTuple):
    """Loss and gradient; arrays of one shape."""

    loss: Array
    dw: Array
    db: Array

    @property
    def norm(self) -> Array:
        """Length of the gradient."""
        return np.hypot(self.dw, self.db)


class Descent(NamedTuple):
    """Where gradient descent came by; entry 0 is the start, the last one the end."""

    w: Array  # (num_updates + 1, …), as all that follow
    b: Array
    loss: Array
    norm: Array  # of the gradient, before clipping


def surface(w: npt.ArrayLike, b: npt.ArrayLike, *, num_steps: int = NUM_STEPS) -> Point:
    """The loss and its exact gradient.

    The derivatives of h_t with respect to w and b are carried along from step to step.

    Args:
        w: recurrent weight, any shape.
        b: bias, any shape that broadcasts with w.
        num_steps: T.
    """
    w, b = np.broadcast_arrays(np.asarray(w, float), np.asarray(b, float))
    h = np.full_like(w, START)
    dh_dw, dh_db = np.zeros_like(w), np.zeros_like(w)
    for _ in range(num_steps):
        h_prev, h = h, np.tanh(w * h + b)
        dh_da = 1 - h**2
        dh_dw = dh_da * (h_prev + w * dh_dw)
        dh_db = dh_da * (1 + w * dh_db)
    miss = h - TARGET
    return Point(miss**2, 2 * miss * dh_dw, 2 * miss * dh_db)


def relief(ws: npt.ArrayLike, bs: npt.ArrayLike) -> tuple[Array, Array, Array]:
    """The loss on a piece of the plane, on a grid with its points packed close to the wall.

    On a grid of equal steps the wall comes out as a staircase of the grid's own width.

    Args:
        ws: recurrent weights along one side, (K,).
        bs: biases along the other, of which the first and the last count.

    Returns:
        w, b and the loss, each (100, K).
    """
    ws = np.asarray(ws, float)
    first, last = float(np.min(bs)), float(np.max(bs))
    # h_T rises with b. The middle of the wall, h_T = 0, is found by halving, for all w at once.
    low, high = np.full_like(ws, first), np.full_like(ws, last)
    for _ in range(50):
        middle = (low + high) / 2
        negative = surface(ws, middle).loss > TARGET**2
        low, high = np.where(negative, middle, low), np.where(negative, high, middle)
    w, distance = np.meshgrid(ws, (last - first) * np.linspace(-1, 1, 100) ** 3)
    b = np.clip(middle + distance, first, last)
    return w, b, surface(w, b).loss


def descend(
    w: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    lr: float = 0.1,
    num_updates: int = 300,
    max_norm: float = np.inf,
    num_steps: int = NUM_STEPS,
) -> Descent:
    """Gradient descent from one start, or from many at once, each clipped for itself.

    Args:
        w: recurrent weight at the start, any shape.
        b: bias at the start, likewise.
        lr: learning rate.
        num_updates: how many steps to take.
        max_norm: threshold of clipping by norm; inf for none.
        num_steps: T.
    """
    w, b = (np.array(a, float) for a in np.broadcast_arrays(w, b))
    visited = []
    for _ in range(num_updates + 1):
        here = surface(w, b, num_steps=num_steps)
        visited.append((w, b, here.loss, here.norm))
        rate = np.minimum(1.0, max_norm / (here.norm + 1e-6))
        w, b = w - lr * rate * here.dw, b - lr * rate * here.db
    return Descent(*(np.stack(values) for values in zip(*visited, strict=True)))
