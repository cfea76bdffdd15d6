"""The vanilla RNN over a whole sequence."""

import numpy as np
import numpy.typing as npt

from lessons_lib.layers.base import RecurrentLayer


class RNN(RecurrentLayer):
    """Vanilla RNN: h_t = tanh(x_t Wx + h_{t-1} Wh + b).

    Args:
        input_size: D.
        hidden_size: H.
        rng: source of the initial weights; None stands for `np.random.default_rng(0)`.
        dtype: float32 or float64.

    In `params`: Wx (D, H), Wh (H, H), b (H,).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, 1, ("b",), rng, dtype)

    def forward(
        self, x: npt.ArrayLike, state: npt.ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the sequence.

        Args:
            x: inputs (T, N, D).
            state: initial hidden state (N, H); None means zeros.

        Returns:
            All hidden states (T, N, H) and the last one (N, H).

        Raises:
            ValueError, TypeError: if an argument has the wrong shape or type.
        """
        x = self._input(x)
        T, N, D = x.shape
        H = self.hidden_size
        Wx, Wh, b = self._parameters()

        a = self._workspace("a", T, N, H)  # what the inputs contribute, all steps in one product
        np.matmul(x.reshape(T * N, D), Wx, out=a.reshape(T * N, H))
        a += b
        hs = self._workspace("hs", T + 1, N, H)  # hs[t] goes into step t, hs[t + 1] comes out
        hs[0] = self._state(state, N, "state")
        for t in range(T):
            h = np.matmul(hs[t], Wh, out=hs[t + 1])
            h += a[t]
            np.tanh(h, out=h)

        self._cache = x, hs, Wx, Wh
        return hs[1:].copy(), hs[T].copy()

    def backward(
        self, dhs: npt.ArrayLike, dstate: npt.ArrayLike | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Backpropagate through time, after `forward`.

        Args:
            dhs: gradient on all hidden states (T, N, H).
            dstate: gradient on the last hidden state, beyond that in dhs (N, H); None means zeros.

        Returns:
            dx (T, N, D) and the gradient on the initial state (N, H).

        Raises:
            RuntimeError: if there was no forward.
            ValueError, TypeError: if an argument has the wrong shape or type.
        """
        x, hs, Wx, Wh = self._cached()
        T, N, D = x.shape
        H = self.hidden_size
        dhs = self._output_gradient(dhs, T, N)
        dh = self._state(dstate, N, "dstate").copy()

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
        np.sum(da, axis=0, out=self.grads["b"])
        return (da @ Wx.T).reshape(T, N, D), dh
