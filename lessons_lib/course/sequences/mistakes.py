# mypy: allow-untyped-defs
"""Wrong versions of lesson 01's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.sequences.exercises import embed, one_hot, rnn_step, rnn_unroll
from lessons_lib.functions import sigmoid

# One step


@rnn_step.misconception(
    "Your numbers are what comes out without b. The sum has three parts; the bias is one of them."
)
def bias_left_out(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + h_prev @ Wh)


@rnn_step.misconception(
    "Your numbers are what comes out when b is added twice, once beside each product. There is one "
    "bias here, for their sum."
)
def bias_added_twice(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + h_prev @ Wh + 2 * b)


@rnn_step.misconception(
    "The bias was added after the tanh, so that the state can leave the range from -1 to 1. It "
    "belongs to the sum inside."
)
def bias_outside(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + h_prev @ Wh) + b


@rnn_step.misconception(
    "Your step sees the input x only. What makes it recurrent is missing: the state of the step "
    "before."
)
def h_prev_left_out(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + b)


@rnn_step.misconception(
    "Your step sees the old state only. What arrives new at this step is missing."
)
def x_left_out(x, h_prev, Wx, Wh, b):
    return np.tanh(h_prev @ Wh + b)


@rnn_step.misconception(
    "Wx and Wh have changed places. Their first axes tell where each belongs: Wx has a row for "
    "each of D input features, Wh a row for each of H hidden units."
)
def weights_exchanged(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wh + h_prev @ Wx + b)


@rnn_step.misconception(
    "The old state meets Wh transposed. Wh is square, so its shape cannot warn you. With rows as "
    "states the product is written as in x @ Wx; W h with columns is the other convention."
)
def recurrent_weights_transposed(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + h_prev @ Wh.T + b)


@rnn_step.misconception(
    "The old state was added as it is. It has to pass through its weights first, as the input does."
)
def h_prev_without_weights(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + h_prev + b)


@rnn_step.misconception(
    "This is the sum before the activation function. Left like that, a state could grow at every "
    "step; something has to hold it between -1 and 1."
)
def tanh_left_out(x, h_prev, Wx, Wh, b):
    return x @ Wx + h_prev @ Wh + b


@rnn_step.misconception(
    "The sum went through sigmoid, so that no state can be negative. The vanilla RNN has another "
    "function, one that runs from -1 to 1."
)
def sigmoid_for_tanh(x, h_prev, Wx, Wh, b):
    return sigmoid(x @ Wx + h_prev @ Wh + b)


@rnn_step.misconception(
    "The sum went through ReLU, which has no upper bound: over many steps a state could grow and "
    "grow. The vanilla RNN has a function that is bounded on both sides."
)
def relu_for_tanh(x, h_prev, Wx, Wh, b):
    return np.maximum(x @ Wx + h_prev @ Wh + b, 0)


@rnn_step.misconception(
    "Input and state went through tanh one by one and were added afterwards. Add first, squash "
    "once."
)
def tanh_of_each_part(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + b) + np.tanh(h_prev @ Wh)


@rnn_step.misconception(
    "Only the input went through tanh; what the old state contributes was added afterwards. Add "
    "first, squash once."
)
def tanh_of_input_part(x, h_prev, Wx, Wh, b):
    return np.tanh(x @ Wx + b) + h_prev @ Wh


@rnn_step.misconception(
    "State and input are joined in one order, their weights in the other. If x stands first, Wx "
    "has to be on top."
)
def joined_in_two_orders(x, h_prev, Wx, Wh, b):
    return np.tanh(np.hstack([h_prev, x]) @ np.vstack([Wx, Wh]) + b)


@rnn_step.misconception(
    "The old state is added once more to the result. In the vanilla RNN it enters through its "
    "weights only."
)
def h_prev_added_on_top(x, h_prev, Wx, Wh, b):
    return h_prev + np.tanh(x @ Wx + h_prev @ Wh + b)


# A whole sequence. Who gets the step wrong here gets the hint about the step.


def unroll_with(step):
    """A vanilla RNN over a sequence with steps of another kind."""

    def unroll(x, h0, Wx, Wh, b):
        h = h0
        hs = []
        for x_t in x:
            h = step(x_t, h, Wx, Wh, b)
            hs.append(h)
        return np.stack(hs), h

    return unroll


for known in rnn_step.misconceptions:
    if known.name != "h_prev_left_out":  # here that is a state which is not carried
        rnn_unroll.misconception(known.hint, name=known.name)(unroll_with(known.function))


@rnn_unroll.misconception(
    "No state reaches any step: each sees its own input and the bias alone, and h0 is not used "
    "either. What should step t receive from the step before?"
)
def no_state_at_all(x, h0, Wx, Wh, b):
    return unroll_with(lambda x_t, h, *weights: rnn_step(x_t, 0 * h0, *weights))(x, h0, Wx, Wh, b)


@rnn_unroll.misconception(
    "Every step starts from h0 in your code, so no step knows of the one before. What should step "
    "t receive?"
)
def state_not_carried(x, h0, Wx, Wh, b):
    return unroll_with(lambda x_t, h, *weights: rnn_step(x_t, h0, *weights))(x, h0, Wx, Wh, b)


@rnn_unroll.misconception(
    "The sequence starts from zeros in your code. The state before the first step is given."
)
def starts_from_zeros(x, h0, Wx, Wh, b):
    return rnn_unroll(x, 0 * h0, Wx, Wh, b)


@rnn_unroll.misconception(
    "Steps 0 and 1 both start from h0; only from step 2 on is the state carried. Look at the "
    "condition that tells the first step from the others."
)
def carried_one_step_late(x, h0, Wx, Wh, b):
    first = rnn_step(x[0], h0, Wx, Wh, b)
    hs, h = rnn_unroll(x[1:], h0, Wx, Wh, b)
    return np.concatenate([first[None], hs]), h


@rnn_unroll.misconception(
    "Every step reads the first input in your code. Which part of x belongs to step t?"
)
def first_input_only(x, h0, Wx, Wh, b):
    return rnn_unroll(np.repeat(x[:1], len(x), axis=0), h0, Wx, Wh, b)


@rnn_unroll.misconception(
    "Your loop runs from the last step to the first. That is the direction of the backward pass."
)
def time_reversed(x, h0, Wx, Wh, b):
    hs, h = rnn_unroll(x[::-1], h0, Wx, Wh, b)
    return hs[::-1], h


@rnn_unroll.misconception(
    "Your loop reads the inputs from the last to the first. The first input belongs to the first "
    "step."
)
def inputs_reversed(x, h0, Wx, Wh, b):
    return rnn_unroll(x[::-1], h0, Wx, Wh, b)


@rnn_unroll.misconception(
    "hs is one step late: it begins with h0. Keep the hidden state after the step, not before it."
)
def hs_before_step(x, h0, Wx, Wh, b):
    hs, h = rnn_unroll(x, h0, Wx, Wh, b)
    return np.concatenate([h0[None], hs[:-1]]), h


@rnn_unroll.misconception(
    "hs has T + 1 states, because it begins with h0. The state before the first step is not one "
    "of the results."
)
def hs_with_h0(x, h0, Wx, Wh, b):
    hs, h = rnn_unroll(x, h0, Wx, Wh, b)
    return np.concatenate([h0[None], hs]), h


@rnn_unroll.misconception(
    "hs stays zero at the last step: your loop stops one step early. What does range(T) run to?"
)
def last_step_missing(x, h0, Wx, Wh, b):
    hs, h = rnn_unroll(x[:-1], h0, Wx, Wh, b)
    return np.concatenate([hs, np.zeros_like(hs[:1])]), h


@rnn_unroll.misconception(
    "h and hs[0] are the same in your code. The final hidden state is the one after the last step."
)
def h_of_first_step(x, h0, Wx, Wh, b):
    hs, _ = rnn_unroll(x, h0, Wx, Wh, b)
    return hs, hs[0]


@rnn_unroll.misconception(
    "Your loop walks over the rows of the batch. x is time-major, (T, N, D): which axis is time?"
)
def batch_taken_for_time(x, h0, Wx, Wh, b):
    hs, h = rnn_unroll(np.swapaxes(x, 0, 1), h0, Wx, Wh, b)
    return np.swapaxes(hs, 0, 1), h


@rnn_unroll.misconception(
    "All rows of hs hold the same state, the last one: the list kept one array that every step "
    "wrote to. Let each step make an array of its own, or keep a copy."
)
def one_array_for_all_steps(x, h0, Wx, Wh, b):
    _, h = rnn_unroll(x, h0, Wx, Wh, b)
    return np.repeat(h[None], len(x), axis=0), h


# One-hot


@one_hot.misconception(
    "The 1 stands one place too far to the left: ids count from 0, so id 0 belongs to the first "
    "place."
)
def counted_from_one(ids, num_classes):
    return np.eye(num_classes)[ids - 1]


@one_hot.misconception(
    "The 1 stands one place too far to the right: ids count from 0, so id 0 belongs to the first "
    "place."
)
def one_place_to_the_right(ids, num_classes):
    return np.roll(np.eye(num_classes)[ids], 1, axis=-1)


@one_hot.misconception(
    "Zeros and ones have changed places: exactly one entry of each row has to be 1."
)
def one_cold(ids, num_classes):
    return 1 - np.eye(num_classes)[ids]


@one_hot.misconception(
    "Every place up to the id is 1. A larger id does not mean more of anything: only its own "
    "place may be 1."
)
def thermometer(ids, num_classes):
    return (np.arange(num_classes) <= ids[..., None]).astype(float)


@one_hot.misconception(
    "Every row has a 1 at the place of every id. rows[..., ids] = 1 writes all ids into each row; "
    "each row needs the place of its own id only."
)
def places_of_all_ids(ids, num_classes):
    rows = np.zeros((*ids.shape, num_classes))
    rows[..., ids] = 1
    return rows


@one_hot.misconception(
    "The id itself stands at its place. Ids are names, not amounts: let a 1 stand there."
)
def id_instead_of_one(ids, num_classes):
    return np.eye(num_classes)[ids] * ids[..., None]


@one_hot.misconception(
    "The places are right, but the entries are not floating-point numbers: True and False, or "
    "integers. They will be multiplied by weights; make them float64."
)
def not_floating_point(ids, num_classes):
    return ids[..., None] == np.arange(num_classes)


@one_hot.misconception(
    "The axis of the classes stands first. It belongs at the end: one row for each id."
)
def classes_first(ids, num_classes):
    return np.moveaxis(np.eye(num_classes)[ids], -1, 0)


@one_hot.misconception(
    "The time steps of each sequence are merged into one row, so that the order is lost. Each id "
    "has a row of its own."
)
def bag_of_words(ids, num_classes):
    return np.eye(num_classes)[ids].max(axis=0)


@one_hot.misconception(
    "The rows are right, but time and batch have changed places. Keep the order of the axes of ids."
)
def one_hot_of_transposed(ids, num_classes):
    return np.eye(num_classes)[ids.T]


@one_hot.misconception(
    "The rows are right, but time and batch are merged into one axis. The result has the shape of "
    "ids, and one axis more."
)
def one_hot_merged(ids, num_classes):
    return np.eye(num_classes)[ids.ravel()]


# Look-up


@embed.misconception("You picked columns of W. Its shape is (V, D): which axis counts the ids?")
def columns_picked(ids, W):
    return W[:, ids % W.shape[1]]


@embed.misconception(
    "You looked up rows of W transposed. That it runs at all is chance: V and D are equal in this "
    "case."
)
def rows_of_transposed(ids, W):
    return W.T[ids % W.shape[1]]


@embed.misconception("Every id got the row of the id below it. Ids count from 0, as rows do.")
def row_below(ids, W):
    return W[ids - 1]


@embed.misconception(
    "The rows are right, but time and batch have changed places. Keep the order of the axes of ids."
)
def embed_of_transposed(ids, W):
    return W[ids.T]


@embed.misconception(
    "The rows are right, but time and batch are merged into one axis. Keep the axes of ids."
)
def embed_merged(ids, W):
    return W[ids.ravel()]


@embed.misconception(
    "The vectors of each sequence were added up over time. That is a bag of words: the order is "
    "lost."
)
def added_over_time(ids, W):
    return W[ids].sum(axis=0)


@embed.misconception(
    "Each step holds the sum of all vectors so far. A look-up sees its own id only; to remember is "
    "the task of the recurrent layer."
)
def running_sum(ids, W):
    return W[ids].cumsum(axis=0)


@embed.misconception("Each vector is multiplied by its id. An id is a name, not an amount.")
def scaled_by_id(ids, W):
    return W[ids] * ids[..., None].astype(W.dtype)


@embed.misconception(
    "Every step has the vectors of the first step. Which row belongs to ids[t, n]?"
)
def first_step_repeated(ids, W):
    return W[np.repeat(ids[:1], len(ids), axis=0)]


@embed.misconception(
    "The vectors were scaled to length 1. The rows should come out as they stand in W."
)
def scaled_to_length_one(ids, W):
    rows = W[ids]
    return rows / np.sqrt((rows**2).sum(axis=-1, keepdims=True))
