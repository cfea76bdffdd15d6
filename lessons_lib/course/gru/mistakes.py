# mypy: allow-untyped-defs
"""Wrong versions of lesson 07's exercises, each with what to tell who wrote one like it."""

import functools

import numpy as np

from lessons_lib.course.gru.exercises import (
    count_parameters,
    gru_step,
    gru_step_backward,
    gru_step_reset_before,
)
from lessons_lib.functions import sigmoid


def gates(x, h_prev, Wx, Wh, bx, bh):
    """Reset and update gate, each (N, H)."""
    H = h_prev.shape[1]
    rz = sigmoid((x @ Wx + bx + h_prev @ Wh + bh)[:, : 2 * H])
    return rz[:, :H], rz[:, H:]


def candidate_after(r, x, h_prev, Wx, Wh, bx, bh):
    """The candidate (N, H) with the reset gate after the recurrent product."""
    n = slice(2 * h_prev.shape[1], None)
    return np.tanh(x @ Wx[:, n] + bx[n] + r * (h_prev @ Wh[:, n] + bh[n]))


def candidate_before(r, x, h_prev, Wx, Wh, bx, bh):
    """The candidate (N, H) with the reset gate before the recurrent product."""
    n = slice(2 * h_prev.shape[1], None)
    return np.tanh(x @ Wx[:, n] + bx[n] + (r * h_prev) @ Wh[:, n] + bh[n])


VARIANTS = (
    (gru_step, candidate_after, gru_step.reference),
    (gru_step_reset_before, candidate_before, gru_step_reset_before.reference),
)


def wrong_inputs(hint):
    """Register a mistake for both variants: it calls the right step with wrong arguments."""

    def add(function):
        for variant, _, step in VARIANTS:
            variant.misconception(hint, name=function.__name__)(functools.partial(function, step))
        return function

    return add


def wrong_step(hint):
    """Register a mistake for both variants: it receives the variant's candidate."""

    def add(function):
        for variant, candidate, _ in VARIANTS:
            variant.misconception(hint, name=function.__name__)(
                functools.partial(function, candidate)
            )
        return function

    return add


# One step, in either variant


@wrong_inputs("Your numbers are what comes out without bx. It stands beside the input product.")
def bx_left_out(step, x, h_prev, Wx, Wh, bx, bh):
    return step(x, h_prev, Wx, Wh, 0 * bx, bh)


@wrong_inputs("Your numbers are what comes out without bh. It stands beside the recurrent product.")
def bh_left_out(step, x, h_prev, Wx, Wh, bx, bh):
    return step(x, h_prev, Wx, Wh, bx, 0 * bh)


@wrong_inputs(
    "Wx and Wh have changed places. Their first axes tell where each belongs: Wx has a row for "
    "each of D input features, Wh a row for each of H hidden units."
)
def weights_exchanged(step, x, h_prev, Wx, Wh, bx, bh):
    return step(x, h_prev, Wh, Wx, bx, bh)


@wrong_inputs("Nothing of x reaches your h. What arrives new at this step is missing.")
def x_left_out(step, x, h_prev, Wx, Wh, bx, bh):
    return step(0 * x, h_prev, Wx, Wh, bx, bh)


@wrong_inputs("Nothing of h_prev reaches your h. A recurrent layer reads the state before it.")
def h_prev_left_out(step, x, h_prev, Wx, Wh, bx, bh):
    return step(x, 0 * h_prev, Wx, Wh, bx, bh)


@wrong_inputs(
    "The two gates have changed jobs. Either you read the blocks in the order z, r, n, as Keras "
    "stores them, or you keep by the reset gate. This course, like PyTorch, begins with r."
)
def blocks_z_r_n(step, x, h_prev, Wx, Wh, bx, bh):
    def swapped(packed):
        z, r, n = np.split(packed, 3, axis=-1)
        return np.concatenate([r, z, n], axis=-1)

    return step(x, h_prev, swapped(Wx), swapped(Wh), swapped(bx), swapped(bh))


@wrong_inputs(
    "You take every third column for a block. The columns of a block stand side by side: the "
    "first H belong to r, the next H to the next block."
)
def blocks_interleaved(step, x, h_prev, Wx, Wh, bx, bh):
    def sorted_out(packed):
        return np.concatenate([packed[..., k::3] for k in range(3)], axis=-1)

    return step(x, h_prev, sorted_out(Wx), sorted_out(Wh), sorted_out(bx), sorted_out(bh))


