"""A sequence read in both directions."""

from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.layers.base import Layer, check_array
from lessons_lib.layers.recurrent import RecurrentLayer, check_lengths

DIRECTIONS = ("forward", "reverse")


class Bidirectional(Layer):
    """Two recurrent layers, of which one reads each row from its end to its beginning.

    As `torch.nn.RNN`, `LSTM` and `GRU` do with bidirectional=True: the hidden states of both stand
    side by side, (T, N, 2H), the forward ones first.

    Args:
        forward_layer: reads from the beginning; an RNN, LSTM or GRU.
        reverse_layer: reads from the end; of the same sizes and dtype.

    In `params`: those of the layers, as "forward.Wx" and "reverse.Wx".

    Raises:
        TypeError: if one of them is no recurrent layer.
        ValueError: if their sizes or dtypes differ, or they are one and the same.

    Source: Schuster and Paliwal (1997), "Bidirectional recurrent neural networks".
    """

    def __init__(self, forward_layer: RecurrentLayer, reverse_layer: RecurrentLayer) -> None:
        super().__init__()
        self.directions = forward_layer, reverse_layer
        for name, layer in zip(DIRECTIONS, self.directions, strict=True):
            if not isinstance(layer, RecurrentLayer):
                kind = type(layer).__name__
                raise TypeError(f"{name}_layer: expected an RNN, LSTM or GRU, got {kind}")
            self.params |= {f"{name}.{key}": value for key, value in layer.params.items()}
            self.grads |= {f"{name}.{key}": value for key, value in layer.grads.items()}
        sizes = [(layer.input_size, layer.hidden_size, layer.dtype) for layer in self.directions]
        if forward_layer is reverse_layer or sizes[0] != sizes[1]:
            raise ValueError(
                "reverse_layer: expected a layer of its own with the sizes and dtype of "
                f"forward_layer, got {sizes[1]} beside {sizes[0]}"
            )

    def forward(
        self,
        x: npt.ArrayLike,
        state: tuple[Any, Any] | None = None,
        *,
        lengths: npt.ArrayLike | None = None,
    ) -> tuple[np.ndarray, tuple[Any, Any]]:
        """Run a whole sequence in both directions.

        Args:
            x: inputs (T, N, D).
            state: the states that the two directions begin with; None means zeros.
            lengths: how many steps each row has, as for `RecurrentLayer.forward`; each row is read
                from its own end.

        Returns:
            The hidden states (T, N, 2H), and the two states after each direction's last step, which
            for the reverse one is the row's first.
        """
        forward_layer, reverse_layer = self.directions
        self.adopt_params()
        shape = (None, None, forward_layer.input_size)
        x = check_array(x, shape, "x", "(T, N, D)", self.dtype)
        first, first_reverse = _pair(state, "state")
        T, N, _ = x.shape
        ends = np.full(N, T) if lengths is None else check_lengths(lengths, T, N)
        steps = np.arange(T)[:, None]
        # Where each row's steps stand when it is turned round, (T, N); what is past its end stays.
        self._cache = np.where(steps < ends, ends - 1 - steps, steps)
        hs, last = forward_layer.forward(x, first, lengths=lengths)
        reverse_hs, reverse_last = reverse_layer.forward(
            self._turned(x), first_reverse, lengths=lengths
        )
        return np.concatenate([hs, self._turned(reverse_hs)], axis=-1), (last, reverse_last)

    def backward(
        self, dhs: npt.ArrayLike, dstate: tuple[Any, Any] | None = None
    ) -> tuple[np.ndarray, tuple[Any, Any]]:
        """Take the gradient on the results of `forward` to dx (T, N, D) and the first states."""
        T, N = self._cached().shape
        H = self.directions[0].hidden_size
        dhs = check_array(dhs, (T, N, 2 * H), "dhs", "(T, N, 2H)", self.dtype)
        dlast, dlast_reverse = _pair(dstate, "dstate")
        dx, dfirst = self.directions[0].backward(dhs[..., :H], dlast)
        turned_dx, dfirst_reverse = self.directions[1].backward(
            self._turned(dhs[..., H:]), dlast_reverse
        )
        for name, layer in zip(DIRECTIONS, self.directions, strict=True):
            self.grads |= {f"{name}.{key}": value for key, value in layer.grads.items()}
        return dx + self._turned(turned_dx), (dfirst, dfirst_reverse)

    def adopt_params(self) -> None:
        """Hand the parameters, which a caller may have assigned, to the two layers."""
        for name, layer in zip(DIRECTIONS, self.directions, strict=True):
            layer.params |= {key: self.params[f"{name}.{key}"] for key in layer.params}

    def _turned(self, values: np.ndarray) -> np.ndarray:
        """Each row's steps in the opposite order; twice is as it was."""
        return values[self._cache, np.arange(values.shape[1])]


def _pair(state: tuple[Any, Any] | None, name: str) -> tuple[Any, Any]:
    if state is None:
        return None, None
    if not isinstance(state, tuple | list) or len(state) != 2:
        kind = type(state).__name__
        raise TypeError(f"{name}: expected a pair, one for each direction, got {kind}")
    return state[0], state[1]
