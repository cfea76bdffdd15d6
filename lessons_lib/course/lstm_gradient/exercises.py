# mypy: allow-untyped-defs
"""Exercises of lesson 06 and its companion: the LSTM backwards, a step and a sequence; its path."""

from typing import Any

import numpy as np

from lessons_lib import cells
from lessons_lib.course.shared.cases import rnn_weights
from lessons_lib.course.shared.sizes import SEQUENCE_SIZES, STEP_SIZES
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "06_why_lstm_remembers"
SEQUENCE = "06_lstm_backward"
REMEMBERS = "06_what_a_network_remembers"

GATE_SIZES = [
    {"T": 4, "N": 2, "H": 3},
    {"T": 6, "N": 3, "H": 2},
    {"T": 3, "N": 1, "H": 4},
]


def make_memory_case(rng: np.random.Generator, N: int, H: int) -> dict[str, Any]:
    return {
        "dc": rng.normal(size=(N, H)),
        "c_prev": rng.normal(size=(N, H)),
        "i": rng.uniform(0.1, 0.9, size=(N, H)),
        "f": rng.uniform(0.1, 0.9, size=(N, H)),
        "g": rng.uniform(-1, 1, size=(N, H)),
    }


@exercise(
    lesson=SEQUENCE,
    outputs=[
        Output("dc_prev", "N H", points=0.5, about="gradient on the old memory"),
        Output("di", "N H", points=0.5, about="gradient on the input gate"),
        Output("df", "N H", points=0.5, about="gradient on the forget gate"),
        Output("dg", "N H", points=0.5, about="gradient on the new memory"),
    ],
    make_case=make_memory_case,
    sizes=[{"N": 2, "H": 3}, {"N": 3, "H": 3}, {"N": 1, "H": 4}],
    hints=[
        "c is a sum of two products of two factors each. What is the derivative of a product with "
        "respect to one of its factors?",
        "Each of the four results is dc times the partner of that factor, entry by entry.",
    ],
)
def memory_backward(dc, c_prev, i, f, g):
    """Backward pass of the memory's own step, c = f * c_prev + i * g.

    Args:
        dc: gradient on c, (N, H).
        c_prev: memory cell of the step before, (N, H).
        i: input gate, (N, H).
        f: forget gate, (N, H).
        g: new memory, (N, H).

    Returns:
        dc_prev, di, df, dg: gradients on c_prev, i, f and g, each (N, H).
    """
    dc_prev = dc * f
    di = dc * g
    df = dc * c_prev
    dg = dc * i
    return dc_prev, di, df, dg


def make_caches(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> list[cells.LSTMCache]:
    """The caches of an LSTM with random weights that has read T random inputs."""
    weights = rnn_weights(rng, D, H, gates=4)
    h, c = rng.uniform(-1, 1, size=(N, H)), rng.normal(size=(N, H))
    caches = []
    for x in rng.normal(size=(T, N, D)):
        h, c, cache = cells.lstm_step(x, h, c, **weights)
        caches.append(cache)
    return caches


def forward_with_caches(x, h0, c0, Wx, Wh, b):
    """hs (T, N, H), and what each step kept."""
    h, c, hs, caches = h0, c0, [], []
    for x_t in x:
        h, c, cache = cells.lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs), caches


def make_step_case(rng: np.random.Generator, N: int, D: int, H: int) -> dict[str, Any]:
    (cache,) = make_caches(rng, 1, N, D, H)
    return {"dh": rng.normal(size=(N, H)), "dc": rng.normal(size=(N, H)), "cache": cache}


