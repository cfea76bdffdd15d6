# mypy: allow-untyped-defs
"""Exercises of lesson 10: an LSTM's weights in PyTorch's layout, and back, and in other orders."""

from typing import Any

import numpy as np

from lessons_lib.grading import Output, by_hand, exercise

LESSON = "10_from_numpy_to_pytorch"
NAMES = "07_cell_under_other_names"
ELSEWHERE = "10_carrying_weights_elsewhere"

# The first case gives every axis a length of its own; then D = H, so that exchanged weights fit,
# and D = 4H, where a weight that was not transposed fits.
SIZES = [{"D": 3, "H": 5}, {"D": 3, "H": 3}, {"D": 8, "H": 2}]
# CS231n's ifog is converted by the same moves in both directions, the other two are not.
ORDERS = {5: "fgio", 3: "ifog", 2: "gofi"}


def make_our_case(rng: np.random.Generator, D: int, H: int) -> dict[str, Any]:
    return {
        "Wx": rng.normal(size=(D, 4 * H)),
        "Wh": rng.normal(size=(H, 4 * H)),
        "b": rng.normal(size=4 * H),
    }


def make_torch_case(rng: np.random.Generator, D: int, H: int) -> dict[str, Any]:
    return {
        "weight_ih": rng.normal(size=(4 * H, D)),
        "weight_hh": rng.normal(size=(4 * H, H)),
        "bias_ih": rng.normal(size=4 * H),
        "bias_hh": rng.normal(size=4 * H),
    }


def make_order_case(rng: np.random.Generator, D: int, H: int) -> dict[str, Any]:
    return {"packed": rng.normal(size=(D, 4 * H)), "order": ORDERS[H]}


@exercise(
    lesson=LESSON,
    outputs=[
        Output("weight_ih", "4H D", points=0.5, about="input weights"),
        Output("weight_hh", "4H H", points=0.5, about="recurrent weights"),
        Output("bias_ih", "4H", points=0.5, about="bias beside the input product"),
        Output("bias_hh", "4H", points=0.5, about="bias beside the recurrent product"),
    ],
    make_case=make_our_case,
    sizes=SIZES,
    hints=[
        "Both libraries compute the same sums. We write x W with x a row, PyTorch W x with x a "
        "column: what does that do to W?",
        "PyTorch adds two biases where we add one. If one of the two is ours, what is the other?",
        "np.zeros_like(b) makes zeros of the same shape and dtype.",
    ],
)
def to_torch_layout(Wx, Wh, b):
    """Our parameters of an LSTM in the layout of torch.nn.LSTM.

    Args:
        Wx: input weights, (D, 4H), blocks i, f, g, o.
        Wh: recurrent weights, (H, 4H), blocks i, f, g, o.
        b: bias, (4H,), blocks i, f, g, o.

    Returns:
        weight_ih, weight_hh, bias_ih, bias_hh: (4H, D), (4H, H), (4H,), (4H,), blocks i, f, g, o.
    """
    return Wx.T, Wh.T, b, np.zeros_like(b)


# Only the sum of the two biases matters.


@to_torch_layout.alternative
def bias_beside_the_recurrent_product(Wx, Wh, b):
    return Wx.T, Wh.T, np.zeros_like(b), b


@to_torch_layout.alternative
def bias_in_two_halves(Wx, Wh, b):
    return Wx.T, Wh.T, b / 2, b / 2


@exercise(
    lesson=ELSEWHERE,
    outputs=[
        Output("Wx", "D 4H", points=0.5, about="input weights"),
        Output("Wh", "H 4H", points=0.5, about="recurrent weights"),
        Output("b", "4H", about="bias"),
    ],
    make_case=make_torch_case,
    sizes=SIZES,
    hints=[
        "What undoes the transposition of a matrix?",
        "PyTorch adds bias_ih and bias_hh to one and the same sum. Which single bias has the same "
        "effect as the two?",
    ],
)
def from_torch_layout(weight_ih, weight_hh, bias_ih, bias_hh):
    """Parameters of a torch.nn.LSTM in our layout.

    Args:
        weight_ih: input weights, (4H, D), blocks i, f, g, o.
        weight_hh: recurrent weights, (4H, H), blocks i, f, g, o.
        bias_ih: bias beside the input product, (4H,).
        bias_hh: bias beside the recurrent product, (4H,).

    Returns:
        Wx, Wh, b: (D, 4H), (H, 4H), (4H,), blocks i, f, g, o.
    """
    return weight_ih.T, weight_hh.T, bias_ih + bias_hh


@exercise(
    lesson=NAMES,
    outputs=[Output("ours", "D 4H", about="blocks in the order i, f, g, o", blocks=tuple("ifgo"))],
    make_case=make_order_case,
    sizes=SIZES,
    hints=[
        "Cut the last axis into four blocks, np.split(packed, 4, axis=-1). The first letter of "
        "order names the first block, and so on.",
        'A dict from letter to block (dict(zip(order, blocks))) answers "which block is g?".',
        "Put the blocks together again in the order of the letters in 'ifgo'.",
    ],
)
def reorder_gates(packed, order):
    """Packed LSTM weights with their gate blocks in the order i, f, g, o.

    Args:
        packed: weights whose last axis holds four blocks of H columns, (D, 4H).
        order: the letters of the blocks as they stand in packed, such as "fgio".

    Returns:
        ours: the same blocks in the order i, f, g, o, (D, 4H).
    """
    blocks = dict(zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in "ifgo"], axis=-1)


by_hand(
    "shape_of_weight_ih_l1",
    lesson=LESSON,
    answer=(800, 200),
    hints=[
        "What is the input of layer 1: the words' features, or something that layer 0 makes?",
        "PyTorch's weights stand to the left of a column: a row for each of the 4H sums.",
    ],
    mistakes={
        (800, 100): "Layer 1 does not read the words. It reads what layer 0 hands up.",
        (200, 800): "That is our layout; PyTorch's is turned.",
        (100, 800): "That is our layout, and layer 0's input.",
        (200, 200): "An LSTM has four blocks.",
    },
)
