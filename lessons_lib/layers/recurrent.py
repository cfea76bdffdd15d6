"""What RNN, LSTM and GRU have in common: their arguments, their state, and the checks on both."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.layers.base import Layer, check_array, check_rng, check_size

Arrays = tuple[np.ndarray, ...]
State = npt.ArrayLike  # h (N, H); for an LSTM the pair (h, c)


class RecurrentLayer(Layer):
    """What RNN, LSTM and GRU share; they differ in their equations, weights and state.

    Weights start as N(0, 1) / sqrt(fan-in), biases at 0.

    Args:
        input_size: D, features of each input.
        hidden_size: H, units of the hidden state.
        rng: source of the initial weights; None stands for `np.random.default_rng(0)`.
        dtype: float32 or float64.
    """

    blocks: int  # how many blocks of H columns the weights have
    biases: tuple[str, ...] = ("b",)
    state_parts: tuple[str, ...] = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        self.input_size = D = check_size(input_size, "input_size")
        self.hidden_size = H = check_size(hidden_size, "hidden_size")
        rng = check_rng(rng)
        columns = self.blocks * H
        self._add("Wx", rng.standard_normal((D, columns)) / np.sqrt(D), dtype)
        self._add("Wh", rng.standard_normal((H, columns)) / np.sqrt(H), dtype)
        for name in self.biases:
            self._add(name, np.zeros(columns), dtype)

    def forward(self, x: npt.ArrayLike, state: State | None = None) -> tuple[np.ndarray, Any]:
        """Run a whole sequence.

        Args:
            x: inputs (T, N, D).
            state: the state before the first step, h (N, H), for an LSTM the pair (h, c); None
                means zeros.

        Returns:
            The hidden states of all steps (T, N, H), and the state after the last step.
        """
        x = check_array(x, (None, None, self.input_size), "x", "(T, N, D)", self.dtype)
        states = self._forward(x, self._unpack(state, x.shape[1], "state"))
        return states[0][1:].copy(), _pack(part[-1].copy() for part in states)

    def backward(self, dhs: npt.ArrayLike, dstate: State | None = None) -> tuple[np.ndarray, Any]:
        """Backpropagate through time, after `forward`, and fill `grads`.

        Args:
            dhs: gradient on the hidden states of all steps (T, N, H).
            dstate: gradient on the state after the last step, beyond that in dhs; shaped as the
                state is, None means zeros.

        Returns:
            dx (T, N, D), and the gradient on the state before the first step.
        """
        x, *_ = self._cached()
        T, N, _ = x.shape
        dhs = check_array(dhs, (T, N, self.hidden_size), "dhs", "(T, N, H)", self.dtype)
        last = self._unpack(dstate, N, "dstate")
        dx, first = self._backward(dhs, tuple(part.copy() for part in last))
        return dx, _pack(first)

    def _forward(self, x: np.ndarray, state: Arrays) -> Arrays:
        """Each part of the state before and after every step, (T + 1, N, H), h first.

        Keeps in `_cache` what `_backward` needs, x first.
        """
        raise NotImplementedError

    def _backward(self, dhs: np.ndarray, dstate: Arrays) -> tuple[np.ndarray, Arrays]:
        """dx, and the gradient on the first state; dstate may be written to."""
        raise NotImplementedError

    def _unpack(self, state: State | None, N: int, name: str) -> Arrays:
        """The parts of a state, or of the gradient on one, (N, H) each; None means zeros."""
        parts = {name: state}
        if len(self.state_parts) > 1:
            values = [None] * len(self.state_parts) if state is None else state
            if not isinstance(values, tuple | list) or len(values) != len(self.state_parts):
                wanted = ", ".join(self.state_parts)
                raise TypeError(f"{name}: expected the pair ({wanted}), got {type(state).__name__}")
            parts = {f"{name} {p}": v for p, v in zip(self.state_parts, values, strict=True)}
        shape = N, self.hidden_size
        return tuple(
            np.zeros(shape, self.dtype)
            if part is None
            else check_array(part, shape, part_name, "(N, H)", self.dtype)
            for part_name, part in parts.items()
        )


def _pack(parts: Iterable[np.ndarray]) -> Any:
    """A state as callers have it: a lone h as it is, h and c as a pair."""
    h, *others = parts
    return (h, *others) if others else h
