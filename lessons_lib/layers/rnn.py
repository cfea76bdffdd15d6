"""The vanilla RNN over a whole sequence."""

import numpy as np

from lessons_lib.layers.base import sum_rows
from lessons_lib.layers.recurrent import Arrays, RecurrentLayer


class RNN(RecurrentLayer):
    """Vanilla RNN: h_t = tanh(x_t Wx + h_{t-1} Wh + b).

    Arguments and methods are those of `RecurrentLayer`; the state is h (N, H).
    In `params`: Wx (D, H), Wh (H, H), b (H,).
    """

    blocks = 1

    def _forward(self, x: np.ndarray, state: Arrays) -> Arrays:
        T, N, _ = x.shape
        H = self.hidden_size
        Wx, Wh, b = self._parameters()

        a = self._workspace("a", T, N, H)  # what the inputs contribute, all steps in one product
        self._input_product(x, Wx, out=a)
        a += b
        hs = self._workspace("hs", T + 1, N, H)  # hs[t] goes into step t, hs[t + 1] comes out
        (hs[0],) = state
        times_Wh = self._recurrent_product(Wh, N)
        for t in range(T):
            h = times_Wh(hs[t], out=hs[t + 1])
            h += a[t]
            np.tanh(h, out=h)

        self._cache = x, hs, Wx, Wh
        return (hs,)

    def _backward(self, arriving: Arrays, dstate: Arrays) -> tuple[np.ndarray, Arrays]:
        x, hs, Wx, Wh = self._cache
        (dhs,), (dh,) = arriving, dstate
        T, N, D = x.shape
        H = self.hidden_size

        da = self._workspace("da", T, N, H)
        np.multiply(hs[1:], hs[1:], out=da)
        np.subtract(1, da, out=da)  # the derivative of tanh, all steps at once
        Wh_T = np.ascontiguousarray(Wh.T)  # d @ Wh.T on the view runs at half the speed
        for t in reversed(range(T)):
            dh += dhs[t]
            da[t] *= dh
            np.matmul(da[t], Wh_T, out=dh)

        da = da.reshape(T * N, H)
        np.matmul(x.reshape(T * N, D).T, da, out=self.grads["Wx"])
        np.matmul(hs[:-1].reshape(T * N, H).T, da, out=self.grads["Wh"])
        sum_rows(da, self.grads["b"])
        return (da @ Wx.T).reshape(T, N, D), (dh,)