@wrong_step(
    "z and 1 - z have changed places. Sources differ on what z counts; here z = 1 keeps the old "
    "state."
)
def z_exchanged(candidate, *arguments):
    r, z = gates(*arguments)
    return z * candidate(r, *arguments) + (1 - z) * arguments[1]


@wrong_step(
    "The candidate sees all of the old state in your code. One of the two gates decides how much "
    "of it the candidate sees."
)
def reset_gate_left_out(candidate, *arguments):
    _, z = gates(*arguments)
    return (1 - z) * candidate(1.0, *arguments) + z * arguments[1]


@wrong_step(
    "The candidate sees none of the old state in your code. What does the reset gate act on?"
)
def candidate_without_past(candidate, *arguments):
    _, z = gates(*arguments)
    return (1 - z) * candidate(0.0, *arguments) + z * arguments[1]


@wrong_step("Your reset gate works the wrong way round: 1 has to let the candidate see everything.")
def reset_gate_inverted(candidate, *arguments):
    r, z = gates(*arguments)
    return (1 - z) * candidate(1 - r, *arguments) + z * arguments[1]


@wrong_step("Your gates see the input only. They also read something from the step before.")
def gates_without_past(candidate, x, h_prev, Wx, Wh, bx, bh):
    r, z = gates(x, 0 * h_prev, Wx, Wh, bx, bh)
    return (1 - z) * candidate(r, x, h_prev, Wx, Wh, bx, bh) + z * h_prev


@wrong_step(
    "Your h is the share of the candidate alone. What becomes of the old state that z keeps?"
)
def old_state_dropped(candidate, *arguments):
    r, z = gates(*arguments)
    return (1 - z) * candidate(r, *arguments)


@wrong_step(
    "All of the candidate is written, as if there were a second gate for that. In a GRU what is "
    "not kept is written: the two shares add up to 1."
)
def candidate_not_weighted(candidate, *arguments):
    r, z = gates(*arguments)
    return candidate(r, *arguments) + z * arguments[1]


@wrong_step(
    "All of the old state is kept beside the candidate's share. The two shares must add up to 1."
)
def old_state_not_weighted(candidate, *arguments):
    r, z = gates(*arguments)
    return (1 - z) * candidate(r, *arguments) + arguments[1]


@wrong_step(
    "The reset gate also acts on the state that is kept. It is for the candidate's eyes only: what "
    "z keeps, it keeps unchanged."
)
def reset_of_kept_state(candidate, *arguments):
    r, z = gates(*arguments)
    return (1 - z) * candidate(r, *arguments) + z * r * arguments[1]


@wrong_step(
    "You squash the result once more. A mixture of the old state and a tanh lies between -1 and 1 "
    "already, and a kept state has to stay as it is."
)
def tanh_of_result(candidate, *arguments):
    r, z = gates(*arguments)
    return np.tanh((1 - z) * candidate(r, *arguments) + z * arguments[1])


@wrong_step(
    "Your candidate lies between 0 and 1. It is content, not a gate, and has to be able to turn "
    "negative: another function belongs there."
)
def sigmoid_of_candidate(candidate, *arguments):
    r, z = gates(*arguments)
    n = sigmoid(np.arctanh(candidate(r, *arguments)))
    return (1 - z) * n + z * arguments[1]


@wrong_step(
    "Your candidate has no activation function, so it has no bound. Its range is from -1 to 1."
)
def candidate_not_squashed(candidate, *arguments):
    r, z = gates(*arguments)
    return (1 - z) * np.arctanh(candidate(r, *arguments)) + z * arguments[1]


@wrong_step(
    "Your gates go through tanh. A gate says how much passes, from nothing to everything: which "
    "function has that range?"
)
def tanh_for_gates(candidate, *arguments):
    r, z = (np.tanh(np.log(gate / (1 - gate))) for gate in gates(*arguments))
    return (1 - z) * candidate(r, *arguments) + z * arguments[1]


@wrong_step(
    "Your gates close where they should open. Look at the sign in the exponent of sigmoid: a large "
    "positive sum has to give almost 1."
)
def sigmoid_falls(candidate, *arguments):
    r, z = gates(*arguments)
    return z * candidate(1 - r, *arguments) + (1 - z) * arguments[1]


