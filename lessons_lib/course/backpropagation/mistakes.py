# mypy: allow-untyped-defs
"""Wrong versions of lesson 02's exercises, each with what to tell who wrote one like it."""

import itertools

import numpy as np

from lessons_lib.course.backpropagation.exercises import (
    numerical_gradient,
    rnn_backward,
    rnn_step_backward,
    truncated_backward,
)

# The numerical gradient


def differences(f, x, quotient, dtype=np.float64):
    """For every entry, what `quotient` makes of f around it: called with a shifted f(distance)."""
    x = np.array(x, dtype)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):

        def at(distance, index=index):
            moved = x.copy()
            moved[index] += distance
            return f(moved)

        gradient[index] = quotient(at)
    return gradient


@numerical_gradient.misconception(
    "You compare f(x + eps) with f(x): a difference to one side. Its error shrinks like eps, that "
    "of the difference between both sides like eps squared."
)
def forward_difference(f, x, eps):
    return differences(f, x, lambda at: (at(eps) - at(0)) / eps)


@numerical_gradient.misconception(
    "You compare f(x) with f(x - eps): a difference to one side. Take one point on each side."
)
def backward_difference(f, x, eps):
    return differences(f, x, lambda at: (at(0) - at(-eps)) / eps)


@numerical_gradient.misconception(
    "Your gradient is twice too large. How far apart are x + eps and x - eps?"
)
def divided_by_eps(f, x, eps):
    return differences(f, x, lambda at: (at(eps) - at(-eps)) / eps)


@numerical_gradient.misconception(
    "You go to one side only, but divide as if you had gone to both. About half of the gradient is "
    "left."
)
def one_side_over_two_eps(f, x, eps):
    return differences(f, x, lambda at: (at(eps) - at(0)) / (2 * eps))


@numerical_gradient.misconception(
    "The sign is turned around. If f grows when an entry grows, the gradient there is positive."
)
def sign_turned(f, x, eps):
    return differences(f, x, lambda at: (at(-eps) - at(eps)) / (2 * eps))


@numerical_gradient.misconception(
    "The difference is not divided by anything. A gradient is the change of f per unit of x."
)
def not_divided(f, x, eps):
    return differences(f, x, lambda at: at(eps) - at(-eps))


@numerical_gradient.misconception(
    "The two points are eps apart in all, half of it to each side. Here eps is the distance to "
    "either side."
)
def half_eps_to_each_side(f, x, eps):
    return differences(f, x, lambda at: (at(eps / 2) - at(-eps / 2)) / eps)


@numerical_gradient.misconception(
    "Your eps is not the one that was passed in. Who calls the function wants to choose it."
)
def own_eps(f, x, eps):
    return numerical_gradient(f, x, 1e-6)


@numerical_gradient.misconception(
    "All entries are moved at once, so you get one number: how f changes in that one direction. "
    "A gradient has a number for every entry, with the others at rest."
)
def all_entries_at_once(f, x, eps):
    x = np.array(x, dtype=np.float64)
    return np.full_like(x, (f(x + eps) - f(x - eps)) / (2 * eps))


@numerical_gradient.misconception(
    "You move a whole row at a time. x has more than one axis; np.ndindex reaches each single "
    "entry."
)
def rows_at_once(f, x, eps):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for row in range(len(x)):
        above, below = x.copy(), x.copy()
        above[row] += eps
        below[row] -= eps
        gradient[row] = (f(above) - f(below)) / (2 * eps)
    return gradient


@numerical_gradient.misconception(
    "The first entry is right, the later ones are not: an entry stays where you moved it while you "
    "go on to the next. Put the old value back."
)
def not_put_back(f, x, eps):
    x = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + eps
        above = f(x)
        x[index] = value - eps
        gradient[index] = (above - f(x)) / (2 * eps)
    return gradient


@numerical_gradient.misconception(
    "Right in float64, but with a float32 x you compute in float32. The difference of two nearly "
    "equal numbers keeps only their last digits, and float32 has too few: convert x first."
)
def computed_in_float32(f, x, eps):
    x = np.array(x)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        x[index] = value + eps
        above = f(x)
        x[index] = value - eps
        below = f(x)
        x[index] = value
        gradient[index] = (above - below) / (2 * eps)
    return gradient


