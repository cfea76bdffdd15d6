# mypy: allow-untyped-defs
"""Exercises of lesson 01 and its companions: one step of the RNN, a whole sequence, one-hot."""

from typing import Any

import numpy as np

from lessons_lib.course.shared.cases import step_case
from lessons_lib.course.shared.sizes import SEQUENCE_SIZES, STEP_SIZES
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "01_sequences_and_recurrence"
EMBEDDINGS, REQUIREMENTS = "01_embeddings", "01_four_requirements"  # its companions

# The first case gives every axis a length of its own. Later ones: lengths that are equal, so that
# exchanged axes or weights fit and can be recognised; a single row.
ID_SIZES = [
    {"T": 4, "N": 3, "V": 7},
    {"T": 5, "N": 5, "V": 4},
    {"T": 6, "N": 1, "V": 5},
]
EMBED_SIZES = [
    {"T": 4, "N": 3, "V": 7, "D": 2},
    {"T": 5, "N": 5, "V": 4, "D": 4},
    {"T": 6, "N": 1, "V": 5, "D": 3},
]


def make_ids(rng: np.random.Generator, T: int, N: int, V: int) -> np.ndarray:
    """Ids of which none is V - 1 in the first column, and V - 1 itself in other columns."""
    ids = rng.integers(V - 1, size=(T, N))
    ids[:, 1:] += 1
    ids[0, 0], ids[-1, 0] = 0, 1  # so that the order in time is seen
    return ids


def make_one_hot_case(rng: np.random.Generator, T: int, N: int, V: int) -> dict[str, Any]:
    return {"ids": make_ids(rng, T, N, V), "num_classes": V}


def make_embed_case(rng: np.random.Generator, T: int, N: int, V: int, D: int) -> dict[str, Any]:
    return {"ids": make_ids(rng, T, N, V), "W": rng.normal(size=(V, D))}


def make_sequence_case(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> dict[str, Any]:
    step = step_case(rng, N, D, H)
    weights = {name: step[name] for name in ("Wx", "Wh", "b")}
    return {"x": rng.normal(size=(T, N, D)), "h0": step["h_prev"], **weights}


@exercise(
    lesson=LESSON,
    outputs=[Output("h", "N H", points=2, about="hidden state")],
    make_case=step_case,
    sizes=STEP_SIZES,
    may_follow=["cache"],
    hints=[
        "Three things are added: what the input contributes, what the state of the step before "
        "contributes, and the bias. Write their shapes down: all three have to fit (N, H).",
        "x has D columns and Wx has D rows, so their product is x @ Wx. Which array has H rows "
        "and belongs to h_prev?",
        "The sum can be any number; a state has to lie between -1 and 1. Which function does that?",
    ],
)
def rnn_step(x, h_prev, Wx, Wh, b):
    """One step of the vanilla RNN.

    Args:
        x: input, (N, D).
        h_prev: hidden state of the step before, (N, H).
        Wx: input weights, (D, H).
        Wh: recurrent weights, (H, H).
        b: bias, (H,).

    Returns:
        h: the new hidden state, (N, H).
    """
    return np.tanh(x @ Wx + h_prev @ Wh + b)  # what is new, what was, and the bias


@exercise(
    lesson=LESSON,
    carry_errors=0.5,
    outputs=[
        Output("hs", "T N H", points=2, about="hidden state of every step"),
        Output("h", "N H", points=1, about="last hidden state", computed_from=("hs",)),
    ],
    make_case=make_sequence_case,
    sizes=SEQUENCE_SIZES,
    hints=[
        "Start with h = h0 and walk over the first axis of x. What does each step need from the "
        "step before?",
        "Call rnn_step with x[t] and let its result replace h. Keep every h for hs.",
        "A list collects the h of every step; np.stack turns it into one array (T, N, H).",
    ],
)
def rnn_unroll(x, h0, Wx, Wh, b):
    """A vanilla RNN over a whole sequence.

    Args:
        x: inputs, (T, N, D).
        h0: hidden state before the first step, (N, H).
        Wx: input weights, (D, H).
        Wh: recurrent weights, (H, H).
        b: bias, (H,).

    Returns:
        hs, h: the hidden state of every step (T, N, H), and that of the last step (N, H).
    """
    h = h0
    hs = []
    for x_t in x:  # (N, D), one time step after the other
        h = rnn_step(x_t, h, Wx, Wh, b)  # the same weights at every step
        hs.append(h)
    return np.stack(hs), h


@exercise(
    lesson=LESSON,
    outputs=[Output("rows", "T N V", about="a 1 at the place of the id, 0 elsewhere")],
    make_case=make_one_hot_case,
    sizes=ID_SIZES,
    hints=[
        "Each id becomes a row of num_classes numbers, so the result has one axis more than ids, "
        "and it is the last one.",
        "Row k of the identity matrix is the one-hot vector of id k. np.eye makes that matrix.",
        "An array of integers between the brackets picks rows: table[ids] has the shape of ids, "
        "followed by that of a row.",
    ],
)
def one_hot(ids, num_classes):
    """Turn each id into a row with a single 1 at the place of the id.

    Args:
        ids: integers from 0 to num_classes - 1, (T, N).
        num_classes: length V of each row.

    Returns:
        float64 rows of zeros and ones, (T, N, V).
    """
    return np.eye(num_classes)[ids]  # row k of the identity matrix has its 1 at place k


@exercise(
    lesson=EMBEDDINGS,
    outputs=[Output("x", "T N D", about="the row of W for each id")],
    make_case=make_embed_case,
    sizes=EMBED_SIZES,
    hints=[
        "Row k of W is the vector of id k. Which row belongs to ids[t, n]?",
        "NumPy takes an array of integers as an index. What shape does table[ids] have, if a row "
        "of the table has D numbers?",
        "No product and no loop is needed: it is a look-up, written with square brackets.",
    ],
)
def embed(ids, W):
    """Look up the vector of each id.

    Args:
        ids: integers from 0 to V - 1, (T, N).
        W: embedding, one row for each id, (V, D).

    Returns:
        x: the rows, (T, N, D).
    """
    return W[ids]


# With pencil and paper

by_hand(
    "without_a_past",
    lesson=LESSON,
    answer=0.347,
    tolerance=0.004,
    hints=[
        "After which letters does it know for certain what comes next?",
        "l is followed by l once and by o once: one half for each. What does -ln(1/2) cost, how "
        "often, and what is the mean over all four letters?",
    ],
    mistakes={
        0.693: "That is ln 2, the cost of one uncertain letter. How many of the four are there?",
        1.386: "That is the sum over the four letters. The loss is their mean.",
        0.173: "Two letters are uncertain: what follows the first l, and what follows the second.",
        0: "After l comes l once and o once, and it sees nothing but the l.",
    },
)
by_hand(
    "longer_window",
    lesson=REQUIREMENTS,
    answer=5,
    hints=["Set k D H + H > D H + H^2 + H, and divide by what both sides have in common."],
    mistakes={
        4: "With 4 words the window still has the fewer parameters. Count the RNN's D H as well.",
        4.7: "Nearly: a window has a whole number of words.",
    },
)
