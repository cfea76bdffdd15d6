"""Stochastic gradient descent and Adam."""

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
        for name, p in params.items():
            p -= p.dtype.type(lr * rate) * grads[name]


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
        """Move the parameters one step, in place.

        Args:
            params: the parameters; written to.
            grads: their gradients, by the same names.
            lr: learning rate.
            rate: gradients are multiplied by it first.
        """
        self.arrays["steps"] += 1
        t = int(self.arrays["steps"])
        step_size = lr / (1 - self.beta1**t)
        root_correction = (1 - self.beta2**t) ** 0.5
        for name, p in params.items():
            scalar = p.dtype.type
            g = grads[name] * scalar(rate)
            mean, square = self.arrays[f"mean.{name}"], self.arrays[f"square.{name}"]
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


OPTIMIZERS: dict[str, type[SGD] | type[Adam]] = {"sgd": SGD, "adam": Adam}
