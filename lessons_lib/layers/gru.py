"""The GRU over a whole sequence, in both of its variants."""

import numpy as np
import numpy.typing as npt

from lessons_lib.cells import gru_step, gru_step_backward
from lessons_lib.layers.base import sum_rows
from lessons_lib.layers.recurrent import Arrays, RecurrentLayer


class GRU(RecurrentLayer):
    """GRU with the equations of `lessons_lib.cells.gru_step`.

    Arguments and methods are those of `RecurrentLayer`; the state is h (N, H).
    In `params`: Wx (D, 3H), Wh (H, 3H), bx (3H,), bh (3H,), blocks in the order r, z, n.

    Args:
        reset_after: apply the reset gate after the recurrent product, as PyTorch does, or before
            it, as the paper does. The first is the fast one.
    """

    blocks = 3
    biases = ("bx", "bh")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        reset_after: bool = True,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__(input_size, hidden_size, rng=rng, dtype=dtype)
        self.reset_after = bool(reset_after)

    def _forward(self, x: np.ndarray, state: Arrays) -> Arrays:
        run = self._forward_fast if self.reset_after else self._forward_cells
        return (run(x, *state),)

    def _backward(self, arriving: Arrays, dstate: Arrays) -> tuple[np.ndarray, Arrays]:
        run = self._backward_fast if self.reset_after else self._backward_cells
        dx, dh = run(*arriving, *dstate)
        return dx, (dh,)

    def _forward_fast(self, x: np.ndarray, h0: np.ndarray) -> np.ndarray:
        T, N, D = x.shape
        H = self.hidden_size

        # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2. What is halved is the weights of r and z or their
        # sums, whichever are fewer.
        scale = np.repeat(np.array([0.5, 0.5, 1], self.dtype), H)
        params = list(self._parameters())
        halve_sums = T * N < D + H or self.takes_products
        Wx, Wh, bx, bh = params if halve_sums else (p * scale for p in params)
        b = bx.copy()
        b[: 2 * H] += bh[: 2 * H]  # for r and z only the sum of the two biases matters
        bhn = bh[2 * H :]

        gates = self._workspace("gates", T, N, 3 * H)
        self._input_product(x, Wx, out=gates)
        gates += b
        hs = self._workspace("hs", T + 1, N, H)  # hs[t] goes into step t, hs[t + 1] comes out
        hns = self._workspace("hns", T, N, H)  # h_prev Whn + bhn
        recurrent = self._workspace("recurrent", N, 3 * H)
        reset = self._workspace("reset", N, H)
        hs[0] = h0
        times_Wh = self._recurrent_product(Wh, N)
        for t in range(T):
            rz, n = gates[t, :, : 2 * H], gates[t, :, 2 * H :]
            r, z = rz[:, :H], rz[:, H:]
            times_Wh(hs[t], out=recurrent)
            rz += recurrent[:, : 2 * H]
            if halve_sums:
                rz *= 0.5
            np.tanh(rz, out=rz)
            rz *= 0.5
            rz += 0.5
            hn = np.add(recurrent[:, 2 * H :], bhn, out=hns[t])
            n += np.multiply(r, hn, out=reset)
            np.tanh(n, out=n)
            h = np.subtract(hs[t], n, out=hs[t + 1])
            h *= z
            h += n  # (1 - z) n + z h_prev = n + z (h_prev - n)

        self._cache = x, hs, hns, gates, *params[:2]
        return hs

    def _backward_fast(self, dhs: np.ndarray, dh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, hs, hns, gates, Wx, Wh = self._cache
        T, N, D = x.shape
        H = self.hidden_size
        r, z, n = (gates[:, :, k * H : (k + 1) * H] for k in range(3))

        # What does not depend on the gradient is computed for all steps at once: the factors that
        # take dh to n's pre-activation and to the blocks r, z, n of the recurrent product.
        da_n = self._workspace("da_n", T, N, H)
        np.multiply(n, n, out=da_n)
        np.subtract(1, da_n, out=da_n)
        one_minus_z = np.subtract(1, z, out=self._workspace("one_minus_z", T, N, H))
        da_n *= one_minus_z  # (1 - z) (1 - n^2)

        dah = self._workspace("dah", T, N, 3 * H)
        dah_r, dah_z, dah_n = (dah[:, :, k * H : (k + 1) * H] for k in range(3))
        np.multiply(r, da_n, out=dah_n)
        np.subtract(1, r, out=dah_r)
        dah_r *= dah_n
        dah_r *= hns  # (1 - z) (1 - n^2) (h_prev Whn + bhn) r (1 - r)
        np.subtract(hs[:-1], n, out=dah_z)
        dah_z *= z
        dah_z *= one_minus_z  # (h_prev - n) z (1 - z)

        by_block = dah.reshape(T, N, 3, H)
        Wh_T = np.ascontiguousarray(Wh.T)  # d @ Wh.T on the view runs at half the speed
        recurrent = self._workspace("drecurrent", N, H)
        for t in reversed(range(T)):
            dh += dhs[t]
            by_block[t] *= dh[:, None]
            da_n[t] *= dh
            dh *= z[t]
            dh += np.matmul(dah[t], Wh_T, out=recurrent)

        dax = self._workspace("dax", T, N, 3 * H)  # beside the input product: differs in n only
        dax[:, :, : 2 * H] = dah[:, :, : 2 * H]
        dax[:, :, 2 * H :] = da_n
        dax, dah = dax.reshape(T * N, 3 * H), dah.reshape(T * N, 3 * H)
        np.matmul(x.reshape(T * N, D).T, dax, out=self.grads["Wx"])
        np.matmul(hs[:-1].reshape(T * N, H).T, dah, out=self.grads["Wh"])
        sum_rows(dax, self.grads["bx"])
        sum_rows(dah, self.grads["bh"])
        return (dax @ Wx.T).reshape(T, N, D), dh

    def _forward_cells(self, x: np.ndarray, h0: np.ndarray) -> np.ndarray:
        params = list(self._parameters())
        hs, caches = [h0], []
        for x_t in x:
            h, cache = gru_step(x_t, hs[-1], *params, reset_after=False)
            hs.append(h)
            caches.append(cache)
        self._cache = x, caches
        return np.stack(hs)

    def _backward_cells(self, dhs: np.ndarray, dh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, caches = self._cache
        dx = np.empty_like(x)
        for grad in self.grads.values():
            grad[...] = 0
        for t in reversed(range(len(caches))):
            dx[t], dh, *step_grads = gru_step_backward(dhs[t] + dh, caches[t])
            for name, step_grad in zip(("Wx", "Wh", "bx", "bh"), step_grads, strict=True):
                self.grads[name] += step_grad
        return dx, dh
