"""Small networks in float64, whose parameters are trained together by Adam."""

from typing import Any

import numpy as np

from lessons_lib.course.shared.weights import scale_to_radius
from lessons_lib.layers import Layer, Linear
from lessons_lib.models import CELLS
from lessons_lib.training import Adam


class Network:
    """Layers by name; their parameters and gradients by names such as "readout.W".

    Args:
        layers: by name.
    """

    def __init__(self, **layers: Layer) -> None:
        self.layers = layers
        self._adam = Adam(self.params)

    @property
    def params(self) -> dict[str, np.ndarray]:
        """All parameters."""
        return {f"{k}.{n}": p for k, part in self.layers.items() for n, p in part.params.items()}

    @property
    def grads(self) -> dict[str, np.ndarray]:
        """Their gradients by the same names, filled by a backward pass."""
        return {f"{k}.{n}": g for k, part in self.layers.items() for n, g in part.grads.items()}

    def step(self, lr: float) -> None:
        """Take one step of Adam with the gradients as they are."""
        self._adam.step(self.params, self.grads, lr)


class RecurrentNetwork(Network):
    """A recurrent layer, and a linear one, the readout, that turns its hidden state into answers.

    Args:
        cell: "rnn", "gru" or "lstm".
        input_size: D.
        hidden_size: H.
        num_outputs: K, numbers in an answer.
        rng: source of the initial weights.
        once: answer once, from the last hidden state, and not at every step.
        radius: spectral radius that Wh is scaled to; None leaves it as it is drawn.
        forget_bias: what the bias of an LSTM's forget gate starts at.

    Attributes:
        state: the layer's state after the last forward pass.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        num_outputs: int,
        rng: np.random.Generator,
        *,
        once: bool = False,
        radius: float | None = None,
        forget_bias: float = 0.0,
    ) -> None:
        self.layer = CELLS[cell](input_size, hidden_size, rng=rng, dtype=np.float64)
        self.readout = Linear(hidden_size, num_outputs, rng=rng, dtype=np.float64)
        if radius is not None:
            self.layer.params["Wh"] = scale_to_radius(self.layer.params["Wh"], radius)
        if cell == "lstm":
            self.layer.params["b"][hidden_size : 2 * hidden_size] = forget_bias
        self.once = once
        self.state: Any = None
        super().__init__(layer=self.layer, readout=self.readout)

    def forward(self, x: np.ndarray, state: Any = None) -> np.ndarray:
        """Answers (T, N, K) to inputs (T, N, D), or (N, K) where the network answers once."""
        hs, self.state = self.layer.forward(x, state)
        self._hs_shape = hs.shape
        return self.readout.forward(hs[-1] if self.once else hs)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Fill the gradients from that on the answers; returns the one on the inputs (T, N, D)."""
        dhs = self.readout.backward(dy)
        if self.once:
            dh_last, dhs = dhs, np.zeros(self._hs_shape)
            dhs[-1] = dh_last
        return self.layer.backward(dhs)[0]
