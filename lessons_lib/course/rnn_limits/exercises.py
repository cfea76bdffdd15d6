# mypy: allow-untyped-defs
"""Exercises of lesson 03 and its companions: three derivatives, the way back, bound, radius."""

from typing import Any

import numpy as np

from lessons_lib.functions import sigmoid
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "03_rnn_limits"
FUNCTIONS = "03_activation_functions"
MATRICES = "03_singular_values"

# The first case gives every axis a length of its own; then T = N, N = H, and a single row.
SIZES = [
    {"T": 5, "N": 2, "H": 4},
    {"T": 4, "N": 4, "H": 3},
    {"T": 3, "N": 3, "H": 3},
    {"T": 6, "N": 1, "H": 2},
]


def make_sums(rng: np.random.Generator, N: int, H: int) -> dict[str, Any]:
    a = rng.uniform(0.3, 2.5, size=(N, H)) * rng.choice([-1, 1], size=(N, H))
    a.flat[0], a.flat[1] = -abs(a.flat[0]), abs(a.flat[1])  # both signs, whatever is drawn
    return {"a": a}


def make_states(rng: np.random.Generator, T: int, N: int, H: int) -> dict[str, Any]:
    hs = rng.uniform(0.2, 0.9, size=(T, N, H)) * rng.choice([-1, 1], size=(T, N, H))
    return {"hs": hs, "Wh": rng.normal(size=(H, H)) * 1.2 / np.sqrt(H)}


def make_way_back(rng: np.random.Generator, T: int, N: int, H: int) -> dict[str, Any]:
    return {"dh": rng.normal(size=(N, H)), **make_states(rng, T, N, H)}


def make_matrix(rng: np.random.Generator, H: int) -> dict[str, Any]:
    """A matrix whose largest eigenvalues are a complex pair, in a basis that is not orthogonal.

    With more than two units the pair stands inside a block triangular matrix, and the smallest
    eigenvalue of five behind it. NumPy then lists none of these first or last, so that who takes
    an eigenvalue by its place gets another.
    """
    size, angle = rng.uniform(1.2, 2.0), rng.uniform(0.55, 0.8) * np.pi
    first = 1 if H > 2 else 0
    pair = slice(first, first + 2)
    others = rng.uniform(0.3, 0.5, size=H) * rng.choice([-1, 1], size=H)
    others[3:-1] /= 3
    core = np.diag(others * size)
    core[pair, pair] = size * np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )
    basis = np.eye(H) + np.triu(rng.uniform(0.4, 0.8, size=(H, H)), 1)
    if H == 2:
        basis = np.linalg.qr(rng.normal(size=(H, H)))[0] @ basis
    return {"Wh": basis @ core @ np.linalg.inv(basis), "radius": float(rng.uniform(0.5, 0.9))}


@exercise(
    lesson=FUNCTIONS,
    outputs=[
        Output("d_sigmoid", "N H", points=0.5, about="derivative of sigmoid"),
        Output("d_tanh", "N H", points=0.5, about="derivative of tanh"),
        Output("d_relu", "N H", points=0.5, about="derivative of ReLU"),
    ],
    make_case=make_sums,
    sizes=[{"N": 3, "H": 4}, {"N": 2, "H": 2}, {"N": 1, "H": 3}],
    hints=[
        "For each of the three, first compute the function itself, y. Two of the derivatives are "
        "short formulas in y.",
        "sigmoid: y times (1 minus y). tanh: 1 minus y squared. In both, y is the value of the "
        "function, not its argument.",
        "ReLU is a straight line of slope 1 to the right of 0, and flat to the left. Give the "
        "result the dtype of a; (a > 0) alone is an array of booleans.",
    ],
)
def activation_derivatives(a):
    """The derivatives of sigmoid, tanh and ReLU.

    Args:
        a: the sums that go into the function, (N, H).

    Returns:
        d_sigmoid, d_tanh, d_relu: the derivative of each function at a, each (N, H).
    """
    y = sigmoid(a)
    d_sigmoid = y * (1 - y)
    y = np.tanh(a)
    d_tanh = 1 - y**2
    d_relu = (a > 0).astype(a.dtype)  # 1 or 0; at exactly 0, where there is a corner, we say 0
    return d_sigmoid, d_tanh, d_relu


