"""The village: a small invented world whose every next word has a known probability.

The grammar below tells scenes. Somebody is in a room; somebody else comes in with a present; they
greet each other, talk and part; and in between the rain falls, bakers who know singers are tired,
and letters arrive. It is written as a Python generator that at each step yields the probability of
every possible next token and is sent the token that came. So the same code writes the text and
reads it: sending a text's own tokens back in gives the exact probability of each. Every choice is
a choice between different tokens, so no text can be read in two ways.

Each step also says which earlier token decides it: "Mary said hi to ___" was decided where the text
told who was in the room. `dependency_distances` counts the tokens back to there.
"""

import functools
import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.text import village_words as words
from lessons_lib.text.corpora import load_corpus
from lessons_lib.text.vocabulary import Vocabulary

SCENE_BREAK = "***"


class Next(NamedTuple):
    """The tokens that may come next with their probabilities, and what decides each."""

    probs: dict[str, float]
    deciders: dict[str, int]  # for each token: the position of the earlier token that decides it


Telling = Generator[Next, str, None]  # yields what may come, is sent what came
Choosing = Generator[Next, str, str]  # the same, and returns the token that came


def tell() -> Telling:
    """Tell scene after scene, for ever."""
    start = 0
    while True:
        scene = _Scene(start)
        yield from scene.tell()
        start = scene.position


