# mypy: allow-untyped-defs
"""Wrong versions of lesson 04's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.clipping.exercises import clip_grads, clip_values, global_norm


def norms(grads):
    """The norm of each array."""
    return [np.sqrt(np.sum(g**2)) for g in grads.values()]


# The norm


@global_norm.misconception(
    "This is the sum of the squares. The length of a vector needs one more step after it."
)
def no_square_root(grads):
    return sum(np.sum(g**2) for g in grads.values())


@global_norm.misconception(
    "This is the sum of the arrays' norms. Lengths of parts do not add up like that: think of the "
    "two short sides of a right-angled triangle."
)
def sum_of_norms(grads):
    return sum(norms(grads))


@global_norm.misconception(
    "This is the norm of the longest array alone. The others add to the length of the whole too."
)
def longest_array(grads):
    return max(norms(grads))


@global_norm.misconception("This is the mean of the arrays' norms. No mean is taken in a length.")
def mean_of_norms(grads):
    return np.mean(norms(grads))


@global_norm.misconception(
    "This is the root of the mean of all squares, the size of a typical entry. A length grows "
    "with the number of entries: which step should be a sum?"
)
def mean_for_sum(grads):
    size = sum(g.size for g in grads.values())
    return np.sqrt(sum(np.sum(g**2) for g in grads.values()) / size)


@global_norm.misconception(
    "You average the squares within each array, so that a bias of 4 numbers counts as much as a "
    "matrix of 16. All entries count alike in a length."
)
def mean_within_arrays(grads):
    return np.sqrt(sum(np.mean(g**2) for g in grads.values()))


@global_norm.misconception(
    "This is the sum of absolute values, the L1 norm. The L2 norm, the length, squares instead."
)
def l1_norm(grads):
    return sum(np.sum(np.abs(g)) for g in grads.values())


@global_norm.misconception(
    "This is the largest absolute entry. The norm takes all entries into account."
)
def largest_entry(grads):
    return max(np.max(np.abs(g)) for g in grads.values())


@global_norm.misconception(
    "You add first and square afterwards, so positive and negative entries cancel. Square each "
    "entry before anything is added."
)
def squared_after_adding(grads):
    return np.sqrt(sum(np.sum(g) ** 2 for g in grads.values()))


@global_norm.misconception(
    "For a matrix, np.linalg.norm(g, 2) is the largest singular value and not the length of its "
    "entries. Without the 2 it takes all entries as one vector."
)
def singular_values(grads):
    return np.sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in grads.values()))


@global_norm.misconception(
    "Only the first array is in your norm. Does the loop reach its end before it returns?"
)
def first_array_only(grads):
    return norms(grads)[0]


@global_norm.misconception(
    "Only the last array is in your norm. Does every turn of the loop add to what came before, or "
    "replace it?"
)
def last_array_only(grads):
    return norms(grads)[-1]


# Clipping by norm


@clip_grads.misconception(
    "Every array gets a rate of its own here, from its own norm. That bends the direction of the "
    "step: one rate, from the norm of all of them together, is for all."
)
def clipped_per_array(grads, max_norm):
    norm = global_norm(grads)
    for g in grads.values():
        g *= min(1, max_norm / (np.sqrt(np.sum(g**2)) + 1e-6))
    return norm


@clip_grads.misconception(
    "You cut single entries to -max_norm ... max_norm. Here all entries are multiplied by one "
    "number, so that their proportions stay."
)
def clipped_by_value(grads, max_norm):
    norm = global_norm(grads)
    for g in grads.values():
        np.clip(g, -max_norm, max_norm, out=g)
    return norm


@clip_grads.misconception(
    "Gradients that are short enough already come out longer in your version. When is there "
    "nothing to do?"
)
def short_ones_lengthened(grads, max_norm):
    norm = global_norm(grads)
    for g in grads.values():
        g *= max_norm / (norm + 1e-6)
    return norm


@clip_grads.misconception(
    "The comparison is the wrong way round: long gradients stay as they are and short ones are "
    "scaled."
)
def comparison_reversed(grads, max_norm):
    norm = global_norm(grads)
    if norm < max_norm:
        for g in grads.values():
            g *= max_norm / (norm + 1e-6)
    return norm


@clip_grads.misconception(
    "The arrays that the caller holds are unchanged: g = g * rate makes a new array and drops it. "
    "Which operator changes the array itself?"
)
def new_arrays_dropped(grads, max_norm):
    return global_norm(grads)


@clip_grads.misconception(
    "The gradients are clipped right, but you return their norm after that. Logs need the norm "
    "before: after clipping it says nothing."
)
def norm_after_clipping(grads, max_norm):
    clip_grads(grads, max_norm)
    return global_norm(grads)


@clip_grads.misconception(
    "The gradients are clipped right, but the rate is returned. The caller asks for the norm."
)
def rate_returned(grads, max_norm):
    norm = clip_grads(grads, max_norm)
    return min(1.0, max_norm / (norm + 1e-6))


@clip_grads.misconception(
    "Long gradients come out with norm 1, whatever max_norm is. Where does the threshold enter the "
    "rate?"
)
def scaled_to_one(grads, max_norm):
    norm = global_norm(grads)
    if norm > max_norm:
        for g in grads.values():
            g /= norm + 1e-6
    return norm


@clip_grads.misconception(
    "Your rate is norm / max_norm, which makes long gradients longer. Turn the fraction over."
)
def fraction_turned_over(grads, max_norm):
    norm = global_norm(grads)
    if norm > max_norm:
        for g in grads.values():
            g *= norm / max_norm
    return norm


@clip_grads.misconception(
    "The norm is computed anew for each array, when those before it have been scaled already. One "
    "rate for all has to be fixed before the first array changes."
)
def rate_drifts(grads, max_norm):
    before = global_norm(grads)
    for g in grads.values():
        rate = max_norm / (global_norm(grads) + 1e-6)
        if rate < 1:
            g *= rate
    return before


@clip_grads.misconception(
    "The first array alone is scaled. Does the loop, or the function, end too early?"
)
def first_array_scaled(grads, max_norm):
    norm = global_norm(grads)
    first = next(iter(grads.values()))
    first *= min(1, max_norm / (norm + 1e-6))
    return norm


# Who gets the norm wrong here gets the hint about the norm.
def clip_with(norm_of):
    """Clipping with a norm of another kind."""

    def clip(grads, max_norm):
        norm = norm_of(grads)
        rate = max_norm / (norm + 1e-6)
        if rate < 1:
            for g in grads.values():
                g *= rate
        return norm

    return clip


for known in global_norm.misconceptions:
    clip_grads.misconception(known.hint, name=known.name)(clip_with(known.function))


# Clipping by value


def on_every_array(change):
    """A function of grads and limit that writes change(g, limit) into each array."""

    def clip(grads, limit):
        for g in grads.values():
            g[...] = change(g, limit)

    return clip


for name, hint, change in [
    (
        "negative_side_left",
        "Large positive entries are cut, large negative ones are not. The range has two ends.",
        lambda g, limit: np.minimum(g, limit),
    ),
    (
        "positive_side_left",
        "Large negative entries are cut, large positive ones are not. The range has two ends.",
        lambda g, limit: np.maximum(g, -limit),
    ),
    (
        "cut_at_zero",
        "Negative entries become 0 in your version, so they lose their direction. The range begins "
        "at -limit.",
        lambda g, limit: np.clip(g, 0, limit),
    ),
    (
        "sign_lost",
        "All entries come out positive. An absolute value tells how large an entry is, but the "
        "sign must stay.",
        lambda g, limit: np.minimum(np.abs(g), limit),
    ),
    (
        "sign_alone",
        "Every entry comes out as limit or -limit. Those that are small enough should stay as they "
        "are.",
        lambda g, limit: limit * np.sign(g),
    ),
    (
        "large_ones_dropped",
        "Entries that are too large become 0 in your version. They should be brought to the limit, "
        "not thrown away.",
        lambda g, limit: np.where(np.abs(g) > limit, 0, g),
    ),
    (
        "scaled_by_largest_entry",
        "You scale each array until its largest entry fits. That changes every entry; by value "
        "only those beyond the limit change.",
        lambda g, limit: g * min(1, limit / np.max(np.abs(g))),
    ),
    (
        "unchanged",
        "The arrays that the caller holds are unchanged: np.clip returns a new array unless it is "
        "told where to write.",
        lambda g, limit: g,
    ),
]:
    clip_values.misconception(hint, name=name)(on_every_array(change))


@clip_values.misconception(
    "You scale all entries by one rate, as clip_grads does. By value, each entry is judged for "
    "itself."
)
def scaled_by_norm(grads, limit):
    clip_grads(grads, limit)


@clip_values.misconception(
    "The first array alone is cut. Does the loop, or the function, end too early?"
)
def first_array_cut(grads, limit):
    first = next(iter(grads.values()))
    np.clip(first, -limit, limit, out=first)
