"""The LSTM over a whole sequence."""

import numpy as np

from lessons_lib.layers.base import sum_rows
from lessons_lib.layers.recurrent import Arrays, RecurrentLayer

_BLOCK = 1 << 18  # entries of da: 1 MB of float32, which is still in the cache for the loop


class LSTM(RecurrentLayer):
    """LSTM with the equations of `lessons_lib.cells.lstm_step`.

    Arguments and methods are those of `RecurrentLayer`; the state is the pair (h, c), (N, H) each.
    In `params`: Wx (D, 4H), Wh (H, 4H), b (4H,), blocks in the order i, f, g, o.
    """

    blocks = 4
    state_parts = ("h", "c")

    def _forward(self, x: np.ndarray, state: Arrays) -> Arrays:
        T, N, D = x.shape
        H = self.hidden_size

        # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2: with i, f, o halved beforehand one tanh serves all
        # four blocks, and a * scale + shift turns its result into gates. What is halved is the
        # weights or their sums, whichever are fewer.
        scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], self.dtype), H)
        shift = np.repeat(np.array([0.5, 0.5, 0, 0.5], self.dtype), H)
        params = list(self._parameters())
        halve_sums = T * N < D + H or self.takes_products
        Wx, Wh, b = params if halve_sums else (p * scale for p in params)

        gates = self._workspace("gates", T, N, 4 * H)
        self._input_product(x, Wx, out=gates)
        gates += b
        hs = self._workspace("hs", T + 1, N, H)  # hs[t] goes into step t, hs[t + 1] comes out
        cs = self._workspace("cs", T + 1, N, H)
        tanh_cs = self._workspace("tanh_cs", T, N, H)
        recurrent = self._workspace("recurrent", N, 4 * H)
        ig = self._workspace("ig", N, H)
        times_Wh = self._recurrent_product(Wh, N)
        hs[0], cs[0] = state
        for t in range(T):
            a = gates[t]
            a += times_Wh(hs[t], out=recurrent)
            if halve_sums:
                a *= scale
            np.tanh(a, out=a)
            a *= scale
            a += shift
            i, f, g, o = (a[:, k * H : (k + 1) * H] for k in range(4))
            c = np.multiply(f, cs[t], out=cs[t + 1])
            c += np.multiply(i, g, out=ig)
            np.tanh(c, out=tanh_cs[t])
            np.multiply(o, tanh_cs[t], out=hs[t + 1])

        self._cache = x, hs, cs, tanh_cs, gates, *params[:2]
        return hs, cs

    def _backward(self, arriving: Arrays, dstate: Arrays) -> tuple[np.ndarray, Arrays]:
        x, hs, cs, tanh_cs, gates, Wx, Wh = self._cache
        dhs, *dcs = arriving
        dh, dc = dstate
        T, N, D = x.shape
        H = self.hidden_size

        da = self._workspace("da", T, N, 4 * H)
        by_block = da.reshape(T, N, 4, H)
        dc_by_dh = self._workspace("dc_by_dh", T, N, H)
        Wh_T = np.ascontiguousarray(Wh.T)  # d @ Wh.T on the view runs at half the speed
        steps = max(1, _BLOCK // max(1, N * 4 * H))
        for start in reversed(range(0, T, steps)):  # a block of steps after the other
            some = slice(start, min(start + steps, T))
            _factors_of_gradient(gates[some], cs[some], tanh_cs[some], da[some], dc_by_dh[some])
            for t in reversed(range(some.start, some.stop)):
                dh += dhs[t]
                dc_by_dh[t] *= dh
                dc += dc_by_dh[t]
                if dcs:
                    dc += dcs[0][t]
                by_block[t, :, :3] *= dc[:, None]
                by_block[t, :, 3] *= dh
                np.matmul(da[t], Wh_T, out=dh)
                dc *= gates[t, :, H : 2 * H]  # f

        da = da.reshape(T * N, 4 * H)
        np.matmul(x.reshape(T * N, D).T, da, out=self.grads["Wx"])
        np.matmul(hs[:-1].reshape(T * N, H).T, da, out=self.grads["Wh"])
        sum_rows(da, self.grads["b"])
        return (da @ Wx.T).reshape(T, N, D), (dh, dc)


def _factors_of_gradient(
    gates: np.ndarray, cs: np.ndarray, tanh_cs: np.ndarray, da: np.ndarray, dc_by_dh: np.ndarray
) -> None:
    """Of some steps, what the backward pass multiplies by and no gradient is needed for.

    Args:
        gates: i, f, g, o side by side, (steps, N, 4H).
        cs: the cell before each step (steps, N, H).
        tanh_cs: tanh of the cell after it (steps, N, H).
        da: is filled with what takes dc to the blocks i, f, g and dh to the block o.
        dc_by_dh: is filled with what takes dh to dc.
    """
    H = cs.shape[2]
    i, _, g, o = (gates[:, :, k * H : (k + 1) * H] for k in range(4))
    da_i, da_f, da_g, da_o = (da[:, :, k * H : (k + 1) * H] for k in range(4))
    np.subtract(1, gates, out=da)
    da *= gates  # the derivative of sigmoid, s (1 - s), in the blocks i, f, o
    da_i *= g
    da_f *= cs
    np.multiply(g, g, out=da_g)
    np.subtract(1, da_g, out=da_g)
    da_g *= i
    da_o *= tanh_cs
    np.multiply(tanh_cs, tanh_cs, out=dc_by_dh)
    np.subtract(1, dc_by_dh, out=dc_by_dh)
    dc_by_dh *= o
