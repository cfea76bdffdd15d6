# mypy: allow-untyped-defs
"""Exercises of lesson 02 and its companions: the numerical gradient, and BPTT."""

from typing import Any

import numpy as np

from lessons_lib.cells import rnn_step
from lessons_lib.course.shared.cases import hidden_state, rnn_weights
from lessons_lib.course.shared.sizes import SEQUENCE_SIZES, STEP_SIZES
from lessons_lib.course.shared.traces import unroll
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "02_backpropagation_through_time"
# Its companions
TRUNCATED, EPS, COSTS = "02_truncated_bptt", "02_how_small_may_eps_be", "02_what_the_way_back_costs"

# A rest that makes no whole chunk; no rest; chunks of two; fewer steps than a chunk has.
TRUNCATION_SIZES = [
    {"T": 7, "length": 3, "N": 4, "D": 2, "H": 5},
    {"T": 8, "length": 4, "N": 2, "D": 3, "H": 3},
    {"T": 5, "length": 2, "N": 1, "D": 3, "H": 2},
    {"T": 3, "length": 5, "N": 2, "D": 4, "H": 3},
]
# Three axes, so that two loops do not reach every entry. In the last x has whole numbers, in an
# array of integers.
FUNCTION_SIZES = [
    {"rows": 2, "columns": 3, "depth": 2},
    {"rows": 4, "columns": 1, "depth": 2},
    {"rows": 2, "columns": 3, "depth": 3},
    {"rows": 2, "columns": 2, "depth": 2, "whole": 1},
]


def forward_with_caches(x, h0, Wx, Wh, b):
    """What each step of a whole forward pass kept, last of what is returned."""
    return (unroll(rnn_step, x, [h0], Wx, Wh, b)[1],)


def make_function_case(
    rng: np.random.Generator, rows: int, columns: int, depth: int, whole: int = 0
) -> dict[str, Any]:
    shape = (rows, columns, depth)
    weights = rng.normal(size=shape)

    def f(x):
        """A smooth function in which every entry meets every other."""
        return np.sum(np.sin(x)) * np.sum(weights * x) + np.sum(weights * x**3)

    x = rng.integers(1, 4, size=shape) if whole else rng.uniform(0.5, 1.5, shape)
    # An eps this large makes every way of taking differences give numbers of its own, and leaves a
    # rounding where it is added to x and taken away again.
    return {"f": f, "x": x, "eps": 0.1}


