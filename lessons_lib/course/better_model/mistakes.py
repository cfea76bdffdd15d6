# mypy: allow-untyped-defs
"""Wrong versions of lesson 09's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.better_model.exercises import (
    dropout_forward,
    plateau_lr,
    same_mask_dropout,
    stacked_lstm,
    tied_gradient,
)

# Stacked layers

stacked_lstm.mistake(
    "memory_cell_goes_up",
    "What your layers hand on is their memory cell. The memory cell stays inside its layer; which "
    "state leaves it?",
    "hs.append(h)",
    "hs.append(c)",
)
stacked_lstm.mistake(
    "every_layer_reads_x",
    "Every layer of yours reads x. What an upper layer reads has been through the layer below it.",
    "for x_t in inputs:",
    "for x_t in x:",
)
stacked_lstm.mistake(
    "states_of_the_bottom_layer",
    "All your layers start from the states of the bottom layer. h0 and c0 have an entry for each.",
    "in zip(layers, h0, c0, strict=True)",
    "in [(weights, h0[0], c0[0]) for weights in layers]",
)
stacked_lstm.mistake(
    "top_state_for_all",
    "Your hs is right. But h and c hold the top layer's state L times: every layer has a last "
    "state of its own, and needs it to read on.",
    "np.stack(last_h), np.stack(last_c)",
    "np.stack([h] * len(layers)), np.stack([c] * len(layers))",
)

stacked_lstm.mistake(
    "state_of_the_layer_below",
    "A layer of yours begins with the state in which the layer below it ended. h0 and c0 have a "
    "state for each layer.",
    "for weights, h, c in zip(layers, h0, c0, strict=True):",
    "h, c = h0[0], c0[0]\n    for weights in layers:",
)


@stacked_lstm.misconception(
    "Your hs holds the hidden states of the bottom layer. It is the top layer's that are asked for."
)
def hs_of_the_bottom_layer(x, h0, c0, layers):
    _, h, c = stacked_lstm.reference(x, h0, c0, layers)
    return stacked_lstm.reference(x, h0[:1], c0[:1], layers[:1])[0], h, c


# Dropout


def dropout_with(mask_of):
    """Dropout with a mask made in another way from x, p and rng."""

    def dropout(x, p, rng, train):
        mask = (mask_of(x, p, rng) if train else np.ones_like(x)).astype(x.dtype)
        return x * mask, mask

    return dropout


def same_mask_with(dropout):
    """One mask for all steps, from dropout of another kind."""

    def same_mask(x, p, rng):
        _, mask = dropout(x[0], p, rng, True)
        return x * mask

    return same_mask


# Other right ways to draw a mask with the same generator.
for right_mask in (
    lambda x, p, rng: (rng.random(x.shape) < 1 - p) / (1 - p),
    lambda x, p, rng: rng.binomial(1, 1 - p, x.shape) / (1 - p),
    lambda x, p, rng: (1 - rng.binomial(1, p, x.shape)) / (1 - p),
    lambda x, p, rng: (rng.random(x.shape, np.float32) >= p) / (1 - p),
):
    dropout_forward.alternative(dropout_with(right_mask))
    same_mask_dropout.alternative(same_mask_with(dropout_with(right_mask)))

dropout_forward.mistake(
    "not_scaled",
    "Your entries are dropped as they should be, but those that stay are not scaled. With a share "
    "p missing, the sums in the next layer come out too small in training.",
    "kept.astype(x.dtype) / (1 - p)",
    "kept.astype(x.dtype)",
)
dropout_forward.mistake(
    "multiplied_by_the_share_kept",
    "You multiply what stays by 1 - p, and so make it smaller. It has to make up for what is "
    "missing.",
    "/ (1 - p)",
    "* (1 - p)",
)
dropout_forward.mistake(
    "comparison_turned_round",
    "You drop with probability 1 - p. A number drawn evenly between 0 and 1 is below p with "
    "probability p: is that when an entry stays, or when it goes?",
    ">= p",
    "< p",
)
dropout_forward.mistake(
    "p_keeps",
    "You take p for the probability of keeping, as some papers and old libraries do. Here, as in "
    "PyTorch, p is the probability of dropping.",
    """>= p  # True with probability 1 - p
    mask = kept.astype(x.dtype) / (1 - p)""",
    """< p
    mask = kept.astype(x.dtype) / p""",
)

# Who gets the mask of one step wrong gets that of a sequence wrong too.
same_mask_dropout.inherit(dropout_forward, same_mask_with)

# What can go wrong only where there is an evaluation, and a mask to return.

dropout_forward.mistake(
    "scaled_in_evaluation_too",
    "Out of training you multiply by 1 - p, as the first papers did. But you scale in training "
    "already; do both, and evaluation sees numbers that are too small.",
    "return x, np.ones_like(x)",
    "return x * (1 - p), np.full_like(x, 1 - p)",
)
for name, mask in (("instead", "np.full_like(x, 1 - p)"), ("outside_the_mask", "np.ones_like(x)")):
    dropout_forward.mistake(
        f"scaled_in_evaluation_{name}",
        "You scale by 1 - p in evaluation and not at all in training. That is how dropout was "
        "first described. This exercise asks for the inverted kind: evaluation is left alone.",
        """return x, np.ones_like(x)
    kept = rng.random(x.shape) >= p  # True with probability 1 - p
    mask = kept.astype(x.dtype) / (1 - p)""",
        f"""return x * (1 - p), {mask}
    mask = (rng.random(x.shape) >= p).astype(x.dtype)""",
    )
dropout_forward.mistake(
    "dropped_in_evaluation",
    "You drop in evaluation too. The argument train says whether anything is to be dropped at all.",
    "    if not train:\n        return x, np.ones_like(x)\n",
    "",
)
dropout_forward.mistake(
    "mask_without_the_scale",
    "Your out is right. The mask you return holds ones and zeros only, and the backward pass needs "
    "the very numbers that x was multiplied by.",
    "return x * mask, mask",
    "return x * mask, kept.astype(x.dtype)",
)

# The same mask at every step

same_mask_dropout.mistake(
    "fresh_mask_each_step",
    "You still draw a new mask for every step. What must happen before the loop over time begins?",
    "x.shape[1:]",
    "x.shape",
)
same_mask_dropout.mistake(
    "rows_share_the_mask",
    "All rows of the batch share one mask. Each row is a text of its own and gets a mask of its "
    "own: which axes does the mask need?",
    "x.shape[1:]",
    "x.shape[2:]",
)
same_mask_dropout.mistake(
    "units_share_the_mask",
    "All units of a row are dropped together, or none of them. Each unit is dropped on its own: "
    "which axes does the mask need?",
    "x.shape[1:]",
    "(x.shape[1], 1)",
)

# Tied weights


tied_gradient.mistake(
    "repeated_words_lost",
    "A word that was read several times gets the gradient of one place only: dW[ids] += dx writes "
    "a repeated row once. NumPy has np.add.at for this.",
    "np.add.at(dW, ids, dx)",
    "dW[ids] += dx",
)
tied_gradient.mistake(
    "rows_assigned",
    "The embedding's part has replaced the output's part, and of a repeated word only one place "
    "counts. dW[ids] = dx does both; everything has to be added.",
    "np.add.at(dW, ids, dx)",
    "dW[ids] = dx",
)


# The learning rate

plateau_lr.mistake(
    "compared_with_the_last",
    "You compare with the epoch before. An epoch that is better than a bad one, but no record, is "
    "no improvement: keep the lowest value seen so far.",
    "lrs.append(lr)",
    "best = perplexity; lrs.append(lr)",
)
plateau_lr.mistake(
    "ties_improve",
    "An equal perplexity counts as an improvement in your code. Only a lower one is.",
    "perplexity < best",
    "perplexity <= best",
)
plateau_lr.mistake(
    "first_epoch_is_a_tie",
    "The first epoch is held against itself, and so counts as no improvement. Before it nothing "
    "has been seen: the lowest value so far is infinite.",
    "best = np.inf",
    "best = valid[0]",
)
plateau_lr.mistake(
    "multiplied",
    "You multiply by the factor, so that the rate grows.",
    "lr / factor",
    "lr * factor",
)


@plateau_lr.misconception(
    "Your rates come one epoch late: they are those with which each epoch was run. Asked for is "
    "the rate after it, which takes this epoch's perplexity into account."
)
def one_epoch_late(lr, valid, factor):
    return np.array([lr, *plateau_lr(lr, valid, factor)[:-1]])