@exercise(
    lesson=LESSON,
    outputs=[
        Output("norms", "T N", points=2, about="norm of the gradient by steps back", in_time=False)
    ],
    make_case=make_way_back,
    sizes=SIZES,
    hints=[
        "Begin with the norm of dh itself: that is lag 0, at the last step. Then walk through hs "
        "from its last entry towards its first.",
        "One step back has two parts: the derivative of tanh at the step that you leave, which "
        "multiplies entry by entry, and the recurrent weights. Lesson 02 has both.",
        "hs[t] is the result of tanh already, so the derivative of step t is 1 - hs[t]**2. "
        "np.linalg.norm with axis=1 gives one norm for each row.",
    ],
)
def gradient_norms(dh, hs, Wh):
    """How long the gradient is at each step on its way back through a vanilla RNN.

    Args:
        dh: gradient of the loss on the last hidden state, (N, H).
        hs: hidden states of all steps, (T, N, H); hs[-1] is the last one.
        Wh: recurrent weights, (H, H).

    Returns:
        norms: (T, N). norms[k] is the norm of the gradient on the hidden state k steps before the
        last one, for each row: norms[0] that of dh, norms[T - 1] that of the gradient on hs[0].
    """
    norms = [np.linalg.norm(dh, axis=1)]
    for h in hs[:0:-1]:  # hs[T-1], … hs[1]: each step that the gradient passes
        dh = (dh * (1 - h**2)) @ Wh.T  # through tanh, then through the weights
        norms.append(np.linalg.norm(dh, axis=1))
    return np.stack(norms)


@exercise(
    lesson=MATRICES,
    outputs=[Output("bound", "T N", points=1.5, about="bound by steps back", in_time=False)],
    make_case=make_states,
    sizes=SIZES,
    hints=[
        "Each step back multiplies the bound by two numbers: the largest derivative of tanh in "
        "that row at that step, and the largest singular value of Wh.",
        "np.linalg.norm(Wh, ord=2) is the largest singular value. The largest derivative of a row "
        "is a maximum over the axis of the hidden units.",
        "Start with a row of ones for lag 0, and walk through hs from its last entry to hs[1], as "
        "in gradient_norms.",
    ],
)
def gradient_bound(hs, Wh):
    """The most that a gradient can grow on its way back through a vanilla RNN.

    Args:
        hs: hidden states of all steps, (T, N, H); hs[-1] is the last one.
        Wh: recurrent weights, (H, H).

    Returns:
        bound: (T, N). bound[0] is 1, and bound[k] the product over the last k steps of the row's
        largest tanh derivative times the largest singular value of Wh.
    """
    largest = np.linalg.norm(Wh, ord=2)  # the largest singular value
    bound = [np.ones_like(hs[0, :, 0])]
    for h in hs[:0:-1]:
        bound.append(bound[-1] * (1 - h**2).max(axis=1) * largest)
    return np.stack(bound)


@exercise(
    lesson=LESSON,
    outputs=[Output("scaled", "H H", about="weights of the wanted radius")],
    make_case=make_matrix,
    sizes=[{"H": 4}, {"H": 2}, {"H": 5}],
    hints=[
        "If a matrix is multiplied by a number, so are all its eigenvalues. By which number must "
        "Wh be multiplied, if you know its radius as it is?",
        "np.linalg.eigvals gives the eigenvalues. They may be complex; np.abs gives the size of "
        "a complex number.",
    ],
)
def rescale_to_radius(Wh, radius):
    """Multiply recurrent weights by a number so that they have a given spectral radius.

    Args:
        Wh: recurrent weights, (H, H).
        radius: the wanted spectral radius, above 0.

    Returns:
        scaled: (H, H), a multiple of Wh whose largest eigenvalue has the absolute value `radius`.
    """
    return Wh * (radius / np.abs(np.linalg.eigvals(Wh)).max())  # the wanted by the present radius


by_hand(
    "gradient_after_ten_steps",
    lesson=LESSON,
    answer=0.72**10,
    tolerance=0.0006,
    hints=[
        "One step back multiplies by two numbers. Which two?",
        "The derivative of tanh, from the state: 1 - h^2. The other number is the weight.",
    ],
    mistakes={
        2.0**10: "That is the weight alone. At each step the gradient also passes tanh.",
        0.36**10: "That is tanh alone. At each step the gradient also passes the weight.",
        0.4**10: "The derivative of tanh is 1 - h^2. Something is missing on h.",
        1.28**10: "h^2 is what the derivative lacks of 1. What is the derivative itself?",
        0.72: "That is right for one step. Ten steps multiply.",
        7.2: "Ten steps multiply; they do not add up.",
    },
)
