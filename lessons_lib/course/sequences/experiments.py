"""Small networks on small sequences: what order, history and shared weights are good for.

All of it is float64 and takes seconds. The backward passes are those of the layers, which lesson 02
opens up.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.course.shared.networks import Network, RecurrentNetwork
from lessons_lib.functions import cross_entropy, one_hot, softmax
from lessons_lib.layers import Linear
from lessons_lib.text import Vocabulary
from lessons_lib.text.village_words import GREETINGS, PEOPLE


def shuffled_in_blocks(ids: npt.ArrayLike, block: int, rng: np.random.Generator) -> np.ndarray:
    """Cut a sequence into blocks and shuffle each.

    Args:
        ids: the sequence, (T,).
        block: length of a block; 1 leaves the sequence as it is.
        rng: source of the orders.

    Returns:
        A new array (T,).
    """
    shuffled = np.array(ids)
    for start in range(0, len(shuffled), block):
        shuffled[start : start + block] = rng.permutation(shuffled[start : start + block])
    return shuffled


class Labelled(NamedTuple):
    """Sequences of equal length, and the class of each."""

    ids: np.ndarray  # (T, N)
    labels: np.ndarray  # (N,)


def find_greetings(words: Sequence[str]) -> list[list[str]]:
    """Every greeting in village text, as ["Clara", "shook", "hands", "with", "Tom"]."""
    phrases = [phrase.split() for phrase in GREETINGS]
    found = []
    for t, word in enumerate(words):
        for phrase in phrases:
            end = t + 1 + len(phrase)
            if word in PEOPLE and list(words[t + 1 : end]) == phrase:
                found.append([word, *phrase, words[end]])
    return found


def greeting_task(sentences: Sequence[Sequence[str]], vocab: Vocabulary) -> Labelled:
    """Who greeted? A class for each person, in the order of the village's list.

    Args:
        sentences: greetings, as `find_greetings` gives them.
        vocab: of their words, and ".", which fills up the shorter ones in front.
    """
    T = max(len(sentence) for sentence in sentences)
    people = list(PEOPLE)
    filled = [["."] * (T - len(sentence)) + list(sentence) for sentence in sentences]
    ids = np.stack([vocab.encode(sentence) for sentence in filled], axis=1)  # (T, N)
    return Labelled(ids, np.array([people.index(sentence[0]) for sentence in sentences]))


def draw_order_task(
    num_rows: int,
    rng: np.random.Generator,
    *,
    places: npt.ArrayLike,
    num_steps: int = 12,
    num_symbols: int = 6,
) -> Labelled:
    """Sequences in which symbols 0 and 1 stand once each among others: which of the two is first?

    Args:
        num_rows: N.
        rng: source of everything that is drawn.
        places: the time steps at which 0 and 1 may stand.
        num_steps: T.
        num_symbols: V; the others are 2 to V - 1.

    Returns:
        The sequences, with label 0 or 1: the one that comes first.
    """
    ids = rng.integers(2, num_symbols, size=(num_steps, num_rows))
    labels = rng.integers(2, size=num_rows)
    for n, first in enumerate(labels):
        early, late = np.sort(rng.choice(places, size=2, replace=False))
        ids[early, n], ids[late, n] = first, 1 - first
    return Labelled(ids, labels)


class OneHiddenLayer(Network):
    """A tanh layer on a row of features for each sequence, and one more that classifies.

    Args:
        num_features: how many features there are.
        num_classes: how many scores come out.
        hidden_size: H of the hidden layer.
        rng: source of the initial weights.
    """

    def __init__(
        self, num_features: int, num_classes: int, hidden_size: int, rng: np.random.Generator
    ) -> None:
        self.inner = Linear(num_features, hidden_size, rng=rng, dtype=np.float64)
        self.outer = Linear(hidden_size, num_classes, rng=rng, dtype=np.float64)
        super().__init__(inner=self.inner, outer=self.outer)

    def features(self, ids: np.ndarray) -> np.ndarray:
        """What the network sees of sequences (T, N), (N, features)."""
        raise NotImplementedError

    def forward(self, ids: np.ndarray) -> np.ndarray:
        """Scores (N, classes) of sequences (T, N)."""
        self._h = np.tanh(self.inner.forward(self.features(ids)))
        return self.outer.forward(self._h)

    def backward(self, dscores: np.ndarray) -> None:
        """Fill the gradients."""
        self.inner.backward(self.outer.backward(dscores) * (1 - self._h**2))


class BagOfWords(OneHiddenLayer):
    """Adds up the vectors of all V tokens, whatever their order, and classifies the sum."""

    def __init__(
        self, num_tokens: int, num_classes: int, hidden_size: int, rng: np.random.Generator
    ) -> None:
        super().__init__(num_tokens, num_classes, hidden_size, rng)
        self.num_tokens = num_tokens

    def features(self, ids: np.ndarray) -> np.ndarray:
        """How often each token occurs, (N, V)."""
        return one_hot(ids, self.num_tokens).sum(axis=0)  # here the order is lost


class Window(OneHiddenLayer):
    """Sees the V tokens of a window of T steps: every place has input weights of its own.

    Another length than T is a ValueError.
    """

    def __init__(
        self,
        num_tokens: int,
        num_steps: int,
        num_classes: int,
        hidden_size: int,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(num_steps * num_tokens, num_classes, hidden_size, rng)
        self.num_tokens = num_tokens

    def features(self, ids: np.ndarray) -> np.ndarray:
        """The one-hot tokens of each window side by side, (N, T * V)."""
        rows = one_hot(ids.T, self.num_tokens)  # (N, T, V)
        return rows.reshape(len(rows), -1)


class LastState(RecurrentNetwork):
    """A vanilla RNN that reads a sequence of one-hot tokens and classifies its last state."""

    def __init__(
        self, num_tokens: int, num_classes: int, hidden_size: int, rng: np.random.Generator
    ) -> None:
        super().__init__("rnn", num_tokens, hidden_size, num_classes, rng, once=True)

    def forward(self, x: np.ndarray, state: Any = None) -> np.ndarray:
        """Scores (N, classes) of sequences x of ids (T, N)."""
        return super().forward(one_hot(x, self.layer.input_size), state)


class NextToken(RecurrentNetwork):
    """A vanilla RNN on one-hot tokens that predicts, at every step, the token that comes next.

    Args:
        num_tokens: V.
        hidden_size: H.
        rng: source of the initial weights.
        carry_state: if False, every step starts from the zero state, as if it were the first.
    """

    def __init__(
        self,
        num_tokens: int,
        hidden_size: int,
        rng: np.random.Generator,
        *,
        carry_state: bool = True,
    ) -> None:
        super().__init__("rnn", num_tokens, hidden_size, num_tokens, rng)
        self.carry_state = carry_state

    def states(self, ids: np.ndarray) -> np.ndarray:
        """Hidden states (T, N, H) after each token of ids (T, N)."""
        x = one_hot(ids, self.layer.input_size)  # (T, N, V)
        if not self.carry_state:
            x = x.reshape(1, -1, x.shape[-1])  # T * N sequences of a single step
        return self.layer.forward(x)[0].reshape(*ids.shape, -1)

    def forward(self, x: np.ndarray, state: Any = None) -> np.ndarray:
        """Scores (T, N, V) of each token as the next one, after each of the ids x (T, N)."""
        return self.readout.forward(self.states(x))

    def probs(self, ids: np.ndarray) -> np.ndarray:
        """Probability (T, N, V) of each token as the next one."""
        return softmax(self.forward(ids))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Fill the gradients; returns that on the layer's inputs."""
        dhs = self.readout.backward(dy)
        dhs = dhs if self.carry_state else dhs.reshape(1, -1, dhs.shape[-1])
        return self.layer.backward(dhs)[0]


