"""How well a language model recalls a name from far back, and the gradient that would teach it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.course.shared.village_gates import Recall, rename
from lessons_lib.functions import softmax
from lessons_lib.layers import RNN
from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary

# Distances in tokens back to the name, from … to.
BANDS = ((1, 4), (5, 9), (10, 14), (15, 19), (20, 29), (30, 44), (45, None))

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


class Reading(NamedTuple):
    """What a language model of one RNN layer does at each word of a text."""

    hs: np.ndarray  # (T, H): hidden state after the word
    probs: np.ndarray  # (T, V): probability of each next word


def read(model: LanguageModel, ids: npt.ArrayLike) -> Reading:
    """Let an RNN language model of one layer read a text from a zero state.

    Args:
        model: the model.
        ids: the text, integers, (T,).
    """
    p = model.params
    D, H = p["rnn.0.Wx"].shape
    layer = RNN(D, H, dtype=p["rnn.0.Wx"].dtype)
    layer.params = {name: p[f"rnn.0.{name}"] for name in ("Wx", "Wh", "b")}
    x = p["embedding.W"][np.asarray(ids)][:, None]  # (T, 1, D)
    hs = layer.forward(x)[0][:, 0]
    return Reading(hs, softmax(hs @ p["output.W"] + p["output.b"]))


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
    distances = np.asarray(distances)
    rows = []
    for low, high in BANDS:
        band = (distances >= low) & (distances <= (high or np.inf))
        means = {name: float(np.asarray(values)[band].mean()) for name, values in measures.items()}
        rows.append(BandRow(f"{low}-{high}" if high else f"{low}+", int(band.sum()), means))
    return rows


class WayBack(NamedTuple):
    """Norms of the gradient of one word's loss, k steps before the gap, each (K + 1,)."""

    h: np.ndarray  # on the hidden state
    x: np.ndarray  # on the input, the embedded word
    Wh: np.ndarray  # the step's own term in the sum that is the gradient on Wh


def way_back(
    model: LanguageModel, reading: Reading, target: int, position: int, num_lags: int
) -> WayBack:
    """Send the gradient of the loss of one word back through the text before it.

    Args:
        model: a language model of one RNN layer.
        reading: of the text.
        target: id of the right word.
        position: of the last word read; the loss is that of the word after it.
        num_lags: K, at most position - 1.
    """
    p = model.params
    dlogits = reading.probs[position].copy()
    dlogits[target] -= 1
    dh = p["output.W"] @ dlogits
    norms = []
    for t in range(position, position - num_lags - 1, -1):
        da = dh * (1 - reading.hs[t] ** 2)
        # The term is the outer product of h_{t-1} and da: its norm is the product of theirs.
        term = np.linalg.norm(da) * np.linalg.norm(reading.hs[t - 1])
        norms.append((np.linalg.norm(dh), np.linalg.norm(p["rnn.0.Wx"] @ da), term))
        dh = p["rnn.0.Wh"] @ da
    return WayBack(*np.array(norms).T)


def ways_back(
    model: LanguageModel,
    reading: Reading,
    ids: npt.ArrayLike,
    places: Sequence[Recall],
    num_lags: int,
) -> WayBack:
    """`way_back` from several places that ask for a name; each array (places, K + 1)."""
    ids = np.asarray(ids)
    ways = [way_back(model, reading, ids[r.asked], r.asked - 1, num_lags) for r in places]
    return WayBack(*(np.stack(norms) for norms in zip(*ways, strict=True)))


class Swap(NamedTuple):
    """A text read twice, the second time with another name in place of one."""

    names: tuple[str, str]
    readings: tuple[Reading, Reading]
    distance: np.ndarray  # (T,): between the two hidden states after each word


def swap_name(model: LanguageModel, vocab: Vocabulary, words: Sequence[str], name: str) -> Swap:
    """Read a text as it stands, and with another name in place of one.

    Args:
        model: a language model of one RNN layer.
        vocab: its vocabulary.
        words: the text.
        name: the name to replace.
    """
    renamed, new = rename(words, name)
    one, two = (read(model, vocab.encode(text)) for text in (words, renamed))
    return Swap((name, new), (one, two), np.linalg.norm(one.hs - two.hs, axis=1))
