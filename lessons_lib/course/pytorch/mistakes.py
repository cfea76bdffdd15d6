# mypy: allow-untyped-defs
"""Wrong versions of lesson 10's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.pytorch.exercises import from_torch_layout, reorder_gates, to_torch_layout

RESHAPED = (
    "The shapes are right, but the numbers stand in other places: reshape fills the new shape line "
    "by line. Rows have to become columns."
)
BLOCKS_MOVED = (
    "Your blocks come in the order i, f, o, g. PyTorch's order is ours: nothing has to be moved."
)


def in_the_order_i_f_o_g(packed):
    """A parameter with its last two blocks exchanged."""
    i, f, g, o = np.split(packed, 4, axis=-1)
    return np.concatenate([i, f, o, g], axis=-1)


# To PyTorch

to_torch_layout.mistake(
    "bias_counts_twice",
    "Both biases are b in your version, so PyTorch adds b twice. What should the two add up to?",
    "np.zeros_like(b)",
    "b",
)
to_torch_layout.mistake(
    "reshaped",
    RESHAPED,
    "Wx.T, Wh.T",
    "Wx.reshape(Wx.shape[::-1]), Wh.reshape(Wh.shape[::-1])",
)


@to_torch_layout.misconception(BLOCKS_MOVED)
def blocks_i_f_o_g(Wx, Wh, b):
    return to_torch_layout(*(in_the_order_i_f_o_g(p) for p in (Wx, Wh, b)))


# From PyTorch


from_torch_layout.mistake(
    "biases_side_by_side",
    "Your b holds both biases one after the other, 8H numbers. Ours has one for each sum.",
    "bias_ih + bias_hh",
    "np.concatenate([bias_ih, bias_hh])",
)
from_torch_layout.mistake(
    "reshaped_back",
    RESHAPED,
    "weight_ih.T, weight_hh.T",
    "weight_ih.reshape(weight_ih.shape[::-1]), weight_hh.reshape(weight_hh.shape[::-1])",
)


@from_torch_layout.misconception(BLOCKS_MOVED)
def blocks_moved_back(weight_ih, weight_hh, bias_ih, bias_hh):
    ours = from_torch_layout(weight_ih, weight_hh, bias_ih, bias_hh)
    return tuple(in_the_order_i_f_o_g(p) for p in ours)


# The order of the gates

reorder_gates.mistake(
    "other_way_round",
    "You went the way from i, f, g, o to the foreign order. Orders that exchange just two blocks "
    "do not show the difference; this one does. Which block stands first in packed?",
    """zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in "ifgo"]""",
    """zip("ifgo", np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in order]""",
)
reorder_gates.mistake(
    "unchanged",
    "The blocks stand as they came. order says which is which.",
    "zip(order,",
    'zip("ifgo",',
)
reorder_gates.mistake(
    "always_f_g_i_o",
    "You always read the blocks as f, g, i, o. The order is an argument, and it differs from call "
    "to call.",
    "zip(order,",
    'zip("fgio",',
)
reorder_gates.mistake(
    "stacked",
    "The blocks are stacked along the first axis, which gives (4D, H). They belong side by side.",
    'for gate in "ifgo"], axis=-1)',
    'for gate in "ifgo"], axis=0)',
)
reorder_gates.mistake(
    "interleaved",
    "You take every fourth column for a block. The columns of a block stand side by side.",
    "np.split(packed, 4, axis=-1)",
    "[packed[:, k::4] for k in range(4)]",
)
