"""What each earlier token does to a prediction: swapped, by the gradient, and along the way."""

import warnings
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import check_ids, log_softmax
from lessons_lib.models import LanguageModel

Method = Literal["swap", "gradient", "times_input", "integrated"]

ENTRIES = 1 << 23  # hidden states that are held at once, 64 MB: T steps of N texts side by side
NODES = (8, 32, 128, 512)  # along the way of `integrated`: more where fewer were not exact enough
COMPLETE = 1e-3  # nats
SURE = 0.99  # a probability from which on the slope of log p says next to nothing


def influence(
    model: LanguageModel,
    ids: npt.ArrayLike,
    position: int,
    target: int | None = None,
    *,
    versus: int | None = None,
    method: Method = "swap",
    replacement: int | Sequence[int] | None = None,
    everywhere: bool = False,
) -> np.ndarray:
    """What each token up to a position does to the prediction of the next one.

    The score is log p(target | ids[:position + 1]), in nats; with `versus` the log-odds, log
    p(target) - log p(versus). Entry k of the result is about token k:

    - "swap": the score with token k replaced, minus the score as it is. Negative: the token speaks
      for the target.
    - "gradient": the Euclidean norm of the score's gradient with respect to the embedding of token
      k at that place. It has no sign, and it knows the nearest surroundings only: of a memory that
      is held firmly it sees nothing.
    - "times_input": that gradient times the straight way from the embedding of the replacement
      (without one from a vector of zeros) to that of token k: what the slope foretells of minus the
      swap.
    - "integrated": integrated gradients of token k along the same way, summed over the features.
      The entry is minus the swap, to 0.001 nats.

    Everything is computed in float64, without dropout, from a state of zeros; the model is not
    changed.

    Args:
        model: any language model of this package.
        ids: tokens of one text, (T,).
        position: of the last token that is read, from 0.
        target: the token whose prediction is looked at; None stands for ids[position + 1].
        versus: a token to compare the target with.
        method: "swap", "gradient", "times_input" or "integrated".
        replacement: the token that takes the place of token k; of several tokens, such as all of
            its kind or draws from a text, the mean over them is returned; None leaves token k out.
        everywhere: change token k wherever it stands up to the position, and not in its place only:
            where a text names somebody twice, the second mention tells the same as the first.

    Returns:
        (position + 1,) float64, in nats; "gradient" in nats for each unit of the embedding.

    Raises:
        ValueError, TypeError: if an argument is of the wrong type, shape or range.

    Warns:
        UserWarning: if "gradient" or "times_input" is asked of a prediction, without `versus`, of
            which the model is so sure that the slope of log p is next to 0, or "integrated" is not
            as exact as said above.

    Source: integrated gradients: Sundararajan, Taly and Yan (2017), "Axiomatic attribution for deep
    networks".
    """
    V = model.config["vocab_size"]
    ids = check_ids(ids, V, "ids")
    if ids.ndim != 1:
        raise ValueError(f"ids: expected one text, of shape (T,), got {ids.shape}")
    position = _token(position, len(ids), "position")
    if target is None:
        if position + 1 == len(ids):
            raise ValueError("target: expected a token, as ids end at position")
        target = int(ids[position + 1])
    target = _token(target, V, "target")
    versus = None if versus is None else _token(versus, V, "versus")
    several: Sequence[int | None]
    if replacement is None or isinstance(replacement, int | float | np.number):
        several = [replacement]  # a float is refused below
    else:
        several = replacement
    instead = [None if one is None else _token(one, V, "replacement") for one in several]
    if not instead:
        raise ValueError("replacement: expected a token, several or None, got none of several")

    reader = _Reader(model, target, versus)
    text = ids[: position + 1]
    # Row k: the places that are changed when token k is.
    changed = text == text[:, None] if everywhere else np.eye(len(text), dtype=bool)
    if method == "swap":
        return np.mean([_swaps(reader, text, changed, one) for one in instead], axis=0)
    if method == "integrated":
        return np.mean([_integrated(reader, text, changed, one) for one in instead], axis=0)
    if method not in ("gradient", "times_input"):
        raise ValueError(
            f"method: expected swap, gradient, times_input or integrated, got {method!r}"
        )
    p = np.exp(reader.log_probs(text[:, None])[0, target])
    if versus is None and p > SURE:
        warnings.warn(
            f"the model gives the target {p:.4f}: where it is so sure, the gradient of log p "
            "is next to 0 for every token; give `versus`, or look at the swap",
            stacklevel=2,
        )
    gradient = changed @ reader.gradient(reader.embedding[text][:, None])[:, 0]  # (T, D)
    if method == "gradient":
        return np.linalg.norm(gradient, axis=1)
    ways = [reader.embedding[text] - reader.start(one) for one in instead]
    return np.sum(gradient * np.mean(ways, axis=0), axis=1)


