# mypy: allow-untyped-defs
"""Exercises of lesson 07: one step of a GRU in two variants, its backward pass, its size."""

from typing import Any

import numpy as np

from lessons_lib import cells
from lessons_lib.course.shared.sizes import STEP_SIZES
from lessons_lib.functions import sigmoid
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "07_gru"
VARIANTS = "07_gru_two_variants"
THREE_CELLS = "07_three_cells_at_equal_parameters"


def make_step_case(rng: np.random.Generator, N: int, D: int, H: int) -> dict[str, Any]:
    return {
        "x": rng.normal(size=(N, D)),
        "h_prev": rng.uniform(-1, 1, size=(N, H)),  # the range of a mixture of tanh values
        "Wx": rng.normal(size=(D, 3 * H)) / np.sqrt(D),
        "Wh": rng.normal(size=(H, 3 * H)) / np.sqrt(H),
        "bx": rng.normal(size=3 * H),
        "bh": rng.normal(size=3 * H),
    }


def make_backward_case(rng: np.random.Generator, N: int, D: int, H: int) -> dict[str, Any]:
    _, cache = cells.gru_step(**make_step_case(rng, N, D, H))
    return {"dh": rng.normal(size=(N, H)), "cache": cache}


def make_layer_case(rng: np.random.Generator, blocks: int, biases: int) -> dict[str, Any]:
    D, H = int(rng.integers(2, 10)), int(rng.integers(11, 40))
    return {"D": D, "H": H, "blocks": blocks, "biases": biases}


@exercise(
    lesson=LESSON,
    may_follow=["cache"],
    outputs=[Output("h", "N H", points=2, about="hidden state")],
    make_case=make_step_case,
    sizes=STEP_SIZES,
    hints=[
        "Two products are enough: one for the input with its bias, one for the hidden state with "
        "its bias, each (N, 3H). Keep them apart for now.",
        "Cut both into three blocks of H columns, r, z, n. For the two gates you may add the two "
        "shares before the sigmoid. For n you may not: something happens to one of them first.",
        "The reset gate multiplies all that the hidden state adds to n, the bias beside it "
        "included. At the end, z is the share of the old state and 1 - z that of n.",
    ],
)
def gru_step(x, h_prev, Wx, Wh, bx, bh):
    """One step of a GRU, with the reset gate after the recurrent product as in PyTorch.

    Args:
        x: input, (N, D).
        h_prev: hidden state of the step before, (N, H).
        Wx: input weights, (D, 3H), blocks r, z, n.
        Wh: recurrent weights, (H, 3H), blocks r, z, n.
        bx: bias beside the input product, (3H,), blocks r, z, n.
        bh: bias beside the recurrent product, (3H,), blocks r, z, n.

    Returns:
        h: the new hidden state, (N, H).
    """
    xr, xz, xn = np.split(x @ Wx + bx, 3, axis=1)  # (N, H) each
    hr, hz, hn = np.split(h_prev @ Wh + bh, 3, axis=1)  # (N, H) each
    r = sigmoid(xr + hr)  # how much of the old state the candidate sees
    z = sigmoid(xz + hz)  # how much of the old state stays
    n = np.tanh(xn + r * hn)  # the candidate
    return (1 - z) * n + z * h_prev


@exercise(
    lesson=VARIANTS,
    may_follow=["cache"],
    outputs=[Output("h", "N H", about="hidden state")],
    make_case=make_step_case,
    sizes=STEP_SIZES,
    hints=[
        "The gates are those of gru_step. Only the line of the candidate differs.",
        "The reset gate multiplies the hidden state itself, entry by entry, and the result goes "
        "through the n block of Wh. So that product cannot be made before r is known.",
        "The bias beside the recurrent product is added after the product, and r never touches it.",
    ],
)
def gru_step_reset_before(x, h_prev, Wx, Wh, bx, bh):
    """One step of a GRU, with the reset gate before the recurrent product as in the paper.

    Args:
        x: input, (N, D).
        h_prev: hidden state of the step before, (N, H).
        Wx, Wh: weights, (D, 3H) and (H, 3H), blocks r, z, n.
        bx, bh: biases beside the input and the recurrent product, (3H,) each, blocks r, z, n.

    Returns:
        h: the new hidden state, (N, H).
    """
    H = h_prev.shape[1]
    xr, xz, xn = np.split(x @ Wx + bx, 3, axis=1)  # (N, H) each
    hr, hz = np.split(h_prev @ Wh[:, : 2 * H] + bh[: 2 * H], 2, axis=1)  # (N, H) each
    r = sigmoid(xr + hr)
    z = sigmoid(xz + hz)
    n = np.tanh(xn + (r * h_prev) @ Wh[:, 2 * H :] + bh[2 * H :])  # r first, then the product
    return (1 - z) * n + z * h_prev


