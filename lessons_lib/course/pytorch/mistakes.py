# mypy: allow-untyped-defs
"""Wrong versions of lesson 10's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.pytorch.exercises import from_torch_layout, reorder_gates, to_torch_layout


def blocks_moved(array, order, axis):
    """Four blocks along an axis, put in another order."""
    blocks = np.split(array, 4, axis=axis)
    return np.concatenate([blocks[place] for place in order], axis=axis)


# To PyTorch


@to_torch_layout.misconception(
    "Both biases are b in your version, so PyTorch adds b twice. What should the two add up to?"
)
def bias_counts_twice(Wx, Wh, b):
    return Wx.T, Wh.T, b, b


@to_torch_layout.misconception("Your biases are both 0: b has got lost.")
def bias_left_out(Wx, Wh, b):
    return Wx.T, Wh.T, 0 * b, 0 * b


@to_torch_layout.misconception("One of your biases is half of b, the other is 0. Half is missing.")
def half_a_bias(Wx, Wh, b):
    return Wx.T, Wh.T, b / 2, 0 * b


@to_torch_layout.misconception(
    "The weights are not transposed. PyTorch has a row for each of the 4H sums, we have a column."
)
def not_transposed(Wx, Wh, b):
    return Wx, Wh, b, 0 * b


@to_torch_layout.misconception(
    "The shapes are right, but the numbers stand in other places: reshape fills the new shape line "
    "by line. Rows have to become columns."
)
def reshaped(Wx, Wh, b):
    return Wx.reshape(Wx.shape[::-1]), Wh.reshape(Wh.shape[::-1]), b, 0 * b


@to_torch_layout.misconception(
    "weight_ih is right, but weight_hh is not transposed. It is square in an RNN only; here it has "
    "a row for each of the 4H sums too."
)
def recurrent_not_transposed(Wx, Wh, b):
    return Wx.T, Wh, b, 0 * b


@to_torch_layout.misconception(
    "Your blocks come in the order i, f, o, g. PyTorch's order is ours: nothing has to be moved."
)
def blocks_i_f_o_g(Wx, Wh, b):
    Wx, Wh, b = (blocks_moved(p, (0, 1, 3, 2), -1) for p in (Wx, Wh, b))
    return Wx.T, Wh.T, b, 0 * b


@to_torch_layout.misconception(
    "Your blocks come in the order f, g, i, o, as Deep Learning from Scratch 2 has them. PyTorch's "
    "order is ours: nothing has to be moved."
)
def blocks_f_g_i_o(Wx, Wh, b):
    Wx, Wh, b = (blocks_moved(p, (1, 2, 0, 3), -1) for p in (Wx, Wh, b))
    return Wx.T, Wh.T, b, 0 * b


@to_torch_layout.misconception(
    "The weights are right, but the blocks of the bias stand in another order. Its order is that "
    "of the weights."
)
def bias_blocks_moved(Wx, Wh, b):
    return Wx.T, Wh.T, blocks_moved(b, (0, 1, 3, 2), 0), 0 * b


@to_torch_layout.misconception(
    "You stack the four blocks without turning each of them, which gives (4D, H) and not (4H, D)."
)
def blocks_stacked(Wx, Wh, b):
    stacked = (np.concatenate(np.split(W, 4, axis=1)) for W in (Wx, Wh))
    return *stacked, b, 0 * b


@to_torch_layout.misconception(
    "Rows and columns are right, but turned upside down or mirrored. .T alone does what is needed."
)
def flipped(Wx, Wh, b):
    return Wx.T[::-1], Wh.T[::-1], b[::-1], 0 * b


# From PyTorch


def with_bias(combine):
    """A way back with another bias."""

    def convert(weight_ih, weight_hh, bias_ih, bias_hh):
        return weight_ih.T, weight_hh.T, combine(bias_ih, bias_hh)

    return convert


for name, hint, combine in [
    (
        "bias_hh_left_out",
        "bias_hh has got lost. In a trained network it is not 0.",
        lambda ih, hh: ih,
    ),
    (
        "bias_ih_left_out",
        "bias_ih has got lost. In a trained network it is not 0.",
        lambda ih, hh: hh,
    ),
    (
        "mean_of_biases",
        "You take the mean of the two biases. PyTorch does not average them: look at the equation.",
        lambda ih, hh: (ih + hh) / 2,
    ),
    (
        "product_of_biases",
        "You multiply the two biases. In the equation they stand as two terms of one sum.",
        lambda ih, hh: ih * hh,
    ),
    (
        "difference_of_biases",
        "You subtract one bias from the other. In the equation both have a plus sign.",
        lambda ih, hh: ih - hh,
    ),
    (
        "biases_side_by_side",
        "Your b holds both biases one after the other, 8H numbers. Ours has one for each sum.",
        lambda ih, hh: np.concatenate([ih, hh]),
    ),
]:
    from_torch_layout.misconception(hint, name=name)(with_bias(combine))


@from_torch_layout.misconception(
    "The weights are not transposed. We have a column for each of the 4H sums, PyTorch has a row."
)
def not_transposed_back(weight_ih, weight_hh, bias_ih, bias_hh):
    return weight_ih, weight_hh, bias_ih + bias_hh


@from_torch_layout.misconception(
    "The shapes are right, but the numbers stand in other places: reshape fills the new shape line "
    "by line. Rows have to become columns."
)
def reshaped_back(weight_ih, weight_hh, bias_ih, bias_hh):
    Wx, Wh = (W.reshape(W.shape[::-1]) for W in (weight_ih, weight_hh))
    return Wx, Wh, bias_ih + bias_hh


@from_torch_layout.misconception(
    "Wx is right, but Wh is not transposed. It has a column for each of the 4H sums too."
)
def recurrent_not_transposed_back(weight_ih, weight_hh, bias_ih, bias_hh):
    return weight_ih.T, weight_hh, bias_ih + bias_hh


@from_torch_layout.misconception(
    "Your blocks come in the order i, f, o, g. PyTorch's order is ours: nothing has to be moved."
)
def blocks_moved_back(weight_ih, weight_hh, bias_ih, bias_hh):
    Wx, Wh, b = weight_ih.T, weight_hh.T, bias_ih + bias_hh
    return tuple(blocks_moved(p, (0, 1, 3, 2), -1) for p in (Wx, Wh, b))


# The order of the gates


@reorder_gates.misconception(
    "You went the way from i, f, g, o to the foreign order. Orders that exchange just two blocks "
    "do not show the difference; this one does. Which block stands first in packed?"
)
def other_way_round(packed, order):
    ours = dict(zip("ifgo", np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([ours[gate] for gate in order], axis=-1)


@reorder_gates.misconception("The blocks stand as they came. order says which is which.")
def unchanged(packed, order):
    return packed.copy()


@reorder_gates.misconception(
    "Your blocks are in the order of the alphabet: f, g, i, o. Asked for is i, f, g, o."
)
def alphabetical(packed, order):
    blocks = dict(zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in sorted(order)], axis=-1)


@reorder_gates.misconception("Your blocks are in the order i, f, o, g. Asked for is i, f, g, o.")
def into_i_f_o_g(packed, order):
    blocks = dict(zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in "ifog"], axis=-1)


@reorder_gates.misconception(
    "The blocks are in the right order, but each is mirrored. Its columns belong to units 0, 1, 2 "
    "and so on and have to stay."
)
def units_mirrored(packed, order):
    blocks = dict(zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate][:, ::-1] for gate in "ifgo"], axis=-1)


@reorder_gates.misconception(
    "You take every fourth column for a block. The columns of a block stand side by side."
)
def interleaved(packed, order):
    blocks = {gate: packed[:, place::4] for place, gate in enumerate(order)}
    return np.concatenate([blocks[gate] for gate in "ifgo"], axis=-1)


@reorder_gates.misconception(
    "The blocks are stacked along the first axis, which gives (4D, H). They belong side by side."
)
def stacked(packed, order):
    blocks = dict(zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in "ifgo"], axis=0)


@reorder_gates.misconception(
    "You always read the blocks as f, g, i, o. The order is an argument, and it differs from call "
    "to call."
)
def always_f_g_i_o(packed, order):
    return reorder_gates(packed, "fgio")


@reorder_gates.misconception("The four blocks come out backwards: o, g, f, i.")
def backwards(packed, order):
    blocks = dict(zip(order, np.split(packed, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in "ogfi"], axis=-1)


@reorder_gates.misconception(
    "The letters are read from the last to the first. The first letter of order names the first "
    "block."
)
def letters_backwards(packed, order):
    return reorder_gates(packed, order[::-1])
