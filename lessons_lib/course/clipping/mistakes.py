# mypy: allow-untyped-defs
"""Wrong versions of lesson 04's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.clipping.exercises import clip_grads, clip_values, global_norm

# The norm

global_norm.mistake(
    "no_square_root",
    "This is the sum of the squares. The length of a vector needs one more step after it.",
    "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
    "sum(np.sum(g**2) for g in grads.values())",
)
global_norm.mistake(
    "sum_of_norms",
    "This is the sum of the arrays' norms. Lengths of parts do not add up like that: think of the "
    "two short sides of a right-angled triangle.",
    "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
    "sum(np.sqrt(np.sum(g**2)) for g in grads.values())",
)
global_norm.mistake(
    "squared_after_adding",
    "You add first and square afterwards, so positive and negative entries cancel. Square each "
    "entry before anything is added.",
    "np.sum(g**2)",
    "np.sum(g) ** 2",
)
global_norm.mistake(
    "singular_values",
    "For a matrix, np.linalg.norm(g, 2) is the largest singular value and not the length of its "
    "entries. Without the 2 it takes all entries as one vector.",
    "np.sum(g**2)",
    "np.linalg.norm(g, 2) ** 2",
)
global_norm.mistake(
    "first_array_only",
    "Only the first array is in your norm. Does the loop reach its end before it returns?",
    "sum(np.sum(g**2) for g in grads.values())",
    "np.sum(next(iter(grads.values())) ** 2)",
)
global_norm.mistake(
    "last_array_only",
    "Only the last array is in your norm. Does every turn of the loop add to what came before, or "
    "replace it?",
    "sum(np.sum(g**2) for g in grads.values())",
    "np.sum(list(grads.values())[-1] ** 2)",
)

# Clipping by norm. Who gets the norm wrong here gets the hint about the norm.

clip_grads.inherit(global_norm)
clip_grads.mistake(
    "clipped_per_array",
    "Every array gets a rate of its own here, from its own norm. That bends the direction of the "
    "step: one rate, from the norm of all of them together, is for all.",
    "g *= rate",
    "g *= min(1, max_norm / (np.sqrt(np.sum(g**2)) + 1e-6))",
)
clip_grads.mistake(
    "clipped_by_value",
    "You cut single entries to -max_norm ... max_norm. Here all entries are multiplied by one "
    "number, so that their proportions stay.",
    "g *= rate",
    "np.clip(g, -max_norm, max_norm, out=g)",
)
clip_grads.mistake(
    "new_arrays_dropped",
    "The arrays that the caller holds are unchanged. g = g * rate, say, makes a new array and "
    "drops it. Which operator changes the array itself?",
    "g *= rate",
    "g = g * rate",
)
clip_grads.mistake(
    "short_ones_lengthened",
    "Gradients that are short enough already come out longer in your version. When is there "
    "nothing to do?",
    "if rate < 1:",
    "if True:",
)
clip_grads.mistake(
    "comparison_reversed",
    "The comparison is the wrong way round: long gradients stay as they are and short ones are "
    "scaled.",
    "if rate < 1:",
    "if rate > 1:",
)
clip_grads.mistake(
    "norm_after_clipping",
    "The gradients are clipped right, but you return their norm after that. Logs need the norm "
    "before: after clipping it says nothing.",
    "return norm",
    "return global_norm(grads)",
)
clip_grads.mistake(
    "three_names_scaled",
    "The norm is that of all arrays, but only Wx, Wh and b are scaled. A dict may hold other "
    "names: go through all that is in it.",
    "grads.values()",
    '(grads["Wx"], grads["Wh"], grads["b"])',
)


@clip_grads.misconception(
    "Only Wx, Wh and b are in your norm. A dict may hold arrays of other names, too: go through "
    "all that is in it."
)
def three_names_only(grads, max_norm):
    named = [grads["Wx"], grads["Wh"], grads["b"]]
    norm = np.sqrt(sum(np.sum(g**2) for g in named))
    rate = max_norm / (norm + 1e-6)
    if rate < 1:
        for g in named:
            g *= rate
    return norm


# The same in the papers' form, without the small constant, which is as right.


def without_constant(name):
    hint = next(known.hint for known in clip_grads.misconceptions if known.name == name)
    return clip_grads.misconception(hint, name=f"{name}_without_constant")


@without_constant("clipped_per_array")
def clipped_per_array(grads, max_norm):
    norm = global_norm(grads)
    for g in grads.values():
        g *= min(1, max_norm / np.sqrt(np.sum(g**2)))
    return norm


@without_constant("short_ones_lengthened")
def short_ones_lengthened(grads, max_norm):
    norm = global_norm(grads)
    for g in grads.values():
        g *= max_norm / norm
    return norm


@without_constant("comparison_reversed")
def comparison_reversed(grads, max_norm):
    norm = global_norm(grads)
    if norm < max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return norm


@without_constant("norm_after_clipping")
def norm_after_clipping(grads, max_norm):
    norm = global_norm(grads)
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return global_norm(grads)


# Clipping by value

clip_values.mistake(
    "negative_side_left",
    "Large positive entries are cut, large negative ones are not. The range has two ends.",
    "np.clip(g, -limit, limit, out=g)",
    "np.minimum(g, limit, out=g)",
)
clip_values.mistake(
    "unchanged",
    "The arrays that the caller holds are unchanged: np.clip, for one, returns a new array unless "
    "it is told where to write.",
    "np.clip(g, -limit, limit, out=g)",
    "np.clip(g, -limit, limit)",
)
clip_values.mistake(
    "scaled_by_norm",
    "You scale all entries by one rate, as clip_grads does. By value, each entry is judged for "
    "itself.",
    """for g in grads.values():
        np.clip(g, -limit, limit, out=g)""",
    "clip_grads(grads, limit)",
)