# One step back


def step_from(da, cache):
    """The five gradients that follow from da (N, H)."""
    x, h_prev, Wx, Wh, _ = cache
    return da @ Wx.T, da @ Wh.T, x.T @ da, h_prev.T @ da, da.sum(axis=0)


@rnn_step_backward.misconception(
    "tanh is missing on the way back: your dh goes straight into the products. Which number does "
    "tanh multiply it by?"
)
def tanh_left_out(dh, cache):
    return step_from(dh, cache)


@rnn_step_backward.misconception(
    "You apply tanh to h again. h is tanh(a) already, so the derivative 1 - tanh(a)^2 can be "
    "written with h as it is."
)
def tanh_twice(dh, cache):
    return step_from(dh * (1 - np.tanh(cache.h) ** 2), cache)


@rnn_step_backward.misconception(
    "You multiply by 1 - h. Look up the derivative of tanh: something is squared in it."
)
def square_left_out(dh, cache):
    return step_from(dh * (1 - cache.h), cache)


@rnn_step_backward.misconception(
    "You multiply by h (1 - h). That is the derivative of the sigmoid; the function here is tanh."
)
def derivative_of_sigmoid(dh, cache):
    return step_from(dh * cache.h * (1 - cache.h), cache)


@rnn_step_backward.misconception(
    "You take the derivative of tanh at h_prev. The tanh of this step gave the other h."
)
def derivative_at_h_prev(dh, cache):
    return step_from(dh * (1 - cache.h_prev**2), cache)


@rnn_step_backward.misconception(
    "You take dh twice through tanh: once is enough, since a has no further tanh before it."
)
def tanh_backward_twice(dh, cache):
    return step_from(dh * (1 - cache.h**2) ** 2, cache)


@rnn_step_backward.misconception(
    "dx and dh_prev are right, but the parameters get their gradients from dh. They stand before "
    "the tanh, as x and h_prev do."
)
def tanh_left_out_for_parameters(dh, cache):
    dx, dh_prev, *_ = step_from(dh * (1 - cache.h**2), cache)
    return dx, dh_prev, *step_from(dh, cache)[2:]


@rnn_step_backward.misconception(
    "Wh is not transposed in your dh_prev. It is square, so the shapes fit either way, but entry "
    "(j, k) of Wh leads from unit j to unit k: on the way back the roles change."
)
def wh_not_transposed(dh, cache):
    dx, _, *rest = rnn_step_backward(dh, cache)
    return dx, dh * (1 - cache.h**2) @ cache.Wh, *rest


@rnn_step_backward.misconception(
    "Your dh_prev has dh added to it. In the vanilla RNN h_prev reaches h only by way of Wh and "
    "tanh; nothing passes it on unchanged."
)
def dh_passed_on(dh, cache):
    dx, dh_prev, *rest = rnn_step_backward(dh, cache)
    return dx, dh_prev + dh, *rest


@rnn_step_backward.misconception(
    "dWh is made with h. What did Wh multiply in this step: the state after it, or before it?"
)
def dwh_from_h(dh, cache):
    dx, dh_prev, dWx, _, db = rnn_step_backward(dh, cache)
    return dx, dh_prev, dWx, cache.h.T @ (dh * (1 - cache.h**2)), db


@rnn_step_backward.misconception(
    "dWx and dWh are transposed. A gradient has the shape of the array that it belongs to: which "
    "factor has to stand first?"
)
def weights_transposed(dh, cache):
    dx, dh_prev, dWx, dWh, db = rnn_step_backward(dh, cache)
    return dx, dh_prev, dWx.T, dWh.T, db


@rnn_step_backward.misconception(
    "db still has a row for each member of the batch. There is one bias, and it was added to all "
    "rows, so it hears from all of them."
)
def db_not_summed(dh, cache):
    return *rnn_step_backward(dh, cache)[:4], dh * (1 - cache.h**2)