@wrong_step(
    "The reset gate multiplies the input's share of the candidate too. It is there to hide the "
    "past; the input stays in full sight."
)
def reset_of_input_too(candidate, *arguments):
    r, z = gates(*arguments)
    n = np.tanh(r * np.arctanh(candidate(1.0, *arguments)))
    return (1 - z) * n + z * arguments[1]


# What tells the variants apart


@gru_step.misconception(
    "This is the paper's variant: the reset gate acts on the hidden state before the product. "
    "Here it acts on the product's result."
)
def reset_before_product(x, h_prev, Wx, Wh, bx, bh):
    return gru_step_reset_before(x, h_prev, Wx, Wh, bx, bh)


@gru_step.misconception(
    "bx and bh have changed places. For the two gates that makes no difference, for the candidate "
    "it does: one of its two biases stands beside the recurrent product."
)
def biases_exchanged(x, h_prev, Wx, Wh, bx, bh):
    return gru_step(x, h_prev, Wx, Wh, bh, bx)


@gru_step_reset_before.misconception(
    "This is PyTorch's variant: the reset gate acts on the product's result. Here it acts on the "
    "hidden state before the product."
)
def reset_after_product(x, h_prev, Wx, Wh, bx, bh):
    return gru_step(x, h_prev, Wx, Wh, bx, bh)


@gru_step.misconception(
    "The bias beside the recurrent product stands outside the reset gate in your code. In this "
    "variant the gate multiplies the product with its bias."
)
def bias_not_reset(x, h_prev, Wx, Wh, bx, bh):
    arguments = (x, h_prev, Wx, Wh, bx, bh)
    r, z = gates(*arguments)
    n = slice(2 * h_prev.shape[1], None)
    new = np.tanh(x @ Wx[:, n] + bx[n] + r * (h_prev @ Wh[:, n]) + bh[n])
    return (1 - z) * new + z * h_prev


@gru_step_reset_before.misconception(
    "The reset gate multiplies the bias beside the recurrent product in your code. In this variant "
    "it multiplies the hidden state and nothing else."
)
def bias_reset_too(x, h_prev, Wx, Wh, bx, bh):
    arguments = (x, h_prev, Wx, Wh, bx, bh)
    r, z = gates(*arguments)
    n = slice(2 * h_prev.shape[1], None)
    new = np.tanh(x @ Wx[:, n] + bx[n] + (r * h_prev) @ Wh[:, n] + r * bh[n])
    return (1 - z) * new + z * h_prev


@gru_step_reset_before.misconception(
    "Your update gate sees the reset state. Both gates look at the old state as it is; only the "
    "candidate sees it through r."
)
def update_gate_sees_reset_state(x, h_prev, Wx, Wh, bx, bh):
    arguments = (x, h_prev, Wx, Wh, bx, bh)
    r, _ = gates(*arguments)
    _, z = gates(x, r * h_prev, Wx, Wh, bx, bh)
    return (1 - z) * candidate_before(r, *arguments) + z * h_prev


# Number of parameters


@count_parameters.misconception("That is one block. How many blocks has the layer?")
def one_block(D, H, blocks, biases):
    return D * H + H * H + biases * H


@count_parameters.misconception("The biases are missing. Each block has them too.")
def no_biases(D, H, blocks, biases):
    return blocks * (D * H + H * H)


@count_parameters.misconception(
    "You count one bias in each block, whatever `biases` says. PyTorch, for one, stores two."
)
def always_one_bias(D, H, blocks, biases):
    return blocks * (D * H + H * H + H)


@count_parameters.misconception(
    "A bias is a vector: it has one number for each unit of its block, not one number in all."
)
def bias_is_one_number(D, H, blocks, biases):
    return blocks * (D * H + H * H + biases)


@count_parameters.misconception(
    "The biases are counted for one block only. Every block has its own."
)
def bias_of_one_block(D, H, blocks, biases):
    return blocks * (D * H + H * H) + biases * H


@count_parameters.misconception(
    "A bias is added to the block's result, which has H columns. Yours has one number for each "
    "input feature."
)
def bias_for_each_input(D, H, blocks, biases):
    return blocks * (D * H + H * H + biases * D)


