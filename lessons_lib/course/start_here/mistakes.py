# mypy: allow-untyped-defs
"""Wrong versions of lesson 00's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.start_here.exercises import linear, sigmoid, time_major

# Axes


@time_major.misconception(
    "The shape is right, but the sequences are torn apart: reshape only breaks the same row of "
    "numbers at other places. Here numbers have to move from one axis to another."
)
def reshaped(x):
    N, T, D = x.shape
    return x.reshape(T, N, D)


@time_major.misconception(
    "Nothing has changed places: this is x as it came. The first axis has to count time steps."
)
def unchanged(x):
    return x.copy()


@time_major.misconception(
    "All three axes are reversed. .T turns the whole order round; the features should stay last."
)
def all_axes_reversed(x):
    return x.T.copy()


@time_major.misconception(
    "You exchanged the last two axes. Those of time and of the batch are the first two; axes are "
    "counted from 0."
)
def last_two_exchanged(x):
    return np.swapaxes(x, 1, 2)


@time_major.misconception(
    "The first axis went to the end, so that the features stand in the middle. They should stay "
    "last."
)
def first_axis_to_the_end(x):
    return np.moveaxis(x, 0, -1)


@time_major.misconception(
    "The axes are right, but time runs backwards: your step 0 is the last one."
)
def time_turned_round(x):
    return np.swapaxes(x, 0, 1)[::-1].copy()


@time_major.misconception(
    "The axes are right, but the sequences of the batch stand in the opposite order."
)
def batch_turned_round(x):
    return np.swapaxes(x, 0, 1)[:, ::-1].copy()


@time_major.misconception(
    "This is the first sequence alone. The whole batch is wanted, with time as the first axis."
)
def first_sequence_only(x):
    return x[0].copy()


@time_major.misconception(
    "Time and batch were merged into one axis of length T times N. Keep three axes."
)
def merged(x):
    return np.swapaxes(x, 0, 1).reshape(-1, x.shape[-1])


@time_major.misconception(
    "These are means over the batch. No number should be lost: every sequence is still needed."
)
def averaged_over_the_batch(x):
    return np.repeat(x.mean(axis=0)[:, None], len(x), axis=1)


# One product for a whole sequence


@linear.misconception("The bias is missing: these are the numbers of x W alone.")
def bias_left_out(x, W, b):
    return x @ W


@linear.misconception("The bias was added twice.")
def bias_added_twice(x, W, b):
    return x @ W + 2 * b


@linear.misconception("The bias was taken away where it should be added.")
def bias_subtracted(x, W, b):
    return x @ W - b


@linear.misconception(
    "The bias was added to x, before the product. It belongs to the K results, not to the D "
    "inputs; that it fits here is chance, because D and K are equal in this case."
)
def bias_before_the_product(x, W, b):
    return (x + b) @ W


@linear.misconception(
    "The product is with W transposed. Rows of W belong to the D features of x, as in x @ W; "
    "many books have W x with columns, and so the other way round."
)
def weights_transposed(x, W, b):
    return x @ W.T + b


@linear.misconception(
    "The numbers are right, but time and batch are merged into one axis. Give it back its T rows "
    "of N, or do not merge at all: @ takes three axes as they are."
)
def rows_merged(x, W, b):
    return x.reshape(-1, x.shape[-1]) @ W + b


@linear.misconception(
    "The numbers are right, but time and batch have changed places. Time comes first."
)
def time_and_batch_exchanged(x, W, b):
    return np.swapaxes(x @ W + b, 0, 1)


@linear.misconception("This is the last time step only. Every step is to be mapped.")
def last_step_only(x, W, b):
    return x[-1] @ W + b


@linear.misconception("This is the sum over all time steps. The time axis has to stay.")
def summed_over_time(x, W, b):
    return (x @ W + b).sum(axis=0)


@linear.misconception(
    "These are the first inputs at every step. Let the result differ from step to step, as x does."
)
def first_step_repeated(x, W, b):
    return np.repeat((x[:1] @ W + b), len(x), axis=0)


@linear.misconception(
    "The map is right, but then came a tanh. Nothing but the product and the bias is asked for."
)
def squashed(x, W, b):
    return np.tanh(x @ W + b)


@linear.misconception(
    "The bias is lined up with the wrong axis. b[:, None] stands it upright, so that its entries "
    "belong to rows of the batch; it should belong to the last axis."
)
def bias_along_the_batch(x, W, b):
    return x @ W + b[:, None]


# Sigmoid


@sigmoid.misconception(
    "Your curve falls where it should rise: a large positive x gives 0. Look at the sign in the "
    "exponent."
)
def falling(x):
    return 0.5 - 0.5 * np.tanh(0.5 * x)


@sigmoid.misconception(
    "This is tanh(x), which runs from -1 to 1. Sigmoid is tanh of half of x, moved and scaled to "
    "run from 0 to 1."
)
def tanh_itself(x):
    return np.tanh(x)


@sigmoid.misconception(
    "Moved and scaled to (0, 1), but twice as steep as sigmoid: what does tanh take, x or half of "
    "x?"
)
def twice_as_steep(x):
    return 0.5 * np.tanh(x) + 0.5


@sigmoid.misconception(
    "tanh of half of x is right, but it still runs from -1 to 1. Sigmoid runs from 0 to 1."
)
def not_moved_and_scaled(x):
    return np.tanh(0.5 * x)


@sigmoid.misconception(
    "These are numbers of 0 and 1 only: a step, not a curve. Near 0 the values have to lie between."
)
def step(x):
    return np.heaviside(x, 0.5)


@sigmoid.misconception(
    "This is the derivative of sigmoid, which is highest at 0 and falls to both sides."
)
def derivative(x):
    s = 0.5 * np.tanh(0.5 * x) + 0.5
    return s * (1 - s)


@sigmoid.misconception(
    "This is a softmax: each row sums to 1. Sigmoid takes every entry for itself."
)
def softmax_of_rows(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@sigmoid.misconception(
    "x was limited to a small range before the exponential, and the limit shows: for x = 1000 the "
    "result has to be 1 in every digit that the dtype has. A wider limit, or another way to write "
    "the function, gets there."
)
def clipped_too_early(x):
    return 1 / (1 + np.exp(-np.clip(x, -6, 6)))


@sigmoid.misconception(
    "The logarithm of sigmoid came out, which is 0 or below. Leave the logarithm away."
)
def logarithm(x):
    return -np.logaddexp(0, -x)


@sigmoid.misconception(
    "Your formula is right on paper, but exp of a large number is too large for the computer, and "
    "infinity by infinity is NaN. Can you write it with exp of numbers below 0 only, or with tanh?"
)
def infinity_by_infinity(x):
    return np.exp(x) / (1 + np.exp(x))