@rnn_step_backward.misconception(
    "Your db is the mean over the batch where the sum belongs. If the loss is to be a mean, dh "
    "holds that factor already."
)
def db_averaged(dh, cache):
    *rest, db = rnn_step_backward(dh, cache)
    return *rest, db / len(dh)


@rnn_step_backward.misconception(
    "Your db adds up dh. The bias is added before the tanh: which gradient arrives there?"
)
def db_from_dh(dh, cache):
    return *rnn_step_backward(dh, cache)[:4], dh.sum(axis=0)


@rnn_step_backward.misconception(
    "Your parameter gradients are divided by the batch size. If the loss is to be a mean, dh holds "
    "that factor already."
)
def averaged_over_batch(dh, cache):
    dx, dh_prev, *parameters = rnn_step_backward(dh, cache)
    return dx, dh_prev, *(gradient / len(dh) for gradient in parameters)


# A whole sequence. Who gets the step wrong here gets the hint about the step.


def backward_with(step):
    """Backpropagation through time with steps of another kind."""

    def backward(dhs, caches):
        dh_next = 0.0
        by_step = []
        for dh, cache in zip(dhs[::-1], caches[::-1], strict=True):
            dx, dh_next, *parameters = step(dh + dh_next, cache)
            by_step.append((dx, *parameters))
        dxs, *parameters = zip(*by_step, strict=True)
        return np.stack(dxs[::-1]), dh_next, *(sum(gradients) for gradients in parameters)

    return backward


for known in rnn_step_backward.misconceptions:
    rnn_backward.misconception(known.hint, name=known.name)(backward_with(known.function))


@rnn_backward.misconception(
    "Nothing comes back from the next step: each of your steps hears of its own loss only. Right "
    "for T = 1, wrong as soon as a state goes on. Which second arrow ends in h_t?"
)
def dh_next_dropped(dhs, caches):
    def lone_step(dh, cache):
        dx, dh_prev, *parameters = rnn_step_backward(dh, cache)
        return dx, 0 * dh_prev, *parameters

    dx, _, *parameters = backward_with(lone_step)(dhs, caches)
    return dx, rnn_step_backward(dhs[0], caches[0])[1], *parameters


@rnn_backward.misconception(
    "Only the loss of the last step is sent back. Every step has a loss of its own: where does "
    "dhs[t] come in?"
)
def last_loss_only(dhs, caches):
    masked = np.zeros_like(dhs)
    masked[-1] = dhs[-1]
    return rnn_backward(masked, caches)


@rnn_backward.misconception(
    "What travels back from step to step grows by addition: you add dh_prev to it. It has to be "
    "replaced at each step; dh_prev already holds all that came from later."
)
def dh_next_added_up(dhs, caches):
    total = 0.0

    def step(dh, cache):
        nonlocal total
        dx, dh_prev, *parameters = rnn_step_backward(dh, cache)
        total = total + dh_prev
        return dx, total, *parameters

    return backward_with(step)(dhs, caches)


@rnn_backward.misconception(
    "You send dh to the step before, where dh_prev belongs: the gradient skips tanh and Wh on its "
    "way from step to step."
)
def dh_sent_back_unchanged(dhs, caches):
    def step(dh, cache):
        dx, _, *parameters = rnn_step_backward(dh, cache)
        return dx, dh, *parameters

    return backward_with(step)(dhs, caches)


@rnn_backward.misconception(
    "The gradient goes through Wh twice between two steps. The step's backward pass has multiplied "
    "dh_prev by it already."
)
def wh_twice(dhs, caches):
    def step(dh, cache):
        dx, dh_prev, *parameters = rnn_step_backward(dh, cache)
        return dx, dh_prev @ cache.Wh.T, *parameters

    return backward_with(step)(dhs, caches)


@rnn_backward.misconception(
    "Your loop runs from the first step to the last. Step t needs what comes back from step t + 1, "
    "so that has to be done before."
)
def first_step_first(dhs, caches):
    dx, dh_last, *parameters = rnn_backward(dhs[::-1], caches[::-1])
    return dx[::-1], dh_last, *parameters


@rnn_backward.misconception(
    "dx stands in the order of the loop, which ran backwards. dx[0] belongs to the first input."
)
def dx_reversed(dhs, caches):
    dx, *rest = rnn_backward(dhs, caches)
    return dx[::-1].copy(), *rest


