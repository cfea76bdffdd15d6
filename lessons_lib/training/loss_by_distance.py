"""How far a model stays from the best possible prediction of the village, and where it loses."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.text import dependency_distances, oracle_log_probs

# Distances back to the deciding token, from … to.
DISTANCES = ((1, 1), (2, 4), (5, 9), (10, 19), (20, 34), (35, 59), (60, None))


class DistanceRow(NamedTuple):
    """The tokens that are decided a certain number of tokens back."""

    label: str  # the distances, such as "10-19"
    share: float  # of all tokens
    excess: float  # mean loss above the oracle's, in nats per token
    recall: float  # mean probability (geometric) of the tokens that the oracle is certain of


def by_distance(ids: npt.ArrayLike, losses: npt.ArrayLike) -> list[DistanceRow]:
    """Split a model's shortfall on village text by how far back the deciding token lies.

    Args:
        ids: village text, 1-D, from the beginning of a scene.
        losses: the model's loss for each token but the first, in nats, (len(ids) - 1,).

    Returns:
        A row for each band of distances.
    """
    oracle = -oracle_log_probs(ids)
    distances = dependency_distances(ids)
    losses = np.asarray(losses)
    certain = oracle < 1e-9
    rows = []
    for low, high in DISTANCES:
        band = (distances >= low) & (distances <= (high or np.inf))
        rows.append(
            DistanceRow(
                f"{low}" if low == high else f"{low}-{high}" if high else f"{low}+",
                float(band.mean()),
                float((losses - oracle)[band].mean()),
                float(np.exp(-losses[band & certain].mean())),
            )
        )
    return rows