@count_parameters.misconception(
    "The recurrent weights are missing. What does each unit read beside the input?"
)
def no_recurrent_weights(D, H, blocks, biases):
    return blocks * (D * H + biases * H)


@count_parameters.misconception("The input weights are missing. Which shape has a block of Wx?")
def no_input_weights(D, H, blocks, biases):
    return blocks * (H * H + biases * H)


@count_parameters.misconception(
    "D and H have changed places. The recurrent weights lead from H units to H units."
)
def sizes_exchanged(D, H, blocks, biases):
    return blocks * (D * H + D * D + biases * D)


@count_parameters.misconception(
    "The recurrent weights have one number for each unit in your count. But each unit reads all "
    "units of the step before."
)
def recurrent_weights_one_each(D, H, blocks, biases):
    return blocks * (D * H + H + biases * H)


# The backward pass


def backward(dh, cache, *, keep=1.0, reach=1.0, swap=False, **changed):
    """The backward pass with other gradients in place of some of da_r, da_z, da_n, dhn."""
    x, h_prev, Wx, Wh, _, z, *_ = cache
    da_r, da_z, da_n, dhn = (named(inner(dh, cache)) | changed).values()
    gate_blocks = [da_z, da_r] if swap else [da_r, da_z]
    dax = np.concatenate([*gate_blocks, da_n], axis=1)
    dah = np.concatenate([*gate_blocks, dhn], axis=1)
    dh_prev = reach * (dah @ Wh.T) + keep * (dh * z)
    return dax @ Wx.T, dh_prev, x.T @ dax, h_prev.T @ dah, dax.sum(axis=0), dah.sum(axis=0)


def inner(dh, cache, *, tanh_slope=None, n_share=None):
    """da_r, da_z, da_n, dhn, perhaps with another tanh' or another share of the candidate."""
    _, h_prev, _, _, r, z, n, hn, _ = cache
    slope = 1 - n**2 if tanh_slope is None else tanh_slope
    da_n = dh * (1 - z if n_share is None else n_share) * slope
    da_z = dh * (h_prev - n) * z * (1 - z)
    return da_n * hn * r * (1 - r), da_z, da_n, da_n * r


def named(values):
    """The four results of `inner` by name."""
    return dict(zip(("da_r", "da_z", "da_n", "dhn"), values, strict=True))


@gru_step_backward.misconception(
    "dh_prev lacks the shortest way back: what z keeps of h_prev reaches h without any weight."
)
def kept_state_forgotten(dh, cache):
    return backward(dh, cache, keep=0.0)


@gru_step_backward.misconception(
    "dh_prev has the way along which the state is kept, and no other. The gates and the candidate "
    "read h_prev too."
)
def only_kept_state(dh, cache):
    return backward(dh, cache, reach=0.0)


@gru_step_backward.misconception(
    "In dh_prev the share of the kept state is 1 in your code. Which gate scales it?"
)
def kept_state_not_scaled(dh, cache):
    return backward(dh, cache, keep=1 / cache[5])


@gru_step_backward.misconception(
    "z and 1 - z have changed places: the old state is kept by z, the candidate enters by 1 - z."
)
def z_exchanged_on_the_way_back(dh, cache):
    z = cache[5]
    changed = named(inner(dh, cache, n_share=z))
    changed["da_z"] = -changed["da_z"]
    return backward(dh, cache, keep=(1 - z) / z, **changed)


@gru_step_backward.misconception(
    "The gradient on z has the wrong sign. Where z grows, h moves towards h_prev and away from n."
)
def sign_of_dz(dh, cache):
    return backward(dh, cache, da_z=-inner(dh, cache)[1])


@gru_step_backward.misconception(
    "z stands in h twice, beside h_prev and beside n. Your gradient on it sees only the first."
)
def dz_without_n(dh, cache):
    z = cache[5]
    return backward(dh, cache, da_z=dh * cache[1] * z * (1 - z))


@gru_step_backward.misconception(
    "z stands in h twice, beside n and beside h_prev. Your gradient on it sees only the first."
)
def dz_without_h_prev(dh, cache):
    z = cache[5]
    return backward(dh, cache, da_z=-dh * cache[6] * z * (1 - z))