@rnn_backward.misconception(
    "Each step overwrites the parameter gradients of the one before, so only the first time step "
    "is left. The same weights served at every step: what happens to their gradients?"
)
def parameters_overwritten(dhs, caches):
    dx, dh0, *_ = rnn_backward(dhs, caches)
    dh_next = rnn_backward(dhs[1:], caches[1:])[1]
    return dx, dh0, *rnn_step_backward(dhs[0] + dh_next, caches[0])[2:]


@rnn_backward.misconception(
    "Your parameter gradients come from the last time step alone. The same weights served at every "
    "step."
)
def parameters_of_last_step(dhs, caches):
    dx, dh0, *_ = rnn_backward(dhs, caches)
    return dx, dh0, *rnn_step_backward(dhs[-1], caches[-1])[2:]


@rnn_backward.misconception(
    "Your parameter gradients are divided by T. The loss is a sum over time; if it is to be a "
    "mean, dhs holds that factor already."
)
def averaged_over_time(dhs, caches):
    dx, dh0, *parameters = rnn_backward(dhs, caches)
    return dx, dh0, *(gradient / len(dhs) for gradient in parameters)


@rnn_backward.misconception(
    "dh0 is zero in your code. h0 is not a parameter, but it is used by the first step, and so the "
    "loss depends on it."
)
def dh0_zero(dhs, caches):
    dx, dh0, *parameters = rnn_backward(dhs, caches)
    return dx, 0 * dh0, *parameters


@rnn_backward.misconception(
    "You return the gradient on the first hidden state that the layer gave out. h0 lies one step "
    "further back, on the other side of step 0."
)
def dh0_one_step_late(dhs, caches):
    dx, _, *parameters = rnn_backward(dhs, caches)
    return dx, dhs[0] + rnn_backward(dhs[1:], caches[1:])[1], *parameters


@rnn_backward.misconception(
    "Your loop never reaches the first step, t = 0. What does range(T - 1, 0, -1) end with?"
)
def first_step_missing(dhs, caches):
    dx, dh, *parameters = rnn_backward(dhs[1:], caches[1:])
    return np.concatenate([np.zeros_like(dx[:1]), dx]), dh, *parameters


@rnn_backward.misconception(
    "Your loop leaves out the last step, t = T - 1. What does range(T - 1) end with?"
)
def last_step_missing(dhs, caches):
    dx, dh0, *parameters = rnn_backward(dhs[:-1], caches[:-1])
    return np.concatenate([dx, np.zeros_like(dx[:1])]), dh0, *parameters


# Truncation


def sum_over(chunks):
    """Parameter gradients of several stretches (dhs, caches), added up."""
    by_chunk = [rnn_backward(*chunk)[2:] for chunk in chunks]
    return tuple(sum(gradients) for gradients in zip(*by_chunk, strict=True))


def chunks_of(dhs, caches, length):
    """The stretches that a right answer goes over."""
    starts = range(0, len(dhs), length)
    return [(dhs[s : s + length], caches[s : s + length]) for s in starts]


@truncated_backward.misconception(
    "That is the full gradient: in your code it flows all the way back. Where should it stop?"
)
def not_truncated(dhs, caches, length):
    return sum_over([(dhs, caches)])


@truncated_backward.misconception(
    "Only the last chunk counts in your code; perhaps each chunk overwrites the one before it. "
    "What do the chunks' gradients have to do?"
)
def last_chunk_only(dhs, caches, length):
    return sum_over(chunks_of(dhs, caches, length)[-1:])


@truncated_backward.misconception(
    "Only the first chunk counts in your code. Every step has a loss, and every loss has to reach "
    "at least its own step."
)
def first_chunk_only(dhs, caches, length):
    return sum_over(chunks_of(dhs, caches, length)[:1])


@truncated_backward.misconception(
    "Only the last `length` steps before the end are used. That is right for a loss at the end "
    "alone; here every step has one."
)
def last_steps_only(dhs, caches, length):
    return sum_over([(dhs[-length:], caches[-length:])])


