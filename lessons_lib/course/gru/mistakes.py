# mypy: allow-untyped-defs
"""Wrong versions of lesson 07's exercises, each with what to tell who wrote one like it."""

from lessons_lib import cells
from lessons_lib.course.gru.exercises import (
    count_parameters,
    gru_step,
    gru_step_backward,
    gru_step_reset_before,
)

# One step. What both variants share is got wrong in both.

for step in (gru_step, gru_step_reset_before):
    step.mistake(
        "weights_exchanged",
        "Wx and Wh have changed places. Their first axes tell where each belongs: Wx has a row for "
        "each of D input features, Wh a row for each of H hidden units.",
        "    xr, xz, xn = ",
        "    Wx, Wh = Wh, Wx\n    xr, xz, xn = ",
    )
    step.mistake(
        "blocks_z_r_n",
        "The two gates have changed jobs. Either you read the blocks in the order z, r, n, as "
        "Keras stores them, or you keep by the reset gate. This course, like PyTorch, begins with "
        "r.",
        "    n = ",
        "    r, z = z, r\n    n = ",
    )
    step.mistake(
        "tanh_for_gates",
        "Your gates go through tanh. A gate says how much passes, from nothing to everything: "
        "which function has that range?",
        "    n = ",
        "    r, z = np.tanh(xr + hr), np.tanh(xz + hz)\n    n = ",
    )
    step.mistake(
        "sigmoid_of_candidate",
        "Your candidate lies between 0 and 1. It is content, not a gate, and has to be able to "
        "turn negative: another function belongs there.",
        "np.tanh(",
        "sigmoid(",
    )
    step.mistake(
        "candidate_not_squashed",
        "Your candidate has no activation function, so it has no bound. Its range is from -1 to 1.",
        "np.tanh(",
        "(",
    )
    step.mistake(
        "reset_gate_left_out",
        "The candidate sees all of the old state in your code. One of the two gates decides how "
        "much of it the candidate sees.",
        "r = sigmoid(xr + hr)",
        "r = 1.0",
    )
    step.mistake(
        "z_exchanged",
        "z and 1 - z have changed places. Sources differ on what z counts; here z = 1 keeps the "
        "old state.",
        "(1 - z) * n + z * h_prev",
        "z * n + (1 - z) * h_prev",
    )
    step.mistake(
        "candidate_not_weighted",
        "All of the candidate is written, as if there were a second gate for that. In a GRU what "
        "is not kept is written: the two shares add up to 1.",
        "(1 - z) * n + z * h_prev",
        "n + z * h_prev",
    )
    step.mistake(
        "old_state_dropped",
        "Nothing of the old state is kept beside the candidate. The gate z shares between two.",
        "(1 - z) * n + z * h_prev",
        "(1 - z) * n",
    )

# What tells the variants apart

gru_step.mistake(
    "bias_not_reset",
    "The bias beside the recurrent product stands outside the reset gate in your code. In this "
    "variant the gate multiplies the product with its bias.",
    "xn + r * hn",
    "xn + r * (hn - bh[-len(Wh) :]) + bh[-len(Wh) :]",
)
gru_step.mistake(
    "reset_of_input_too",
    "The reset gate multiplies the input's share of the candidate too. It is there to hide the "
    "past; the input stays in full sight.",
    "xn + r * hn",
    "r * (xn + hn)",
)
gru_step_reset_before.mistake(
    "state_reset_after_product",
    "The reset gate multiplies what comes out of the product, without the bias. Here it acts on "
    "the hidden state before the product.",
    "(r * h_prev) @ Wh[:, 2 * H :]",
    "r * (h_prev @ Wh[:, 2 * H :])",
)
gru_step_reset_before.mistake(
    "bias_reset_too",
    "The reset gate multiplies the bias beside the recurrent product in your code. In this variant "
    "it multiplies the hidden state and nothing else.",
    "+ bh[2 * H :]",
    "+ r * bh[2 * H :]",
)


@gru_step.misconception(
    "This is the paper's variant: the reset gate acts on the hidden state before the product. "
    "Here it acts on the product's result."
)
def reset_before_product(x, h_prev, Wx, Wh, bx, bh):
    return gru_step_reset_before(x, h_prev, Wx, Wh, bx, bh)


@gru_step_reset_before.misconception(
    "This is PyTorch's variant: the reset gate acts on the product's result. Here it acts on the "
    "hidden state before the product."
)
def reset_after_product(x, h_prev, Wx, Wh, bx, bh):
    return gru_step(x, h_prev, Wx, Wh, bx, bh)


# Number of parameters

