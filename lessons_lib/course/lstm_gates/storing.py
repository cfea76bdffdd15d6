"""How long something that was stored is kept, and when it is shown."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.course.shared.names_asked import NameSwap, Recall, swap_name
from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary

# What the gates (i, f, o) of a single unit have to do, if it is to do the store task at all.
RIGHT_SCHEDULE = {"store": (1, 0, 0), "ask": (0, 1, 1), "neither": (0, 1, 0)}


def iterate_rnn(
    starts: npt.ArrayLike, w: float, num_steps: int, inputs: npt.ArrayLike = 0.0
) -> np.ndarray:
    """A one-unit vanilla RNN, h = tanh(w * h + x), from several starts.

    Args:
        starts: hidden states before the first step, (N,).
        w: the recurrent weight.
        num_steps: T.
        inputs: x at each step, (T,), or one number for all steps.

    Returns:
        Hidden states, (T + 1, N); row 0 holds the starts.
    """
    hs = [np.asarray(starts, float)]
    for x in np.broadcast_to(inputs, num_steps):
        hs.append(np.tanh(w * hs[-1] + x))
    return np.stack(hs)


class AskedName(NamedTuple):
    """A scene read with the name that it asks for, and with another one."""

    words: list[str]  # the scene, until shortly after the name is asked for
    swap: NameSwap
    named: int  # where the name was read last before it is asked for
    asked: int  # where it is asked for


def swap_asked_name(
    model: LanguageModel, vocab: Vocabulary, words: Sequence[str], recall: Recall
) -> AskedName:
    """Read a scene with the name that it asks for, and with another one.

    Args:
        model: a village language model with one LSTM layer.
        vocab: its vocabulary.
        words: village text.
        recall: the place in it that asks for a name.
    """
    scene = list(words[recall.start : recall.asked + 3])
    asked = recall.asked - recall.start
    swap = swap_name(model, vocab, scene, words[recall.asked])
    return AskedName(scene, swap, asked - recall.distance, asked)