@exercise(
    lesson=THREE_CELLS,
    outputs=[Output("count", "", about="number of parameters")],
    make_case=make_layer_case,
    sizes=[
        {"blocks": 1, "biases": 1},
        {"blocks": 3, "biases": 2},
        {"blocks": 4, "biases": 1},
        {"blocks": 4, "biases": 2},
    ],
    hints=[
        "Count the numbers in one block first: its part of Wx, its part of Wh, its part of each "
        "bias. What are the three shapes?",
        "A block has (D, H) input weights, (H, H) recurrent weights and H numbers in each bias.",
    ],
)
def count_parameters(D, H, blocks, biases):
    """How many numbers a recurrent layer learns.

    Args:
        D: input features.
        H: hidden units.
        blocks: gates and candidates: 1 for the RNN, 3 for the GRU, 4 for the LSTM.
        biases: bias vectors: 1 if each block has one, 2 if it has one beside each product.

    Returns:
        The number of parameters, an int.
    """
    return blocks * (D * H + H * H + biases * H)


@exercise(
    lesson=LESSON,
    outputs=[
        Output("dx", "N D", points=0.5, about="gradient on the input"),
        Output("dh_prev", "N H", about="gradient on the hidden state of the step before"),
        Output("dWx", "D 3H", points=0.5, about="gradient on Wx", blocks=("r", "z", "n")),
        Output("dWh", "H 3H", points=0.5, about="gradient on Wh", blocks=("r", "z", "n")),
        Output("dbx", "3H", points=0.25, about="gradient on bx", blocks=("r", "z", "n")),
        Output("dbh", "3H", points=0.25, about="gradient on bh", blocks=("r", "z", "n")),
    ],
    make_case=make_backward_case,
    sizes=STEP_SIZES,
    hints=[
        "Walk through the step from its end: h to n and z, n to what stands inside its tanh, from "
        "there to r and hn. Write da_n, da_z and da_r first, each (N, H).",
        "Put blocks side by side twice. Beside the input product stand da_r, da_z, da_n; beside "
        "the recurrent product the last of the three has passed the reset gate.",
        "With those two arrays of shape (N, 3H), all six results are one line each. dh_prev has "
        "one more term than dx: the way on which the old state is simply kept.",
    ],
)
def gru_step_backward(dh, cache):
    """Backward pass of `gru_step`, with the reset gate after the recurrent product.

    Args:
        dh: gradient of the loss on h, (N, H).
        cache: x (N, D), h_prev (N, H), Wx (D, 3H), Wh (H, 3H), then r, z, n and hn = h_prev Whn +
            bhn, each (N, H), and the flag reset_after, which is True here.

    Returns:
        dx, dh_prev, dWx, dWh, dbx, dbh: gradients, of the shapes of x, h_prev, Wx, Wh, bx, bh.
    """
    x, h_prev, Wx, Wh, r, z, n, hn, _ = cache
    da_n = dh * (1 - z) * (1 - n**2)
    da_z = dh * (h_prev - n) * z * (1 - z)
    da_r = da_n * hn * r * (1 - r)
    dax = np.concatenate([da_r, da_z, da_n], axis=1)  # (N, 3H), beside the input product
    dah = np.concatenate([da_r, da_z, da_n * r], axis=1)  # (N, 3H), beside the recurrent product
    dx = dax @ Wx.T
    dh_prev = dah @ Wh.T + dh * z
    return dx, dh_prev, x.T @ dax, h_prev.T @ dah, dax.sum(axis=0), dah.sum(axis=0)


by_hand(
    "gradient_at_the_update_gate",
    lesson=LESSON,
    answer=0.45,
    tolerance=0.005,
    hints=[
        "How does h change with z? In h = (1 - z) n + z h_prev it stands twice.",
        "dz is dh times (h_prev - n). Then comes the sigmoid, whose derivative is z (1 - z).",
    ],
    mistakes={
        2.4: "That is dz. The sigmoid lies between z and what you are asked for.",
        -0.45: "The sign: with a larger z there is more of h_prev and less of n.",
        1.8: "The derivative of a sigmoid has two factors: z and 1 - z.",
        0.6: "The derivative of a sigmoid has two factors: z and 1 - z.",
        0.15: "h_prev minus n, and n is negative.",
        0.3: "z stands in front of n as well, as 1 - z.",
    },
)
by_hand(
    "share_of_the_old_value",
    lesson="07_gru_gates_at_work",
    answer=-0.036,
    tolerance=0.002,
    hints=[
        "Two ways, to be added: what is kept, and what comes through the candidate.",
        "Through the candidate comes (1 - z) r w of the old value.",
    ],
    mistakes={
        0.35: "That is what is kept. What comes through the candidate?",
        -0.386: "That is what comes through the candidate. What is kept?",
        0.736: "w is negative.",
        -0.244: "The candidate enters the new state with the factor 1 - z.",
        0.142: "The candidate enters the new state with the factor 1 - z, not z.",
        -0.339: "The reset gate multiplies the old value on its way into the candidate.",
    },
)
