"""Counting models: what can be predicted from the last one or two tokens alone."""

from collections import Counter

import numpy as np
import numpy.typing as npt


class NGram:
    """Predicts a token from the n - 1 before it, by interpolated counts.

    The estimates from no context up to n - 1 tokens of context are mixed with weights fitted on
    held-out text; a uniform share keeps every token possible (Jelinek and Mercer, 1980).

    Args:
        n: 1 for unigram, 3 for trigram.
        train: text to count in, integers, 1-D.
        valid: text to fit the mixture on, integers, 1-D.
        vocab_size: V.
    """

    def __init__(self, n: int, train: npt.ArrayLike, valid: npt.ArrayLike, vocab_size: int) -> None:
        self.n, self.vocab_size = n, vocab_size
        self.counts = [_count(np.asarray(train), order) for order in range(1, n + 1)]
        self.contexts = [_count(np.asarray(train)[:-1], order) for order in range(1, n)]
        self.total = len(np.asarray(train))
        self.weights = np.full(n + 1, 1 / (n + 1))
        estimates = self._estimates(valid)
        for _ in range(50):  # expectation maximization; converges within a few rounds
            shares = estimates * self.weights
            self.weights = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)

    def token_losses(self, ids: npt.ArrayLike) -> np.ndarray:
        """Negative log probability of each token of a text but the first, in nats.

        Args:
            ids: the text, integers, 1-D.

        Returns:
            Losses (len(ids) - 1,).
        """
        return -np.log(self._estimates(ids) @ self.weights)

    def _estimates(self, ids: npt.ArrayLike) -> np.ndarray:
        """Each token's probability by each order, (len(ids) - 1, n + 1): uniform, 1, …, n."""
        ids = tuple(np.asarray(ids).tolist())
        rows = np.zeros((len(ids) - 1, self.n + 1))
        rows[:, 0] = 1 / self.vocab_size
        for row, t in zip(rows, range(1, len(ids)), strict=True):
            row[1] = self.counts[0][ids[t : t + 1]] / self.total
            for order in range(2, min(self.n, t + 1) + 1):
                seen = self.contexts[order - 2][ids[t - order + 1 : t]]
                if seen:
                    row[order] = self.counts[order - 1][ids[t - order + 1 : t + 1]] / seen
        return rows


def _count(ids: np.ndarray, order: int) -> Counter[tuple[int, ...]]:
    tokens = ids.tolist()
    return Counter(zip(*(tokens[k:] for k in range(order)), strict=False))