def _token(value: int, end: int, name: str) -> int:
    """An integer from 0 to end - 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    if not 0 <= value < end:
        raise ValueError(f"{name}: expected 0 to {end - 1}, got {value}")
    return int(value)


def in_float64(model: LanguageModel) -> LanguageModel:
    """A copy of a model in float64 and without dropout, whose `layers` can be called."""
    quiet = {"dropout": 0.0, "word_dropout": 0.0, "weight_dropout": 0.0, "dtype": "float64"}
    copy = LanguageModel(**(model.config | quiet))
    for name, value in model.params.items():
        copy.params[name] = np.array(value, np.float64)
    copy.forward(np.zeros((1, 1), int))  # hands the parameters to the layers
    return copy


class _Reader:
    """A copy of a model in float64, and the score of one prediction."""

    def __init__(self, model: LanguageModel, target: int, versus: int | None) -> None:
        self.model = in_float64(model)
        self.embedding = self.model.params["embedding.W"]  # (V, D)
        self.W = self.embedding.T if model.tie_weights else self.model.params["output.W"]
        self.b = self.model.params["output.b"]
        self.target, self.versus = target, versus

    def start(self, replacement: int | None) -> np.ndarray:
        """Where the way to a token's embedding begins, (D,)."""
        E = self.embedding
        return np.zeros(E.shape[1]) if replacement is None else E[replacement]

    def log_probs(self, ids: np.ndarray, lengths: np.ndarray | None = None) -> np.ndarray:
        """log p of each token after each of N texts: (T, N) gives (N, V)."""
        return self._read(self.embedding[ids], lengths)

    def _read(self, x: np.ndarray, lengths: np.ndarray | None = None) -> np.ndarray:
        """log p of each token after N texts of embedded tokens: (T, N, D) gives (N, V)."""
        for layer in self.model.layers:
            x, _ = layer.forward(x)
        # Before the first token the hidden state is zeros.
        hs = np.concatenate([np.zeros((1, x.shape[1], len(self.W))), x])
        h = hs[-1] if lengths is None else hs[lengths, np.arange(len(lengths))]
        return log_softmax(h @ self.W + self.b)

    def scores(self, ids: np.ndarray, lengths: np.ndarray | None = None) -> np.ndarray:
        """The score of each of N texts: (T, N) gives (N,)."""
        return self._scores(self.log_probs(ids, lengths))

    def _scores(self, log_probs: np.ndarray) -> np.ndarray:
        other = 0 if self.versus is None else log_probs[:, self.versus]
        return log_probs[:, self.target] - other

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """The gradient of the score with respect to embedded tokens, (T, N, D)."""
        log_probs = self._read(x)
        dlogits = np.zeros_like(log_probs)
        dlogits[:, self.target] += 1
        if self.versus is None:
            dlogits -= np.exp(log_probs)
        else:
            dlogits[:, self.versus] -= 1
        dhs = np.zeros((*x.shape[:2], len(self.W)))
        dhs[-1] = dlogits @ self.W.T
        for layer in reversed(self.model.layers):
            dhs, _ = layer.backward(dhs)
        return dhs

    def in_parts(
        self, count: int, length: int, measure: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Measure rows 0 to count - 1, each a text of some length, as many at a time as fit."""
        rows, some = np.arange(count), max(1, ENTRIES // (length * len(self.W)))
        return np.concatenate([measure(rows[k : k + some]) for k in range(0, count, some)])


def _swaps(
    reader: _Reader, text: np.ndarray, changed: np.ndarray, replacement: int | None
) -> np.ndarray:
    def scores(rows: np.ndarray) -> np.ndarray:
        if replacement is not None:
            return reader.scores(np.where(changed[rows], replacement, text).T)
        # What is left moves to the front, in its order.
        order = np.argsort(changed[rows], axis=1, kind="stable")
        return reader.scores(text[order].T, np.sum(~changed[rows], axis=1))

    # A token that stands in several places and changes in all of them is read once.
    changed, which = np.unique(changed, axis=0, return_inverse=True)
    found = reader.in_parts(len(changed), len(text), scores) - reader.scores(text[:, None])
    return found[which.reshape(-1)]


def _integrated(
    reader: _Reader, text: np.ndarray, changed: np.ndarray, replacement: int | None
) -> np.ndarray:
    x, start = reader.embedding[text], reader.start(replacement)  # (T, D), (D,)

    def from_start(rows: np.ndarray) -> np.ndarray:
        return reader._scores(
            reader._read(np.where(changed[rows].T[:, :, None], start, x[:, None]))
        )

    # What the entries add up to if the integral is exact.
    exact = reader.scores(text[:, None]) - reader.in_parts(len(text), len(text), from_start)
    result, places = np.zeros(len(text)), np.arange(len(text))
    for number in NODES:
        nodes, weights = np.polynomial.legendre.leggauss(number)
        result[places] = _along(reader, x, start, changed, places, (nodes + 1) / 2, weights / 2)
        places = np.flatnonzero(abs(result - exact) > COMPLETE)
        if not len(places):
            return result
    error = abs(result - exact).max()
    warnings.warn(
        f"integrated gradients are exact to {error:.2g} nats only, with {NODES[-1]} points on the "
        "way: the score has a sharp bend there",
        stacklevel=3,
    )
    return result


def _along(
    reader: _Reader,
    x: np.ndarray,
    start: np.ndarray,
    changed: np.ndarray,
    places: np.ndarray,
    fractions: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """The integral of the slope from `start` to each of some tokens' embeddings, (places,)."""

    def slopes(rows: np.ndarray) -> np.ndarray:
        k, fraction = places[rows // len(fractions)], fractions[rows % len(fractions)]
        way = x[k] - start  # (N, D)
        moves = changed[k].T[:, :, None]  # (T, N, 1)
        on_the_way = np.where(moves, start + fraction[:, None] * way, x[:, None])
        return np.sum(reader.gradient(on_the_way) * moves * way, axis=(0, 2))

    found = reader.in_parts(len(places) * len(fractions), len(x), slopes)
    return found.reshape(len(places), len(fractions)) @ weights
