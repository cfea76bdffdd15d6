"""Language models of the village at work: what they write, what a reset costs, where they lose."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.files import data_path
from lessons_lib.functions import log_softmax
from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary, sample, sampling_distribution
from lessons_lib.text.village import SCENE_BREAK, tell
from lessons_lib.text.village_words import CHORES, GIFTS, PEOPLE


def shipped(cell: str) -> LanguageModel:
    """The village model that is shipped with the course, in float64, with dropout off.

    Args:
        cell: "rnn", "gru" or "lstm".
    """
    model = LanguageModel.load(data_path("weights", f"village-{cell}.safetensors"))
    for name, value in model.params.items():
        model.params[name] = value.astype(np.float64)
    model.training = False
    return model


# Carried and reset state


def losses_in_pieces(model: LanguageModel, ids: npt.ArrayLike, seq_len: int) -> np.ndarray:
    """Losses of a text that is read in pieces, each from an empty state.

    Args:
        model: the model.
        ids: the text, integers, 1-D; what is left over after the last whole piece is not read.
        seq_len: tokens in each piece.

    Returns:
        Losses in nats, (pieces, seq_len), in the order of the text.
    """
    ids = np.asarray(ids)
    pieces = (len(ids) - 1) // seq_len
    inputs = ids[: pieces * seq_len].reshape(pieces, seq_len).T  # (T, N)
    targets = ids[1 : pieces * seq_len + 1].reshape(pieces, seq_len).T
    log_probs = log_softmax(model.forward(inputs)[0])
    return -np.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0].T


# Writing


def effective_choices(probs: npt.ArrayLike) -> float:
    """The perplexity of a distribution: between how many equal chances it is like choosing.

    Args:
        probs: probabilities, (V,), that sum to 1.
    """
    probs = np.asarray(probs, float)
    probs = probs[probs > 0]
    return float(np.exp(-(probs * np.log(probs)).sum()))


def scene_beginnings(ids: npt.ArrayLike, begin: int, num_scenes: int, warm_up: int) -> np.ndarray:
    """Stretches of text that end where a scene begins, to be read before writing one.

    Args:
        ids: village text, integers, 1-D.
        begin: id of the scene break.
        num_scenes: how many stretches; they may overlap.
        warm_up: words in each before the scene break.

    Returns:
        Ids (warm_up + 1, num_scenes), the scene break in the last row.

    Raises:
        ValueError: if the text has fewer scenes that begin after warm_up words.
    """
    ids = np.asarray(ids)
    places = np.flatnonzero(ids == begin)
    places = places[places >= warm_up][:num_scenes]
    if len(places) < num_scenes:
        raise ValueError(f"num_scenes: expected at most {len(places)}, got {num_scenes}")
    return ids[places + np.arange(-warm_up, 1)[:, None]]


def write_scenes(
    model: LanguageModel,
    vocab: Vocabulary,
    prompts: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    max_words: int = 250,
    temperature: float = 1.0,
    top_k: int | None = None,
) -> list[list[str]]:
    """Let a model write scenes, side by side, one after each of several prompts.

    Args:
        model: a village model, with dropout off.
        vocab: its vocabulary.
        prompts: what is read first, as `scene_beginnings` gives it, (T, N).
        rng: source of the choices.
        max_words: where a scene is cut off.
        temperature: see `sampling_distribution`.
        top_k: likewise.

    Returns:
        N scenes as words. Each begins with the scene break; one that was not cut off ends before
        the next scene break.
    """
    prompts = np.asarray(prompts)
    last, begin = prompts[-1].copy(), prompts[-1, 0]  # (N,): the last word of each scene
    columns = [last.copy()]
    logits, state = model.forward(prompts)
    ended = np.zeros(len(last), bool)
    while len(columns) < max_words and not ended.all():
        for n in np.flatnonzero(~ended):
            probs = sampling_distribution(logits[-1, n], temperature=temperature, top_k=top_k)
            last[n] = sample(probs, rng)
        ended |= last == begin
        columns.append(last.copy())
        logits, state = model.forward(last[None], state)
    texts = np.stack(columns, axis=1)  # (N, words)
    return [vocab.decode(_up_to(text, begin)) for text in texts]


def _up_to(text: np.ndarray, begin: int) -> np.ndarray:
    ends = np.flatnonzero(text[1:] == begin)
    return text[: ends[0] + 1] if len(ends) else text


def _needs_one_of(words: Iterable[str]) -> Callable[[Mapping[str, float]], bool]:
    words = set(words)
    return lambda probs: len(probs) == 1 and set(probs) <= words


CHORE_BEGINNINGS = [{chore.split()[0] for chore in chores} for chores in CHORES.values()]

# What a place in a scene asks for, told by the words that are possible there.
KINDS: dict[str, Callable[[Mapping[str, float]], bool]] = {
    "name": _needs_one_of(PEOPLE),
    "room": _needs_one_of(CHORES),
    "present": _needs_one_of(GIFTS),
    "his or her": _needs_one_of(PEOPLE.values()),
    "was or were": lambda probs: "who" in probs and ("was" in probs or "were" in probs),
    "end of bracket or quotation": lambda probs: ")" in probs or list(probs) == ['"'],
    "chore of the room": lambda probs: set(probs) in CHORE_BEGINNINGS,
    "newcomer": lambda probs: set(probs) <= set(PEOPLE) and len(probs) == len(PEOPLE) - 1,
    "next sentence": lambda probs: "outside" in probs,
}


class Audit(NamedTuple):
    """One scene compared with what the village could tell, up to its first impossible word."""

    possible: bool  # whether every word was possible, to the end of the scene
    num_words: int  # before the first impossible one
    asked: Counter[str]  # how often each of KINDS had to be got right
    right: Counter[str]  # and how often it was


def audit(scene: Sequence[str]) -> Audit:
    """Go through a scene with the grammar of the village until it does what the village cannot.

    Args:
        scene: words from a scene break to the end of the scene, without the next scene break.
    """
    telling = tell()
    step = next(telling)
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for position, word in enumerate([*scene, SCENE_BREAK]):
        fits = word in step.probs
        kinds = [kind for kind, asks in KINDS.items() if asks(step.probs)]
        asked.update(kinds)
        if not fits:
            return Audit(False, position, asked, right)
        right.update(kinds)
        step = telling.send(word)
    return Audit(True, len(scene), asked, right)


class Verdict(NamedTuple):
    """What the audits of several scenes say together."""

    possible: float  # share of scenes in which every word is possible
    num_words: float  # mean number of words before the first impossible one, or the end
    distinct: float  # number of different scenes, as a share of all
    asked: Counter[str]  # by kind: places that asked for it, over all scenes
    right: Counter[str]  # and those that were got right


def verdict(scenes: Iterable[Sequence[str]]) -> Verdict:
    """Audit scenes and put the results together.

    Args:
        scenes: as `write_scenes` returns them, at least one.
    """
    scenes = [tuple(scene) for scene in scenes]
    audits = [audit(scene) for scene in scenes]
    return Verdict(
        float(np.mean([a.possible for a in audits])),
        float(np.mean([a.num_words for a in audits])),
        len(set(scenes)) / len(scenes),
        sum((a.asked for a in audits), Counter()),
        sum((a.right for a in audits), Counter()),
    )
