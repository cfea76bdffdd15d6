"""What RNN, LSTM and GRU have in common: their arguments, their state, and the checks on both."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import check_ids
from lessons_lib.layers.base import Layer, check_array, check_rng, check_size

Arrays = tuple[np.ndarray, ...]
State = npt.ArrayLike  # h (N, H); for an LSTM the pair (h, c)
SMALL = 1_000_000  # multiplications: up to there OpenBLAS may have a kernel for small matrices
NARROWEST = 16  # columns: narrower blocks are too many


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
    narrow = False  # for one core: whether the recurrent product is made of small ones, in float32
    takes_products = False  # whether x is x @ Wx already (T, N, columns); no backward then

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
        self._lengths: np.ndarray | None = None  # of the rows of the last forward
        rng = check_rng(rng)
        columns = self.blocks * H
        self._add("Wx", rng.standard_normal((D, columns)) / np.sqrt(D), dtype)
        self._add("Wh", rng.standard_normal((H, columns)) / np.sqrt(H), dtype)
        for name in self.biases:
            self._add(name, np.zeros(columns), dtype)

    def forward(
        self,
        x: npt.ArrayLike,
        state: State | None = None,
        *,
        lengths: npt.ArrayLike | None = None,
    ) -> tuple[np.ndarray, Any]:
        """Run a whole sequence, or rows of different lengths side by side.

        Args:
            x: inputs (T, N, D); what stands past a row's end is not read.
            state: the state before the first step, h (N, H), for an LSTM the pair (h, c); None
                means zeros.
            lengths: how many steps each row has, integers from 1 to T, (N,); None means T.

        Returns:
            The hidden states of all steps (T, N, H), 0 past a row's end, and the state after each
            row's last step.
        """
        features = self.blocks * self.hidden_size if self.takes_products else self.input_size
        x = check_array(x, (None, None, features), "x", "(T, N, D)", self.dtype)
        first = self.unpack(state, x.shape[1], "state")
        self._lengths = None if lengths is None else check_lengths(lengths, *x.shape[:2])
        if self._lengths is None:
            states = self._forward(x, first)
            if self.takes_products:
                self._cache = None
            return states[0][1:].copy(), _pack(part[-1].copy() for part in states)
        # Every row runs on to T on inputs of 0, and what comes after its end is left out.
        past = _past_end(self._lengths, len(x))
        states = self._forward(np.where(past, 0, x), first)
        last = _pack(part[self._lengths, np.arange(x.shape[1])] for part in states)
        return np.where(past, 0, states[0][1:]), last

    def backward(self, dhs: npt.ArrayLike, dstate: State | None = None) -> tuple[np.ndarray, Any]:
        """Backpropagate through time, after `forward`, and fill `grads`.

        Args:
            dhs: gradient on the hidden states of all steps (T, N, H); what stands past a row's end
                is not read.
            dstate: gradient on the state after the last step, beyond that in dhs; shaped as the
                state is, None means zeros.

        Returns:
            dx (T, N, D), 0 past a row's end, and the gradient on the state before the first step.
        """
        x, *_ = self._cached()
        T, N, _ = x.shape
        dhs = check_array(dhs, (T, N, self.hidden_size), "dhs", "(T, N, H)", self.dtype)
        last = self.unpack(dstate, N, "dstate")
        if self._lengths is None:
            dx, first = self._backward((dhs,), tuple(part.copy() for part in last))
            return dx, _pack(first)
        # No gradient comes from after a row's end, and that on its last state arrives there.
        dhs = np.where(_past_end(self._lengths, T), 0, dhs)
        arriving = (dhs, *(np.zeros_like(dhs) for _ in last[1:]))
        for dparts, dpart in zip(arriving, last, strict=True):
            dparts[self._lengths - 1, np.arange(N)] += dpart
        dx, first = self._backward(arriving, tuple(np.zeros_like(part) for part in last))
        return dx, _pack(first)

    def _forward(self, x: np.ndarray, state: Arrays) -> Arrays:
        """Each part of the state before and after every step, (T + 1, N, H), h first.

        Keeps in `_cache` what `_backward` needs, x first.
        """
        raise NotImplementedError

    def _backward(self, arriving: Arrays, dstate: Arrays) -> tuple[np.ndarray, Arrays]:
        """dx, and the gradient on the first state; dstate may be written to.

        Args:
            arriving: the gradient on h after each step (T, N, H), and for an LSTM perhaps on c.
            dstate: the gradient on the state after step T.
        """
        raise NotImplementedError

    def _input_product(self, x: np.ndarray, Wx: np.ndarray, out: np.ndarray) -> None:
        """x @ Wx into out, (T, N, columns)."""
        if self.takes_products:
            out[...] = x
        else:
            np.matmul(x.reshape(-1, len(Wx)), Wx, out=out.reshape(-1, Wx.shape[1]))

    def _recurrent_product(self, Wh: np.ndarray, N: int) -> Callable[..., np.ndarray]:
        """`h @ Wh` for the loop over time, to be called with h (N, H) and out (N, columns).

        At every step OpenBLAS copies a large Wh into an order of its own, which takes as long as to
        multiply a few rows by it. Its kernels for small matrices need no copy, and a block of
        columns is a small matrix.
        """
        H, columns = Wh.shape
        blocks = max(1, -(-N * H * columns // SMALL))
        while columns % blocks and blocks < columns:
            blocks += 1
        width = columns // blocks
        if not self.narrow or Wh.dtype != np.float32 or blocks == 1 or width < NARROWEST:
            return partial(_multiply, Wh)
        by_block = np.ascontiguousarray(Wh.reshape(H, blocks, width).swapaxes(0, 1))
        products = self._workspace("products", blocks, N, width)
        return partial(_multiply_by_block, by_block, products)

    def unpack(self, state: State | None, N: int, name: str) -> Arrays:
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


def check_lengths(lengths: npt.ArrayLike, T: int, N: int) -> np.ndarray:
    """Return lengths (N,) as int64, or say in one line what is wrong with them."""
    array = check_ids(lengths, T + 1, "lengths").astype(np.int64)
    if array.shape != (N,):
        raise ValueError(f"lengths: expected one for each row, ({N},), got {array.shape}")
    if array.min(initial=1) < 1:
        raise ValueError(f"lengths: expected values from 1 to {T}, got {array.min()}")
    return array


def _multiply(Wh: np.ndarray, h: np.ndarray, out: np.ndarray) -> np.ndarray:
    return np.matmul(h, Wh, out=out)


def _multiply_by_block(
    by_block: np.ndarray, products: np.ndarray, h: np.ndarray, out: np.ndarray
) -> np.ndarray:
    """h @ Wh into out, which is contiguous; by_block (blocks, H, columns of each)."""
    blocks, N, width = products.shape
    np.matmul(h, by_block, out=products)
    out.reshape(N, blocks, width)[...] = products.swapaxes(0, 1)
    return out


def _past_end(lengths: np.ndarray, T: int) -> np.ndarray:
    """Which steps of which rows come after the row's end, (T, N, 1)."""
    return (np.arange(T)[:, None] >= lengths)[..., None]


def _pack(parts: Iterable[np.ndarray]) -> Any:
    """A state as callers have it: a lone h as it is, h and c as a pair."""
    h, *others = parts
    return (h, *others) if others else h
