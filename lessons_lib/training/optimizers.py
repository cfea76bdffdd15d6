"""Stochastic gradient descent and Adam."""

from collections.abc import Iterator

import numpy as np

Arrays = dict[str, np.ndarray]


class SGD:
    """Plain stochastic gradient descent: p <- p - lr * g."""

    def __init__(self, params: Arrays) -> None:
        self.arrays: Arrays = {}  # what a checkpoint has to keep: nothing

    def step(self, params: Arrays, grads: Arrays, lr: float, rate: float = 1.0) -> None:
        """Move the parameters one step, in place.

        Args:
            params: the parameters; written to.
            grads: their gradients, by the same names.
            lr: learning rate.
            rate: gradients are multiplied by it first; the clip rate, so that clipping takes no
                pass of its own.
        """
        for name in params:
            for p, g in _blocks(params[name], grads[name]):
                p -= p.dtype.type(lr * rate) * g


class Adam:
    """Adam: steps scaled by running means of the gradient and of its square.

    Source: Kingma and Ba (2015), "Adam: a method for stochastic optimization", with its defaults
    beta1 = 0.9, beta2 = 0.999, eps = 1e-8 and its correction of the early means.
    """

    beta1, beta2, eps = 0.9, 0.999, 1e-8

    def __init__(self, params: Arrays) -> None:
        self.arrays: Arrays = {"steps": np.zeros((), np.int64)}
        for name, p in params.items():
            self.arrays[f"mean.{name}"] = np.zeros_like(p)
            self.arrays[f"square.{name}"] = np.zeros_like(p)

    def step(self, params: Arrays, grads: Arrays, lr: float, rate: float = 1.0) -> None:
        """As `SGD.step`."""
        self.arrays["steps"] += 1
        t = int(self.arrays["steps"])
        step_size = lr / (1 - self.beta1**t)
        root_correction = (1 - self.beta2**t) ** 0.5
        for name in params:
            means, squares = self.arrays[f"mean.{name}"], self.arrays[f"square.{name}"]
            for p, g, mean, square in _blocks(params[name], grads[name], means, squares):
                scalar = p.dtype.type
                g = g * scalar(rate)
                mean *= scalar(self.beta1)
                mean += scalar(1 - self.beta1) * g
                square *= scalar(self.beta2)
                np.square(g, out=g)
                g *= scalar(1 - self.beta2)
                square += g
                np.sqrt(square, out=g)
                g /= scalar(root_correction)
                g += scalar(self.eps)
                np.divide(mean, g, out=g)
                g *= scalar(step_size)
                p -= g


def average(averages: Arrays, params: Arrays, window: float) -> None:
    """Move averages a share 1 / window of the way to the parameters, in place."""
    for name in averages:
        for a, p in _blocks(averages[name], params[name]):
            a += (p - a) / a.dtype.type(window)


_BLOCK = 1 << 16  # entries: what a step makes of a block stays in the cache


def _blocks(*arrays: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """The same entries of arrays of one shape, block after block, as views."""
    if not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, arrays[0].size, _BLOCK):
        yield tuple(array[start : start + _BLOCK] for array in flat)


OPTIMIZERS: dict[str, type[SGD] | type[Adam]] = {"sgd": SGD, "adam": Adam}
