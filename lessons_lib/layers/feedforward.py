"""The layers around the recurrent one: Embedding, Linear, Dropout."""

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import check_ids
from lessons_lib.layers.base import Layer, check_array, check_rng, check_size, is_number, sum_rows


class Embedding(Layer):
    """A table with one row of features for each id.

    Args:
        num_embeddings: V, how many ids there are.
        embedding_size: D, features of each row.
        rng: source of the initial weights, N(0, 1) / 100; None stands for `default_rng(0)`.
        dtype: float32 or float64.

    In `params`: W (V, D).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_size: int,
        *,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        V = check_size(num_embeddings, "num_embeddings")
        D = check_size(embedding_size, "embedding_size")
        self._add("W", check_rng(rng).standard_normal((V, D)) / 100, dtype)

    def forward(self, ids: npt.ArrayLike) -> np.ndarray:
        """Look up the rows, ids.shape + (D,), of ids from 0 to V - 1 in any shape."""
        (W,) = self._parameters()
        self._cache = ids = check_ids(ids, len(W), "ids")
        return W[ids]

    def backward(self, dout: npt.ArrayLike) -> None:
        """Add up in each id's row of the gradient what its places in dout, ids.shape + (D,), have.

        Ids have no gradient themselves, so nothing returns.
        """
        touched, sums = self._sums_by_id(dout)
        self.grads["W"][...] = 0
        self.grads["W"][touched] = sums

    def add_gradient(self, dout: npt.ArrayLike) -> None:
        """As `backward`, on top of what is in `grads`: for a table that serves elsewhere too."""
        touched, sums = self._sums_by_id(dout)
        self.grads["W"][touched] += sums

    def _sums_by_id(self, dout: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """The ids that occurred (K,), and the sum of the gradients of each (K, D)."""
        ids = self._cached()
        D = self._shapes["W"][1]
        rows = check_array(dout, (*ids.shape, D), "dout", "ids.shape + (D,)", self.dtype)
        rows = rows.reshape(-1, D)
        # Sort the rows by id, so that rows of one id stand together and can be summed in one call.
        order = np.argsort(ids, axis=None, kind="stable")
        touched, starts = np.unique(ids.ravel()[order], return_index=True)
        return touched, np.add.reduceat(rows[order], starts, axis=0)


class Linear(Layer):
    """Affine map, y = x W + b.

    Args:
        input_size: features in.
        output_size: features out.
        rng: source of the initial weights, N(0, 1) / sqrt(input_size); None stands for
            `default_rng(0)`. The bias starts at 0.
        dtype: float32 or float64.

    In `params`: W (in, out), b (out,).
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__()
        fan_in = check_size(input_size, "input_size")
        fan_out = check_size(output_size, "output_size")
        W = check_rng(rng).standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)
        self._add("W", W, dtype)
        self._add("b", np.zeros(fan_out), dtype)

    def forward(self, x: npt.ArrayLike) -> np.ndarray:
        """Map x (..., in) to y (..., out)."""
        W, b = self._parameters()
        x = check_array(x, (..., len(W)), "x", "(..., in)", self.dtype)
        self._cache = x, W
        return x @ W + b

    def backward(self, dy: npt.ArrayLike) -> np.ndarray:
        """Take the gradient on y (..., out) to dx (..., in)."""
        x, W = self._cached()
        dy = check_array(dy, (*x.shape[:-1], W.shape[1]), "dy", "(..., out)", self.dtype)
        rows = dy.reshape(-1, W.shape[1])
        np.matmul(x.reshape(-1, len(W)).T, rows, out=self.grads["W"])
        sum_rows(rows, self.grads["b"])
        return dy @ W.T


class Dropout(Layer):
    """Set each entry to 0 with probability p and divide the rest by 1 - p.

    The division keeps the expected value, so nothing changes when dropout is off.

    Args:
        p: probability of dropping an entry, 0 <= p < 1.
        rng: source of the masks; None stands for `default_rng(0)`.

    Attributes:
        training: dropout happens only while this is True.

    Source: Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
    overfitting"; between recurrent layers: Zaremba, Sutskever and Vinyals (2014), "Recurrent neural
    network regularization".
    """

    def __init__(self, p: float, *, rng: np.random.Generator | None = None) -> None:
        super().__init__()
        self.p = check_probability(p, "p")
        self.rng = check_rng(rng)
        self.training = True

    def forward(self, x: npt.ArrayLike) -> np.ndarray:
        """Drop entries of x (floats, any shape); x itself comes back if nothing is dropped."""
        x = np.asarray(x)
        if x.dtype.kind not in "f":
            raise TypeError(f"x: expected floating-point numbers, got dtype {x.dtype}")
        if not (self.training and self.p > 0):
            self._cache = np.ones((), x.dtype), x.shape
            return x
        kept = self.rng.random(x.shape, np.float32) >= self.p
        mask = kept * x.dtype.type(1 / (1 - self.p))
        self._cache = mask, x.shape
        return x * mask

    def backward(self, dy: npt.ArrayLike) -> np.ndarray:
        """Apply the mask of the last forward to the gradient on its result, of the same shape."""
        mask, shape = self._cached()
        return check_array(dy, shape, "dy", "that of x", mask.dtype) * mask


def check_probability(p: float, name: str) -> float:
    """Return p if entries may be dropped with that probability, else raise ValueError."""
    if not is_number(p) or not 0 <= p < 1:
        raise ValueError(f"{name}: expected a probability from 0 up to but not 1, got {p!r}")
    return float(p)