@truncated_backward.misconception(
    "You take the mean over the chunks. The loss is a sum over time, so their gradients add up."
)
def mean_over_chunks(dhs, caches, length):
    chunks = chunks_of(dhs, caches, length)
    return tuple(gradient / len(chunks) for gradient in sum_over(chunks))


@truncated_backward.misconception(
    "Steps at the end that make no whole chunk are left out. They have losses too."
)
def rest_left_out(dhs, caches, length):
    whole = [chunk for chunk in chunks_of(dhs, caches, length) if len(chunk[0]) == length]
    if not whole:
        return tuple(0 * gradient for gradient in rnn_backward(dhs, caches)[2:])
    return sum_over(whole)


@truncated_backward.misconception(
    "Your chunks are counted from the end of the sequence. Count from the first step: it is the "
    "last chunk that may be shorter."
)
def counted_from_the_end(dhs, caches, length):
    ends = range(len(dhs), 0, -length)
    return sum_over([(dhs[max(0, e - length) : e], caches[max(0, e - length) : e]) for e in ends])


@truncated_backward.misconception(
    "Your chunks have one step more than `length` and overlap. Where does a slice end?"
)
def one_step_too_long(dhs, caches, length):
    starts = range(0, len(dhs), length)
    return sum_over([(dhs[s : s + length + 1], caches[s : s + length + 1]) for s in starts])


@truncated_backward.misconception(
    "Your cuts stand one step too late: the first chunk has one step, and the next begin at steps "
    "1, 1 + length, … In the step that begins a chunk, what is thrown away: that which comes in "
    "from later, or that which it sends further back?"
)
def cut_one_step_late(dhs, caches, length):
    starts = range(1, len(dhs), length)
    stretches = [(dhs[s : s + length], caches[s : s + length]) for s in starts]
    return sum_over([(dhs[:1], caches[:1]), *stretches])


@truncated_backward.misconception(
    "`length` is the number of steps in a chunk, not the number of chunks."
)
def number_of_chunks(dhs, caches, length):
    edges = np.linspace(0, len(dhs), length + 1).astype(int)
    pairs = [(a, b) for a, b in itertools.pairwise(edges) if a < b]
    return sum_over([(dhs[a:b], caches[a:b]) for a, b in pairs])


@truncated_backward.misconception(
    "In your code the gradient stops after every single step, whatever the length: dh_next never "
    "gets through."
)
def every_step_alone(dhs, caches, length):
    return sum_over(chunks_of(dhs, caches, 1))


@truncated_backward.misconception(
    "Every one of your losses looks back over `length` steps of its own: a window that slides. "
    "Here the sequence is cut into chunks, and no gradient crosses a cut."
)
def sliding_window(dhs, caches, length):
    stretches = []
    for t in range(len(dhs)):
        start = max(0, t + 1 - length)
        own = np.zeros_like(dhs[start : t + 1])
        own[-1] = dhs[t]
        stretches.append((own, caches[start : t + 1]))
    return sum_over(stretches)


@truncated_backward.misconception(
    "dhs is cut into chunks, but every chunk reads the caches of the first one. Both need the same "
    "slice."
)
def caches_of_the_first_chunk(dhs, caches, length):
    return sum_over([(own, caches[: len(own)]) for own, _ in chunks_of(dhs, caches, length)])


# Who gets the backward pass of a chunk wrong gets the hint about it.


def truncated_with(backward):
    """Truncation whose chunks go through a backward pass of another kind."""

    def truncated(dhs, caches, length):
        by_chunk = [backward(*chunk)[2:] for chunk in chunks_of(dhs, caches, length)]
        return tuple(sum(gradients) for gradients in zip(*by_chunk, strict=True))

    return truncated


for name in (
    "tanh_left_out",
    "wh_not_transposed",
    "dwh_from_h",
    "averaged_over_batch",
    "last_loss_only",
    "dh_next_added_up",
    "dh_sent_back_unchanged",
    "averaged_over_time",
):
    (known,) = (m for m in rnn_backward.misconceptions if m.name == name)
    truncated_backward.misconception(known.hint, name=name)(truncated_with(known.function))
