# mypy: allow-untyped-defs
"""Exercises of lesson 00: axes that change places, one product for a whole sequence, sigmoid."""

from typing import Any

import numpy as np

from lessons_lib.grading import Output, by_hand, exercise

LESSON = "00_start_here"
SURPRISES = "00_arrays_that_surprise"  # its companion

# The first case gives every axis a length of its own. Later ones: lengths that are equal, so that
# exchanged axes fit and can be recognised; a single row.
SEQUENCE_SIZES = [
    {"T": 4, "N": 3, "D": 2},
    {"T": 3, "N": 3, "D": 4},
    {"T": 2, "N": 5, "D": 3},
    {"T": 5, "N": 1, "D": 3},
]
LINEAR_SIZES = [
    {"T": 4, "N": 3, "D": 2, "K": 5},
    {"T": 3, "N": 3, "D": 3, "K": 3},
    {"T": 2, "N": 4, "D": 3, "K": 4},
    {"T": 5, "N": 1, "D": 3, "K": 2},
]


def make_batch_major_case(rng: np.random.Generator, T: int, N: int, D: int) -> dict[str, Any]:
    return {"x": rng.normal(size=(N, T, D))}


def make_linear_case(rng: np.random.Generator, T: int, N: int, D: int, K: int) -> dict[str, Any]:
    return {
        "x": rng.normal(size=(T, N, D)),
        "W": rng.normal(size=(D, K)),
        "b": rng.normal(size=K),
    }


def make_sigmoid_case(rng: np.random.Generator, N: int, D: int) -> dict[str, Any]:
    x = rng.normal(scale=2, size=(N, D))
    x[0, 0], x[-1, -1] = 1000, -1000  # exp of these is infinite, or 0
    return {"x": x}


@exercise(
    lesson=LESSON,
    outputs=[Output("y", "T N D", about="the batch, time-major")],
    make_case=make_batch_major_case,
    sizes=SEQUENCE_SIZES,
    hints=[
        "No number changes, and none is added or left out: only the order of the axes does. "
        "What stood at x[n, t] has to stand at y[t, n].",
        "reshape does not move numbers from axis to axis. It reads them in their old order and "
        "breaks the lines elsewhere. Look for a function that exchanges axes.",
        "np.swapaxes, np.moveaxis and np.transpose can all do it. Axes are counted from 0.",
    ],
)
def time_major(x):
    """Turn a batch of sequences from batch-major to time-major.

    Args:
        x: N sequences one after the other, (N, T, D).

    Returns:
        The same numbers by time step, (T, N, D): entry [t, n] is the old entry [n, t].
    """
    return np.swapaxes(x, 0, 1)


@exercise(
    lesson=LESSON,
    outputs=[Output("y", "T N K", about="x W + b at every step")],
    make_case=make_linear_case,
    sizes=LINEAR_SIZES,
    hints=[
        "Write the shapes below each other: (T, N, D), (D, K), (K,), and what should come out, "
        "(T, N, K). Which letter disappears?",
        "@ takes the last axis of the left array and the last but one of the right array. All "
        "axes before them are kept, so no loop over T or N is needed.",
        "A bias of shape (K,) is lined up with the last axis and repeated along the others.",
    ],
)
def linear(x, W, b):
    """The map x W + b at every time step of every sequence.

    Args:
        x: inputs, (T, N, D).
        W: weights, (D, K).
        b: bias, (K,).

    Returns:
        (T, N, K).
    """
    return x @ W + b


@exercise(
    lesson=LESSON,
    outputs=[Output("y", "N D", points=2, about="sigmoid of each entry")],
    make_case=make_sigmoid_case,
    sizes=[{"N": 3, "D": 5}, {"N": 4, "D": 4}, {"N": 1, "D": 2}],
    hints=[
        "It works entry by entry, so the result has the shape of x, and no loop is needed: np.exp "
        "takes a whole array.",
        "Which way round? A large positive x has to give almost 1, a large negative one almost 0.",
        "np.exp(1000) is inf, and inf / inf is not a number. Rewrite the fraction so that only "
        "one exp of a safe sign is left, or write sigmoid with tanh, which never overflows: "
        "sigmoid(x) is tanh(x / 2), moved and scaled from the range (-1, 1) to (0, 1).",
    ],
)
def sigmoid(x):
    """The logistic sigmoid 1 / (1 + exp(-x)) of each entry.

    Args:
        x: numbers of any size, also very large ones, (N, D).

    Returns:
        Numbers from 0 to 1, (N, D).
    """
    return 0.5 * np.tanh(0.5 * x) + 0.5  # tanh cannot overflow


# With pencil and paper

by_hand(
    "time_major_shape",
    lesson=LESSON,
    answer=(20, 32, 64),
    hints=[
        "Time-major is (T, N, D). Which of the three numbers counts time steps?",
        "A time step is a word, a row of the batch a sentence.",
    ],
    mistakes={
        (32, 20, 64): "That is batch-major: one sentence after the other. Which axis is time?",
        (20, 64, 32): "Time stands first, as it should. The features of a word stand last.",
        (64, 20, 32): "The features of a word stand last: (T, N, D).",
        (64, 32, 20): "That is the other way round: (T, N, D).",
    },
)
by_hand(
    "stands_still",
    lesson=SURPRISES,
    answer=2**24,
    hints=["2^10 is 1,024. What is 2^20, and sixteen times that?"],
    mistakes={
        2**24 + 1: "That number cannot be written with 24 binary digits: it is rounded down.",
        2**24 - 1: "One more fits: 2^24 has a single 1 among its binary digits.",
        2**23: "With 24 binary digits every whole number up to 2^24 can be written.",
    },
)
