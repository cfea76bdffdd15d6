"""The LSTM over a whole sequence."""

import numpy as np

from lessons_lib.layers.base import sum_rows
from lessons_lib.layers.recurrent import Arrays, RecurrentLayer


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
        halve_sums = T * N < D + H
        Wx, Wh, b = params if halve_sums else (p * scale for p in params)

        gates = self._workspace("gates", T, N, 4 * H)
        np.matmul(x.reshape(T * N, D), Wx, out=gates.reshape(T * N, 4 * H))
        gates += b
        hs = self._workspace("hs", T + 1, N, H)  # hs[t] goes into step t, hs[t + 1] comes out
        cs = self._workspace("cs", T + 1, N, H)
        tanh_cs = self._workspace("tanh_cs", T, N, H)
        recurrent = self._workspace("recurrent", N, 4 * H)
        ig = self._workspace("ig", N, H)
        hs[0], cs[0] = state
        for t in range(T):
            a = gates[t]
            a += np.matmul(hs[t], Wh, out=recurrent)
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

        # What does not depend on the gradient is computed for all steps at once: the factors that
        # take dc to the blocks i, f, g and dh to the block o, and the one that takes dh to dc.
        i, f, g, o = (gates[:, :, k * H : (k + 1) * H] for k in range(4))
        da = self._workspace("da", T, N, 4 * H)
        da_i, da_f, da_g, da_o = (da[:, :, k * H : (k + 1) * H] for k in range(4))
        np.subtract(1, gates, out=da)
        da *= gates  # the derivative of sigmoid, s (1 - s), in the blocks i, f, o
        da_i *= g
        da_f *= cs[:-1]
        np.multiply(g, g, out=da_g)
        np.subtract(1, da_g, out=da_g)
        da_g *= i
        da_o *= tanh_cs
        dc_by_dh = self._workspace("dc_by_dh", T, N, H)
        np.multiply(tanh_cs, tanh_cs, out=dc_by_dh)
        np.subtract(1, dc_by_dh, out=dc_by_dh)
        dc_by_dh *= o

        by_block = da.reshape(T, N, 4, H)
        Wh_T = np.ascontiguousarray(Wh.T)  # d @ Wh.T on the view runs at half the speed
        for t in reversed(range(T)):
            dh += dhs[t]
            dc_by_dh[t] *= dh
            dc += dc_by_dh[t]
            if dcs:
                dc += dcs[0][t]
            by_block[t, :, :3] *= dc[:, None]
            by_block[t, :, 3] *= dh
            np.matmul(da[t], Wh_T, out=dh)
            dc *= f[t]

        da = da.reshape(T * N, 4 * H)
        np.matmul(x.reshape(T * N, D).T, da, out=self.grads["Wx"])
        np.matmul(hs[:-1].reshape(T * N, H).T, da, out=self.grads["Wh"])
        sum_rows(da, self.grads["b"])
        return (da @ Wx.T).reshape(T, N, D), (dh, dc)
