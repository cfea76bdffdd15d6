# mypy: allow-untyped-defs
"""Wrong versions of lesson 06's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.lstm_gradient.exercises import (
    cell_gradient,
    input_gradients,
    lstm_backward,
    lstm_step_backward,
    memory_backward,
    swapped_texts,
)

# The memory's own step


memory_backward.mistake(
    "tanh_too_early",
    "dg has the factor 1 - g^2 in it already. That belongs to the tanh, which comes one step "
    "later; here g itself is asked for.",
    "dg = dc * i",
    "dg = dc * i * (1 - g**2)",
)
memory_backward.mistake(
    "sigmoid_too_early",
    "di and df have the factor s (1 - s) in them already. That belongs to the sigmoid, which "
    "comes one step later; here the gates themselves are asked for.",
    "return dc_prev, di, df, dg",
    "return dc_prev, di * i * (1 - i), df * f * (1 - f), dg",
)
memory_backward.mistake(
    "own_factor_for_partner",
    "Each factor got its own value in place of its partner's. The derivative of f * c_prev with "
    "respect to f is not f.",
    "return dc_prev, di, df, dg",
    "return dc_prev, dc * i, dc * f, dc * g",
)


# One step

lstm_step_backward.mistake(
    "way_through_h_left_out",
    "Your gradient on c is only what flows back from the next step. This step's h was made from c "
    "as well.",
    "dc + dh * o * (1 - tanh_c**2)",
    "dc",
)
lstm_step_backward.mistake(
    "dc_replaced_by_dh",
    "You add dh to dc as it is. Between c and h stand a tanh and a gate, and both have a "
    "derivative.",
    "dh * o * (1 - tanh_c**2)",
    "dh",
)
lstm_step_backward.mistake(
    "tanh_of_c_left_out",
    "On the way from h back to c your gradient passes the output gate, but not the tanh. What is "
    "its derivative, in terms of tanh(c)?",
    "dh * o * (1 - tanh_c**2)",
    "dh * o",
)
lstm_step_backward.mistake(
    "output_gate_left_out",
    "On the way from h back to c your gradient passes the tanh, but not the output gate.",
    "dh * o * (1 - tanh_c**2)",
    "dh * (1 - tanh_c**2)",
)
lstm_step_backward.mistake(
    "tanh_twice",
    "You take tanh of tanh_c. The cache holds the result of tanh already, and its derivative needs "
    "no more than that.",
    "1 - tanh_c**2",
    "1 - np.tanh(tanh_c) ** 2",
)
lstm_step_backward.mistake(
    "slope_of_raw_memory",
    "Your slope of the tanh is 1 - c^2. It is written with what comes out of the tanh, not with "
    "what goes in.",
    "1 - tanh_c**2",
    "1 - np.arctanh(tanh_c) ** 2",
)
lstm_step_backward.mistake(
    "slope_at_old_memory",
    "You take the slope of the tanh at c_prev. Which memory went through it on the way to h?",
    "1 - tanh_c**2",
    "1 - np.tanh(c_prev) ** 2",
)
lstm_step_backward.mistake(
    "sigmoids_left_out",
    "Your da is right for g. For the three gates it is the gradient on the gate itself; one more "
    "factor takes it back through the sigmoid.",
    "[da_i, da_f, da_g, da_o]",
    "[dc * g, dc * c_prev, da_g, dh * tanh_c]",
)
lstm_step_backward.mistake(
    "activations_left_out",
    "Your da holds the gradients on i, f, g and o themselves. One more factor takes each of them "
    "back through its own activation.",
    "[da_i, da_f, da_g, da_o]",
    "[dc * g, dc * c_prev, dc * i, dh * tanh_c]",
)
lstm_step_backward.mistake(
    "tanh_of_g_left_out",
    "Your da is right for the three gates. For g it is the gradient on g itself; one more factor "
    "takes it back through its activation.",
    "dc * i * (1 - g**2)",
    "dc * i",
)
lstm_step_backward.mistake(
    "g_through_sigmoid",
    "g goes back through a sigmoid in your code. It was made by another function.",
    "dc * i * (1 - g**2)",
    "dc * i * g * (1 - g)",
)
for gate, slope in (("input", "i * (1 - i)"), ("forget", "f * (1 - f)"), ("output", "o * (1 - o)")):
    lstm_step_backward.mistake(
        f"sigmoid_of_{gate}_gate_left_out",
        f"Your gradient on the {gate} gate stops at the gate itself; one more factor takes it back "
        "through its sigmoid.",
        f" * {slope}",
        "",
    )
lstm_step_backward.mistake(
    "gates_through_tanh",
    "Your gates go back through a tanh, with 1 - s^2. They were made by another function.",
    "[da_i, da_f, da_g, da_o]",
    "[dc * g * (1 - i**2), dc * c_prev * (1 - f**2), da_g, dh * tanh_c * (1 - o**2)]",
)
lstm_step_backward.mistake(
    "tanh_of_g_twice",
    "You take tanh of g. It is the result of tanh already, and its derivative needs no more.",
    "1 - g**2",
    "1 - np.tanh(g) ** 2",
)
lstm_step_backward.mistake(
    "square_left_out",
    "You multiply by 1 - tanh(c). Something is squared in the derivative of tanh.",
    "1 - tanh_c**2",
    "1 - tanh_c",
)
lstm_step_backward.mistake(
    "forget_gate_with_new_memory",
    "Your gradient on the forget gate has the new memory beside it. Which one did that gate "
    "multiply: the memory of this step, or of the one before?",
    "dc * c_prev",
    "dc * np.arctanh(tanh_c)",
)
lstm_step_backward.mistake(
    "partners_of_i_and_g_exchanged",
    "In the product of input gate and new memory each factor got its own value in place of its "
    "partner's.",
    "[da_i, da_f, da_g, da_o]",
    "[dc * i * i * (1 - i), da_f, dc * g * (1 - g**2), da_o]",
)
lstm_step_backward.mistake(
    "output_gate_from_dc",
    "Your gradient on the output gate is made with the gradient on the memory. The output gate "
    "stands beside the memory in h alone.",
    "dh * tanh_c",
    "dc * tanh_c",
)
lstm_step_backward.mistake(
    "o_with_raw_memory",
    "Your gradient on the output gate has the memory itself beside it. What stands beside that "
    "gate in h?",
    "dh * tanh_c",
    "dh * np.arctanh(tanh_c)",
)
lstm_step_backward.mistake(
    "o_without_memory",
    "Your gradient on the output gate lacks its partner: in h = o * tanh(c), what stands beside o?",
    "dh * tanh_c * o",
    "dh * o",
)
lstm_step_backward.mistake(
    "dc_prev_without_forget_gate",
    "Your dc_prev is the full gradient on c, ungated. Which gate did the old memory pass on the "
    "way forward?",
    "dc_prev = dc * f",
    "dc_prev = dc",
)
lstm_step_backward.mistake(
    "db_not_summed",
    "Your db is not summed over the batch. One b served all its members; what happens to their "
    "gradients?",
    "da.sum(axis=0)",
    "da",
)
lstm_step_backward.mistake(
    "dWh_from_new_h",
    "Your dWh is made with this step's h. Which hidden state was multiplied by Wh?",
    "h_prev.T @ da",
    "(o * tanh_c).T @ da",
)

# A whole sequence. Who gets the step wrong here gets the hint about the step.

lstm_backward.inherit(lstm_step_backward)
lstm_backward.mistake(
    "dc_next_ignored",
    "Every step of yours starts with a dc of zero. What the step after returned for c_prev has to "
    "go somewhere.",
    "lstm_step_backward(dh, dc_next, caches[t])",
    "lstm_step_backward(dh, 0 * dc_next, caches[t])",
)
lstm_backward.mistake(
    "dh_next_ignored",
    "Every step of yours hears of its own loss only. The hidden state also went into the step "
    "after, which has sent back a gradient for it.",
    "dhs[t] + dh_next",
    "dhs[t]",
)
lstm_backward.mistake(
    "returned_gradients_exchanged",
    "What the step after returns for its two states goes to the wrong one of them here.",
    """dh = dhs[t] + dh_next
        dx[t], dh_next, dc_next, *step = lstm_step_backward(dh, dc_next, caches[t])""",
    """dh = dhs[t] + dc_next
        dx[t], dh_next, dc_next, *step = lstm_step_backward(dh, dh_next, caches[t])""",
)
for state in ("dh_next", "dc_next"):
    lstm_backward.mistake(
        f"{state}_added_up",
        "One of the two gradients that travel back grows by addition. It has to be replaced at "
        "each step: what a step returns holds all that came from later.",
        """dh = dhs[t] + dh_next
        dx[t], dh_next, dc_next, *step = lstm_step_backward(dh, dc_next, caches[t])""",
        f"""dh, old = dhs[t] + dh_next, {state}
        dx[t], dh_next, dc_next, *step = lstm_step_backward(dh, dc_next, caches[t])
        {state} = old + {state}""",
    )
for place, name in enumerate(("dWx", "dWh", "db")):
    lstm_backward.mistake(
        f"{name}_of_first_step_only",
        f"Your {name} is that of one step, the one that you reach last. It served every step.",
        f"{name} + step[{place}]",
        f"step[{place}]",
    )
lstm_backward.mistake(
    "first_to_last",
    "You go through the steps from first to last. A gradient can be carried only from later steps "
    "to earlier ones.",
    "reversed(range(len(caches)))",
    "range(len(caches))",
)
lstm_backward.mistake(
    "weights_of_first_step_only",
    "Your weight gradients are those of one step, the one that you reach last. The weights served "
    "every step.",
    "dWx + step[0], dWh + step[1], db + step[2]",
    "step",
)


# The cell path

cell_gradient.mistake(
    "one_gate_only",
    "You have one gate for each memory, not the product of all gates on the way. The gradient has "
    "to pass every step between t and T.",
    "reversed(range(T))",
    "range(T)",
)
cell_gradient.mistake(
    "from_the_first",
    "Your product grows from the first step on: entry t tells how c_t depends on c_0. Asked for is "
    "how c_T depends on c_t.",
    "return dc",
    "return np.concatenate([dc[-1:], np.cumprod(f, axis=0)])",
)
cell_gradient.mistake(
    "first_gate_skipped",
    "Your products are one gate short: entry t lacks f[t], the step that takes c_t on.",
    "return dc",
    "return np.concatenate([dc[1:], dc[-1:]])",
)


@cell_gradient.misconception(
    "You divide one product of gates by another. A gate may be 0, and 0 / 0 is not a number. The "
    "gates that are wanted can be multiplied up from the other end."
)
def product_divided(f):
    grown = np.concatenate([np.ones_like(f[:1]), np.cumprod(f, axis=0)])
    return grown[-1] / grown


# What a word does to a prediction

swapped_texts.mistake(
    "never_put_back",
    "In each of your texts the tokens before k are replaced as well. A text that is changed in "
    "place stays changed: begin each with the original.",
    "np.eye(len(ids), dtype=bool)",
    "np.triu(np.ones((len(ids), len(ids)), dtype=bool))",
)
input_gradients.mistake(
    "memory_not_handed_on",
    "What each step returns for the old memory is lost in yours: at every step dc begins at 0 "
    "again, and only the ways through h are left.",
    "dx_t, dh, dc, *_ =",
    "dx_t, dh, *_ =",
)
input_gradients.mistake(
    "dh_at_every_step",
    "Each step gets the dh of the last step as well. The score depends on the last hidden state "
    "alone: before it only what the step after returns arrives.",
    "dx_t, dh, dc, *_ = cells.lstm_step_backward(dh, dc, cache)",
    "dx_t, _, dc, *_ = cells.lstm_step_backward(dh, dc, cache)",
)