@exercise(
    lesson=LESSON,
    outputs=[
        Output("dx", "N D", points=0.5, about="gradient on the input"),
        Output("dh_prev", "N H", points=0.5, about="gradient on the old hidden state"),
        Output("dc_prev", "N H", points=0.5, about="gradient on the old memory"),
        Output("dWx", "D 4H", points=0.5, about="gradient on Wx", blocks=("i", "f", "g", "o")),
        Output("dWh", "H 4H", points=0.5, about="gradient on Wh", blocks=("i", "f", "g", "o")),
        Output("db", "4H", points=0.5, about="gradient on b", blocks=("i", "f", "g", "o")),
    ],
    forward=cells.lstm_step,
    make_case=make_step_case,
    sizes=STEP_SIZES,
    hints=[
        "c has two ways to the loss: the next step (dc) and this step's h. Add the second to the "
        "first before you use dc for anything.",
        "From the full dc come dc_prev, di, df and dg: of a product each factor gets dc times the "
        "other factor. From dh alone comes do. Then each of the four goes through its activation: "
        "s (1 - s) for a sigmoid s, 1 - g^2 for tanh.",
        "Put the four da side by side in the order i, f, g, o, (N, 4H). What remains is the "
        "backward pass of a = x Wx + h_prev Wh + b: two products for the inputs, two for the "
        "weights, and a sum over the batch for b.",
    ],
)
def lstm_step_backward(dh, dc, cache):
    """Backward pass of one LSTM step.

    Args:
        dh: gradient on h, (N, H): from this step's output, plus what flows back from the next.
        dc: gradient on c that flows back from the next step, (N, H).
        cache: what the forward step kept: x, h_prev, c_prev, Wx, Wh, i, f, g, o, tanh_c.

    Returns:
        dx (N, D), dh_prev (N, H), dc_prev (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    x, h_prev, c_prev, Wx, Wh, i, f, g, o, tanh_c = cache
    dc = dc + dh * o * (1 - tanh_c**2)  # c reaches the loss through the next c, and through h
    da_i = dc * g * i * (1 - i)  # di, through sigmoid
    da_f = dc * c_prev * f * (1 - f)  # df, through sigmoid
    da_g = dc * i * (1 - g**2)  # dg, through tanh
    da_o = dh * tanh_c * o * (1 - o)  # do, through sigmoid
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (N, 4H)
    dx = da @ Wx.T
    dh_prev = da @ Wh.T
    dc_prev = dc * f
    return dx, dh_prev, dc_prev, x.T @ da, h_prev.T @ da, da.sum(axis=0)


def make_sequence_case(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> dict[str, Any]:
    return {"dhs": rng.normal(size=(T, N, H)), "caches": make_caches(rng, T, N, D, H)}


@exercise(
    lesson=SEQUENCE,
    carry_errors=0.5,
    outputs=[
        Output("dx", "T N D", points=0.5, about="gradient on the inputs"),
        Output("dh0", "N H", points=0.25, about="gradient on the first hidden state"),
        Output("dc0", "N H", points=0.25, about="gradient on the first memory"),
        Output("dWx", "D 4H", points=0.25, about="gradient on Wx", blocks=("i", "f", "g", "o")),
        Output("dWh", "H 4H", points=0.5, about="gradient on Wh", blocks=("i", "f", "g", "o")),
        Output("db", "4H", points=0.25, about="gradient on b", blocks=("i", "f", "g", "o")),
    ],
    forward=forward_with_caches,
    make_case=make_sequence_case,
    sizes=SEQUENCE_SIZES,
    hints=[
        "Walk over the caches from the last to the first. Two gradients travel from step to step, "
        "because two states did on the way forward.",
        "At each step: dh is dhs[t] plus what the step after returned for h_prev, and dc is what "
        "it returned for c_prev. After the last step both start at zero.",
        "The same Wx, Wh and b served every step, so their gradients add up over the steps.",
    ],
)
def lstm_backward(dhs, caches):
    """Backward pass of an LSTM over a whole sequence.

    Args:
        dhs: gradient on the hidden state of every step, from that step's output, (T, N, H).
        caches: the caches of the T forward steps, first to last.

    Returns:
        dx (T, N, D), dh0 (N, H), dc0 (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    dh_next = np.zeros_like(dhs[0])
    dc_next = np.zeros_like(dhs[0])
    dx = [None] * len(caches)
    dWx = dWh = db = 0
    for t in reversed(range(len(caches))):
        dh = dhs[t] + dh_next
        dx[t], dh_next, dc_next, *step = lstm_step_backward(dh, dc_next, caches[t])
        dWx, dWh, db = dWx + step[0], dWh + step[1], db + step[2]
    return np.stack(dx), dh_next, dc_next, dWx, dWh, db


def make_gates_case(rng: np.random.Generator, T: int, N: int, H: int) -> dict[str, Any]:
    f = rng.uniform(0.3, 0.95, size=(T, N, H))
    f[1, 0, 0] = 0  # a closed gate: who divides by a product of gates gets no number
    return {"f": f}


@exercise(
    lesson=LESSON,
    outputs=[Output("dc", "T+1 N H", points=2, about="gradient of c_T with respect to each c_t")],
    make_case=make_gates_case,
    sizes=GATE_SIZES,
    hints=[
        "Begin at the end: the gradient of c_T with respect to itself is 1 in every entry. From "
        "there one step back multiplies by one forget gate.",
        "The result has one more entry along time than f has, since T steps connect T + 1 "
        "memories. f[t] stands between c_t and c_(t+1).",
        "A loop over reversed(range(T)) that fills entry t from entry t + 1; or np.cumprod over "
        "f[::-1].",
    ],
)
def cell_gradient(f):
    """Gradient of the last memory with respect to every earlier one, along the cell path.

    Args:
        f: forget gates of the T steps, (T, N, H); f[t] takes part in c_(t+1) = f[t] * c_t + ….

    Returns:
        (T + 1, N, H): entry t is the product of the forget gates between c_t and c_T.
    """
    T, N, H = f.shape
    dc = np.ones((T + 1, N, H), f.dtype)
    for t in reversed(range(T)):
        dc[t] = dc[t + 1] * f[t]
    return dc


by_hand(
    "gradient_on_the_old_memory",
    lesson=LESSON,
    answer=0.738,
    tolerance=0.0025,  # with two digits
    hints=[
        "c reaches the loss by two ways. Add what comes back by both before you use it.",
        "Through h comes dh, times the output gate, times the derivative of tanh, 1 - tanh(c)^2.",
        "The sum passes the forget gate.",
    ],
    mistakes={
        0.45: "Only one way is in it. c reaches the loss by two: the next step's memory, and h.",
        0.82: "That is the gradient on c. One gate lies between it and the old memory.",
        0.77: "Both ways meet in c, and the forget gate comes after: it has to let through both.",
        1.35: "You add dh as it is. Between c and h stand tanh and the output gate.",
        0.9: "That is f alone, or both ways without the derivative of tanh.",
        1.026: "The derivative of tanh is in it, but not the output gate.",
        0.288: "That came through h. What the next step sent back has to be added first.",
        0.63: "The derivative of tanh is 1 - tanh(c)^2. Something is missing on tanh(c).",
        0.72: "That has tanh(c) itself. On the way back stands its derivative, 1 - tanh(c)^2.",
    },
)


by_hand(
    "bias_for_a_hundred_steps",
    lesson="06_learning_to_recall",
    answer=3.78,
    tolerance=0.0205,  # from 3.7596, where a tenth arrives, to 3.8
    hints=[
        "Along the cell path the gate to the power of 100 is left. How large must the gate be?",
        "The gate is sigmoid(b). Which b gives it? ln(gate / (1 - gate)).",
    ],
    mistakes={
        0.977: "That is the gate. Which bias gives a gate of that size?",
        1: "With bias 1 the gate is 0.73, of which 100 steps leave about 2e-14.",
    },
)

by_hand(
    "steps_to_a_tenth",
    lesson="06_not_cured",
    answer=22,
    hints=["After k steps 0.9^k is left. A logarithm brings k down."],
    mistakes={
        21: "Just before: a little more than a tenth is left then.",
        9: "Each step takes a tenth of what is left, and not of what there was.",
        10: "Each step takes a tenth of what is left, and not of what there was.",
    },
)


def make_text_case(rng: np.random.Generator, T: int, V: int) -> dict[str, Any]:
    return {"ids": rng.integers(V - 1, size=T), "replacement": V - 1}


@exercise(
    lesson=REMEMBERS,
    outputs=[
        Output("texts", "T T", points=1, about="texts, each with one token replaced", in_time=False)
    ],
    make_case=make_text_case,
    sizes=[{"T": 4, "V": 6}, {"T": 7, "V": 9}, {"T": 1, "V": 3}],
    hints=[
        "The text stands in every column, and column k differs from it in row k alone.",
        "np.eye(T, dtype=bool) is True where a column has its replacement; np.where chooses.",
    ],
)
def swapped_texts(ids, replacement):
    """A batch of texts, each of them with one token replaced.

    Args:
        ids: a text, integers, (T,).
        replacement: the token to put in, an integer.

    Returns:
        (T, T) integers, time along the first axis: column k is the text with token k replaced.
    """
    return np.where(np.eye(len(ids), dtype=bool), replacement, ids[:, None])


def make_last_step_case(rng: np.random.Generator, T: int, N: int, D: int, H: int) -> dict[str, Any]:
    return {"dh": rng.normal(size=(N, H)), "caches": make_caches(rng, T, N, D, H)}


@exercise(
    lesson=REMEMBERS,
    outputs=[Output("dx", "T N D", points=2, about="gradient on the inputs")],
    forward=forward_with_caches,
    make_case=make_last_step_case,
    sizes=SEQUENCE_SIZES,
    hints=[
        "cells.lstm_step_backward takes one step back. Begin with the last cache.",
        "Two gradients travel from step to step. dh comes in at the last step, and the gradient on "
        "the memory is 0 there.",
        "You meet the inputs from the last to the first, and they are asked for in the order of "
        "the text.",
    ],
)
def input_gradients(dh, caches):
    """Gradient of a score that depends on the last hidden state of an LSTM, on every input.

    Args:
        dh: gradient of the score on the last hidden state, (N, H).
        caches: of the T forward steps, first to last.

    Returns:
        (T, N, D): the gradient on the input of each step, first to last.
    """
    dc = np.zeros_like(dh)
    dx = []
    for cache in reversed(caches):
        dx_t, dh, dc, *_ = cells.lstm_step_backward(dh, dc, cache)
        dx.append(dx_t)
    return np.stack(dx[::-1])


by_hand(
    "swap_of_a_held_choice",
    lesson=REMEMBERS,
    answer=-8.0,
    tolerance=0.05,
    hints=[
        "Work out what the log-odds are with the one name, and what they are with the other.",
        "tanh(10) is 1 to eight digits, and tanh(-10) is -1.",
    ],
    mistakes={
        8.0: "The size is right. The log-odds of the first name fall when it is swapped away.",
        -4.0: "That is what the log-odds are afterwards. What were they before?",
        0.0: "That is what the gradient foretells. Put both values of x in.",
    },
)
