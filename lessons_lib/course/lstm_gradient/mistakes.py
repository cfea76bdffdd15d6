# mypy: allow-untyped-defs
"""Wrong versions of lesson 06's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.lstm_gradient.exercises import (
    cell_gradient,
    lstm_backward,
    lstm_step_backward,
    memory_backward,
)

# The memory's own step


@memory_backward.misconception(
    "Each factor got its own value in place of its partner's. The derivative of f * c_prev with "
    "respect to f is not f."
)
def own_factor_for_partner(dc, c_prev, i, f, g):
    return dc * f, dc * i, dc * f, dc * g


@memory_backward.misconception(
    "Your dc_prev is dc itself, as if all of the old memory had been kept. What stood before "
    "c_prev on the way forward?"
)
def forget_gate_left_out(dc, c_prev, i, f, g):
    return dc, dc * g, dc * c_prev, dc * i


@memory_backward.misconception(
    "Your dc_prev has 1 - f. The share that was kept on the way forward is the share of the "
    "gradient that goes back."
)
def one_minus_f(dc, c_prev, i, f, g):
    return dc * (1 - f), dc * g, dc * c_prev, dc * i


@memory_backward.misconception(
    "You divide by the gate. A product is not undone on the way back: its derivative is the other "
    "factor."
)
def divided(dc, c_prev, i, f, g):
    return dc / f, dc / g, dc / c_prev, dc / i


@memory_backward.misconception(
    "You have the derivatives of c, right as they are. The chain rule multiplies each by the "
    "gradient that arrives."
)
def dc_left_out(dc, c_prev, i, f, g):
    return f, g, c_prev, i


@memory_backward.misconception(
    "di and df have the factor s (1 - s) in them already. That belongs to the sigmoid, which "
    "comes one step later; here the gates themselves are asked for."
)
def sigmoid_too_early(dc, c_prev, i, f, g):
    return dc * f, dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dc * i


@memory_backward.misconception(
    "dg has the factor 1 - g^2 in it already. That belongs to the tanh, which comes one step "
    "later; here g itself is asked for."
)
def tanh_too_early(dc, c_prev, i, f, g):
    return dc * f, dc * g, dc * c_prev, dc * i * (1 - g**2)


@memory_backward.misconception(
    "di and df are right. dc_prev and dg lack the gradient that arrives: the chain rule multiplies "
    "every one of the four by it."
)
def dc_for_the_gates_only(dc, c_prev, i, f, g):
    return f, dc * g, dc * c_prev, i


@memory_backward.misconception(
    "You have summed over the batch. Each row has states and gates of its own; rows are summed for "
    "what they share, the weights."
)
def summed_over_the_batch(dc, c_prev, i, f, g):
    return tuple(a.sum(axis=0) for a in memory_backward(dc, c_prev, i, f, g))


@memory_backward.misconception(
    "You multiply the gradient by both products of the sum. A sum hands its gradient to each of "
    "its terms unchanged."
)
def product_rule_over_the_sum(dc, c_prev, i, f, g):
    return dc * f * i * g, dc * g * f * c_prev, dc * c_prev * i * g, dc * i * f * c_prev


# One step. `backward` writes it with its parts exchangeable, so that each mistake is one part.


def d_sigmoid(s):
    return s * (1 - s)


def d_tanh(y):
    return 1 - y**2


def full(dh, dc, s):
    """The gradient on c: from the next step and through h."""
    return dc + dh * s.o * d_tanh(s.tanh_c)


def split(dh, dc, s):
    """Gradients on the four blocks before their activation, from the full dc."""
    return [
        dc * s.g * d_sigmoid(s.i),
        dc * s.c_prev * d_sigmoid(s.f),
        dc * s.i * d_tanh(s.g),
        dh * s.tanh_c * d_sigmoid(s.o),
    ]


def results(da, dc_prev, s):
    da = np.concatenate(da, axis=1)
    return da @ s.Wx.T, da @ s.Wh.T, dc_prev, s.x.T @ da, s.h_prev.T @ da, da.sum(axis=0)


def with_dc(make_dc):
    """A step whose gradient on c is made in another way."""

    def step(dh, dc, cache):
        dc = make_dc(dh, dc, cache)
        return results(split(dh, dc, cache), dc * cache.f, cache)

    return step


def with_blocks(make_blocks):
    """A step that goes on from the full dc to the four blocks in another way."""

    def step(dh, dc, cache):
        dc = full(dh, dc, cache)
        return results(make_blocks(dh, dc, cache), dc * cache.f, cache)

    return step


STEPS = [
    (
        "way_through_h_left_out",
        "Your gradient on c is only what flows back from the next step. This step's h was made "
        "from c as well.",
        with_dc(lambda dh, dc, s: dc),
    ),
    (
        "dc_ignored",
        "The dc that arrives is not used: your gradient on c comes through h alone. The next step "
        "uses c too, and dc is what it sends back.",
        with_dc(lambda dh, dc, s: dh * s.o * d_tanh(s.tanh_c)),
    ),
    (
        "dc_replaced_by_dh",
        "You add dh to dc as it is. Between c and h stand a tanh and a gate, and both have a "
        "derivative.",
        with_dc(lambda dh, dc, s: dc + dh),
    ),
    (
        "tanh_of_c_left_out",
        "On the way from h back to c your gradient passes the output gate, but not the tanh. What "
        "is its derivative, in terms of tanh_c?",
        with_dc(lambda dh, dc, s: dc + dh * s.o),
    ),
    (
        "output_gate_left_out",
        "On the way from h back to c your gradient passes the tanh, but not the output gate.",
        with_dc(lambda dh, dc, s: dc + dh * d_tanh(s.tanh_c)),
    ),
    (
        "tanh_twice",
        "You take tanh of tanh_c. The cache holds the result of tanh already, and its derivative "
        "needs no more than that.",
        with_dc(lambda dh, dc, s: dc + dh * s.o * d_tanh(np.tanh(s.tanh_c))),
    ),
    (
        "sigmoids_left_out",
        "Your da is right for g. For the three gates it is the gradient on the gate itself; one "
        "more factor takes it back through the sigmoid.",
        with_blocks(
            lambda dh, dc, s: [
                dc * s.g,
                dc * s.c_prev,
                dc * s.i * d_tanh(s.g),
                dh * s.tanh_c,
            ]
        ),
    ),
    (
        "tanh_of_g_left_out",
        "Your da is right for the three gates. For g it is the gradient on g itself; one more "
        "factor takes it back through its activation.",
        with_blocks(
            lambda dh, dc, s: [da if k != 2 else dc * s.i for k, da in enumerate(split(dh, dc, s))]
        ),
    ),
    (
        "g_through_sigmoid",
        "g goes back through a sigmoid in your code. It was made by another function.",
        with_blocks(
            lambda dh, dc, s: [
                da if k != 2 else dc * s.i * d_sigmoid(s.g) for k, da in enumerate(split(dh, dc, s))
            ]
        ),
    ),
    (
        "o_from_dc",
        "Your output gate gets its gradient from dc. The output gate has no part in c: it acts on "
        "h alone.",
        with_blocks(lambda dh, dc, s: split(dc, dc, s)),
    ),
    (
        "o_without_memory",
        "Your gradient on the output gate lacks its partner: in h = o * tanh(c), what stands "
        "beside o?",
        with_blocks(lambda dh, dc, s: [*split(dh, dc, s)[:3], dh * d_sigmoid(s.o)]),
    ),
    (
        "i_and_f_exchanged",
        "The input gate has the old memory as partner in your code, and the forget gate the new "
        "one. Look at c = f * c_prev + i * g again.",
        with_blocks(
            lambda dh, dc, s: [
                dc * s.c_prev * d_sigmoid(s.i),
                dc * s.g * d_sigmoid(s.f),
                *split(dh, dc, s)[2:],
            ]
        ),
    ),
    (
        "order_i_f_o_g",
        "The four blocks stand in the order i, f, o, g in your code. Wx and Wh have them in "
        "another order.",
        with_blocks(lambda dh, dc, s: [split(dh, dc, s)[k] for k in (0, 1, 3, 2)]),
    ),
]
for _name, _hint, _step in STEPS:
    lstm_step_backward.misconception(_hint, name=_name)(_step)


@lstm_step_backward.misconception(
    "Your dc_prev is the full gradient on c, ungated. Which gate did the old memory pass on the "
    "way forward?"
)
def dc_prev_without_forget_gate(dh, dc, cache):
    dc = full(dh, dc, cache)
    return results(split(dh, dc, cache), dc, cache)


@lstm_step_backward.misconception(
    "Your dc_prev is made from the dc that arrived. What comes to c through h goes back to c_prev "
    "as well."
)
def dc_prev_from_arriving_dc(dh, dc, cache):
    return results(split(dh, full(dh, dc, cache), cache), dc * cache.f, cache)


@lstm_step_backward.misconception(
    "Your weight gradients are means over the batch. dh and dc are gradients of the whole loss "
    "already, so the rows add up."
)
def mean_over_the_batch(dh, dc, cache):
    dx, dh_prev, dc_prev, *step = lstm_step_backward(dh, dc, cache)
    return dx, dh_prev, dc_prev, *(grad / len(dh) for grad in step)


@lstm_step_backward.misconception(
    "Your db has a row for each member of the batch. One b served all rows; what happens to "
    "their gradients?"
)
def db_not_summed(dh, dc, cache):
    da = np.concatenate(split(dh, full(dh, dc, cache), cache), axis=1)
    return *lstm_step_backward(dh, dc, cache)[:5], da


@lstm_step_backward.misconception(
    "Your dWh is made with this step's h. Which hidden state was multiplied by Wh?"
)
def dWh_from_new_h(dh, dc, cache):
    h = cache.o * cache.tanh_c
    return lstm_step_backward(dh, dc, cache._replace(h_prev=h))


# A whole sequence. Who gets the step wrong here gets the hint about the step.


def loop(dhs, caches, *, step=lstm_step_backward, carry_h=1.0, carry_c=1.0):
    """The backward pass with another step, or with a share of what is carried on."""
    dh = dc = np.zeros_like(dhs[0])
    dx, sums = [], []
    for dh_out, cache in zip(dhs[::-1], caches[::-1], strict=True):
        dx_t, dh, dc, *grads = step(dh_out + carry_h * dh, carry_c * dc, cache)
        dx.insert(0, dx_t)
        sums.append(grads)
    dWx, dWh, db = (sum(parts) for parts in zip(*sums, strict=True))
    return np.stack(dx), dh, dc, dWx, dWh, db


for known in lstm_step_backward.misconceptions:
    if known.name == "dc_ignored":  # over a sequence it has a hint of its own
        continue

    @lstm_backward.misconception(known.hint, name=known.name)
    def with_that_step(dhs, caches, step=known.function):
        return loop(dhs, caches, step=step)


@lstm_backward.misconception(
    "Every step of yours starts with a dc of zero. What the step after returned for c_prev has to "
    "go somewhere."
)
def dc_next_ignored(dhs, caches):
    return loop(dhs, caches, carry_c=0)


@lstm_backward.misconception(
    "Every step of yours sees its own dhs[t] only. The hidden state also went into the step "
    "after, which has sent back a gradient for it."
)
def dh_next_ignored(dhs, caches):
    return loop(dhs, caches, carry_h=0)


@lstm_backward.misconception(
    "Nothing flows from step to step in your code: each is differentiated as if it stood alone."
)
def nothing_carried(dhs, caches):
    return loop(dhs, caches, carry_h=0, carry_c=0)


@lstm_backward.misconception(
    "You go through the steps from first to last. A gradient can be carried only from later steps "
    "to earlier ones."
)
def first_to_last(dhs, caches):
    dx, *rest = loop(dhs[::-1], caches[::-1])
    return dx[::-1], *rest


@lstm_backward.misconception(
    "Only the last step's output sends a gradient in your code. dhs has one for every step."
)
def last_output_only(dhs, caches):
    only = np.zeros_like(dhs)
    only[-1] = dhs[-1]
    return loop(only, caches)


@lstm_backward.misconception(
    "Your weight gradients are those of one step, the one that you reach last. The weights served "
    "every step."
)
def weights_of_first_step_only(dhs, caches):
    dh = dc = np.zeros_like(dhs[0])
    dx = []
    for t in reversed(range(len(caches))):
        dx_t, dh, dc, *grads = lstm_step_backward(dhs[t] + dh, dc, caches[t])
        dx.insert(0, dx_t)
    return np.stack(dx), dh, dc, *grads


@lstm_backward.misconception(
    "Your weight gradients are means over the steps. The chain rule adds up the ways to the loss."
)
def mean_over_time(dhs, caches):
    *states, dWx, dWh, db = loop(dhs, caches)
    return *states, dWx / len(caches), dWh / len(caches), db / len(caches)


@lstm_backward.misconception(
    "Your dx is right, but last step first. You collect it while walking backwards."
)
def dx_reversed(dhs, caches):
    dx, *rest = loop(dhs, caches)
    return dx[::-1], *rest


@lstm_backward.misconception(
    "dh0 and dc0 are what goes back from the last step. They belong to the states before the "
    "first one."
)
def states_of_last_step(dhs, caches):
    dx, _, _, *rest = loop(dhs, caches)
    _, dh, dc, *_ = lstm_step_backward(dhs[-1], 0 * dhs[-1], caches[-1])
    return dx, dh, dc, *rest


# The cell path


@cell_gradient.misconception(
    "Your product grows from the first step on: entry t tells how c_t depends on c_0. Asked for is "
    "how c_T depends on c_t."
)
def from_the_first(f):
    return np.concatenate([np.ones_like(f[:1]), np.cumprod(f, axis=0)])


@cell_gradient.misconception(
    "The values are right, but in the order of the walk back: entry 0 is the memory that the "
    "gradient belongs to, and it should be the last one."
)
def not_turned_back(f):
    return cell_gradient(f)[::-1]


@cell_gradient.misconception(
    "You have one gate for each memory, not the product of all gates on the way. The gradient has "
    "to pass every step between t and T."
)
def one_gate_only(f):
    return np.concatenate([f, np.ones_like(f[:1])])


@cell_gradient.misconception(
    "You add the gates up. Each step multiplies the gradient; see what happens with gates of 0.5."
)
def summed(f):
    return np.concatenate([np.cumsum(f[::-1], axis=0)[::-1], np.ones_like(f[:1])])


@cell_gradient.misconception(
    "You use powers of one gate, as if it were the same in every step. That is the plain RNN's "
    "trouble; here each step has its own."
)
def power_of_own_gate(f):
    T = len(f)
    left = np.arange(T, -1, -1)[:, None, None]
    return np.concatenate([f, f[-1:]]) ** left


@cell_gradient.misconception(
    "You use powers of the last gate, as if it were the same in every step. Each step has its own."
)
def power_of_last_gate(f):
    return f[-1] ** np.arange(len(f), -1, -1)[:, None, None]


@cell_gradient.misconception(
    "You use powers of the mean gate. The product of different gates is not a power of their mean."
)
def power_of_mean_gate(f):
    return f.mean(axis=0) ** np.arange(len(f), -1, -1)[:, None, None]


@cell_gradient.misconception(
    "You multiply by 1 - f. An open forget gate, f near 1, lets the gradient through as it let the "
    "memory through."
)
def one_minus_gate(f):
    return cell_gradient(1 - f)


@cell_gradient.misconception(
    "The gradient of c_T with respect to itself is missing: T steps connect T + 1 memories."
)
def last_entry_missing(f):
    return cell_gradient(f)[:-1]


@cell_gradient.misconception(
    "Your products are one gate short: entry t lacks f[t], the step that takes c_t on."
)
def first_gate_skipped(f):
    return np.concatenate([cell_gradient(f)[1:], np.ones_like(f[:1])])


@cell_gradient.misconception(
    "You put the gates through sigmoid. They come as gates, between 0 and 1 already."
)
def sigmoid_again(f):
    return cell_gradient(1 / (1 + np.exp(-f)))


@cell_gradient.misconception(
    "All zeros: a product that starts from 0 stays there. What is the gradient of c_T with "
    "respect to c_T?"
)
def starts_from_zero(f):
    return np.zeros((len(f) + 1, *f.shape[1:]), f.dtype)
