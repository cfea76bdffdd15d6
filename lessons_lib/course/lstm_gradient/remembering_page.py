"""The figure of what a network remembers, as a piece of a page that needs no kernel."""

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from lessons_lib.course.lstm_gradient.remembering import (
    Reading,
    between_names,
    read_scene,
    stand_ins,
)
from lessons_lib.course.shared.names_asked import find_recalls, rename
from lessons_lib.files import data_path
from lessons_lib.functions import softmax
from lessons_lib.models import LanguageModel
from lessons_lib.tables import table
from lessons_lib.text import dependency_distances, load_corpus, oracle_log_probs
from lessons_lib.text.village import SCENE_BREAK

FULL = 80  # tenths of nats that are shown in full colour


class Stop(NamedTuple):
    """A position that a reader is led to."""

    label: str
    position: int  # the word after it is predicted


class Way(NamedTuple):
    """What `between_names` gives for a model."""

    odds: np.ndarray  # (M,)
    slope: float


class Page:
    """A figure to hover, tap and move through by arrow keys, the last line of a cell.

    Args:
        words: a text, and the word after it.
        deciders: for each predicted word the position of the word that decides it, (T,).
        oracle: the probability that the best possible model gives it, (T,).
        trained: by the name of a model what it makes of the text.
        untrained: the same before training.
        stops: the positions that have a button, the first of them shown at first.
        names: the two names of the way.
        ways: by the name of a model the way from the one to the other.
        spell: the word of each id.
    """

    def __init__(
        self,
        words: Sequence[str],
        deciders: Sequence[int],
        oracle: np.ndarray,
        trained: Mapping[str, Reading],
        untrained: Mapping[str, Reading],
        stops: Sequence[Stop],
        names: tuple[str, str],
        ways: Mapping[str, Way],
        spell: Sequence[str],
    ) -> None:
        self.data: dict[str, Any] = {
            "words": list(words),
            "deciders": [int(place) for place in deciders],
            "oracle": _whole(100 * oracle),
            "full": FULL,
            "stops": [{"label": stop.label, "t": stop.position} for stop in stops],
            "models": [
                {
                    "name": name,
                    "trained": _numbers(trained[name], spell),
                    "untrained": _numbers(untrained[name], spell),
                }
                for name in trained
            ],
            "way": {
                "names": list(names),
                "models": [
                    {"name": name, "odds": _whole(10 * way.odds), "slope": round(10 * way.slope)}
                    for name, way in ways.items()
                ],
            },
        }

    def __repr__(self) -> str:
        return f"<a figure to move through, of {len(self.data['words'])} words>"

    def _repr_html_(self) -> str:
        folder = files("lessons_lib.course.lstm_gradient")
        script, style = (
            (folder / name).read_text(encoding="utf-8")
            for name in ("remembering.js", "remembering.css")
        )
        # "<" would end the script, where a word of the text has it.
        data = json.dumps(self.data, separators=(",", ":")).replace("<", "\\u003c")
        name = "remembering-" + hashlib.sha256(data.encode()).hexdigest()[:8]
        return (
            f"<style>{style}</style>\n"
            f'<div class="remembering" id="{name}" role="group" '
            'aria-label="What each earlier word does to a prediction">\n'
            f"{self._static()}</div>\n"
            f"<script>(() => {{\n{script}\n"
            f'showRemembering(document.getElementById("{name}"), {data});\n}})();</script>'
        )

    def _static(self) -> str:
        """The stops as a table, for paper and where no script runs."""
        rows: dict[str, list[Any]] = {}
        for stop in self.data["stops"]:
            t, words = stop["t"], self.data["words"]
            decider = self.data["deciders"][t]
            for model in self.data["models"]:
                found = model["trained"]
                row = {
                    "stop": f"{stop['label']}: {words[t + 1]}",
                    "network": model["name"],
                    "p(right)": found["right"][t] / 100,
                    "deciding word swapped (nats)": found["swap"][t][decider] / 10,
                    "gradient foretells": found["foretold"][t][decider] / 10,
                }
                for heading, entry in row.items():
                    rows.setdefault(heading, []).append(entry)
        digits = {"p(right)": 2, "deciding word swapped (nats)": 1, "gradient foretells": 1}
        return str(table(rows, digits)._repr_html_())


