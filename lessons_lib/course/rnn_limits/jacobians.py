"""Why a plain RNN's gradient vanishes or explodes: one unit, a matrix, and the two together."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import sigmoid


def _linear(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return a, np.ones_like(a)


def _tanh(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = np.tanh(a)
    return y, 1 - y**2


def _sigmoid(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = sigmoid(a)
    return y, y * (1 - y)


def _relu(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(a, 0), (a > 0).astype(float)


# Each takes sums and returns the function's value and its derivative there.
ACTIVATIONS = {"linear": _linear, "tanh": _tanh, "sigmoid": _sigmoid, "relu": _relu}


class OneUnit(NamedTuple):
    """A recurrent layer of one unit over T steps."""

    h: np.ndarray  # (T + 1,): the state before the first step, and after each
    slopes: np.ndarray  # (T,): derivative of the activation function at each step
    gradients: np.ndarray  # (T + 1,): derivative of the last state by the state k steps before it


def run_one_unit(
    w: float,
    num_steps: int,
    *,
    h0: float = 0.0,
    inputs: npt.ArrayLike = 0.0,
    activation: str = "tanh",
) -> OneUnit:
    """Run h = f(w * h + x), and send a gradient of 1 back from the last state.

    Args:
        w: recurrent weight.
        num_steps: T.
        h0: state before the first step.
        inputs: x at each step, (T,), or one number for all.
        activation: f, a name in `ACTIVATIONS`.

    Raises:
        ValueError: if there is no such activation function.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation: expected one of {', '.join(ACTIVATIONS)}, got {activation}")
    h = np.full(num_steps + 1, h0, float)
    slopes = np.empty(num_steps)
    for t, x in enumerate(np.broadcast_to(inputs, num_steps)):
        h[t + 1 : t + 2], slopes[t : t + 1] = ACTIVATIONS[activation](w * h[t : t + 1] + x)
    gradients = np.cumprod([1.0, *(w * slopes[::-1])])
    return OneUnit(h, slopes, gradients)


def largest_singular_value(W: np.ndarray) -> float:
    """The most by which W (H, H) can stretch a vector."""
    return float(np.linalg.norm(W, ord=2))


def power_norms(W: np.ndarray, num_powers: int) -> np.ndarray:
    """The most by which W can stretch a vector in 0, 1, … num_powers steps, (num_powers + 1,)."""
    power = np.eye(len(W))
    norms = [1.0]
    for _ in range(num_powers):
        power = power @ W
        norms.append(largest_singular_value(power))
    return np.array(norms)


def rotation(angle: float, radius: float) -> np.ndarray:
    """A 2 x 2 matrix that turns a vector and stretches it by the radius in every direction."""
    cos, sin = np.cos(angle), np.sin(angle)
    return radius * np.array([[cos, sin], [-sin, cos]])


def shear(radius: float, amount: float) -> np.ndarray:
    """A 2 x 2 matrix with the radius as its only eigenvalue, and a one-way street between units."""
    return np.array([[radius, amount], [0.0, radius]])


def random_orthogonal(H: int, rng: np.random.Generator) -> np.ndarray:
    """A matrix (H, H) that keeps the length of every vector."""
    Q, R = np.linalg.qr(rng.normal(size=(H, H)))
    return Q * np.sign(np.diag(R))  # without the signs some directions would be more likely


def jacobian(h: np.ndarray, Wh: np.ndarray) -> np.ndarray:
    """Derivative of one hidden state h (H,) by the one before it: diag(1 - h^2) Wh^T, (H, H)."""
    return (1 - h**2)[:, None] * Wh.T