@gru_step_backward.misconception(
    "The sigmoid of the update gate is passed without its derivative, z (1 - z)."
)
def no_slope_of_z(dh, cache):
    return backward(dh, cache, da_z=dh * (cache[1] - cache[6]))


@gru_step_backward.misconception(
    "The sigmoid of the reset gate is passed without its derivative, r (1 - r)."
)
def no_slope_of_r(dh, cache):
    da_n, hn = inner(dh, cache)[2], cache[7]
    return backward(dh, cache, da_r=da_n * hn)


@gru_step_backward.misconception(
    "The tanh of the candidate is passed without its derivative, 1 - n². All that lies behind it "
    "is wrong with it."
)
def no_slope_of_tanh(dh, cache):
    return backward(dh, cache, **named(inner(dh, cache, tanh_slope=1.0)))


@gru_step_backward.misconception(
    "The derivative of tanh is 1 minus the square of its result. You left out the square."
)
def tanh_slope_without_square(dh, cache):
    return backward(dh, cache, **named(inner(dh, cache, tanh_slope=1 - cache[6])))


@gru_step_backward.misconception(
    "Your candidate gets all of dh. In h it stands behind a factor: which?"
)
def share_of_n_left_out(dh, cache):
    return backward(dh, cache, **named(inner(dh, cache, n_share=1.0)))


@gru_step_backward.misconception(
    "The n block beside the recurrent product has not passed the reset gate. In the forward step r "
    "multiplies all that h_prev adds to n, so on the way back too."
)
def reset_gate_not_passed(dh, cache):
    return backward(dh, cache, dhn=inner(dh, cache)[2])


@gru_step_backward.misconception(
    "The reset gate scales your gradient beside the input product too. In the forward step the "
    "input's share of n does not pass r."
)
def reset_gate_for_the_input_too(dh, cache):
    return backward(dh, cache, da_n=inner(dh, cache)[3])


@gru_step_backward.misconception(
    "dbh equals dbx in your code. Two of its three blocks are indeed the same; the bias in the "
    "third stands inside the reset gate."
)
def dbh_equals_dbx(dh, cache):
    dx, dh_prev, dWx, dWh, dbx, _ = gru_step_backward(dh, cache)
    return dx, dh_prev, dWx, dWh, dbx, dbx


@gru_step_backward.misconception(
    "The gradient on r is that of the other variant, in which r multiplies h_prev. Here r "
    "multiplies hn."
)
def dr_with_h_prev(dh, cache):
    _, h_prev, _, _, r, *_ = cache
    return backward(dh, cache, da_r=inner(dh, cache)[2] * h_prev * r * (1 - r))


@gru_step_backward.misconception(
    "Nothing flows back through the reset gate: its block of your gradients is 0. r is computed "
    "from x and h_prev as well."
)
def no_gradient_of_r(dh, cache):
    return backward(dh, cache, da_r=0 * dh)


@gru_step_backward.misconception(
    "This is the backward pass of the other variant, with the reset gate before the recurrent "
    "product."
)
def backward_of_reset_before(dh, cache):
    x, h_prev, Wx, Wh, r, z, *_ = cache
    H = h_prev.shape[1]
    Whn = Wh[:, 2 * H :]
    _, da_z, da_n, _ = inner(dh, cache)
    drh = da_n @ Whn.T
    da_r = drh * h_prev * r * (1 - r)
    dax = np.concatenate([da_r, da_z, da_n], axis=1)
    dh_prev = dh * z + drh * r + dax[:, : 2 * H] @ Wh[:, : 2 * H].T
    dWh = np.concatenate([h_prev.T @ dax[:, : 2 * H], (r * h_prev).T @ da_n], axis=1)
    return dax @ Wx.T, dh_prev, x.T @ dax, dWh, dax.sum(axis=0), dax.sum(axis=0)


@gru_step_backward.misconception(
    "The first two blocks have changed places. The order is r, z, n, on the way back too."
)
def gradient_blocks_z_r_n(dh, cache):
    return backward(dh, cache, swap=True)


@gru_step_backward.misconception(
    "Your parameter gradients are means over the rows. The loss depends on a weight through every "
    "row, and these shares add up."
)
def mean_over_rows(dh, cache):
    dx, dh_prev, *params = gru_step_backward(dh, cache)
    return dx, dh_prev, *(grad / len(dh) for grad in params)
