# mypy: allow-untyped-defs
"""Wrong versions of lesson 01's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.sequences.exercises import embed, one_hot, rnn_step, rnn_unroll

# One step


rnn_step.mistake(
    "bias_outside",
    "The bias was added after the tanh, so that the state can leave the range from -1 to 1. It "
    "belongs to the sum inside.",
    "np.tanh(x @ Wx + h_prev @ Wh + b)",
    "np.tanh(x @ Wx + h_prev @ Wh) + b",
)
rnn_step.mistake(
    "weights_exchanged",
    "Wx and Wh have changed places. Their first axes tell where each belongs: Wx has a row for "
    "each of D input features, Wh a row for each of H hidden units.",
    "x @ Wx + h_prev @ Wh + b",
    "x @ Wh + h_prev @ Wx + b",
)
rnn_step.mistake(
    "recurrent_weights_transposed",
    "The old state meets Wh transposed. Wh is square, so its shape cannot warn you. The product is "
    "written as in x @ Wx.",
    "h_prev @ Wh",
    "h_prev @ Wh.T",
)
rnn_step.mistake(
    "tanh_left_out",
    "This is the sum before the activation function. Left like that, a state could grow at every "
    "step; something has to hold it between -1 and 1.",
    "np.tanh(x @ Wx + h_prev @ Wh + b)",
    "x @ Wx + h_prev @ Wh + b",
)
rnn_step.mistake(
    "tanh_of_each_part",
    "Input and state went through tanh one by one and were added afterwards. Add first, squash "
    "once.",
    "np.tanh(x @ Wx + h_prev @ Wh + b)",
    "np.tanh(x @ Wx + b) + np.tanh(h_prev @ Wh)",
)
rnn_step.mistake(
    "joined_in_two_orders",
    "State and input are joined one way round, their weights the other way. If x stands first, Wx "
    "has to be on top.",
    "x @ Wx + h_prev @ Wh + b",
    "np.hstack([h_prev, x]) @ np.vstack([Wx, Wh]) + b",
)

# A whole sequence. Who gets the step wrong here gets the hint about the step.

rnn_unroll.inherit(rnn_step)
rnn_unroll.mistake(
    "state_not_carried",
    "Every step starts from h0 in your code, so no step knows of the one before. What should step "
    "t receive?",
    "rnn_step(x_t, h, ",
    "rnn_step(x_t, h0, ",
)
rnn_unroll.mistake(
    "hs_before_step",
    "hs is one step late: it begins with h0. Keep the hidden state after the step, not before it.",
    """h = rnn_step(x_t, h, Wx, Wh, b)  # the same weights at every step
        hs.append(h)""",
    """hs.append(h)
        h = rnn_step(x_t, h, Wx, Wh, b)""",
)
rnn_unroll.mistake(
    "hs_with_h0",
    "hs has T + 1 states, because it begins with h0. The state before the first step is not one "
    "of the results.",
    "hs = []",
    "hs = [h0]",
)


@rnn_unroll.misconception(
    "Your loop walks over the batch, one sequence after the other. x is time-major, "
    "(T, N, D): which axis is time?"
)
def batch_taken_for_time(x, h0, Wx, Wh, b):
    hs, h = rnn_unroll(np.swapaxes(x, 0, 1), h0, Wx, Wh, b)
    return np.swapaxes(hs, 0, 1), h


# One-hot

one_hot.mistake(
    "counted_from_one",
    "The 1 stands one place too far to the left: ids count from 0, so id 0 belongs to the first "
    "place.",
    "np.eye(num_classes)[ids]",
    "np.eye(num_classes)[ids - 1]",
)
one_hot.mistake(
    "as_wide_as_the_ids_at_hand",
    "The 1s stand at their places, but some rows are too short: they end with the largest id at "
    "hand. Which argument says how long a row is, whichever ids occur?",
    "np.eye(num_classes)[ids]",
    "np.eye(ids.max() + 1)[ids]",
)


@one_hot.misconception(
    "Every row has a 1 at the place of every id. rows[..., ids] = 1 writes all ids into each row; "
    "each row needs the place of its own id only."
)
def places_of_all_ids(ids, num_classes):
    rows = np.zeros((*ids.shape, num_classes))
    rows[..., ids] = 1
    return rows


# Look-up

embed.mistake(
    "columns_picked",
    "You picked columns of W. Its shape is (V, D): which axis counts the ids?",
    "W[ids]",
    "W[:, ids]",
)