def _whole(values: Any) -> list[int]:
    return [int(value) for value in np.rint(values)]


def _numbers(reading: Reading, spell: Sequence[str]) -> dict[str, Any]:
    """A reading in tenths of nats and hundredths, each row as far as the text was read."""
    return {
        "right": _whole(100 * reading.p_right),
        "likeliest": [
            [[spell[one], round(100 * p)] for one, p in zip(ids, ps, strict=True)]
            for ids, ps in zip(reading.likeliest, reading.p_likeliest, strict=True)
        ],
        "swap": [_whole(10 * row[: t + 1]) for t, row in enumerate(reading.swap)],
        "foretold": [_whole(10 * row[: t + 1]) for t, row in enumerate(reading.foretold)],
    }


def village_page(progress: bool = False) -> Page:
    """The village's three networks in the scene in which the LSTM first errs and is sure of it.

    The scene is the first of the test text, of at most 90 words, in which the LSTM gives a wrong
    name a probability above .7 where only one is possible.

    Args:
        progress: whether a bar shows how many of the networks have read it.
    """
    corpus = load_corpus("village")
    vocab, test = corpus.vocab, np.asarray(corpus.test)
    models = {
        cell.upper(): LanguageModel.load(data_path("weights", f"village-{cell}.safetensors"))
        for cell in ("rnn", "lstm", "gru")
    }
    with models["LSTM"].evaluating():
        logits, _ = models["LSTM"].forward(test[:, None])
    probs = softmax(logits[:, 0].astype(np.float64))  # [t] after word t
    asked = find_recalls(test, vocab.decode(test), min_distance=1)
    breaks = np.flatnonzero(test == vocab.encode([SCENE_BREAK])[0])
    ends = dict(itertools.pairwise([*breaks.tolist(), len(test)]))
    wrong = next(
        one
        for one in asked
        if ends[one.start] - one.start <= 90
        and probs[one.asked - 1].argmax() != test[one.asked]
        and probs[one.asked - 1].max() > 0.7
    )
    start = wrong.start
    ids = test[start : ends[start]]
    words = vocab.decode(ids)
    unigram = np.bincount(corpus.train, minlength=len(vocab)) / len(corpus.train)
    instead = stand_ins(words[:-1], vocab, unigram, np.random.default_rng(0))
    fresh = [LanguageModel(**m.config, rng=np.random.default_rng(1)) for m in models.values()]
    readers = tqdm([*models.values(), *fresh], desc="networks", disable=not progress)
    readings = [read_scene(reader, ids, instead) for reader in readers]
    trained = dict(zip(models, readings[:3], strict=True))
    untrained = dict(zip(models, readings[3:], strict=True))

    def rnn_lost(t: int) -> bool:
        return trained["RNN"].p_right[t] < 0.2 and trained["LSTM"].p_right[t] > 0.9

    def blank(t: int, decider: int) -> bool:
        reading = trained["LSTM"]
        return reading.swap[t, decider] < -5 and reading.foretold[t, decider] > -0.1

    deciders = np.arange(1, len(ids)) - dependency_distances(ids)
    here = [(one.distance, one.asked - start - 1) for one in asked if one.start == start]
    near = next(t for back, t in here if back <= 4)
    lost = next(t for back, t in here if back >= 15 and rnn_lost(t))
    held = next(t for back, t in here if back >= 10 and t != lost and blank(t, int(deciders[t])))
    stops = [
        Stop("near", near),
        Stop("far: the RNN has lost it", lost),
        Stop("far: the LSTM holds it, its gradient is blank", held),
        Stop("wrong, and sure of it", wrong.asked - start - 1),
    ]
    name = words[lost + 1]
    names = (name, rename(words[: lost + 1], name)[1])
    ways = {
        label: Way(*between_names(model, vocab, ids[: lost + 1], names, np.linspace(0, 1, 41)))
        for label, model in models.items()
    }
    oracle = np.exp(oracle_log_probs(ids))
    return Page(words, deciders, oracle, trained, untrained, stops, names, ways, vocab.tokens)
