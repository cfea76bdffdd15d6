"""Wrong versions of lesson 00's exercises, each with what to tell who wrote one like it."""

from lessons_lib.course.start_here.exercises import linear, sigmoid, time_major

# Axes

time_major.mistake(
    "reshaped",
    "The shape is right, but the sequences are torn apart: reshape only breaks the same row of "
    "numbers at other places. Here numbers have to move from one axis to another.",
    "np.swapaxes(x, 0, 1)",
    "x.reshape(x.shape[1], x.shape[0], x.shape[2])",
)
time_major.mistake(
    "all_axes_reversed",
    "All three axes are reversed. .T turns the whole order round; the features should stay last.",
    "np.swapaxes(x, 0, 1)",
    "x.T",
)

# One product for a whole sequence

linear.mistake(
    "weights_transposed",
    "The product is with W transposed. Rows of W belong to the D features of x, as in x @ W; "
    "many books have W x with columns, and so the other way round.",
    "x @ W + b",
    "x @ W.T + b",
)
linear.mistake(
    "rows_merged",
    "The numbers are right, but time and batch are merged into one axis. Give it back its T rows "
    "of N, or do not merge at all: @ takes three axes as they are.",
    "x @ W + b",
    "x.reshape(-1, x.shape[-1]) @ W + b",
)

# Sigmoid

sigmoid.mistake(
    "twice_as_steep",
    "Moved and scaled to (0, 1), but twice as steep as sigmoid: what does tanh take, x or half of "
    "x?",
    "np.tanh(0.5 * x)",
    "np.tanh(x)",
)
sigmoid.mistake(
    "not_moved_and_scaled",
    "tanh of half of x is right, but it still runs from -1 to 1. Sigmoid runs from 0 to 1.",
    "0.5 * np.tanh(0.5 * x) + 0.5",
    "np.tanh(0.5 * x)",
)
sigmoid.mistake(
    "clipped_too_early",
    "x was limited to a small range before the exponential, and the limit shows: for x = 1000 the "
    "result has to be 1 in every digit that the dtype has. A wider limit, or another way to write "
    "the function, gets there.",
    "0.5 * np.tanh(0.5 * x) + 0.5",
    "1 / (1 + np.exp(-np.clip(x, -6, 6)))",
)
sigmoid.mistake(
    "infinity_by_infinity",
    "Your formula is right on paper, but exp of a large number is too large for the computer, and "
    "infinity by infinity is NaN. Can you write it with exp of numbers below 0 only, or with tanh?",
    "0.5 * np.tanh(0.5 * x) + 0.5",
    "np.exp(x) / (1 + np.exp(x))",
)
sigmoid.mistake(
    "derivative",
    "This is the derivative of sigmoid, which is highest at 0 and falls to both sides.",
    "0.5 * np.tanh(0.5 * x) + 0.5",
    "0.25 - 0.25 * np.tanh(0.5 * x) ** 2",
)
