"""What a network remembers of a scene: what swapping a word does, and what the gradient says."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lessons_lib.course.shared.names_asked import Recall
from lessons_lib.files import data_path
from lessons_lib.functions import log_softmax
from lessons_lib.influence import in_float64, influence
from lessons_lib.models import LanguageModel
from lessons_lib.tables import Table, table
from lessons_lib.text import Vocabulary
from lessons_lib.text import village_words as village

# Words that can stand in for each other: one of them in place of another changes the facts of a
# scene and leaves its grammar as it is.
KINDS: tuple[tuple[str, ...], ...] = (
    tuple(name for name, pronoun in village.PEOPLE.items() if pronoun == "his"),
    tuple(name for name, pronoun in village.PEOPLE.items() if pronoun == "her"),
    tuple(village.CHORES),
    village.GIFTS,
    tuple(village.TRADES),
    tuple(village.TRADES.values()),
    village.TIES,
    village.BELONGINGS,
)
DRAWS = 8  # words that stand in for one that is of no kind, drawn as often as they are in the text


class Reading(NamedTuple):
    """What a model makes of a text of T words; row t is about the word after word t."""

    p_right: np.ndarray  # probability of the word that came, (T,)
    likeliest: np.ndarray  # ids of the three likeliest words, (T, 3)
    p_likeliest: np.ndarray  # (T, 3)
    swap: np.ndarray  # [t, k]: change of log p(word t + 1) when word k is another, nats, (T, T)
    foretold: np.ndarray  # the same as the gradient foretells it, (T, T)


class StandIns(NamedTuple):
    """What takes the place of a word."""

    ids: np.ndarray  # one after the other; the mean over them is what counts
    everywhere: bool  # wherever the word stands, or at this place only


def stand_ins(
    words: Sequence[str], vocab: Vocabulary, unigram: np.ndarray, rng: np.random.Generator
) -> list[StandIns]:
    """What takes the place of each word: all others of its kind, wherever it stands, or draws.

    A scene names people again and again. With one mention of Tom swapped the others still tell of
    him, so all of them are.

    Args:
        words: a text.
        vocab: its vocabulary.
        unigram: how often each word of the vocabulary occurs, (V,), sums to 1.
        rng: source of the draws.
    """
    found = []
    for word in words:
        kind = next((kind for kind in KINDS if word in kind), None)
        if kind is None:
            found.append(StandIns(rng.choice(len(unigram), DRAWS, p=unigram), False))
        else:
            others = [other for other in kind if other != word]
            found.append(StandIns(np.array(vocab.encode(others)), True))
    return found


def read_scene(model: LanguageModel, ids: np.ndarray, instead: Sequence[StandIns]) -> Reading:
    """Read a text, and read it again with each of its words replaced.

    Args:
        model: a language model.
        ids: a text and the word after it, (T + 1,).
        instead: for each word of the text what takes its place.
    """
    quiet = in_float64(model)
    text, targets, T = ids[:-1], ids[1:], len(ids) - 1
    E = quiet.params["embedding.W"]
    x = E[text][:, None]  # (T, 1, D)

    log_p = _log_probs(quiet, x)[:, 0]  # (T, V)
    order = np.argsort(-log_p, axis=1, kind="stable")[:, :3]
    right = log_p[np.arange(T), targets]

    # Row n of this batch asks for the gradient of the word after word n: dhs is 0 elsewhere.
    many = np.repeat(x, T, axis=1)
    _log_probs(quiet, many)
    dlogits = np.eye(log_p.shape[1])[targets] - np.exp(log_p)  # (T, V)
    dhs = np.zeros((T, T, quiet.config["hidden_size"]))
    dhs[np.arange(T), np.arange(T)] = dlogits @ quiet.output_weights().T
    for layer in reversed(quiet.layers):
        dhs, _ = layer.backward(dhs)  # in the end with respect to the embedded words, [k, n]
    steps = np.stack([E[others.ids].mean(axis=0) for others in instead]) - E[text]  # (T, D)
    alone = np.einsum("knd,kd->nk", dhs, steps)  # of each place for itself

    swap, foretold = np.zeros((T, T)), np.zeros((T, T))
    for k, others in enumerate(instead):
        at = text == text[k] if others.everywhere else np.arange(T) == k
        changed = np.repeat(text[:, None], len(others.ids), axis=1)
        changed[at] = others.ids
        found = _log_probs(quiet, E[changed])[np.arange(T), :, targets]  # (T, others)
        swap[k:, k] = (found.mean(axis=1) - right)[k:]
        foretold[k:, k] = alone[k:, at].sum(axis=1)
    p_likeliest = np.exp(np.take_along_axis(log_p, order, axis=1))
    return Reading(np.exp(right), order, p_likeliest, swap, foretold)


def _log_probs(model: LanguageModel, x: np.ndarray) -> np.ndarray:
    """log p of every word after each embedded word: (T, N, D) gives (T, N, V)."""
    for layer in model.layers:
        x, _ = layer.forward(x)
    return log_softmax(x @ model.output_weights() + model.params["output.b"])


class NameEffects(NamedTuple):
    """What a name does to the log-odds of itself against another, at M places that ask for it."""

    swapped: np.ndarray  # change when the other name stands in its place everywhere, nats, (M,)
    foretold: np.ndarray  # the same by the gradient, (M,)
    brightest: np.ndarray  # whether no word has a larger gradient, (M,)
    largest: np.ndarray  # whether blotting out no other word changes more, (M,)


def name_effects(
    model: LanguageModel, vocab: Vocabulary, ids: np.ndarray, recalls: Sequence[Recall]
) -> NameEffects:
    """Measure names at places that ask for them.

    Args:
        model: a language model.
        vocab: its vocabulary.
        ids: village text, (T,).
        recalls: the places.
    """
    found = []
    for recall in recalls:
        text, right = ids[recall.start : recall.asked], int(ids[recall.asked])
        (name,), present = vocab.decode([right]), set(vocab.decode(text))
        kind = next(kind for kind in KINDS if name in kind)
        rival = next(one for one in kind if one not in present)
        odds, slope = between_names(model, vocab, text, (name, rival), np.array([0, 1]))
        against = int(vocab.encode([rival])[0])
        ask = partial(influence, model, text, len(text) - 1, right, versus=against)
        largest = matters_most(model, text, right, against)
        brightest = text[ask(method="gradient").argmax()] == right
        found.append((odds[1] - odds[0], slope, brightest, largest == right))
    return NameEffects(*(np.array(values) for values in zip(*found, strict=True)))


def matters_most(model: LanguageModel, text: np.ndarray, right: int, rival: int) -> int:
    """The word that changes the log-odds of two names most when it is blotted out.

    In its place stands the mean of all embeddings, wherever the word stands. Where a word is taken
    out instead, what follows is no longer the village's grammar, and that changes much by itself.

    Args:
        model: a language model.
        text: ids of words, (T,).
        right, rival: ids of the names that may come next.

    Returns:
        The word's id.
    """
    quiet = in_float64(model)
    E = quiet.params["embedding.W"]
    different = np.unique(text)
    x = np.repeat(E[text][:, None], len(different) + 1, axis=1)  # the last text stays as it is
    x[:, :-1][text[:, None] == different] = E.mean(axis=0)
    log_p = _log_probs(quiet, x)[-1]  # (different + 1, V)
    odds = log_p[:, right] - log_p[:, rival]
    return int(different[abs(odds[:-1] - odds[-1]).argmax()])


def effects_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The effects of names by network and distance: the mean of the trainings, least and most.

    Args:
        rows: for each training and band of distances the medians of `name_effects` in nats and its
            shares, as stored in data/remembering/.
    """
    headings = {
        "swapped": "name swapped (nats)",
        "foretold": "gradient foretells",
        "brightest": "name is brightest",
        "largest": "blotting it out changes most",
    }
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["cell"], row["words_back"]), []).append(row)
    columns: dict[str, list[Any]] = {
        "network": [cell.upper() for cell, _ in groups],
        "words back": [band for _, band in groups],
        "recalls": [group[0]["recalls"] for group in groups.values()],
    }
    for key, heading in headings.items():
        digits = 1 if key in ("swapped", "foretold") else 2
        columns[heading] = [_spread([row[key] for row in g], digits) for g in groups.values()]
    return table(columns)