def make_sequence_case(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> dict[str, Any]:
    """Random gradients for the T states of an RNN, and what its steps kept."""
    weights, h = rnn_weights(rng, D, H), hidden_state(rng, N, H)
    _, caches = unroll(rnn_step, rng.normal(size=(T, N, D)), [h], **weights)
    return {"dhs": rng.normal(size=(T, N, H)), "caches": caches}


def make_step_case(rng: np.random.Generator, N: int, D: int, H: int) -> dict[str, Any]:
    case = make_sequence_case(rng, 1, N, D, H)
    return {"dh": case["dhs"][0], "cache": case["caches"][0]}


def make_truncation_case(
    rng: np.random.Generator, T: int, length: int, N: int, D: int, H: int
) -> dict[str, Any]:
    return {**make_sequence_case(rng, T, N, D, H), "length": length}


@exercise(
    lesson=LESSON,
    outputs=[Output("gradient", "rows columns depth", points=2, about="numerical gradient")],
    make_case=make_function_case,
    sizes=FUNCTION_SIZES,
    hints=[
        "Begin with a copy of x in float64 and an empty array of its shape for the results. "
        "np.ndindex(x.shape) walks over all entries, whatever the number of axes.",
        "For one entry: put value + eps in its place and call f, then put value - eps there and "
        "call f again. How far apart do the two points lie?",
        "Put the old value back before you go on to the next entry; every entry is to be moved "
        "alone.",
    ],
)
def numerical_gradient(f, x, eps=1e-6):
    """Gradient of a scalar function by central differences.

    Args:
        f: takes an array shaped like x and returns a number.
        x: the point, an array of any shape; not to be written to.
        eps: how far each entry is moved to either side.

    Returns:
        The gradient, shaped like x, always in float64.
    """
    x = np.array(x, dtype=np.float64)  # a copy, and enough digits for a small difference
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + eps
        above = f(x)
        x[index] = value - eps
        below = f(x)
        x[index] = value  # the next entry is moved alone
        gradient[index] = (above - below) / (2 * eps)
    return gradient


@exercise(
    lesson=LESSON,
    outputs=[
        Output("dx", "N D", points=0.25, about="gradient on the input"),
        Output("dh_prev", "N H", points=0.5, about="gradient on the hidden state before"),
        Output("dWx", "D H", points=0.5, about="gradient on the input weights"),
        Output("dWh", "H H", points=0.5, about="gradient on the recurrent weights"),
        Output("db", "H", points=0.25, about="gradient on the bias"),
    ],
    forward=rnn_step,
    make_case=make_step_case,
    sizes=STEP_SIZES,
    hints=[
        "Go back through the step in reverse: first through tanh, from dh to da. Everything else "
        "follows from da alone.",
        "The derivative of tanh(a) is 1 - tanh(a)^2, and tanh(a) is h, which the cache holds.",
        "Each product of da with something from the cache is told by the shapes: dWx has to be "
        "(D, H), and you have x (N, D) and da (N, H). Where two would fit, as Wh is square, ask "
        "what was multiplied. The bias was added to every row; what do N rows do to its gradient?",
    ],
)
def rnn_step_backward(dh, cache):
    """Backward pass of one step of the vanilla RNN, h = tanh(x Wx + h_prev Wh + b).

    Args:
        dh: gradient of the loss with respect to h, (N, H).
        cache: what the step kept: x (N, D), h_prev (N, H), Wx (D, H), Wh (H, H), h (N, H).

    Returns:
        dx, dh_prev, dWx, dWh, db: gradients with the shapes of x, h_prev, Wx, Wh, b.
    """
    x, h_prev, Wx, Wh, h = cache
    da = dh * (1 - h**2)  # (N, H), back through tanh
    dx = da @ Wx.T
    dh_prev = da @ Wh.T
    dWx = x.T @ da  # the product adds up over the N rows
    dWh = h_prev.T @ da
    db = da.sum(axis=0)
    return dx, dh_prev, dWx, dWh, db


@exercise(
    lesson=LESSON,
    carry_errors=0.5,
    outputs=[
        Output("dx", "T N D", points=0.25, about="gradient on the inputs"),
        Output("dh0", "N H", points=0.5, about="gradient on the state before the first step"),
        Output("dWx", "D H", points=0.5, about="gradient on the input weights"),
        Output("dWh", "H H", points=0.5, about="gradient on the recurrent weights"),
        Output("db", "H", points=0.25, about="gradient on the bias"),
    ],
    forward=forward_with_caches,
    make_case=make_sequence_case,
    sizes=SEQUENCE_SIZES,
    hints=[
        "Walk from the last step to the first: for t in reversed(range(T)). Keep one array that "
        "travels with you, the gradient that comes from the step after. What is it at the start?",
        "h_t is used twice: by the loss of its own step, which sends dhs[t], and by the next step. "
        "Two arrows meet, so their gradients are added before you call rnn_step_backward.",
        "Every step uses the same Wx, Wh and b, so what the steps give for them adds up. dx is "
        "different: each step has an input of its own.",
    ],
)
def rnn_backward(dhs, caches):
    """Backpropagation through time for the vanilla RNN.

    Args:
        dhs: what the loss of each step itself sends into that step's hidden state, (T, N, H).
        caches: what each of the T steps kept, a list; see `rnn_step_backward`.

    Returns:
        dx (T, N, D), dh0 (N, H), dWx (D, H), dWh (H, H), db (H,): gradients of the summed loss with
        respect to the inputs, the state before the first step, and the parameters.
    """
    dx = []
    dh_next = 0.0  # after the last step nothing comes back
    dWx = dWh = db = 0.0
    for dh_own, cache in zip(dhs[::-1], caches[::-1], strict=True):  # the last step first
        dh = dh_own + dh_next  # the two arrows that meet in h_t
        dx_t, dh_next, dWx_t, dWh_t, db_t = rnn_step_backward(dh, cache)
        dx.append(dx_t)
        dWx = dWx + dWx_t  # the same weights in every step: gradients add up
        dWh = dWh + dWh_t
        db = db + db_t
    return np.stack(dx[::-1]), dh_next, dWx, dWh, db


@exercise(
    lesson=TRUNCATED,
    carry_errors=0.5,
    outputs=[
        Output("dWx", "D H", points=0.5, about="gradient on the input weights"),
        Output("dWh", "H H", points=1, about="gradient on the recurrent weights"),
        Output("db", "H", points=0.5, about="gradient on the bias"),
    ],
    make_case=make_truncation_case,
    sizes=TRUNCATION_SIZES,
    hints=[
        "Within a chunk all is as in rnn_backward: the last step first, and dh_next goes along. A "
        "chunk is the same slice of dhs and of caches.",
        "range(0, T, length) gives the first step of every chunk. A slice that reaches beyond the "
        "end stops at the end, so a last chunk that is shorter needs no care.",
        "Nothing flows back from one chunk to the one before it; the parameter gradients of the "
        "chunks add up.",
    ],
)
def truncated_backward(dhs, caches, length):
    """Truncated backpropagation through time: the gradient stops at the edge of each chunk.

    The forward pass was one piece, with the state carried from chunk to chunk. Chunks are counted
    from the first step; the last one may be shorter.

    Args:
        dhs: what the loss of each step itself sends into that step's hidden state, (T, N, H).
        caches: what each of the T steps kept, a list; see `rnn_step_backward`.
        length: number of steps in a chunk, at least 1.

    Returns:
        dWx (D, H), dWh (H, H), db (H,): the gradients of all chunks, added up.
    """
    dWx = dWh = db = 0.0
    for start in range(0, len(dhs), length):
        chunk = slice(start, start + length)
        dh_next = 0.0  # nothing comes back over the cut
        for dh_own, cache in zip(dhs[chunk][::-1], caches[chunk][::-1], strict=True):
            _, dh_next, dWx_t, dWh_t, db_t = rnn_step_backward(dh_own + dh_next, cache)
            dWx = dWx + dWx_t
            dWh = dWh + dWh_t
            db = db + db_t
    return dWx, dWh, db


# With pencil and paper

by_hand(
    "used_twice",
    lesson=LESSON,
    answer=6,
    hints=[
        "First forward: h_1 = 2 and h_2 = 3. Then dh_2 = h_2 - u_2.",
        "Two arrows end in h_1: h_1 - u_1 from its own loss, and dh_2 times w from step 2.",
        "w is used in both steps. In each, what comes back is dh of that step times what w "
        "multiplied there.",
    ],
    mistakes={
        5: "One of the two arrows that end in h_1 is missing: its loss and step 2 send one each.",
        4: "That is what comes back from one step. w is used in both.",
        2: "That is what step 1 sends back. w is used in step 2 as well.",
        10: "What w multiplied in step 2 is h_1, the state that came in, and in step 1 it is h_0.",
    },
)
by_hand(
    "best_eps",
    lesson=EPS,
    answer=3.7e-6,
    tolerance=0.06e-6,  # with two digits
    hints=[
        "Where is the derivative of eps^2 + u / eps with respect to eps zero?",
        "2 eps - u / eps^2 = 0: multiply by eps^2.",
    ],
    mistakes={
        1e-8: "That is the best eps for a difference to one side, whose error is eps + u / eps.",
        4.6e-6: "The derivative of eps^2 is 2 eps: the 2 is missing.",
    },
)
by_hand(
    "numbers_kept",
    lesson=COSTS,
    answer=300_000,
    hints=[
        "What does one step keep that no other step has kept: x_t and one state. Of what sizes?"
    ],
    mistakes={
        15_000: "That is one row of the batch. There are 20.",
        500_000: "Each state is counted twice: the h of a step is the h_prev of the next one.",
        304_000: "That is right with h_0, which the question leaves aside.",
    },
)
