# mypy: allow-untyped-defs
"""Exercises of lesson 04 and a companion: the norm of all gradients, clipping by norm and value."""

from typing import Any

import numpy as np

from lessons_lib.grading import Output, by_hand, exercise

LESSON = "04_gradient_clipping"
THRESHOLD = "04_choosing_a_threshold"

# The gradients of an RNN. Their norm is about sqrt(H (D + H + 1)): thresholds stand far below it,
# then far above it, then in between, where the single arrays are short and all together are not.
# In the last two the norm is made a little less than the threshold, and a little more.
NORM_SIZES = [{"D": 2, "H": 4}, {"D": 4, "H": 3}, {"D": 3, "H": 3}]
CLIP_SIZES = [
    {"D": 2, "H": 4, "max_norm": 1},
    {"D": 4, "H": 3, "max_norm": 40},
    {"D": 3, "H": 3, "max_norm": 2},
    {"D": 3, "H": 2, "max_norm": 20, "norm": 19},
    {"D": 2, "H": 2, "max_norm": 20, "norm": 21},
]


def make_grads(rng: np.random.Generator, D: int, H: int) -> dict[str, np.ndarray]:
    return {
        "Wx": rng.normal(size=(D, H)),
        "Wh": 2 * rng.normal(size=(H, H)),  # the largest, as where gradients explode
        "b": rng.normal(size=H),
    }


def make_norm_case(rng: np.random.Generator, D: int, H: int) -> dict[str, Any]:
    grads = make_grads(rng, D, H)
    if D > H:  # as a model names them: the norm is that of any arrays
        grads = {f"rnn.0.{name}": g for name, g in grads.items()}
    return {"grads": grads}


def make_clip_case(
    rng: np.random.Generator, D: int, H: int, max_norm: int, norm: int | None = None
) -> dict[str, Any]:
    grads = make_grads(rng, D, H)
    grads["Wy"] = rng.normal(size=(H, D))  # a name that no RNN layer has: any array is clipped
    if norm:
        drawn = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
        grads = {name: g * (norm / drawn) for name, g in grads.items()}
    return {"grads": grads, "max_norm": float(max_norm)}


def make_values_case(rng: np.random.Generator, D: int, H: int) -> dict[str, Any]:
    grads = make_grads(rng, D, H) | {"Wy": rng.normal(size=(H, D))}
    for g in grads.values():
        g.flat[:3] = -1, 0.5, 1  # in each array some entry is below, between and above the limits
    return {"grads": grads, "limit": 0.75}


@exercise(
    lesson=LESSON,
    outputs=[Output("norm", "", about="global norm")],
    make_case=make_norm_case,
    sizes=NORM_SIZES,
    hints=[
        "Imagine all arrays laid end to end as one long vector. What is the length of a vector?",
        "Square every entry, add up all the squares of all the arrays, and only then do one more "
        "thing.",
        "The sum over arrays can be built up in a loop over grads.values(), or by sum(...) around "
        "a generator. One square root, at the very end.",
    ],
)
def global_norm(grads):
    """L2 norm of all gradients taken together, as if they were one long vector.

    Args:
        grads: gradients by name, a dict of arrays of any shapes.

    Returns:
        norm: the global norm, one number.
    """
    return np.sqrt(sum(np.sum(g**2) for g in grads.values()))


@exercise(
    lesson=LESSON,
    outputs=[
        Output("norm", "", points=0.5, about="global norm before clipping"),
        Output("Wx", "D H", points=0.5, about="clipped gradient of Wx", written_to="grads"),
        Output("Wh", "H H", points=0.5, about="clipped gradient of Wh", written_to="grads"),
        Output("b", "H", points=0.25, about="clipped gradient of b", written_to="grads"),
        Output("Wy", "H D", points=0.25, about="clipped gradient of Wy", written_to="grads"),
    ],
    make_case=make_clip_case,
    sizes=CLIP_SIZES,
    hints=[
        "Three things in this order: the norm of all gradients, one rate from it, and then the "
        "same rate for every array. You may call your global_norm.",
        "rate = max_norm / (norm + 1e-6). For which values of it is there anything to do?",
        "In place means that the arrays in the dict change themselves: g *= rate does that, while "
        "g = g * rate makes a new array that nobody sees.",
    ],
)
def clip_grads(grads, max_norm):
    """Scale all gradients down, in place, so that their global norm is at most max_norm.

    Args:
        grads: gradients by name, a dict of arrays; written to.
        max_norm: the threshold, above 0.

    Returns:
        norm: the global norm before clipping, one number.
    """
    norm = global_norm(grads)
    rate = max_norm / (norm + 1e-6)
    if rate < 1:  # only ever shorten
        for g in grads.values():
            g *= rate
    return norm


@clip_grads.alternative
def clip_without_the_small_constant(grads, max_norm):
    norm = global_norm(grads)
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return norm


@exercise(
    lesson=THRESHOLD,
    outputs=[
        Output("Wx", "D H", points=0.25, about="clipped gradient of Wx", written_to="grads"),
        Output("Wh", "H H", points=0.25, about="clipped gradient of Wh", written_to="grads"),
        Output("b", "H", points=0.25, about="clipped gradient of b", written_to="grads"),
        Output("Wy", "H D", points=0.25, about="clipped gradient of Wy", written_to="grads"),
    ],
    make_case=make_values_case,
    sizes=NORM_SIZES,
    hints=[
        "Each entry is looked at for itself: above limit it becomes limit, below -limit it becomes "
        "-limit, in between it stays.",
        "np.clip does it for one array. It returns a new array unless you tell it where to "
        "write, with out=, or assign into g[...].",
    ],
)
def clip_values(grads, limit):
    """Cut every single entry of the gradients to the range -limit ... limit, in place.

    Args:
        grads: gradients by name, a dict of arrays; written to.
        limit: the largest absolute value allowed, above 0.
    """
    for g in grads.values():
        np.clip(g, -limit, limit, out=g)


by_hand(
    "norm_of_the_longest_array",
    lesson=LESSON,
    answer=6,
    tolerance=0.01,
    hints=[
        "First the length of all three together: square, add up, take the root.",
        "The global norm is 13. One rate for all three makes it 6.5.",
    ],
    mistakes={
        6.5: "That clips this array by a norm of its own. One rate, from all of them, is for all.",
        78 / 19: "You added up the three norms. Lengths of parts add up by their squares.",
        12: "Nothing would be clipped then, but all together are longer than 6.5.",
        13: "That is the global norm before clipping. What is the rate?",
        0.5: "That is the rate. Apply it to the longest array.",
    },
)

by_hand(
    "steepness_by_ten_more_steps",
    lesson="04_the_cliff",
    answer=1.2**10,
    tolerance=0.05,
    hints=[
        "Each step at which the state stays at 0.5 amplifies by rho = 0.75 w.",
        "Ten more steps, ten more factors.",
    ],
    mistakes={
        1.2: "That is what one more step does.",
        12.0: "Ten more steps multiply; they do not add up.",
        1.6**10: "Each step also passes tanh, whose derivative is 0.75 where the state is 0.5.",
    },
)
