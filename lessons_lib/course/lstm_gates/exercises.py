# mypy: allow-untyped-defs
"""Exercises of lesson 05: an LSTM's gates, one step, and a whole sequence."""

from typing import Any

import numpy as np

from lessons_lib.course.shared.cases import hidden_state, rnn_weights, step_case
from lessons_lib.course.shared.sizes import SEQUENCE_SIZES, STEP_SIZES
from lessons_lib.functions import sigmoid
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "05_lstm_gates"


def make_gates_case(rng: np.random.Generator, N: int, D: int, H: int) -> dict[str, Any]:
    return step_case(rng, N, D, H, gates=4)


def make_step_case(rng: np.random.Generator, N: int, D: int, H: int) -> dict[str, Any]:
    return {**make_gates_case(rng, N, D, H), "c_prev": rng.normal(size=(N, H))}


def make_sequence_case(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> dict[str, Any]:
    return {
        "x": rng.normal(size=(T, N, D)),
        "h0": hidden_state(rng, N, H),
        "c0": rng.normal(size=(N, H)),
        **rnn_weights(rng, D, H, gates=4),
    }


@exercise(
    lesson=LESSON,
    outputs=[
        Output("i", "N H", points=0.5, about="input gate"),
        Output("f", "N H", points=0.5, about="forget gate"),
        Output("g", "N H", points=0.5, about="new memory"),
        Output("o", "N H", points=0.5, about="output gate"),
    ],
    make_case=make_gates_case,
    sizes=STEP_SIZES,
    hints=[
        "All four come from one sum of shape (N, 4H): the input's share, the hidden state's share "
        "and the bias. Compute it first and look at its shape.",
        "Cut the sum into four blocks of H columns each, in the order i, f, g, o. np.split with "
        "axis=1 does it in one line.",
        "Three blocks say how much, from 0 to 1. One carries content, from -1 to 1. Each of the "
        "two ranges has its function.",
    ],
)
def lstm_gates(x, h_prev, Wx, Wh, b):
    """The three gates and the new memory of an LSTM at one time step.

    Args:
        x: input, (N, D).
        h_prev: hidden state of the step before, (N, H).
        Wx: input weights, (D, 4H), blocks i, f, g, o.
        Wh: recurrent weights, (H, 4H), blocks i, f, g, o.
        b: bias, (4H,), blocks i, f, g, o.

    Returns:
        i, f, g, o: input gate, forget gate, new memory, output gate, each (N, H).
    """
    a = x @ Wx + h_prev @ Wh + b  # (N, 4H)
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)  # (N, H) each
    i = sigmoid(a_i)  # how much of the new memory to write
    f = sigmoid(a_f)  # how much of the old memory to keep
    g = np.tanh(a_g)  # the new memory itself, so not a gate
    o = sigmoid(a_o)  # how much of the memory to show
    return i, f, g, o


@exercise(
    lesson=LESSON,
    carry_errors=0.5,
    outputs=[
        Output("h", "N H", about="hidden state", computed_from=("c",)),
        Output("c", "N H", about="memory cell"),
    ],
    make_case=make_step_case,
    sizes=STEP_SIZES,
    may_follow=["cache"],
    hints=[
        "You have the gates already: call lstm_gates. Two lines remain, one for c and one for h.",
        "The memory cell first. Part of the old memory stays, part of the new memory is written: "
        "which gate decides on which?",
        "The hidden state is the memory cell, squashed to between -1 and 1, as far as the output "
        "gate lets it through.",
    ],
)
def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
    """One step of an LSTM.

    Args:
        x: input, (N, D).
        h_prev: hidden state of the step before, (N, H).
        c_prev: memory cell of the step before, (N, H).
        Wx: input weights, (D, 4H), blocks i, f, g, o.
        Wh: recurrent weights, (H, 4H), blocks i, f, g, o.
        b: bias, (4H,), blocks i, f, g, o.

    Returns:
        h, c: the new hidden state and the new memory cell, each (N, H).
    """
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * c_prev + i * g  # keep some of the old memory, write some of the new
    h = o * np.tanh(c)  # show some of the result
    return h, c


@exercise(
    lesson=LESSON,
    carry_errors=0.5,
    outputs=[
        Output("hs", "T N H", points=2, about="hidden state of every step"),
        Output("h", "N H", points=0.5, about="last hidden state", computed_from=("hs",)),
        Output("c", "N H", points=0.5, about="last memory cell"),
    ],
    make_case=make_sequence_case,
    sizes=SEQUENCE_SIZES,
    hints=[
        "Start with h = h0 and c = c0 and walk over the first axis of x. What does each step need "
        "from the step before?",
        "Call lstm_step with x[t] and let it replace h and c. Keep a copy of every h for hs.",
        "A list collects the h of every step; np.stack turns it into one array (T, N, H).",
    ],
)
def lstm_unroll(x, h0, c0, Wx, Wh, b):
    """An LSTM over a whole sequence.

    Args:
        x: inputs, (T, N, D).
        h0: hidden state before the first step, (N, H).
        c0: memory cell before the first step, (N, H).
        Wx: input weights, (D, 4H), blocks i, f, g, o.
        Wh: recurrent weights, (H, 4H), blocks i, f, g, o.
        b: bias, (4H,), blocks i, f, g, o.

    Returns:
        hs, h, c: the hidden state of every step (T, N, H), and the hidden state and the memory
        cell after the last step, each (N, H).
    """
    h, c = h0, c0
    hs = []
    for x_t in x:  # (N, D), one time step after the other
        h, c = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
    return np.stack(hs), h, c


by_hand(
    "h_of_one_step",
    lesson=LESSON,
    answer=0.424,
    tolerance=0.005,
    hints=[
        "The memory cell first: keep f of the old one, add i of the new one.",
        "c is 1.25. It goes through tanh on its way into h, and then meets the output gate.",
    ],
    mistakes={
        0.625: "That is o times c. On its way into h the memory cell goes through tanh.",
        0.848: "Your memory cell is right; how much of it does the output gate show?",
        1.25: "That is the memory cell. What of it is shown?",
        0.471: "In it c is 1.75: the forget gate is left out, or the minus of g.",
        0.381: "All of the new memory is in it: the input gate is left out.",
        0.277: "The forget gate and the input gate have changed places, or o acts twice.",
    },
)
by_hand(
    "pairs_told_apart",
    lesson="05_gates_while_reading",
    answer=0.75,
    tolerance=0.001,
    hints=[
        "Make all pairs of one word of each kind: how many are there?",
        "In how many of the four is the reading higher where the fact holds?",
    ],
    mistakes={
        0.25: "That is the share of pairs in which the other one is higher.",
        3: "So many pairs are told apart; the measure is their share of all pairs.",
        1: "One pair is the wrong way round: 0.4 is below 0.5.",
    },
)
