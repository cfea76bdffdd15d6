# mypy: allow-untyped-defs
"""Wrong versions of lesson 05's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.lstm_gates.exercises import lstm_gates, lstm_step, lstm_unroll
from lessons_lib.functions import sigmoid


def blocks(x, h_prev, Wx, Wh, b):
    """The four blocks before their activation, each (N, H)."""
    return np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)


# Gates


@lstm_gates.misconception(
    "Your numbers are what comes out without b. The sum has three parts; the bias is one of them."
)
def bias_left_out(x, h_prev, Wx, Wh, b):
    return lstm_gates(x, h_prev, Wx, Wh, 0 * b)


@lstm_gates.misconception(
    "Your numbers are what comes out when b is added twice, once beside each product. There is one "
    "bias here, for their sum."
)
def bias_added_twice(x, h_prev, Wx, Wh, b):
    return lstm_gates(x, h_prev, Wx, Wh, 2 * b)


@lstm_gates.misconception(
    "Your gates see the input x only. A recurrent layer also looks at something from the step "
    "before."
)
def h_prev_left_out(x, h_prev, Wx, Wh, b):
    return lstm_gates(x, 0 * h_prev, Wx, Wh, b)


@lstm_gates.misconception(
    "Your gates see the hidden state only. What arrives new at this step is missing."
)
def x_left_out(x, h_prev, Wx, Wh, b):
    return lstm_gates(0 * x, h_prev, Wx, Wh, b)


@lstm_gates.misconception(
    "Wx and Wh have changed places. Their first axes tell where each belongs: Wx has a row for "
    "each of D input features, Wh a row for each of H hidden units."
)
def weights_exchanged(x, h_prev, Wx, Wh, b):
    return lstm_gates(x, h_prev, Wh, Wx, b)


@lstm_gates.misconception(
    "You read the blocks in the order i, g, f, o. Look up the order this course uses: it is the "
    "middle two that differ."
)
def blocks_i_g_f_o(x, h_prev, Wx, Wh, b):
    i, g, f, o = blocks(x, h_prev, Wx, Wh, b)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


@lstm_gates.misconception(
    "You read the blocks in the order i, f, o, g, as the course CS231n has them. This course, like "
    "PyTorch, has another order for the last two."
)
def blocks_i_f_o_g(x, h_prev, Wx, Wh, b):
    i, f, o, g = blocks(x, h_prev, Wx, Wh, b)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


@lstm_gates.misconception(
    "You read the blocks in the order f, g, i, o, as Deep Learning from Scratch 2 has them. This "
    "course, like PyTorch, begins with i."
)
def blocks_f_g_i_o(x, h_prev, Wx, Wh, b):
    f, g, i, o = blocks(x, h_prev, Wx, Wh, b)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


@lstm_gates.misconception(
    "You take every fourth column for a block. The columns of a block stand side by side: the "
    "first H belong to i, the next H to the next block."
)
def blocks_interleaved(x, h_prev, Wx, Wh, b):
    a = x @ Wx + h_prev @ Wh + b
    return sigmoid(a[:, 0::4]), sigmoid(a[:, 1::4]), np.tanh(a[:, 2::4]), sigmoid(a[:, 3::4])


@lstm_gates.misconception(
    "All four blocks go through sigmoid. Three of them are gates, between 0 and 1; g is the memory "
    "to be written, and memory has to be able to go down as well as up."
)
def sigmoid_for_g(x, h_prev, Wx, Wh, b):
    i, f, g, o = blocks(x, h_prev, Wx, Wh, b)
    return sigmoid(i), sigmoid(f), sigmoid(g), sigmoid(o)


@lstm_gates.misconception(
    "All four blocks go through tanh. A gate says how much passes, from nothing to everything: "
    "which function has that range?"
)
def tanh_for_gates(x, h_prev, Wx, Wh, b):
    i, f, g, o = blocks(x, h_prev, Wx, Wh, b)
    return np.tanh(i), np.tanh(f), np.tanh(g), np.tanh(o)


@lstm_gates.misconception(
    "These are the sums before the activation functions. A gate has to lie between 0 and 1, the "
    "new memory between -1 and 1."
)
def activations_left_out(x, h_prev, Wx, Wh, b):
    return tuple(blocks(x, h_prev, Wx, Wh, b))


@lstm_gates.misconception(
    "Your gates close where they should open. Look at the sign in the exponent of sigmoid: a large "
    "positive sum has to give almost 1."
)
def sigmoid_falls(x, h_prev, Wx, Wh, b):
    i, f, g, o = blocks(x, h_prev, Wx, Wh, b)
    return sigmoid(-i), sigmoid(-f), np.tanh(g), sigmoid(-o)


# One step. Who gets the gates wrong here gets the hint about the gates.


def step_with(gates):
    """An LSTM step with gates of another kind."""

    def step(x, h_prev, c_prev, Wx, Wh, b):
        i, f, g, o = gates(x, h_prev, Wx, Wh, b)
        c = f * c_prev + i * g
        return o * np.tanh(c), c

    return step


lstm_step.inherit(lstm_gates, step_with)


@lstm_gates.misconception(
    "The rows were cut into four, and a row is a member of the batch. Blocks lie along the other "
    "axis: np.split needs to be told which."
)
def rows_split(x, h_prev, Wx, Wh, b):
    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


lstm_step.mistake(
    "forget_gate_left_out",
    "All of the old memory is kept: your c_prev comes through ungated. Which gate decides how much "
    "of it stays?",
    "f * c_prev + i * g",
    "c_prev + i * g",
)


@lstm_step.misconception(
    "All of the new memory is written: your g comes through ungated. Which gate decides how much "
    "of it enters?"
)
def input_gate_left_out(x, h_prev, c_prev, Wx, Wh, b):
    _, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * c_prev + g
    return o * np.tanh(c), c


@lstm_step.misconception(
    "Your memory cell starts anew at every step: nothing of c_prev reaches c. What does the "
    "forget gate act on?"
)
def c_prev_left_out(x, h_prev, c_prev, Wx, Wh, b):
    i, _, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = i * g
    return o * np.tanh(c), c


@lstm_step.misconception(
    "The input gate and the forget gate have changed places. One is for what comes in, the other "
    "for what is already there."
)
def i_and_f_exchanged(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = i * c_prev + f * g
    return o * np.tanh(c), c


@lstm_step.misconception(
    "You write 1 - f of the new memory, as a GRU would. An LSTM has a gate of its own for that."
)
def one_minus_f_for_i(x, h_prev, c_prev, Wx, Wh, b):
    _, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * c_prev + (1 - f) * g
    return o * np.tanh(c), c


@lstm_step.misconception(
    "The forget gate acts on the hidden state in your code. Which of the two states is the memory?"
)
def h_prev_for_c_prev(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * h_prev + i * g
    return o * np.tanh(c), c


@lstm_step.misconception(
    "Your memory cell is right. On its way into h it has to be squashed to between -1 and 1, since "
    "c itself can grow without a bound."
)
def tanh_of_c_left_out(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * c_prev + i * g
    return o * c, c


@lstm_step.misconception(
    "Your memory cell is right, but h shows all of it. Which gate decides how much is shown?"
)
def output_gate_left_out(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, _ = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * c_prev + i * g
    return np.tanh(c), c


@lstm_step.misconception(
    "Your memory cell is right, but it goes through sigmoid into h. The hidden state has to be "
    "able to turn negative."
)
def sigmoid_of_c(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = f * c_prev + i * g
    return o * sigmoid(c), c


@lstm_step.misconception(
    "Your memory cell is right, but h shows the memory of the step before. Which c should the "
    "output gate act on?"
)
def h_of_c_prev(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    return o * np.tanh(c_prev), f * c_prev + i * g


@lstm_step.misconception(
    "You squash the memory cell itself before you hand it on. The squashed value is for h alone; "
    "the next step gets c as it is."
)
def c_squashed(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h_prev, Wx, Wh, b)
    c = np.tanh(f * c_prev + i * g)
    return o * c, c


# A whole sequence. Who gets the step wrong here gets the hint about the step.


def unroll_with(step):
    """An LSTM over a sequence with steps of another kind."""

    def unroll(x, h0, c0, Wx, Wh, b):
        h, c = h0, c0
        hs = []
        for x_t in x:
            h, c = step(x_t, h, c, Wx, Wh, b)
            hs.append(h)
        return np.stack(hs), h, c

    return unroll


lstm_unroll.inherit(lstm_step, unroll_with)


@lstm_unroll.misconception(
    "The sequence starts from zeros in your code. The state before the first step is given."
)
def starts_from_zeros(x, h0, c0, Wx, Wh, b):
    return lstm_unroll(x, 0 * h0, 0 * c0, Wx, Wh, b)


@lstm_unroll.misconception(
    "Every step starts from h0 and c0 in your code, so no step knows of the one before. What "
    "should step t receive?"
)
def state_not_carried(x, h0, c0, Wx, Wh, b):
    unroll = unroll_with(lambda x_t, h, c, *weights: lstm_step(x_t, h0, c0, *weights))
    return unroll(x, h0, c0, Wx, Wh, b)


@lstm_unroll.misconception(
    "The memory cell is carried from step to step, but the hidden state is h0 at every step."
)
def h_not_carried(x, h0, c0, Wx, Wh, b):
    unroll = unroll_with(lambda x_t, h, c, *weights: lstm_step(x_t, h0, c, *weights))
    return unroll(x, h0, c0, Wx, Wh, b)


@lstm_unroll.misconception(
    "The hidden state is carried from step to step, but the memory cell is c0 at every step."
)
def c_not_carried(x, h0, c0, Wx, Wh, b):
    unroll = unroll_with(lambda x_t, h, c, *weights: lstm_step(x_t, h, c0, *weights))
    return unroll(x, h0, c0, Wx, Wh, b)


@lstm_unroll.misconception(
    "Every step reads the first input in your code. Which part of x belongs to step t?"
)
def first_input_only(x, h0, c0, Wx, Wh, b):
    return lstm_unroll(np.repeat(x[:1], len(x), axis=0), h0, c0, Wx, Wh, b)


@lstm_unroll.misconception(
    "Your loop runs from the last step to the first. That is the direction of the backward pass."
)
def time_reversed(x, h0, c0, Wx, Wh, b):
    hs, h, c = lstm_unroll(x[::-1], h0, c0, Wx, Wh, b)
    return hs[::-1], h, c


@lstm_unroll.misconception(
    "hs holds the memory cells. The memory stays inside the layer; what leaves it at each step is "
    "the other of the two states."
)
def hs_holds_c(x, h0, c0, Wx, Wh, b):
    h, c = h0, c0
    cs = []
    for x_t in x:
        h, c = lstm_step(x_t, h, c, Wx, Wh, b)
        cs.append(c)
    return np.stack(cs), h, c


@lstm_unroll.misconception(
    "hs is one step late: it begins with h0. Keep the hidden state after the step, not before it."
)
def hs_before_step(x, h0, c0, Wx, Wh, b):
    hs, h, c = lstm_unroll(x, h0, c0, Wx, Wh, b)
    return np.concatenate([h0[None], hs[:-1]]), h, c


@lstm_unroll.misconception(
    "hs stays zero at the last step: your loop stops one step early. What does range(T) run to?"
)
def last_step_missing(x, h0, c0, Wx, Wh, b):
    hs, h, c = lstm_unroll(x[:-1], h0, c0, Wx, Wh, b)
    return np.concatenate([hs, np.zeros_like(hs[:1])]), h, c


@lstm_unroll.misconception(
    "h and hs[0] are the same in your code. The final hidden state is the one after the last step."
)
def h_of_first_step(x, h0, c0, Wx, Wh, b):
    hs, _, c = lstm_unroll(x, h0, c0, Wx, Wh, b)
    return hs, hs[0], c


@lstm_unroll.misconception(
    "Your loop walks over the rows of the batch. x is time-major, (T, N, D): which axis is time?"
)
def batch_taken_for_time(x, h0, c0, Wx, Wh, b):
    hs, h, c = lstm_unroll(np.swapaxes(x, 0, 1), h0, c0, Wx, Wh, b)
    return np.swapaxes(hs, 0, 1), h, c