count_parameters.mistake(
    "one_block",
    "That is one block. How many blocks has the layer?",
    "blocks * (D * H + H * H + biases * H)",
    "D * H + H * H + biases * H",
)
count_parameters.mistake(
    "no_recurrent_weights",
    "The recurrent weights are missing. What leads from the H units to the H units?",
    "D * H + H * H",
    "D * H",
)
count_parameters.mistake(
    "one_bias_only",
    "One bias is counted in each block, however many there are.",
    "biases * H",
    "H",
)
count_parameters.mistake(
    "no_biases",
    "The biases are missing. Each block has them too.",
    "H * H + biases * H",
    "H * H",
)


count_parameters.mistake(
    "bias_of_one_block",
    "The biases are counted for one block only. Every block has its own.",
    "H * H + biases * H)",
    "H * H) + biases * H",
)

# The backward pass

gru_step_backward.mistake(
    "kept_state_forgotten",
    "dh_prev lacks the shortest way back: what z keeps of h_prev reaches h without any weight.",
    "dah @ Wh.T + dh * z",
    "dah @ Wh.T",
)


gru_step_backward.mistake(
    "other_share_kept",
    "On the shortest way back, past n, dh_prev has the share of the candidate. Which one is kept?",
    "+ dh * z",
    "+ dh * (1 - z)",
)
for name, right, wrong in (
    ("dh_prev", "dah @ Wh.T", "dax @ Wh.T"),
    ("dWh", "h_prev.T @ dah", "h_prev.T @ dax"),
):
    gru_step_backward.mistake(
        f"{name}_past_the_reset_gate",
        f"Your {name} is made with what stands beside the input product. Beside the recurrent "
        "product the last of the three has passed the reset gate.",
        right,
        wrong,
    )
gru_step_backward.mistake(
    "sign_of_dz",
    "The gradient on z has the wrong sign. Where z grows, h moves towards h_prev and away from n.",
    "h_prev - n)",
    "n - h_prev)",
)
gru_step_backward.mistake(
    "dz_without_n",
    "z stands in h twice, beside h_prev and beside n. Your gradient on it sees only the first.",
    "(h_prev - n)",
    "h_prev",
)
gru_step_backward.mistake(
    "dz_without_h_prev",
    "z stands in h twice, beside h_prev and beside n. Your gradient on it sees only the second.",
    "(h_prev - n)",
    "-n",
)
for gate, term in (("z", "dh * (h_prev - n)"), ("r", "da_n * hn")):
    gru_step_backward.mistake(
        f"slope_of_tanh_at_{gate}",
        f"{gate} comes out of a sigmoid, and you take it back through the derivative of tanh. "
        "Which is that of the sigmoid?",
        f"{term} * {gate} * (1 - {gate})",
        f"{term} * (1 - {gate}**2)",
    )
gru_step_backward.mistake(
    "slope_of_tanh_at_both_gates",
    "r and z come out of sigmoids, and you take them back through the derivative of tanh. Which is "
    "that of the sigmoid?",
    """dh * (h_prev - n) * z * (1 - z)
    da_r = da_n * hn * r * (1 - r)""",
    """dh * (h_prev - n) * (1 - z**2)
    da_r = da_n * hn * (1 - r**2)""",
)
gru_step_backward.mistake(
    "no_slope_of_z",
    "The sigmoid of the update gate is passed without its derivative, z (1 - z).",
    " * z * (1 - z)",
    "",
)
gru_step_backward.mistake(
    "no_slope_of_r",
    "The sigmoid of the reset gate is passed without its derivative, r (1 - r).",
    " * r * (1 - r)",
    "",
)
gru_step_backward.mistake(
    "no_slope_of_tanh",
    "The tanh of the candidate is passed without its derivative, 1 - n². All that lies behind it "
    "is wrong with it.",
    " * (1 - n**2)",
    "",
)
gru_step_backward.mistake(
    "share_of_n_left_out",
    "Your candidate gets all of dh. In h it stands behind a factor: which?",
    "dh * (1 - z)",
    "dh",
)
gru_step_backward.mistake(
    "share_of_h_prev",
    "Your candidate gets the share of the old state. In h it stands behind the other one.",
    "dh * (1 - z)",
    "dh * z",
)
gru_step_backward.mistake(
    "dr_without_partner",
    "Your gradient on r lacks its partner: what does r multiply in the candidate?",
    "da_n * hn",
    "da_n",
)
gru_step_backward.mistake(
    "reset_gate_not_passed",
    "The n block beside the recurrent product has not passed the reset gate. In the forward step r "
    "multiplies all that h_prev adds to n, so on the way back too.",
    "da_n * r]",
    "da_n]",
)


gru_step_backward.mistake(
    "dr_with_h_prev",
    "The gradient on r is that of the other variant, in which r multiplies h_prev. Here r "
    "multiplies hn.",
    "da_n * hn",
    "da_n * h_prev",
)


@gru_step_backward.misconception(
    "This is the backward pass of the other variant, with the reset gate before the recurrent "
    "product."
)
def backward_of_reset_before(dh, cache):
    return cells.gru_step_backward(dh, cache._replace(reset_after=False))
