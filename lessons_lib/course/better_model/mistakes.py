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
    "state_not_carried",
    "Your states do not move on: each step of a layer starts from h0 and c0 again. The step should "
    "get the state of the step before.",
    "lstm_step(x_t, h, c,",
    "lstm_step(x_t, h0[len(last_h)], c0[len(last_c)],",
)

stacked_lstm.mistake(
    "state_of_the_layer_below",
    "Every layer of yours starts where the layer below it stopped. Each has initial states of its "
    "own in h0 and c0.",
    "for weights, h, c in zip(layers, h0, c0, strict=True):",
    "h, c = h0[0], c0[0]\n    for weights in layers:",
)

stacked_lstm.mistake(
    "states_of_the_bottom_layer",
    "All your layers start from the states of the bottom layer. h0 and c0 have an entry for each.",
    "in zip(layers, h0, c0, strict=True)",
    "in [(weights, h0[0], c0[0]) for weights in layers]",
)

stacked_lstm.mistake(
    "states_start_at_zero",
    "Your layers start from zeros. They are to start from h0 and c0, one entry for each layer.",
    "zip(layers, h0, c0,",
    "zip(layers, 0 * h0, 0 * c0,",
)


@stacked_lstm.misconception(
    "Your hs is right. But h and c hold the top layer's state L times: every layer has a last "
    "state of its own, and needs it to read on."
)
def top_state_for_all(x, h0, c0, layers):
    hs, h, c = stacked_lstm(x, h0, c0, layers)
    return hs, h * 0 + h[-1:], c * 0 + c[-1:]


# Dropout


def dropout_with(mask_of, *, evaluated=lambda x, p: np.ones_like(x)):
    """Dropout with a mask made in another way from x, p and rng."""

    def dropout(x, p, rng, train):
        mask = (mask_of(x, p, rng) if train else evaluated(x, p)).astype(x.dtype)
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
    "divided_by_the_share_dropped",
    "You divide by p, the share that is dropped. A mean stays what it was if the kept entries are "
    "divided by the share that is kept.",
    "/ (1 - p)",
    "/ p",
)

dropout_forward.mistake(
    "comparison_turned_round",
    "You drop with probability 1 - p. A number drawn evenly between 0 and 1 is below p with "
    "probability p: is that when an entry stays, or when it goes?",
    ">= p",
    "< p",
)

dropout_forward.mistake(
    "normal_numbers",
    "Your random numbers come from a normal distribution: they are below p far more often than "
    "with probability p. Draw them evenly between 0 and 1.",
    "rng.random(x.shape)",
    "rng.normal(size=x.shape)",
)

dropout_forward.misconception(
    "You take p for the probability of keeping, as some papers and old libraries do. Here, as in "
    "PyTorch, p is the probability of dropping.",
    name="p_keeps",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape) < p) / p))

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

dropout_forward.misconception(
    "You scale by 1 - p in evaluation and not at all in training. That is how dropout was first "
    "described. This exercise asks for the inverted kind: evaluation is left alone.",
    name="scaled_in_evaluation_instead",
)(
    dropout_with(
        lambda x, p, rng: rng.random(x.shape) >= p, evaluated=lambda x, p: np.full_like(x, 1 - p)
    )
)

dropout_forward.mistake(
    "dropped_in_evaluation",
    "You drop in evaluation too. The argument train says whether anything is to be dropped at all.",
    "    if not train:\n        return x, np.ones_like(x)\n",
    "",
)

dropout_forward.mistake(
    "train_turned_round",
    "Your two cases are exchanged: you drop when train is False and do nothing when it is True.",
    "if not train:",
    "if train:",
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

# Tied weights

tied_gradient.mistake(
    "output_part_only",
    "This is the output's part alone. The matrix is also used where words are looked up, and dx "
    "has not reached it.",
    "np.add.at(dW, ids, dx)",
    "pass",
)

tied_gradient.mistake(
    "embedding_part_only",
    "This is the embedding's part alone. The matrix is also used to make the logits.",
    "dlogits.reshape(-1, V).T @ hs.reshape(-1, D)",
    "np.zeros((V, D), hs.dtype)",
)

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

tied_gradient.mistake(
    "mean_of_both",
    "You take the mean of the two parts. The loss feels both uses in full, so the parts are added.",
    "return dW",
    "return dW / 2",
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

plateau_lr.mistake(
    "always_four",
    "You divide by 4 whatever factor is. It is an argument, so that others can be tried.",
    "lr / factor",
    "lr / 4",
)


@plateau_lr.misconception(
    "Your rates come one epoch late: they are those with which each epoch was run. Asked for is "
    "the rate after it, which takes this epoch's perplexity into account."
)
def one_epoch_late(lr, valid, factor):
    return np.array([lr, *plateau_lr(lr, valid, factor)[:-1]])