class _Scene:
    """One scene, and what its text has told so far."""

    def __init__(self, start: int) -> None:
        self.position = start  # of the next token
        self.last: dict[str, int] = {}  # where each word stood last in this scene
        self.plot = start  # where the last sentence began that moved the plot on
        self.resident = self.visitor = self.room = self.gift = ""

    # The ways in which a token comes.

    def weigh(
        self, weights: Mapping[str, float], deciders: Mapping[str, int] | None = None
    ) -> Choosing:
        """A choice by weight; the token before decides it, unless deciders name another."""
        total = sum(weights.values())
        probs = {token: weight / total for token, weight in weights.items() if weight}
        before = dict.fromkeys(probs, self.position - 1)
        token = yield Next(probs, before | dict(deciders or {}))
        self.last[token] = self.position
        self.position += 1
        return token

    def choose(self, tokens: Iterable[str], deciders: Mapping[str, int] | None = None) -> Choosing:
        """A choice with equal chances."""
        return (yield from self.weigh(dict.fromkeys(tokens, 1.0), deciders))

    def recall(self, word: str, because: str | None = None) -> Telling:
        """A word that is certain to whoever remembers where it, or its cause, stood last."""
        yield from self.choose([word], {word: self.last[because or word]})

    def say(self, text: str) -> Telling:
        """Words that follow each other without a choice."""
        for word in text.split():
            yield from self.choose([word])

    def choose_phrase(self, phrases: Iterable[str], because: str | None = None) -> Choosing:
        """One of several phrases with different first words, equally likely; returns it."""
        by_first = {phrase.split()[0]: phrase for phrase in phrases}
        deciders = dict.fromkeys(by_first, self.last[because]) if because else None
        phrase = by_first[(yield from self.choose(by_first, deciders))]
        yield from self.say(phrase.partition(" ")[2])
        return phrase

    # The plot.

    def tell(self) -> Telling:
        yield from self.say(SCENE_BREAK)
        yield from self.opening()
        yield from self.arrival()
        yield from self.greeting()
        yield from self.offer()
        yield from self.thanks()
        yield from self.parting()

    def opening(self) -> Telling:
        people = words.PEOPLE
        first = yield from self.weigh({"in": 1.0} | dict.fromkeys(people, 2 / len(people)))
        if first == "in":
            yield from self.say("the")
            self.room = yield from self.choose(words.CHORES)
            yield from self.say(",")
            self.resident = yield from self.choose(people)
        else:
            self.resident = first
            yield from self.say("was in the")
            self.room = yield from self.choose(words.CHORES)
            yield from self.say(". the")
            yield from self.recall(self.room)
            yield from self.say("was")
            yield from self.choose_phrase(words.AIRS)
            yield from self.say(".")
            yield from self.recall(self.resident)
        yield from self.say("was")
        yield from self.choose_phrase(words.CHORES[self.room], because=self.room)
        yield from self.say(".")

    def arrival(self) -> Telling:
        others = [name for name in words.PEOPLE if name != self.resident]
        if (yield from self.sentence({"then": 1.0, "there": 1.0})) == "then":
            self.visitor = yield from self.choose(others)
            yield from self.say("came in .")
        else:
            yield from self.say("was a knock . it was")
            self.visitor = yield from self.choose(others)
            yield from self.say(", and")
        yield from self.recall(self.visitor)
        yield from self.say("had a")
        self.gift = yield from self.choose(words.GIFTS)
        yield from self.say(", a")
        yield from self.choose(words.LOOKS)
        yield from self.recall(self.gift)
        yield from self.say(", under")
        yield from self.recall(words.PEOPLE[self.visitor], because=self.visitor)
        yield from self.say("arm .")

    def greeting(self) -> Telling:
        yield from self.sentence({self.visitor: 1.0})
        yield from self.choose_phrase(words.GREETINGS)
        yield from self.recall(self.resident)
        yield from self.perhaps_in_the_room()

    def offer(self) -> Telling:
        yield from self.sentence({'"': 1.0})
        if (yield from self.choose(["i", "do"])) == "i":
            yield from self.say("brought you this")
            yield from self.recall(self.gift)
            yield from self.quote_ends(",")
            yield from self.say("said")
        else:
            yield from self.say("you need a")
            yield from self.recall(self.gift)
            yield from self.quote_ends("?")
            yield from self.say("asked")
        yield from self.recall(self.visitor)
        yield from self.say(".")

    def thanks(self) -> Telling:
        if (yield from self.sentence({'"': 2.0, self.resident: 1.0})) == self.resident:
            yield from self.say("thanked")
            yield from self.recall(self.visitor)
            yield from self.say("for the")
            yield from self.recall(self.gift)
        else:
            yield from self.say("thank you , the")
            yield from self.recall(self.gift)
            yield from self.say("is")
            yield from self.choose_phrase(words.PRAISE)
            yield from self.quote_ends(",")
            yield from self.say("said")
            yield from self.recall(self.resident)
        yield from self.say(".")

    def parting(self) -> Telling:
        if (yield from self.sentence({self.visitor: 1.0, "soon": 1.0})) == self.visitor:
            yield from self.say("took")
            yield from self.recall(words.PEOPLE[self.visitor], because=self.visitor)
            yield from self.choose(words.BELONGINGS)
            yield from self.say("and left")
            yield from self.recall(self.resident)
        else:
            yield from self.recall(self.resident)
            yield from self.say("was alone again")
        yield from self.say("in the")
        yield from self.recall(self.room)
        yield from self.say(".")

    def sentence(self, plot: Mapping[str, float]) -> Choosing:
        """Any number of sentences beside the plot, then the first word of one that moves it on.

        Which of them may come depends on how far the plot has come: a first word is decided where
        the plot moved last, a name where the person was named last.
        """
        beside = {first: CHATTER * weight for first, (weight, _) in BESIDE_THE_PLOT.items()}
        total = sum(plot.values())
        weights = beside | {first: (1 - CHATTER) * w / total for first, w in plot.items()}
        while True:
            start = self.position
            deciders = {w: self.last[w] if w in words.PEOPLE else self.plot for w in weights}
            first = yield from self.weigh(weights, deciders)
            if first in plot:
                self.plot = start
                return first
            yield from BESIDE_THE_PLOT[first][1](self)

    def quote_ends(self, mark: str) -> Telling:
        """A quotation may run on with asides, and then has to be closed."""
        yield from self.asides(words.ASIDES, mark, self.last['"'])
        yield from self.recall('"')

    def asides(self, left: Iterable[str], mark: str, opened: int) -> Telling:
        """Any number of asides, none told twice, until the mark decided by what was opened."""
        left = list(left)
        while (
            yield from self.weigh({mark: 2.0, "and": min(1.0, len(left))}, {mark: opened})
        ) != mark:
            left.remove((yield from self.choose_phrase(left)))

    def perhaps_in_the_room(self) -> Telling:
        if (yield from self.weigh({"in": 5.0, ".": 1.0})) == "in":
            yield from self.say("the")
            yield from self.recall(self.room)
            yield from self.say(".")

    # Beside the plot. Each of these has had its first word.

    def pastime(self) -> Telling:
        yield from self.recall(self.resident)
        yield from self.choose_phrase(words.PASTIMES)
        yield from self.perhaps_in_the_room()

    def weather(self) -> Telling:
        yield from self.say(", the")
        what = yield from self.choose(words.WEATHER)
        yield from self.choose(words.WEATHER[what])
        yield from self.choose_phrase(words.WHERE)
        yield from self.say(".")

    def sound(self) -> Telling:
        yield from self.say("a")
        what = yield from self.choose(words.SOUNDS)
        yield from self.choose(words.SOUNDS[what])
        yield from self.choose_phrase(words.HOW_OFTEN)
        yield from self.say(".")

    def villagers(self) -> Telling:
        """The verb agrees with the first noun, however many follow: "the bakers who … were"."""
        people = [*words.TRADES, *words.TRADES.values()]
        noun = yield from self.weigh(dict.fromkeys(words.BEASTS, 1.2) | dict.fromkeys(people, 1.0))
        if noun in words.BEASTS:
            yield from self.beast()
            return
        verb = "was" if noun in words.TRADES else "were"
        deciders = {verb: self.last[noun]}
        weights = {"who": 3.0, verb: 2.0}
        while (yield from self.weigh(weights, deciders)) == "who":
            yield from self.choose(words.TIES)
            yield from self.say("the")
            yield from self.choose(people)
            weights = {"who": 1.0, verb: 2.0}
        yield from self.choose_phrase(words.MOODS)
        yield from self.say(".")

    def beast(self) -> Telling:
        """A bracket that opens has to close, after one aside or several."""
        yield from self.choose_phrase(words.DOINGS)
        if (yield from self.choose([".", "("])) == "(":
            opened = self.last["("]
            told = yield from self.choose_phrase(words.ASIDES)
            yield from self.asides([a for a in words.ASIDES if a != told], ")", opened)
            yield from self.say(".")

    def letter(self) -> Telling:
        yield from self.say("letter about")
        yield from self.choose_phrase(words.NEWS)
        yield from self.say("lay on the")
        yield from self.choose(words.FURNITURE)
        yield from self.say(".")


