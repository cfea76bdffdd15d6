# mypy: allow-untyped-defs
"""Wrong versions of lesson 02's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.backpropagation.exercises import (
    numerical_gradient,
    rnn_backward,
    rnn_step_backward,
    truncated_backward,
)

# The numerical gradient

numerical_gradient.mistake(
    "forward_difference",
    "You compare f(x + eps) with f(x): a difference to one side. Its error shrinks like eps, that "
    "of the difference between both sides like eps squared.",
    "(above - below) / (2 * eps)",
    "(above - f(x)) / eps",
)
numerical_gradient.mistake(
    "one_side_over_two_eps",
    "You go to one side only, but divide as if you had gone to both. About half of the gradient is "
    "left.",
    "(above - below) / (2 * eps)",
    "(above - f(x)) / (2 * eps)",
)
numerical_gradient.mistake(
    "not_put_back",
    "The first entry is right, the later ones are not: an entry stays where you moved it while you "
    "go on to the next. Put the old value back.",
    "x[index] = value  # the next entry is moved alone",
    "",
)
numerical_gradient.mistake(
    "rows_at_once",
    "You move a whole row at a time. x has more than one axis; np.ndindex reaches each single "
    "entry.",
    """for index in np.ndindex(x.shape):
        value = x[index]""",
    """for index in range(len(x)):
        value = x[index].copy()""",
)
numerical_gradient.mistake(
    "two_axes_only",
    "Two loops reach every entry of an array with two axes. x may have any number of them, and "
    "here you move several entries at a time; np.ndindex reaches each single entry.",
    """for index in np.ndindex(x.shape):
        value = x[index]""",
    """for index in np.ndindex(x.shape[:2]):
        value = x[index].copy()""",
)


for name, results in (("moved", "zeros(x.shape)"), ("kept", "zeros_like(x)")):
    numerical_gradient.mistake(
        f"{name}_in_the_dtype_of_x",
        "Where x holds whole numbers, what you add is cut off: such an array has no place for it, "
        "and float32 has few digits for it. Move the entries of a copy in float64.",
        """dtype=np.float64)  # a copy, and enough digits for a small difference
    gradient = np.zeros_like(x)""",
        f"""copy=True)
    gradient = np.{results}""",
    )


@numerical_gradient.misconception(
    "All entries are moved at once, so you get one number: how f changes in that one direction. "
    "A gradient has a number for every entry, with the others at rest."
)
def all_entries_at_once(f, x, eps):
    x = np.array(x, dtype=np.float64)
    return np.full_like(x, (f(x + eps) - f(x - eps)) / (2 * eps))


# One step back

rnn_step_backward.mistake(
    "tanh_left_out",
    "tanh is missing on the way back: your dh goes straight into the products. Which number does "
    "tanh multiply it by?",
    "dh * (1 - h**2)",
    "dh",
)
rnn_step_backward.mistake(
    "tanh_twice",
    "You apply tanh to h again. h is tanh(a) already, so the derivative 1 - tanh(a)^2 can be "
    "written with h as it is.",
    "dh * (1 - h**2)",
    "dh * (1 - np.tanh(h) ** 2)",
)
rnn_step_backward.mistake(
    "square_left_out",
    "You multiply by 1 - h. Look up the derivative of tanh: something is squared in it.",
    "dh * (1 - h**2)",
    "dh * (1 - h)",
)
rnn_step_backward.mistake(
    "derivative_of_sigmoid",
    "You multiply by h (1 - h). That is the derivative of the sigmoid; the function here is tanh.",
    "dh * (1 - h**2)",
    "dh * h * (1 - h)",
)
rnn_step_backward.mistake(
    "wh_not_transposed",
    "Wh is not transposed in your dh_prev. It is square, so the shapes fit either way, but entry "
    "(j, k) of Wh leads from unit j to unit k: on the way back the roles change.",
    "da @ Wh.T",
    "da @ Wh",
)
rnn_step_backward.mistake(
    "dwh_from_h",
    "dWh is made with h. What did Wh multiply in this step: the state after it, or before it?",
    "h_prev.T @ da",
    "h.T @ da",
)
rnn_step_backward.mistake(
    "db_not_summed",
    "db is not summed over the batch. There is one bias, and it was added for every member, so it "
    "hears from all of them.",
    "da.sum(axis=0)",
    "da",
)
rnn_step_backward.mistake(
    "slope_of_the_sum",
    "Your slope of the tanh is 1 - a^2. It is written with what comes out of the tanh, not with "
    "what goes in.",
    "1 - h**2",
    "1 - np.arctanh(h) ** 2",
)
rnn_step_backward.mistake(
    "slope_at_h_prev",
    "You take the slope of the tanh at the state before. Which state came out of this tanh?",
    "1 - h**2",
    "1 - h_prev**2",
)

# A whole sequence. Who gets the step wrong here gets the hint about the step.

rnn_backward.inherit(rnn_step_backward)
rnn_backward.mistake(
    "dh_next_dropped",
    "Nothing comes back from the next step: each of your steps hears of its own loss only. Right "
    "for T = 1, wrong as soon as a state goes on. Which second arrow ends in h_t?",
    "dh = dh_own + dh_next",
    "dh = dh_own",
)
rnn_backward.mistake(
    "dh_next_added_up",
    "What travels back from step to step grows by addition: you add dh_prev to it. It has to be "
    "replaced at each step; dh_prev already holds all that came from later.",
    "dx_t, dh_next, dWx_t, dWh_t, db_t = rnn_step_backward(dh, cache)",
    """dx_t, dh_prev, dWx_t, dWh_t, db_t = rnn_step_backward(dh, cache)
        dh_next = dh_next + dh_prev""",
)
rnn_backward.mistake(
    "parameters_overwritten",
    "Your parameter gradients are those of the first time step alone, as if each step overwrote "
    "what the one before had left. The same weights served at every step: what happens to their "
    "gradients?",
    """dWx = dWx + dWx_t  # the same weights in every step: gradients add up
        dWh = dWh + dWh_t
        db = db + db_t""",
    "dWx, dWh, db = dWx_t, dWh_t, db_t",
)
for name in ("dWx", "dWh", "db"):
    rnn_backward.mistake(
        f"{name}_overwritten",
        f"Your {name} is that of the first time step alone. The same parameters served at every "
        "step: what happens to their gradients?",
        f"{name} = {name} + {name}_t",
        f"{name} = {name}_t",
    )
rnn_backward.mistake(
    "cache_of_step_before",
    "Each step is taken back with the cache of the step before it, and the first with the last.",
    "caches[::-1], strict",
    "[*caches[-2::-1], caches[-1]], strict",
)
rnn_backward.mistake(
    "begun_with_the_last_dhs",
    "What comes back from the next step begins with dhs[-1] in your code, so that counts twice. "
    "What comes back into the last step?",
    "dh_next = 0.0  # after the last step nothing comes back",
    "dh_next = dhs[-1]",
)
rnn_backward.mistake(
    "first_step_left_out",
    "Step 0 is missing: your loop ends one step before it. At which number does a range end?",
    "zip(dhs[::-1], caches[::-1]",
    "zip(dhs[:0:-1], caches[:0:-1]",
)
rnn_backward.mistake(
    "dhs_added_to_dh0",
    "Your dh0 has dhs[0] in it. That belongs to the state after step 0, and you have sent it back "
    "through that step already. Which loss reads h0 itself?",
    "np.stack(dx[::-1]), dh_next",
    "np.stack(dx[::-1]), dhs[0] + dh_next",
)
rnn_backward.mistake(
    "dh0_one_step_late",
    "You return the gradient on the first hidden state that the layer gave out. h0 lies one step "
    "further back, on the other side of step 0.",
    "np.stack(dx[::-1]), dh_next",
    "np.stack(dx[::-1]), dh",
)


@rnn_backward.misconception(
    "Your loop runs from the first step to the last. Step t needs what comes back from step t + 1, "
    "so that has to be done before."
)
def first_step_first(dhs, caches):
    dx, dh_last, *parameters = rnn_backward(dhs[::-1], caches[::-1])
    return dx[::-1], dh_last, *parameters


# Truncation. Who gets the step backwards wrong gets the hint about it here too.

truncated_backward.inherit(rnn_step_backward)

CHUNKS = """for start in range(0, len(dhs), length):
        chunk = slice(start, start + length)"""

truncated_backward.mistake(
    "not_truncated",
    "That is the full gradient: in your code it flows all the way back. Where should it stop?",
    CHUNKS,
    "for chunk in [slice(None)]:",
)
truncated_backward.mistake(
    "every_step_alone",
    "In your code the gradient stops after every single step, whatever the length: dh_next never "
    "gets through.",
    CHUNKS,
    "for chunk in [slice(t, t + 1) for t in range(len(dhs))]:",
)
truncated_backward.mistake(
    "last_steps_only",
    "Only the last `length` steps before the end are used. That is right for a loss at the end "
    "alone; here every step has one.",
    CHUNKS,
    "for chunk in [slice(-length, None)]:",
)
truncated_backward.mistake(
    "cut_one_step_late",
    "Your cuts stand one step too late: the first chunk has one step, and the next begin at steps "
    "1, 1 + length, … In the step that begins a chunk, what is thrown away: that which comes in "
    "from later, or that which it sends further back?",
    CHUNKS,
    """for start in range(1 - length, len(dhs), length):
        chunk = slice(max(0, start), start + length)""",
)
truncated_backward.mistake(
    "counted_from_the_end",
    "Your chunks are counted from the end of the sequence. Count from the first step: it is the "
    "last chunk that may be shorter.",
    CHUNKS,
    """for end in range(len(dhs), 0, -length):
        chunk = slice(max(0, end - length), end)""",
)
truncated_backward.mistake(
    "rest_left_out",
    "Steps at the end that make no whole chunk are left out. They have losses too.",
    """dWx = dWh = db = 0.0
    for start in range(0, len(dhs), length):""",
    """dWx, dWh, db = (0 * gradient for gradient in rnn_backward(dhs, caches)[2:])
    for start in range(0, len(dhs) - length + 1, length):""",
)


@truncated_backward.misconception(
    "Every one of your losses looks back over `length` steps of its own: a window that slides. "
    "Here the sequence is cut into chunks, and no gradient crosses a cut."
)
def sliding_window(dhs, caches, length):
    by_loss = []
    for t in range(len(dhs)):
        window = slice(max(0, t + 1 - length), t + 1)
        own = np.zeros_like(dhs[window])
        own[-1] = dhs[t]
        by_loss.append(rnn_backward(own, caches[window])[2:])
    return tuple(sum(gradients) for gradients in zip(*by_loss, strict=True))
