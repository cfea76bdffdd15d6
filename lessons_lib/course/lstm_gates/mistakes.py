# mypy: allow-untyped-defs
"""Wrong versions of lesson 05's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.lstm_gates.exercises import lstm_gates, lstm_step, lstm_unroll

# Gates

lstm_gates.mistake(
    "weights_exchanged",
    "Wx and Wh have changed places. Their first axes tell where each belongs: Wx has a row for "
    "each of D input features, Wh a row for each of H hidden units.",
    "x @ Wx + h_prev @ Wh + b",
    "x @ Wh + h_prev @ Wx + b",
)
lstm_gates.mistake(
    "blocks_i_g_f_o",
    "You read the blocks in the order i, g, f, o. Look up the order this course uses: it is the "
    "middle two that differ.",
    "a_i, a_f, a_g, a_o",
    "a_i, a_g, a_f, a_o",
)
lstm_gates.mistake(
    "blocks_i_f_o_g",
    "You read the blocks in the order i, f, o, g, as the course CS231n has them. This course, like "
    "PyTorch, has another order for the last two.",
    "a_i, a_f, a_g, a_o",
    "a_i, a_f, a_o, a_g",
)
lstm_gates.mistake(
    "blocks_f_g_i_o",
    "You read the blocks in the order f, g, i, o, as Deep Learning from Scratch 2 has them. This "
    "course, like PyTorch, begins with i.",
    "a_i, a_f, a_g, a_o",
    "a_f, a_g, a_i, a_o",
)
lstm_gates.mistake(
    "blocks_interleaved",
    "You take every fourth column for a block. The columns of a block stand side by side: the "
    "first H belong to i, the next H to the next block.",
    "np.split(a, 4, axis=1)",
    "(a[:, k::4] for k in range(4))",
)
lstm_gates.mistake(
    "sigmoid_for_g",
    "The new memory goes through sigmoid, as the gates do. A gate lies between 0 and 1; memory has "
    "to be able to go down as well as up.",
    "np.tanh(a_g)",
    "sigmoid(a_g)",
)
lstm_gates.mistake(
    "tanh_for_gates",
    "The gates go through tanh. A gate says how much passes, from nothing to everything: which "
    "function has that range?",
    "return i, f, g, o",
    "return tuple(np.split(np.tanh(a), 4, axis=1))",
)


# One step. Who gets the gates wrong here gets the hint about the gates.

lstm_step.inherit(lstm_gates)

# In a step this one is an error in every case, and any other error would look like it.
lstm_gates.mistake(
    "rows_split",
    "The rows were cut into four, and a row is a member of the batch. Blocks lie along the other "
    "axis: np.split needs to be told which.",
    "np.split(a, 4, axis=1)",
    "np.split(a, 4)",
)
lstm_step.mistake(
    "forget_gate_left_out",
    "All of the old memory is kept: your c_prev comes through ungated. Which gate decides how much "
    "of it stays?",
    "f * c_prev + i * g",
    "c_prev + i * g",
)
lstm_step.mistake(
    "input_gate_left_out",
    "All of the new memory is written, ungated. Which gate decides how much of it enters?",
    "f * c_prev + i * g",
    "f * c_prev + g",
)
lstm_step.mistake(
    "gates_coupled",
    "What the forget gate takes away is filled up with new memory. Writing has a gate of its own.",
    "f * c_prev + i * g",
    "f * c_prev + (1 - f) * g",
)
lstm_step.mistake(
    "forget_gate_forgets",
    "Where the forget gate is open, your old memory goes. The name misleads: an open forget gate "
    "keeps it.",
    "f * c_prev",
    "(1 - f) * c_prev",
)
lstm_step.mistake(
    "i_and_f_exchanged",
    "The input gate and the forget gate have changed places. One is for what comes in, the other "
    "for what is already there.",
    "f * c_prev + i * g",
    "i * c_prev + f * g",
)
lstm_step.mistake(
    "tanh_of_c_left_out",
    "Your memory cell is right. On its way into h it has to be squashed to between -1 and 1, since "
    "c itself can grow without a bound.",
    "o * np.tanh(c)",
    "o * c",
)
lstm_step.mistake(
    "output_gate_left_out",
    "Your memory cell is right, but h shows all of it. Which gate decides how much is shown?",
    "o * np.tanh(c)",
    "np.tanh(c)",
)
lstm_step.mistake(
    "sigmoid_of_c",
    "Your memory cell is right, but it goes through sigmoid into h. The hidden state has to be "
    "able to turn negative.",
    "o * np.tanh(c)",
    "o * sigmoid(c)",
)
lstm_step.mistake(
    "h_of_c_prev",
    "Your memory cell is right, but h shows the memory of the step before. Which of the two should "
    "the output gate act on?",
    "o * np.tanh(c)",
    "o * np.tanh(c_prev)",
)
lstm_step.mistake(
    "c_squashed",
    "You squash the memory cell itself before you hand it on. The squashed value is for h alone; "
    "the next step gets c as it is.",
    "h = o * np.tanh(c)",
    """c = np.tanh(c)
    h = o * c""",
)

# A whole sequence. Who gets the step wrong here gets the hint about the step.

lstm_unroll.inherit(lstm_step)
lstm_unroll.mistake(
    "h_not_carried",
    "The memory cell is carried from step to step, but the hidden state is h0 at every step.",
    "lstm_step(x_t, h, c, ",
    "lstm_step(x_t, h0, c, ",
)
lstm_unroll.mistake(
    "c_not_carried",
    "The hidden state is carried from step to step, but the memory cell begins anew at each.",
    "lstm_step(x_t, h, c, ",
    "lstm_step(x_t, h, c0, ",
)
lstm_unroll.mistake(
    "h_and_c_exchanged",
    "The two states change places from step to step: what goes in as the hidden state comes from "
    "the memory cell.",
    "lstm_step(x_t, h, c, ",
    "lstm_step(x_t, c, h, ",
)
lstm_unroll.mistake(
    "hs_holds_c",
    "hs holds the memory cells. The memory stays inside the layer; what leaves it at each step is "
    "the other of the two states.",
    "hs.append(h)",
    "hs.append(c)",
)
lstm_unroll.mistake(
    "hs_before_step",
    "hs is one step late: it begins with h0. Keep the hidden state after the step, not before it.",
    """h, c = lstm_step(x_t, h, c, Wx, Wh, b)
        hs.append(h)""",
    """hs.append(h)
        h, c = lstm_step(x_t, h, c, Wx, Wh, b)""",
)


@lstm_unroll.misconception(
    "Your loop walks over the batch, one sequence after the other. x is time-major, "
    "(T, N, D): which axis is time?"
)
def batch_taken_for_time(x, h0, c0, Wx, Wh, b):
    hs, h, c = lstm_unroll(np.swapaxes(x, 0, 1), h0, c0, Wx, Wh, b)
    return np.swapaxes(hs, 0, 1), h, c