CHATTER = 0.5  # probability that a sentence does not belong to the plot
BESIDE_THE_PLOT: dict[str, tuple[float, Callable[[_Scene], Telling]]] = {
    "outside": (0.2, _Scene.weather),
    "somewhere": (0.12, _Scene.sound),
    "the": (0.28, _Scene.villagers),
    "a": (0.1, _Scene.letter),
    "meanwhile": (0.3, _Scene.pastime),
}


def write(num_tokens: int, rng: np.random.Generator) -> list[str]:
    """Write village text.

    Args:
        num_tokens: the text ends with the scene in which this many tokens are reached.
        rng: source of the choices.

    Returns:
        The tokens, from the beginning of a scene to the end of one.
    """
    text: list[str] = []
    telling = tell()
    step = next(telling)
    while len(text) < num_tokens or list(step.probs) != [SCENE_BREAK]:
        reached = itertools.accumulate(step.probs.values())
        draw = rng.random()
        token = next((t for t, p in zip(step.probs, reached, strict=True) if draw < p), None)
        text.append(token or next(reversed(step.probs)))  # rounding may leave the sum just below 1
        step = telling.send(text[-1])
    return text


def read(tokens: Iterable[str]) -> Iterator[tuple[str, Next]]:
    """Go through village text and say for each token what could have come in its place.

    Args:
        tokens: village text from the beginning of a scene.

    Yields:
        Each token, with the probabilities and deciders at its place.

    Raises:
        ValueError: where the text is not what the village could tell.
    """
    telling = tell()
    step = next(telling)
    for position, token in enumerate(tokens):
        if token not in step.probs:
            could = ", ".join(list(step.probs)[:8])
            raise ValueError(
                f"ids: expected village text from the beginning of a scene ({SCENE_BREAK}), but at "
                f"position {position} stands {token!r} where the village could say {could}"
            )
        yield token, step
        step = telling.send(token)


def oracle_log_probs(ids: npt.ArrayLike) -> np.ndarray:
    """The exact log probability of each token of village text, given all tokens before it.

    No model can do better on average; exp(-mean) is the lowest perplexity there is.

    Args:
        ids: village text in the ids of `load_corpus("village").vocab`, 1-D, from the beginning of
            a scene.

    Returns:
        Log probabilities in nats, (len(ids) - 1,): of every token but the first.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if ids are out of range, or not what the village could tell.
    """
    steps = list(read(_vocabulary().decode(ids)))[1:]
    return np.log([step.probs[token] for token, step in steps])


def dependency_distances(ids: npt.ArrayLike) -> np.ndarray:
    """How many tokens back the one lies that decides each token of village text.

    1 means that the token before is enough, or the place in the scene, or in a fixed phrase such
    as "mending a clock"; a name that was mentioned 40 tokens ago and is asked for now has distance
    40.

    Argument and errors are those of `oracle_log_probs`.

    Returns:
        Integers of at least 1, (len(ids) - 1,): for every token but the first.
    """
    positions = enumerate(read(_vocabulary().decode(ids)))
    distances = [position - step.deciders[token] for position, (token, step) in positions]
    return np.array(distances[1:], dtype=np.int64)


SPLITS = {"train": (200_000, 1), "valid": (20_000, 2), "test": (20_000, 3)}  # tokens and seed


def build() -> dict[str, str]:
    """The shipped corpus, made anew: file names and contents, a sentence or so on each line."""
    files = {}
    for split, (num_tokens, seed) in SPLITS.items():
        tokens = write(num_tokens, np.random.Generator(np.random.PCG64(seed)))
        lines = (
            " ".join(tokens).replace(" . ", " .\n").replace(f"{SCENE_BREAK} ", f"{SCENE_BREAK}\n")
        )
        files[f"{split}.txt"] = lines + "\n"
    return files


@functools.cache
def _vocabulary() -> Vocabulary:
    return load_corpus("village").vocab
