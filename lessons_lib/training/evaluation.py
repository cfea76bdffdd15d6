"""How well a model predicts a text."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import check_ids
from lessons_lib.models import LanguageModel
from lessons_lib.text import IGNORE_INDEX, evaluation_batches


def token_losses(
    model: LanguageModel, ids: npt.ArrayLike, *, batch_size: int = 10, seq_len: int = 35
) -> np.ndarray:
    """Negative log probability that the model gives to each token of a text but the first.

    The text is read in batch_size lanes side by side, the state carried along each of them, with
    dropout off. The first token of each lane is predicted from a state of zeros.

    Args:
        model: the model.
        ids: the text, integers, 1-D, at least 2 of them.
        batch_size: lanes; 1 reads the whole text in one go, more is faster.
        seq_len: time steps per batch; the result does not depend on it.

    Returns:
        Losses in nats, (len(ids) - 1,), in the order of the text.

    Raises:
        TypeError, ValueError: if ids are not 1-D integers of the model's vocabulary, or too few.
    """
    lanes = list(_losses(model, ids, batch_size, seq_len))
    losses, counted = map(np.concatenate, zip(*lanes, strict=True))
    # Lane after lane is the order of the text.
    return losses.T[counted.T]


def perplexity(
    model: LanguageModel, ids: npt.ArrayLike, *, batch_size: int = 10, seq_len: int = 35
) -> float:
    """Perplexity of a model on a text: exp of the mean loss over every predicted token.

    A model that hesitates between k equally likely tokens has perplexity k.

    Arguments and errors are those of `token_losses`.
    """
    total, count = 0.0, 0  # a long text's losses are not kept
    for losses, counted in _losses(model, ids, batch_size, seq_len):
        total += float(losses.sum(dtype=np.float64, where=counted))
        count += int(counted.sum())
    return exp_loss(total / count)


def _losses(
    model: LanguageModel, ids: npt.ArrayLike, batch_size: int, seq_len: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Losses of each batch (T, N), and which of them count."""
    ids = check_ids(ids, model.config["vocab_size"], "ids")
    state = None
    # Weights that have grown beyond all bounds give inf or nan, which says enough.
    with model.evaluating(), np.errstate(over="ignore", invalid="ignore"):
        for inputs, targets in evaluation_batches(ids, batch_size, seq_len):
            counted = targets != IGNORE_INDEX
            losses, state = model.token_losses(inputs, np.where(counted, targets, 0), state)
            yield losses, counted


def exp_loss(loss: float) -> float:
    """The perplexity of a mean loss in nats: exp(loss), or inf where that is too large to write."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf
