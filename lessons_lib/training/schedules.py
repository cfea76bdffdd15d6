"""Learning-rate schedules: how the rate changes while a run goes on."""

import math


class Constant:
    """The same rate throughout."""

    def __init__(self, lr: float, total_steps: int) -> None:
        self.lr = lr

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.lr

    def validated(self, improved: bool) -> None:
        """Nothing changes."""


class ReduceOnPlateau(Constant):
    """Divide the rate by 4 whenever validation does not improve."""

    factor = 4

    def validated(self, improved: bool) -> None:
        """Divide the rate if there was no improvement."""
        if not improved:
            self.lr /= self.factor


class Cosine(Constant):
    """Fall from the full rate to 0 along half a cosine wave.

    Source: Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts".
    """

    def __init__(self, lr: float, total_steps: int) -> None:
        self.lr = lr
        self.total_steps = total_steps

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.lr * (1 + math.cos(math.pi * step / self.total_steps)) / 2


SCHEDULES: dict[str, type[Constant]] = {
    "constant": Constant,
    "plateau": ReduceOnPlateau,
    "cosine": Cosine,
}