Classifier = OneHiddenLayer | LastState | NextToken


def train(
    network: Classifier,
    ids: np.ndarray,
    targets: np.ndarray,
    *,
    num_updates: int,
    lr: float,
    test: Labelled | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Train a network with Adam on all sequences at once.

    Args:
        network: changed in place.
        ids: tokens, (T, N).
        targets: the right class for each row of scores that the network returns.
        num_updates: how many steps.
        lr: learning rate.
        test: other sequences to measure on before each update.

    Returns:
        Mean cross entropy on the training sequences before each update, in nats, and the accuracy
        on the test sequences (NaN without any), each (num_updates,).
    """
    losses, accuracies = np.empty(num_updates), np.full(num_updates, np.nan)
    for update in range(num_updates):
        if test is not None:
            accuracies[update] = accuracy(network, test)
        losses[update], dscores = cross_entropy(network.forward(ids), targets)
        network.backward(dscores)
        network.step(lr)
    return losses, accuracies


def accuracy(network: Classifier, test: Labelled) -> float:
    """Share of sequences whose class has the highest score."""
    return float((network.forward(test.ids).argmax(axis=-1) == test.labels).mean())


def accuracy_by_examples(
    sizes: Sequence[int], seeds: Sequence[int], *, num_steps: int = 8, num_updates: int = 100
) -> dict[str, np.ndarray]:
    """How much a window and an RNN learn of the order task from few examples.

    Args:
        sizes: numbers of training sequences.
        seeds: each draws sequences and initial weights.
        num_steps: T.
        num_updates: of Adam.

    Returns:
        By network, the mean accuracy over the seeds on 500 other sequences, (len(sizes),).
    """
    found: dict[str, list[list[float]]] = {"window": [], "RNN": []}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        examples, test = (
            draw_order_task(n, rng, places=range(num_steps), num_steps=num_steps)
            for n in (max(sizes), 500)
        )
        for rows in found.values():
            rows.append([])
        for size in sizes:
            networks: dict[str, Classifier] = {
                "window": Window(6, num_steps, 2, 16, rng),
                "RNN": LastState(6, 2, 16, rng),
            }
            ids, labels = examples.ids[:, :size], examples.labels[:size]
            for name, network in networks.items():
                train(network, ids, labels, num_updates=num_updates, lr=0.02)
                found[name][-1].append(accuracy(network, test))
    return {name: np.mean(rows, axis=0) for name, rows in found.items()}


def cosines(rows: np.ndarray) -> np.ndarray:
    """Cosine of the angle between any two rows, (K, K): 1 for the same direction.

    Args:
        rows: vectors, (K, D).
    """
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def kind_by_examples(
    vectors: Sequence[np.ndarray], num_examples: int, num_draws: int, rng: np.random.Generator
) -> float:
    """Tell a word's kind by the nearest mean of a few known words of each kind.

    Args:
        vectors: for each kind, its words' vectors, (words, D), of length 1.
        num_examples: how many words of each kind are known.
        num_draws: how often the known words are drawn anew.
        rng: source of the draws.

    Returns:
        Share of the other words, over all draws, whose kind was told rightly.
    """
    right = []
    for _ in range(num_draws):
        orders = [rng.permutation(len(rows)) for rows in vectors]
        pairs = list(zip(vectors, orders, strict=True))
        means = np.stack([rows[order[:num_examples]].mean(axis=0) for rows, order in pairs])
        for kind, (rows, order) in enumerate(pairs):
            nearest = (rows[order[num_examples:]] @ means.T).argmax(axis=1)
            right += (nearest == kind).tolist()
    return float(np.mean(right))
