"""Choosing the next token from a model's scores, and writing text token by token."""

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import log_softmax, softmax
from lessons_lib.layers.base import check_size, is_number


class NextTokenModel(Protocol):
    """What `generate` asks of a model; `lessons_lib.models.LanguageModel` has it."""

    def forward(self, ids: np.ndarray, state: Any = None) -> tuple[np.ndarray, Any]:
        """Token ids (T, N) and a state in; logits (T, N, V) and the state after them out."""


def sampling_distribution(
    logits: npt.ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> np.ndarray:
    """The distribution to draw the next token from: temperature, then top-k, then nucleus.

    Args:
        logits: scores or log-probabilities, (V,); -inf marks a token that cannot come.
        temperature: divides the logits; below 1 each token gains on all that are less likely, above
            1 it loses to them. 0 puts all the probability on the best token (the first of equals).
        top_k: keep this many of the most probable tokens; more than V keeps all.
        top_p: keep the smallest set of most probable tokens that together reach this
            probability, in (0, 1] (nucleus sampling, Holtzman et al. 2020). It applies to what
            top-k left, scaled to sum to 1. Reached is enough, as far as scores rounded to their
            dtype can tell.

    Returns:
        float64 probabilities, (V,), that sum to 1. Of equal scores at the edge of a cut, those
        with lower ids stay.

    Raises:
        TypeError: if top_k is not a whole number.
        ValueError: if an argument has the wrong shape or is out of range.
    """
    scores = _check_logits(logits)
    if not is_number(temperature) or not 0 <= temperature < np.inf:
        raise ValueError(f"temperature: expected a finite number of 0 or more, got {temperature!r}")
    if top_k is not None:
        top_k = check_size(top_k, "top_k")
    if top_p is not None and (not is_number(top_p) or not 0 < top_p <= 1):
        raise ValueError(f"top_p: expected a number above 0 and at most 1, got {top_p!r}")

    if temperature == 0:
        probs = np.zeros(len(scores))
        probs[scores.argmax()] = 1
        return probs
    with np.errstate(over="ignore"):  # far below the best score: -inf, that is probability 0
        probs = softmax((scores - scores.max()) / temperature)
    best_first = np.argsort(-scores, kind="stable")
    if top_k is not None:
        probs[best_first[top_k:]] = 0
        probs /= probs.sum()
    if top_p is not None and top_p < 1:
        reached = np.cumsum(probs[best_first])
        enough = float(top_p) - _rounding(probs, np.asarray(logits).dtype, np.asarray(top_p).dtype)
        probs[best_first[np.searchsorted(reached, enough) + 1 :]] = 0
        probs /= probs.sum()
    return probs


def _rounding(probs: np.ndarray, *dtypes: np.dtype) -> float:
    """How far sums of these probabilities are off if scores are rounded to one of the dtypes.

    A log-probability has an error of eps times its size, which is its probability's relative error.
    Summed up that is eps times the entropy.
    """
    eps = max(np.finfo(dtype if dtype.kind == "f" else np.float64).eps for dtype in dtypes)
    p = probs[probs > 0]
    return float(eps * (2 - p @ np.log(p)))


def sample(probs: npt.ArrayLike, rng: np.random.Generator) -> int:
    """Draw an id from a distribution.

    Args:
        probs: probabilities, (V,), that sum to 1 (to within 1e-6, of float16 to within 0.01).
        rng: source of randomness; one uniform number is taken from it.

    Returns:
        An id from 0 to V - 1, never one of probability 0.

    Raises:
        TypeError: if rng is not a numpy.random.Generator.
        ValueError: if probs are not probabilities.
    """
    _check_rng(rng)
    probs = np.asarray(probs)
    if probs.ndim != 1 or probs.size == 0:
        raise ValueError(f"probs: expected shape (V,) with V at least 1, got {probs.shape}")
    total = probs.sum(dtype=np.float64)
    tolerance = 0.01 if probs.dtype == np.float16 else 1e-6
    if not (probs >= 0).all() or not abs(total - 1) <= tolerance:
        raise ValueError(f"probs: expected probabilities that sum to 1, got sum {total}")
    cumulative = np.cumsum(probs, dtype=np.float64)
    # "right" skips the steps of height 0, which are the tokens of probability 0.
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


class DrawnToken(int):
    """The id of a token that was drawn, which also knows what it was drawn from.

    Attributes:
        logits: the model's scores for all tokens in its place, (V,).
    """

    logits: np.ndarray

    def __new__(cls, value: int, logits: np.ndarray) -> Self:
        """An id with its logits."""
        token = super().__new__(cls, value)
        token.logits = logits
        return token

    def log_probs(self) -> np.ndarray:
        """The model's log-probabilities in nats, (V,), before temperature and cuts."""
        return log_softmax(self.logits.astype(np.float64))


def generate(
    model: NextTokenModel,
    prompt_ids: npt.ArrayLike,
    length: int,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Iterator[DrawnToken]:
    """Continue a prompt, token by token.

    The model reads the prompt at once and then each token that it drew, with its state carried
    on and its dropout off. Tokens come as they are drawn, so that they can be shown at once.

    Args:
        model: a language model.
        prompt_ids: what the text begins with, integers, 1-D, at least one.
        length: how many tokens to draw.
        rng: source of randomness.
        temperature: see `sampling_distribution`, as for top_k and top_p.
        top_k: keep this many of the most probable tokens.
        top_p: keep the most probable tokens up to this probability.

    Returns:
        Iterator over the drawn ids, which also know their scores; the prompt is not among them.

    Raises:
        TypeError: if prompt_ids are not integers, or rng is not a numpy.random.Generator.
        ValueError: if the prompt is empty, or an argument is out of range.
    """
    prompt = np.asarray(prompt_ids)
    if prompt.ndim != 1:
        raise ValueError(f"prompt_ids: expected a 1-D array, got shape {prompt.shape}")
    if prompt.size == 0:
        raise ValueError("prompt_ids: expected at least one token to go on from, got none")
    if prompt.dtype.kind not in "iu":
        raise TypeError(f"prompt_ids: expected integers, got dtype {prompt.dtype}")
    if not isinstance(length, int | np.integer) or length < 0:
        raise ValueError(f"length: expected a whole number of 0 or more, got {length!r}")
    _check_rng(rng)
    options: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    sampling_distribution(np.zeros(1), **options)  # complain now, not at the first token
    dropout_off = getattr(model, "evaluating", contextlib.nullcontext)

    def tokens() -> Iterator[DrawnToken]:
        ids = prompt[:, None]  # (T, 1)
        state = None
        for _ in range(length):
            with dropout_off():  # not around the yield: the caller may train meanwhile
                logits, state = model.forward(ids, state)
            token = sample(sampling_distribution(logits[-1, 0], **options), rng)
            yield DrawnToken(token, logits[-1, 0].copy())
            ids = np.array([[token]])

    return tokens()


def _check_logits(logits: npt.ArrayLike) -> np.ndarray:
    scores = np.asarray(logits, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0:
        raise ValueError(f"logits: expected shape (V,) with V at least 1, got {scores.shape}")
    if not np.isfinite(scores.max()):  # NaN, inf, or nothing but -inf
        raise ValueError(
            f"logits: expected finite numbers or -inf, got a maximum of {scores.max()}"
        )
    return scores


def _check_rng(rng: np.random.Generator) -> None:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")
