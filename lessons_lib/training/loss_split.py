"""Where a language model loses: on rare tokens, early in a text, far from what decides."""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import check_ids
from lessons_lib.models import LanguageModel
from lessons_lib.text import dependency_distances, oracle_log_probs
from lessons_lib.training import token_losses

# What the largest array of one batch may hold: 4 million scores are 16 MB of float32.
_SCORES = 4_000_000
_BLOCK = 1 << 20  # tokens that are counted at a time
# Bands of distance back to the deciding token: the first of each.
_DISTANCES = (1, 2, 5, 10, 20, 35, 60, np.inf)


class LossRow(NamedTuple):
    """A class of tokens, and how well they are predicted."""

    label: str  # such as "10-99"
    share: float  # of all predicted tokens
    loss: float  # mean, in nats per token


class DistanceRow(NamedTuple):
    """The tokens that are decided a certain number of tokens back."""

    label: str  # the distances, such as "10-19"
    share: float  # of all tokens
    excess: float  # mean loss above the oracle's, in nats per token
    recall: float  # mean probability (geometric) of the tokens that the oracle is certain of


def by_frequency(
    ids: npt.ArrayLike, losses: npt.ArrayLike, train_ids: npt.ArrayLike
) -> list[LossRow]:
    """Split a loss by how often the predicted token stands in the training text.

    Args:
        ids: the text, integers, 1-D.
        losses: the model's loss for each token but the first, in nats, (len(ids) - 1,).
        train_ids: the training text, integers, 1-D.

    Returns:
        A row for each power of ten from the rarest to the commonest, those without tokens left out;
        the first is "0" if there are tokens that the training text does not have.

    Raises:
        ValueError: if there is not one loss for each token but the first.
        TypeError: if ids are not integers.
    """
    train_ids, ids = np.asarray(train_ids), np.asarray(ids)
    losses = _losses(losses, len(ids) - 1)
    V = 1 + int(ids.max())  # no other token is predicted
    ids = check_ids(ids, V, "ids")
    counts = np.zeros(V, np.int64)
    for start in range(0, len(train_ids), _BLOCK):  # the text may be larger than the memory
        block = train_ids[start : start + _BLOCK]
        counts += np.bincount(check_ids(block[block < V], V, "train_ids"), minlength=V)
    of_target = counts[ids[1:]]
    bounds = [0, 1]
    while bounds[-1] <= of_target.max():
        bounds.append(10 * bounds[-1])
    return _rows(bounds, of_target, losses)


def by_position(
    model: LanguageModel, ids: npt.ArrayLike, *, span: int = 255, progress: bool = False
) -> list[LossRow]:
    """Split a model's loss by how many tokens it has read since its state was zeros.

    The text is cut into pieces of span tokens or fewer, and each is read from a state of zeros.

    Args:
        model: the model.
        ids: the text, integers, 1-D, at least 2 of them.
        span: the longest reading, in tokens.
        progress: as for `token_losses`.

    Returns:
        A row for 1 token read, 2 to 3, 4 to 7 and so on, up to span.

    Raises:
        TypeError, ValueError: if ids are not 1-D integers of the model's vocabulary, or too few.
    """
    predictions = len(np.asarray(ids)) - 1
    pieces = max(1, -(-predictions // span))  # rounded up
    steps = max(1, _SCORES // (pieces * model.config["vocab_size"]))
    losses = token_losses(model, ids, batch_size=pieces, seq_len=steps, progress=progress)
    # As text.evaluation_batches shares them out: the first pieces are longer by one.
    short, longer = divmod(predictions, pieces)
    lengths = np.full(pieces, short)
    lengths[:longer] += 1
    read = np.concatenate([1 + np.arange(length) for length in lengths])
    bounds = [1]
    while 2 * bounds[-1] <= read.max():
        bounds.append(2 * bounds[-1])
    bounds.append(int(read.max()) + 1)
    return _rows(bounds, read, losses)


def by_distance(ids: npt.ArrayLike, losses: npt.ArrayLike) -> list[DistanceRow]:
    """Split a model's shortfall on village text by how far back the deciding token lies.

    Args:
        ids: village text, 1-D, from the beginning of a scene.
        losses: the model's loss for each token but the first, in nats, (len(ids) - 1,).

    Returns:
        A row for each band of distances; NaN stands where it has no tokens.

    Raises:
        ValueError: if there is not one loss for each token but the first.
    """
    oracle = -oracle_log_probs(ids)
    losses = _losses(losses, len(oracle))
    certain = oracle < 1e-9
    return [
        DistanceRow(
            label,
            float(band.mean()),
            _mean((losses - oracle)[band]),
            float(np.exp(-_mean(losses[band & certain]))),
        )
        for label, band in classes(dependency_distances(ids), _DISTANCES)
    ]


def classes(values: npt.ArrayLike, bounds: Sequence[float]) -> Iterator[tuple[str, np.ndarray]]:
    """Sort whole numbers into classes, each from one bound up to, but without, the next.

    Args:
        values: the numbers, (M,).
        bounds: rising; the last may be inf.

    Yields:
        For each class its label, such as "7", "10-19" or "60+", and which values are in it, (M,).
    """
    values = np.asarray(values)
    for low, above in itertools.pairwise(bounds):
        more = "+" if above == np.inf else "" if above == low + 1 else f"-{above - 1:,}"
        yield f"{low:,}{more}", (values >= low) & (values < above)


def _losses(losses: npt.ArrayLike, count: int) -> np.ndarray:
    losses = np.asarray(losses, np.float64)
    if losses.shape != (count,):
        raise ValueError(f"losses: expected shape ({count},), got {losses.shape}")
    return losses


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else np.nan


def _rows(bounds: list[int], values: np.ndarray, losses: np.ndarray) -> list[LossRow]:
    """A row for each class that is not empty."""
    return [
        LossRow(label, float(members.mean()), float(losses[members].mean(dtype=np.float64)))
        for label, members in classes(values, bounds)
        if members.any()
    ]
