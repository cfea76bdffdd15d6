"""The figure of what a network remembers, as a piece of a page that needs no kernel."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from lessons_lib.course.lstm_gradient.remembering import Reading

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
            'aria-label="What each earlier word does to a prediction"></div>\n'
            "<noscript>This figure moves only where scripts are on.</noscript>\n"
            f"<script>(() => {{\n{script}\n"
            f'showRemembering(document.getElementById("{name}"), {data});\n}})();</script>'
        )


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
