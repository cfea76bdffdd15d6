"""One time step of the RNN, the LSTM and the GRU, forward and backward.

This is the mathematics of the course, written to be read. Letters: N batch rows, D input features,
H hidden units. Inputs and states are rows, so a layer computes x @ Wx + h_prev @ Wh + b. LSTM
blocks stand along the last axis in the order i, f, g, o, GRU blocks in the order r, z, n.

A forward step receives the input x of this step, the state of the step before (h_prev, and the
LSTM's memory cell c_prev), input weights Wx, recurrent weights Wh and biases. It returns a cache:
what its backward step needs. A backward step receives the gradient of the loss with respect to the
step's results: dh is what this step's output receives plus what flows back from the next step. It
returns the gradient with respect to the step's arguments, in their order. Parameter gradients are
for this one step; over a sequence they add up.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lessons_lib.functions import sigmoid

Array = np.ndarray


class RNNCache(NamedTuple):
    """What `rnn_step_backward` needs from `rnn_step`."""

    x: Array  # (N, D)
    h_prev: Array  # (N, H)
    Wx: Array  # (D, H)
    Wh: Array  # (H, H)
    h: Array  # (N, H)


class LSTMCache(NamedTuple):
    """What `lstm_step_backward` needs from `lstm_step`."""

    x: Array  # (N, D)
    h_prev: Array  # (N, H)
    c_prev: Array  # (N, H)
    Wx: Array  # (D, 4H)
    Wh: Array  # (H, 4H)
    i: Array  # (N, H), as all that follow
    f: Array
    g: Array
    o: Array
    tanh_c: Array


class GRUCache(NamedTuple):
    """What `gru_step_backward` needs from `gru_step`."""

    x: Array  # (N, D)
    h_prev: Array  # (N, H)
    Wx: Array  # (D, 3H)
    Wh: Array  # (H, 3H)
    r: Array  # (N, H), as all that follow
    z: Array
    n: Array
    hn: Array  # what h_prev adds to n, before the reset gate if reset_after
    reset_after: bool


def rnn_step(
    x: Float[Array, "N D"],
    h_prev: Float[Array, "N H"],
    Wx: Float[Array, "D H"],
    Wh: Float[Array, "H H"],
    b: Float[Array, " H"],
) -> tuple[Float[Array, "N H"], RNNCache]:
    """One step of the vanilla RNN: h = tanh(x Wx + h_prev Wh + b).

    Returns:
        The new hidden state h (N, H) and the cache.

    Source: Elman (1990), "Finding structure in time".
    """
    x, h_prev = _as_dtype_of(Wx, x, h_prev)
    h = np.tanh(x @ Wx + h_prev @ Wh + b)
    return h, RNNCache(x, h_prev, Wx, Wh, h)


def rnn_step_backward(
    dh: Float[Array, "N H"], cache: RNNCache
) -> tuple[
    Float[Array, "N D"],
    Float[Array, "N H"],
    Float[Array, "D H"],
    Float[Array, "H H"],
    Float[Array, " H"],
]:
    """Backward pass of `rnn_step`: dx (N, D), dh_prev (N, H), dWx (D, H), dWh (H, H), db (H,)."""
    x, h_prev, Wx, Wh, h = cache
    (dh,) = _as_dtype_of(Wx, dh)
    da = dh * (1 - h**2)  # through tanh, whose derivative is 1 - tanh^2
    return da @ Wx.T, da @ Wh.T, x.T @ da, h_prev.T @ da, _sum_of_rows(da)


def lstm_step(
    x: Float[Array, "N D"],
    h_prev: Float[Array, "N H"],
    c_prev: Float[Array, "N H"],
    Wx: Float[Array, "D 4*H"],
    Wh: Float[Array, "H 4*H"],
    b: Float[Array, " 4*H"],
) -> tuple[Float[Array, "N H"], Float[Array, "N H"], LSTMCache]:
    """One step of the LSTM.

        i = sigmoid(...)    input gate: how much of the new memory to write
        f = sigmoid(...)    forget gate: how much of the old memory to keep
        g = tanh(...)       new memory
        o = sigmoid(...)    output gate: how much of the memory to show
        c = f * c_prev + i * g
        h = o * tanh(c)

    where each ... is its own block of x Wx + h_prev Wh + b, in the order i, f, g, o.

    Returns:
        The new hidden state h (N, H), the new memory cell c (N, H), and the cache.

    Source: Hochreiter and Schmidhuber (1997), "Long short-term memory"; the forget gate from Gers,
    Schmidhuber and Cummins (2000), "Learning to forget".
    """
    x, h_prev, c_prev = _as_dtype_of(Wx, x, h_prev, c_prev)
    a = x @ Wx + h_prev @ Wh + b  # (N, 4H)
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
    c = f * c_prev + i * g
    tanh_c = np.tanh(c)
    h = o * tanh_c
    return h, c, LSTMCache(x, h_prev, c_prev, Wx, Wh, i, f, g, o, tanh_c)


def lstm_step_backward(
    dh: Float[Array, "N H"], dc: Float[Array, "N H"], cache: LSTMCache
) -> tuple[
    Float[Array, "N D"],
    Float[Array, "N H"],
    Float[Array, "N H"],
    Float[Array, "D 4*H"],
    Float[Array, "H 4*H"],
    Float[Array, " 4*H"],
]:
    """Backward pass of `lstm_step`; dc is the gradient on c that flows back from the next step.

    Returns:
        dx (N, D), dh_prev (N, H), dc_prev (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    x, h_prev, c_prev, Wx, Wh, i, f, g, o, tanh_c = cache
    dh, dc = _as_dtype_of(Wx, dh, dc)
    dc = dc + dh * o * (1 - tanh_c**2)  # c reaches the loss along two ways: the next c, and h
    da_i = dc * g * i * (1 - i)  # the derivative of sigmoid is sigmoid (1 - sigmoid)
    da_f = dc * c_prev * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (N, 4H)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, h_prev.T @ da, _sum_of_rows(da)


def gru_step(
    x: Float[Array, "N D"],
    h_prev: Float[Array, "N H"],
    Wx: Float[Array, "D 3*H"],
    Wh: Float[Array, "H 3*H"],
    bx: Float[Array, " 3*H"],
    bh: Float[Array, " 3*H"],
    *,
    reset_after: bool = True,
) -> tuple[Float[Array, "N H"], GRUCache]:
    """One step of the GRU.

        r = sigmoid(x Wxr + bxr + h_prev Whr + bhr)              reset gate
        z = sigmoid(x Wxz + bxz + h_prev Whz + bhz)              update gate
        n = tanh(x Wxn + bxn + r * (h_prev Whn + bhn))           candidate, reset_after=True
        n = tanh(x Wxn + bxn + (r * h_prev) Whn + bhn)           candidate, reset_after=False
        h = (1 - z) * n + z * h_prev

    where Wxr, bxr and so on are blocks of Wx, bx, in the order r, z, n.

    Args:
        reset_after: apply the reset gate after the recurrent product, as PyTorch and cuDNN do, or
            before it, as the paper does.

    Returns:
        The new hidden state h (N, H) and the cache.

    Source: Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation".
    """
    x, h_prev = _as_dtype_of(Wx, x, h_prev)
    H = h_prev.shape[1]
    ax = x @ Wx + bx  # (N, 3H)
    rz = sigmoid(ax[:, : 2 * H] + h_prev @ Wh[:, : 2 * H] + bh[: 2 * H])
    r, z = np.split(rz, 2, axis=1)
    Whn, bhn = Wh[:, 2 * H :], bh[2 * H :]
    if reset_after:
        hn = h_prev @ Whn + bhn
        n = np.tanh(ax[:, 2 * H :] + r * hn)
    else:
        hn = (r * h_prev) @ Whn + bhn
        n = np.tanh(ax[:, 2 * H :] + hn)
    h = (1 - z) * n + z * h_prev
    return h, GRUCache(x, h_prev, Wx, Wh, r, z, n, hn, reset_after)


def gru_step_backward(
    dh: Float[Array, "N H"], cache: GRUCache
) -> tuple[
    Float[Array, "N D"],
    Float[Array, "N H"],
    Float[Array, "D 3*H"],
    Float[Array, "H 3*H"],
    Float[Array, " 3*H"],
    Float[Array, " 3*H"],
]:
    """Backward pass of `gru_step`.

    Returns:
        dx (N, D), dh_prev (N, H), dWx (D, 3H), dWh (H, 3H), dbx (3H,), dbh (3H,).
    """
    x, h_prev, Wx, Wh, r, z, n, hn, reset_after = cache
    (dh,) = _as_dtype_of(Wx, dh)
    H = h_prev.shape[1]
    Whr, Whz, Whn = np.split(Wh, 3, axis=1)  # (H, H) each

    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (h_prev - n) * z * (1 - z)
    if reset_after:
        dhn = da_n * r  # gradient on h_prev Whn + bhn
        dr = da_n * hn
        dh_prev = dhn @ Whn.T
        dWhn = h_prev.T @ dhn
    else:
        dhn = da_n
        drh = dhn @ Whn.T  # gradient on r * h_prev
        dr = drh * h_prev
        dh_prev = drh * r
        dWhn = (r * h_prev).T @ dhn
    da_r = dr * r * (1 - r)
    dh_prev = dh_prev + da_r @ Whr.T + da_z @ Whz.T + dh * z

    dax = np.concatenate([da_r, da_z, da_n], axis=1)  # (N, 3H), beside the input product
    dah = np.concatenate([da_r, da_z, dhn], axis=1)  # (N, 3H), beside the recurrent product
    dWh = np.concatenate([h_prev.T @ dah[:, : 2 * H], dWhn], axis=1)
    return dax @ Wx.T, dh_prev, x.T @ dax, dWh, _sum_of_rows(dax), _sum_of_rows(dah)


def _as_dtype_of(parameter: Array, *arrays: Array) -> tuple[Array, ...]:
    """The parameters decide the dtype: float32 weights compute in float32."""
    dtype = parameter.dtype if parameter.dtype.kind == "f" else np.float64
    return tuple(np.asarray(a, dtype) for a in arrays)


def _sum_of_rows(da: Array) -> Array:
    """Sum over the batch, (N, kH) to (kH,), in float64: float16 has no integers beyond 2048."""
    return da.sum(axis=0, dtype=np.result_type(da, np.float64)).astype(da.dtype)
