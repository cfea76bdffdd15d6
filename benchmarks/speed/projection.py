"""How long a whole recipe would take on Penn Treebank's words, from the speed of its steps."""

from collections.abc import Iterable
from typing import NamedTuple

from benchmarks.speed.measuring import Row
from lessons_lib.training import PRESETS

TRAIN_TOKENS, VALID_TOKENS = 929_589, 73_760
# A step of each, and the evaluation of a model of its size.
MEASURED_AS = {"book": "book", "better": "better", "best": "better"}


class Projection(NamedTuple):
    """What a recipe would take."""

    preset: str
    epochs: int
    tokens_per_second: float  # of training
    hours: float  # of training, with the validation after each epoch


def projections(rows: Iterable[Row]) -> list[Projection]:
    """One for each recipe whose step and evaluation were measured."""
    speeds = {row.name: row.tokens_per_second for row in rows}
    found = []
    for preset, evaluated_as in MEASURED_AS.items():
        training = speeds.get(f"training step, `{preset}`")
        evaluation = speeds.get(f"evaluation, `{evaluated_as}`")
        if training and evaluation:
            epochs = PRESETS[preset].epochs
            seconds = epochs * (TRAIN_TOKENS / training + VALID_TOKENS / evaluation)
            found.append(Projection(preset, epochs, training, seconds / 3600))
    return found
