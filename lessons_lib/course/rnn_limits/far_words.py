"""How well a language model recalls a name from far back, and the gradient that would teach it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.course.shared.names_asked import Recall
from lessons_lib.course.shared.traces import next_word_probs
from lessons_lib.models import LanguageModel
from lessons_lib.training.loss_split import classes

# Bands of distance, in tokens back to the name: the first of each.
BANDS = (1, 5, 10, 15, 20, 30, 45, np.inf)

# A scene of the village in three pieces; sentences beside the plot fit in before the last one.
OPENING = "*** Tom was in the library . the library was quiet . Tom was reading a book ."
ARRIVAL = "then Mary came in . Mary had a fiddle , a fine fiddle , under her arm ."
GREETING = "Mary said hi to"
FILLERS = (
    "outside , the rain fell all day .",
    "the owl slept .",
    "somewhere a bell rang twice .",
    "a letter about weddings lay on the table .",
    "the bakers were tired .",
    "outside , the wind sang over the fields .",
)


def scene(num_fillers: int = 0) -> list[str]:
    """The words of a scene up to the gap that only Tom's name fits.

    Args:
        num_fillers: how many sentences beside the plot stand before the greeting.
    """
    return " ".join([OPENING, ARRIVAL, *FILLERS[:num_fillers], GREETING]).split()


class BandRow(NamedTuple):
    """The places whose deciding word lies a certain number of tokens back."""

    label: str  # the distances, such as "10-14"
    places: int  # how many there are
    means: dict[str, float]  # mean of each measure


def by_band(distances: npt.ArrayLike, measures: dict[str, npt.ArrayLike]) -> list[BandRow]:
    """Means of measures at places, by how far back the deciding word of each place lies.

    Args:
        distances: in tokens, at least 1, (M,).
        measures: by name, a number for each place, (M,).
    """
    rows = []
    for label, band in classes(distances, BANDS):
        means = {name: float(np.asarray(values)[band].mean()) for name, values in measures.items()}
        rows.append(BandRow(label, int(band.sum()), means))
    return rows


class WayBack(NamedTuple):
    """Norms of the gradient of one word's loss, k steps before the gap, each (K + 1,)."""

    h: np.ndarray  # on the hidden state
    x: np.ndarray  # on the input, the embedded word
    Wh: np.ndarray  # the step's own term in the sum that is the gradient on Wh


def way_back(
    model: LanguageModel, hs: np.ndarray, target: int, position: int, num_lags: int
) -> WayBack:
    """Send the gradient of the loss of one word back through the text before it.

    Args:
        model: a language model of one RNN layer.
        hs: hidden states of the model as it read the text, (T, H).
        target: id of the right word.
        position: of the last word read; the loss is that of the word after it.
        num_lags: K, at most position - 1.
    """
    p = model.params
    dlogits = next_word_probs(model, hs[position])
    dlogits[target] -= 1
    dh = p["output.W"] @ dlogits
    norms = []
    for t in range(position, position - num_lags - 1, -1):
        da = dh * (1 - hs[t] ** 2)
        # The term is the outer product of h_{t-1} and da: its norm is the product of theirs.
        term = np.linalg.norm(da) * np.linalg.norm(hs[t - 1])
        norms.append((np.linalg.norm(dh), np.linalg.norm(p["rnn.0.Wx"] @ da), term))
        dh = p["rnn.0.Wh"] @ da
    return WayBack(*np.array(norms).T)


def ways_back(
    model: LanguageModel,
    hs: np.ndarray,
    ids: npt.ArrayLike,
    places: Sequence[Recall],
    num_lags: int,
) -> WayBack:
    """`way_back` from several places that ask for a name; each array (places, K + 1)."""
    ids = np.asarray(ids)
    ways = [way_back(model, hs, ids[r.asked], r.asked - 1, num_lags) for r in places]
    return WayBack(*(np.stack(norms) for norms in zip(*ways, strict=True)))
