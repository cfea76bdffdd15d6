"""Layers over whole sequences, written to be fast.

`lessons_lib.cells` holds the same mathematics one step at a time, written to be read; the tests
hold these layers to it. Sequences are time-major: x is (T, N, D), hidden states are (T, N, H).

Every layer has `params` and `grads`, two dicts with equal keys; `forward`; and `backward`, which
goes with the last `forward`, fills `grads` (it overwrites, it does not add) and returns the
gradient on the layer's input. Between the two leave the input array and the parameters as they are:
the layer keeps them, not copies.

An argument of the wrong shape, type or range is a ValueError or TypeError that names it; a
`backward` without a `forward` before it is a RuntimeError.
"""

from lessons_lib.layers.base import Layer
from lessons_lib.layers.bidirectional import Bidirectional
from lessons_lib.layers.feedforward import Dropout, Embedding, Linear
from lessons_lib.layers.gru import GRU
from lessons_lib.layers.lstm import LSTM
from lessons_lib.layers.recurrent import RecurrentLayer
from lessons_lib.layers.rnn import RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Bidirectional",
    "Dropout",
    "Embedding",
    "Layer",
    "Linear",
    "RecurrentLayer",
]