def _spread(values: Sequence[float], digits: int) -> str:
    mean, least, most = (
        f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before a zero
        for value in (sum(values) / len(values), min(values), max(values))
    )
    return f"{mean} ({least} to {most})"


def stored_effects() -> list[dict[str, Any]]:
    """The rows of `effects_table` that tools/make_remembering.py measured, of three trainings."""
    path = data_path("remembering", "remembering.json")
    return json.loads(path.read_text(encoding="utf-8"))


def between_names(
    model: LanguageModel,
    vocab: Vocabulary,
    text: np.ndarray,
    names: tuple[str, str],
    fractions: np.ndarray,
) -> tuple[np.ndarray, float]:
    """The log-odds of two names on the straight way from the one's embedding to the other's.

    Args:
        model: a language model.
        vocab: its vocabulary.
        text: a text that mentions the first name, and ends where a name is asked for, (T,).
        names: the name that it mentions, and the other.
        fractions: how far on the way, from 0 to 1, (M,).

    Returns:
        log p(first) - log p(second) at each fraction, in nats, (M,); its slope at 0, in nats for
        the whole way.
    """
    quiet = in_float64(model)
    E, W = quiet.params["embedding.W"], quiet.output_weights()
    right, other = vocab.encode(list(names))
    named = text == right
    step = E[other] - E[right]
    x = np.repeat(E[text][:, None], len(fractions), axis=1)  # (T, M, D)
    x[named] += np.asarray(fractions)[:, None] * step
    last = _log_probs(quiet, x)[-1]
    _log_probs(quiet, E[text][:, None])
    dhs = np.zeros((len(text), 1, len(W)))
    dhs[-1] = W[:, right] - W[:, other]
    for layer in reversed(quiet.layers):
        dhs, _ = layer.backward(dhs)
    return last[:, right] - last[:, other], float(np.sum(dhs[named, 0] @ step))
