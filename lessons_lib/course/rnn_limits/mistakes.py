# mypy: allow-untyped-defs
"""Wrong versions of lesson 03's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.rnn_limits.exercises import (
    activation_derivatives,
    gradient_bound,
    gradient_norms,
    rescale_to_radius,
)
from lessons_lib.functions import sigmoid

# Derivatives


def derivatives_with(d_sigmoid=None, d_tanh=None, d_relu=None):
    """The three derivatives, some of them made in another way."""

    def derivatives(a):
        right = activation_derivatives(a)
        others = (d_sigmoid, d_tanh, d_relu)
        return tuple(
            r if other is None else other(a) for r, other in zip(right, others, strict=True)
        )

    return derivatives


KNOWN_DERIVATIVES = {
    "argument_for_value": (
        "Your formulas are the right ones, but they want the value of the function in place of "
        "its argument. What has to be computed from a first?",
        (lambda a: a * (1 - a), lambda a: 1 - a**2, None),
    ),
    "sigmoid_of_argument": (
        "tanh is right. The short formula for sigmoid holds for its value: apply sigmoid to a "
        "before you multiply.",
        (lambda a: a * (1 - a), None, None),
    ),
    "tanh_of_argument": (
        "sigmoid is right. The short formula for tanh holds for its value: apply tanh to a before "
        "you square.",
        (None, lambda a: 1 - a**2, None),
    ),
    "tanh_not_squared": (
        "The derivative of tanh must be the same at a and at -a, and never above 1. Yours exceeds "
        "1 where a is negative. Something is missing on the value of tanh.",
        (None, lambda a: 1 - np.tanh(a), None),
    ),
    "tanh_twice": (
        "tanh is applied twice on the way to its derivative: once is enough.",
        (None, lambda a: 1 - np.tanh(np.tanh(a)) ** 2, None),
    ),
    "tanh_as_sigmoid": (
        "You gave tanh the formula of sigmoid. Its derivative at 0 has to be 1: the curve is "
        "steepest there.",
        (None, lambda a: np.tanh(a) * (1 - np.tanh(a)), None),
    ),
    "sigmoid_as_tanh": (
        "You gave sigmoid the formula of tanh. The derivative of sigmoid is at most a quarter.",
        (lambda a: 1 - sigmoid(a) ** 2, None, None),
    ),
    "sigmoid_twice": (
        "sigmoid is applied twice on the way to its derivative: once is enough.",
        (lambda a: sigmoid(sigmoid(a)) * (1 - sigmoid(sigmoid(a))), None, None),
    ),
    "relu_itself": (
        "The last result is ReLU itself. Its derivative is the slope of the line, which is the "
        "same everywhere to the right of 0.",
        (None, None, lambda a: np.maximum(a, 0)),
    ),
    "relu_sign": (
        "Left of 0 the ReLU is flat. What is the slope of a flat line? np.sign gives another "
        "number there.",
        (None, None, np.sign),
    ),
    "relu_one_everywhere": (
        "Your ReLU has the slope 1 everywhere. It is bent at 0: what is the slope on the left?",
        (None, None, np.ones_like),
    ),
    "functions_themselves": (
        "These are the three functions. Asked for are their derivatives: how steep each curve is "
        "at a.",
        (sigmoid, np.tanh, lambda a: np.maximum(a, 0)),
    ),
}
for name, (words, parts) in KNOWN_DERIVATIVES.items():
    activation_derivatives.misconception(words, name=name)(derivatives_with(*parts))


# The way back


def norms_with(step, measure=lambda d: np.linalg.norm(d, axis=1)):
    """Norms on a way back with steps of another kind: step(dh, h, h_prev, Wh)."""

    def norms(dh, hs, Wh):
        found = [measure(dh)]
        for t in range(len(hs) - 1, 0, -1):
            dh = step(dh, hs[t], hs[t - 1], Wh)
            found.append(measure(dh))
        return np.stack(found)

    return norms


def right_step(dh, h, h_prev, Wh):
    return (dh * (1 - h**2)) @ Wh.T


WRONG_STEPS = {
    "weights_not_transposed": (
        "Your gradient goes through Wh as the forward pass does. Forward it is h @ Wh; on the way "
        "back each weight is used the other way round.",
        lambda dh, h, h_prev, Wh: (dh * (1 - h**2)) @ Wh,
    ),
    "tanh_left_out": (
        "Your gradient passes the weights only. Between two hidden states there is also a tanh, "
        "which damps it entry by entry.",
        lambda dh, h, h_prev, Wh: dh @ Wh.T,
    ),
    "weights_left_out": (
        "Your gradient passes the tanh only. From one hidden state to the one before it also "
        "passes the recurrent weights.",
        lambda dh, h, h_prev, Wh: dh * (1 - h**2),
    ),
    "tanh_applied_again": (
        "You apply tanh to a hidden state, which is the result of tanh already. The derivative "
        "then comes out too large. What does the formula need, and what is in hs?",
        lambda dh, h, h_prev, Wh: (dh * (1 - np.tanh(h) ** 2)) @ Wh.T,
    ),
    "tanh_not_squared": (
        "Your damping is 1 - h. It should be the same for h and -h, and never above 1: something "
        "is missing on h.",
        lambda dh, h, h_prev, Wh: (dh * (1 - h)) @ Wh.T,
    ),
    "sigmoid_derivative": (
        "Your damping is h (1 - h). That belongs to sigmoid; this network uses another function.",
        lambda dh, h, h_prev, Wh: (dh * h * (1 - h)) @ Wh.T,
    ),
    "tanh_of_step_before": (
        "You take the derivative of tanh one step too early in time. The gradient on hs[t] first "
        "passes the tanh that made hs[t] itself.",
        lambda dh, h, h_prev, Wh: (dh * (1 - h_prev**2)) @ Wh.T,
    ),
    "tanh_after_weights": (
        "Your two factors stand in the wrong order. Forward: first the weights, then tanh. The "
        "way back meets them the other way round, and at step t both belong to step t.",
        lambda dh, h, h_prev, Wh: (dh @ Wh.T) * (1 - h**2),
    ),
    "tanh_of_state_before_after_weights": (
        "You multiply by the derivative of tanh after the weights, so that the last step's tanh "
        "never takes part. The gradient on hs[-1] passes that tanh before anything else.",
        lambda dh, h, h_prev, Wh: (dh @ Wh.T) * (1 - h_prev**2),
    ),
}
for name, (words, step) in WRONG_STEPS.items():
    gradient_norms.misconception(words, name=name)(norms_with(step))

WRONG_MEASURES = {
    "root_left_out": (
        "Your numbers are the squares of the norms. What remains to be done after summing the "
        "squares?",
        lambda d: (d**2).sum(axis=1),
    ),
    "sum_of_absolutes": (
        "You add up absolute values. The norm meant here is the length of the row: the root of "
        "the sum of squares.",
        lambda d: np.abs(d).sum(axis=1),
    ),
    "largest_entry": (
        "You take the largest entry of each row. The norm meant here is the length of the row: "
        "the root of the sum of squares.",
        lambda d: np.abs(d).max(axis=1),
    ),
    "mean_square": (
        "You take the root of the mean of the squares. The length of a row comes from their sum.",
        lambda d: np.sqrt((d**2).mean(axis=1)),
    ),
    "one_norm_for_the_batch": (
        "You take one norm over the whole batch. Each row is a sequence of its own and has its "
        "own norm; np.linalg.norm needs to be told the axis.",
        lambda d: np.linalg.norm(d),
    ),
    "norm_over_the_batch": (
        "Your norm runs over the rows of the batch. It should run over the hidden units: which "
        "axis are they?",
        lambda d: np.linalg.norm(d, axis=0),
    ),
}
for name, (words, measure) in WRONG_MEASURES.items():
    gradient_norms.misconception(words, name=name)(norms_with(right_step, measure))


@gradient_norms.misconception(
    "Your norms stand in the order of time. Asked for is the order of the way back: norms[0] "
    "belongs to the last step."
)
def in_order_of_time(dh, hs, Wh):
    return gradient_norms(dh, hs, Wh)[::-1]


@gradient_norms.misconception(
    "Your loop reads hs from the first step to the last. The gradient starts at the last step and "
    "travels back."
)
def states_in_order_of_time(dh, hs, Wh):
    return gradient_norms(dh, hs[::-1], Wh)


@gradient_norms.misconception(
    "You visit the right steps, but from the earliest to the last. Which of them does the gradient "
    "meet first on its way back?"
)
def steps_in_order_of_time(dh, hs, Wh):
    return gradient_norms(dh, np.concatenate([hs[:1], hs[:0:-1]]), Wh)


@gradient_norms.misconception(
    "Your norms are relative to that of dh. Asked for are the norms as they are: norms[0] is the "
    "norm of dh."
)
def relative_to_the_start(dh, hs, Wh):
    norms = gradient_norms(dh, hs, Wh)
    return norms / norms[0]


@gradient_norms.misconception(
    "Your norms begin one step late: norms[0] should be the norm of dh as it is given, before it "
    "has passed anything."
)
def begins_one_step_late(dh, hs, Wh):
    norms = []
    for h in hs[::-1]:
        dh = right_step(dh, h, None, Wh)
        norms.append(np.linalg.norm(dh, axis=1))
    return np.stack(norms)


@gradient_norms.misconception(
    "Your norms count one step too many: with T hidden states the gradient passes T - 1 steps "
    "until it reaches hs[0]."
)
def one_step_too_many(dh, hs, Wh):
    return np.concatenate([np.linalg.norm(dh, axis=1)[None], begins_one_step_late(dh, hs, Wh)])


@gradient_norms.misconception(
    "Each of your steps starts from the dh that was given. What should a step receive from the "
    "one after it?"
)
def gradient_not_carried(dh, hs, Wh):
    steps = [np.linalg.norm(right_step(dh, h, None, Wh), axis=1) for h in hs[:0:-1]]
    return np.stack([np.linalg.norm(dh, axis=1), *steps])


@gradient_norms.misconception(
    "You measure the gradient between tanh and the weights, on the sum a. Asked for is the "
    "gradient on the hidden states."
)
def norm_on_the_sums(dh, hs, Wh):
    norms = [np.linalg.norm(dh, axis=1)]
    for h in hs[:0:-1]:
        da = dh * (1 - h**2)
        norms.append(np.linalg.norm(da, axis=1))
        dh = da @ Wh.T
    return np.stack(norms)


# The bound


def bound_with(damping=lambda h: (1 - h**2).max(axis=1), gain=lambda W: np.linalg.norm(W, ord=2)):
    """The bound with other factors in each step."""

    def bound(hs, Wh):
        found = [np.ones_like(hs[0, :, 0])]
        for h in hs[:0:-1]:
            found.append(found[-1] * damping(h) * gain(Wh))
        return np.stack(found)

    return bound


WRONG_GAINS = {
    "radius_for_singular_value": (
        "You use the spectral radius. A single step can stretch a vector by more than that, so "
        "the product would not be a bound. Which number is the most that Wh can stretch?",
        lambda W: np.abs(np.linalg.eigvals(W)).max(),
    ),
    "frobenius_norm": (
        "You use the Frobenius norm, which np.linalg.norm gives when it is not told another. That "
        "is a bound too, but a looser one: asked for is the largest singular value.",
        lambda W: np.linalg.norm(W),
    ),
    "smallest_singular_value": (
        "You use the smallest singular value. That is the least that Wh can do; a bound from "
        "above needs the most.",
        lambda W: np.linalg.norm(W, ord=-2),
    ),
    "squared_singular_value": (
        "Your factor is the square of the largest singular value, as it comes from the "
        "eigenvalues of Wh.T @ Wh. One root is missing.",
        lambda W: np.linalg.norm(W, ord=2) ** 2,
    ),
    "largest_entry": (
        "You use the largest entry of Wh. How far a matrix can stretch a vector depends on all "
        "entries together.",
        lambda W: np.abs(W).max(),
    ),
    "largest_row_sum": (
        "You use the largest sum along one axis of Wh. That bounds other norms; for the length of "
        "a vector it is the largest singular value.",
        lambda W: np.abs(W).sum(axis=1).max(),
    ),
    "weights_left_out": (
        "Your bound holds for tanh alone. The weights stretch the gradient too: by how much at "
        "most?",
        lambda W: W.dtype.type(1),
    ),
}
for name, (words, gain) in WRONG_GAINS.items():
    gradient_bound.misconception(words, name=name)(bound_with(gain=gain))

WRONG_DAMPINGS = {
    "tanh_left_out": (
        "Your bound holds for the weights alone. The tanh damps too: by how much at least, in "
        "this row at this step?",
        lambda h: np.ones_like(h[:, 0]),
    ),
    "mean_of_derivatives": (
        "You use the mean of the derivatives. Some entries are damped less than the mean, and a "
        "bound has to hold for them too.",
        lambda h: (1 - h**2).mean(axis=1),
    ),
    "smallest_derivative": (
        "You use the smallest derivative. The entry that is damped least decides how much can be "
        "left.",
        lambda h: (1 - h**2).min(axis=1),
    ),
    "tanh_applied_again": (
        "You apply tanh to a hidden state, which is the result of tanh already.",
        lambda h: (1 - np.tanh(h) ** 2).max(axis=1),
    ),
    "largest_state": (
        "You take the largest h of the row first and then the derivative there. The derivative is "
        "largest where h is near 0: compute it for all units, then take the maximum.",
        lambda h: 1 - h.max(axis=1) ** 2,
    ),
    "derivative_squared": (
        "Your damping is the derivative squared. Each step passes its tanh once.",
        lambda h: ((1 - h**2) ** 2).max(axis=1),
    ),
    "maximum_over_the_batch": (
        "Your maximum runs over the whole batch. Each row is a sequence of its own and has its "
        "own largest derivative.",
        lambda h: np.full_like(h[:, 0], (1 - h**2).max()),
    ),
}
for name, (words, damping) in WRONG_DAMPINGS.items():
    gradient_bound.misconception(words, name=name)(bound_with(damping=damping))


@gradient_bound.misconception(
    "Each of your entries is the bound of one single step. Over k steps the factors multiply."
)
def not_multiplied_up(hs, Wh):
    bound = gradient_bound(hs, Wh)
    return np.concatenate([bound[:1], bound[1:] / bound[:-1]])


@gradient_bound.misconception(
    "Your bound begins one step late: at lag 0 the gradient has passed nothing yet, so it is 1."
)
def bound_begins_one_step_late(hs, Wh):
    return gradient_bound(np.concatenate([hs[:1], hs]), Wh)[1:]


@gradient_bound.misconception(
    "Your loop reads hs from the first step to the last. The gradient starts at the last step and "
    "travels back."
)
def bound_in_order_of_time(hs, Wh):
    return gradient_bound(hs[::-1], Wh)


@gradient_bound.misconception(
    "You visit the right steps, but from the earliest to the last. Which of them does the gradient "
    "meet first on its way back?"
)
def bound_over_steps_in_order_of_time(hs, Wh):
    return gradient_bound(np.concatenate([hs[:1], hs[:0:-1]]), Wh)


@gradient_bound.misconception(
    "The singular value stands in your product once. Each step back passes the weights again, so "
    "each brings the factor along."
)
def singular_value_once(hs, Wh):
    largest = np.linalg.norm(Wh, ord=2)
    bound = gradient_bound(hs, Wh / largest)
    return np.concatenate([bound[:1], largest * bound[1:]])


@gradient_bound.misconception(
    "You take each derivative one step too early in time. The gradient on hs[t] first passes the "
    "tanh that made hs[t] itself."
)
def bound_of_step_before(hs, Wh):
    return gradient_bound(np.concatenate([hs[:1], hs[:-1]]), Wh)


# The radius


@rescale_to_radius.misconception(
    "You divide by the largest singular value. That is the most by which Wh can stretch a vector "
    "in one step. The radius is about eigenvalues."
)
def singular_value_for_radius(Wh, radius):
    return Wh * (radius / np.linalg.norm(Wh, ord=2))


@rescale_to_radius.misconception(
    "You take the largest real part. Eigenvalues may be complex, and their size counts: np.abs "
    "gives it, .real does not."
)
def largest_real_part(Wh, radius):
    return Wh * (radius / np.linalg.eigvals(Wh).real.max())


@rescale_to_radius.misconception(
    "You take the size of the real parts alone. Eigenvalues may be complex: apply np.abs to them "
    "as they are."
)
def largest_size_of_real_part(Wh, radius):
    return Wh * (radius / np.abs(np.linalg.eigvals(Wh).real).max())


@rescale_to_radius.misconception(
    "You use a function for symmetric matrices, which reads only half of Wh. Recurrent weights "
    "are not symmetric."
)
def taken_for_symmetric(Wh, radius):
    return Wh * (radius / np.abs(np.linalg.eigvalsh(Wh)).max())


@rescale_to_radius.misconception(
    "You multiply Wh by the wanted radius, but Wh has a radius already, and that stays in the "
    "product. Divide it out."
)
def not_divided(Wh, radius):
    return Wh * radius


@rescale_to_radius.misconception("Your weights have the radius 1. One factor is still missing.")
def radius_one(Wh, radius):
    return rescale_to_radius(Wh, 1.0)


@rescale_to_radius.misconception(
    "The two radii have changed places: the wanted one belongs above the line, the one that Wh "
    "has below."
)
def fraction_upside_down(Wh, radius):
    return Wh * (np.abs(np.linalg.eigvals(Wh)).max() / radius)


@rescale_to_radius.misconception(
    "You divide by the smallest eigenvalue. The radius is the size of the largest."
)
def smallest_eigenvalue(Wh, radius):
    return Wh * (radius / np.abs(np.linalg.eigvals(Wh)).min())


@rescale_to_radius.misconception(
    "You divide by the sum of the sizes of all eigenvalues. The radius is the size of the largest."
)
def sum_of_eigenvalues(Wh, radius):
    return Wh * (radius / np.abs(np.linalg.eigvals(Wh)).sum())


@rescale_to_radius.misconception(
    "You divide by the Frobenius norm of Wh. The radius is about its eigenvalues."
)
def frobenius_norm(Wh, radius):
    return Wh * (radius / np.linalg.norm(Wh))


@rescale_to_radius.misconception(
    "You divide by the largest entry of Wh. The radius is about its eigenvalues."
)
def largest_entry(Wh, radius):
    return Wh * (radius / np.abs(Wh).max())


@rescale_to_radius.misconception(
    "You take a root of the factor. When a matrix is multiplied by a number, its eigenvalues are "
    "multiplied by that number as it is."
)
def root_of_factor(Wh, radius):
    return Wh * np.sqrt(radius / np.abs(np.linalg.eigvals(Wh)).max())


@rescale_to_radius.misconception(
    "You take the eigenvalue that stands first. np.linalg.eigvals does not sort them, so the "
    "largest may stand anywhere."
)
def first_eigenvalue(Wh, radius):
    return Wh * (radius / np.abs(np.linalg.eigvals(Wh)[0]))


@rescale_to_radius.misconception(
    "You take the eigenvalue that stands last. np.linalg.eigvals does not sort them, so the "
    "largest may stand anywhere."
)
def last_eigenvalue(Wh, radius):
    return Wh * (radius / np.abs(np.linalg.eigvals(Wh)[-1]))
