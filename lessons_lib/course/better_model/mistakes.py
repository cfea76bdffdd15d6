# mypy: allow-untyped-defs
"""Wrong versions of lesson 09's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.cells import lstm_step
from lessons_lib.course.better_model.exercises import (
    dropout_forward,
    plateau_lr,
    same_mask_dropout,
    stacked_lstm,
    tied_gradient,
)
from lessons_lib.functions import sigmoid

# Stacked layers


def run_layer(inputs, h, c, weights, step=lstm_step):
    """One layer over the sequence: every h and every c (T, N, H)."""
    hs, cs = [], []
    for x_t in inputs:
        h, c, *_ = step(x_t, h, c, weights["Wx"], weights["Wh"], weights["b"])
        hs.append(h)
        cs.append(c)
    return np.stack(hs), np.stack(cs)


def stack_with(inputs_of_next=lambda inputs, hs, cs: hs, *, step=lstm_step):
    """A stack in which something else goes up, or with steps of another kind."""

    def stack(x, h0, c0, layers):
        inputs, last_h, last_c = x, [], []
        for weights, h, c in zip(layers, h0, c0, strict=True):
            hs, cs = run_layer(inputs, h, c, weights, step)
            last_h.append(hs[-1])
            last_c.append(cs[-1])
            inputs = inputs_of_next(inputs, hs, cs)
        return hs, np.stack(last_h), np.stack(last_c)

    return stack


stacked_lstm.misconception(
    "Your upper layers read the memory cell of the layer below. The memory cell stays inside its "
    "layer; which state leaves it?",
    name="memory_cell_goes_up",
)(stack_with(lambda inputs, hs, cs: cs))

stacked_lstm.misconception(
    "Every layer of yours reads x. What an upper layer reads has been through the layer below it.",
    name="every_layer_reads_x",
)(stack_with(lambda inputs, hs, cs: inputs))

stacked_lstm.misconception(
    "Your upper layers read the same vector at every step, the last hidden state of the layer "
    "below. They should read at step t what the layer below says at step t.",
    name="last_state_goes_up",
)(stack_with(lambda inputs, hs, cs: np.broadcast_to(hs[-1], hs.shape)))

stacked_lstm.misconception(
    "You add the input of a layer to its output on the way up. Such shortcuts exist (residual "
    "connections), but not here.",
    name="residual_connections",
)(stack_with(lambda inputs, hs, cs: hs + inputs if inputs.shape == hs.shape else hs))

stacked_lstm.misconception(
    "Your hidden states go through one more tanh on the way up. They have been squashed already: "
    "hand them on as they are.",
    name="tanh_between_layers",
)(stack_with(lambda inputs, hs, cs: np.tanh(hs)))


@stacked_lstm.misconception(
    "Your layers run from the top down. The first entry of layers is the bottom one, which reads "
    "x: look at the shape of its Wx."
)
def layers_from_the_top(x, h0, c0, layers):
    return stack_with()(x, h0, c0, layers[::-1])


@stacked_lstm.misconception(
    "Every layer of yours starts where the layer below it stopped. Each has initial states of its "
    "own in h0 and c0."
)
def state_of_the_layer_below(x, h0, c0, layers):
    inputs, last_h, last_c = x, [], []
    h, c = h0[0], c0[0]
    for weights in layers:
        hs, cs = run_layer(inputs, h, c, weights)
        h, c, inputs = hs[-1], cs[-1], hs
        last_h.append(h)
        last_c.append(c)
    return hs, np.stack(last_h), np.stack(last_c)


@stacked_lstm.misconception(
    "Your layers start from zeros. They are to start from h0 and c0, one entry for each layer."
)
def states_start_at_zero(x, h0, c0, layers):
    return stacked_lstm(x, 0 * h0, 0 * c0, layers)


@stacked_lstm.misconception(
    "All your layers start from the states of the bottom layer. h0 and c0 have an entry for each."
)
def states_of_the_bottom_layer(x, h0, c0, layers):
    return stacked_lstm(x, h0 * 0 + h0[:1], c0 * 0 + c0[:1], layers)


@stacked_lstm.misconception(
    "h0 and c0 have changed places: the hidden state is the one that meets Wh."
)
def states_exchanged(x, h0, c0, layers):
    return stacked_lstm(x, c0, h0, layers)


@stacked_lstm.misconception(
    "Your last states are right, but hs comes from the bottom layer. What leaves the stack?"
)
def hs_of_the_bottom_layer(x, h0, c0, layers):
    hs, _ = run_layer(x, h0[0], c0[0], layers[0])
    _, h, c = stacked_lstm(x, h0, c0, layers)
    return hs, h, c


@stacked_lstm.misconception(
    "Your hs is right. But h and c hold the top layer's state L times: every layer has a last "
    "state of its own, and needs it to read on."
)
def top_state_for_all(x, h0, c0, layers):
    hs, h, c = stacked_lstm(x, h0, c0, layers)
    return hs, h * 0 + h[-1:], c * 0 + c[-1:]


@stacked_lstm.misconception(
    "Your states do not move on: each step of a layer starts from h0 and c0 again. The step should "
    "get the state of the step before."
)
def state_not_carried(x, h0, c0, layers):
    inputs, last_h, last_c = x, [], []
    for weights, h_first, c_first in zip(layers, h0, c0, strict=True):
        steps = [
            lstm_step(x_t, h_first, c_first, weights["Wx"], weights["Wh"], weights["b"])
            for x_t in inputs
        ]
        inputs = np.stack([h for h, _, _ in steps])
        last_h.append(steps[-1][0])
        last_c.append(steps[-1][1])
    return inputs, np.stack(last_h), np.stack(last_c)


def step_in_the_order_i_f_o_g(x, h_prev, c_prev, Wx, Wh, b):
    i, f, o, g = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


stacked_lstm.misconception(
    "Your step reads the blocks in the order i, f, o, g. This course has i, f, g, o; lstm_step of "
    "lesson 05 does it for you.",
    name="blocks_i_f_o_g",
)(stack_with(step=step_in_the_order_i_f_o_g))


# Dropout


def dropout_with(mask_of, *, evaluated=lambda x, p: np.ones_like(x)):
    """Dropout with a mask made in another way from x, p and rng."""

    def dropout(x, p, rng, train):
        mask = mask_of(x, p, rng) if train else evaluated(x, p)
        mask = (np.ones_like(x) * mask).astype(x.dtype)
        return x * mask, mask

    return dropout


def inverted(x, p, rng):
    return (rng.random(x.shape) >= p) / (1 - p)


dropout_forward.alternative(dropout_with(lambda x, p, rng: (rng.random(x.shape) < 1 - p) / (1 - p)))
dropout_forward.alternative(
    dropout_with(lambda x, p, rng: rng.binomial(1, 1 - p, x.shape) / (1 - p))
)
dropout_forward.alternative(
    dropout_with(lambda x, p, rng: (1 - rng.binomial(1, p, x.shape)) / (1 - p))
)
dropout_forward.alternative(
    dropout_with(lambda x, p, rng: (rng.random(x.shape, np.float32) >= p) / (1 - p))
)

dropout_forward.misconception(
    "Your entries are dropped as they should be, but those that stay are not scaled. With a share "
    "p missing, the sums in the next layer come out too small in training.",
    name="not_scaled",
)(dropout_with(lambda x, p, rng: rng.random(x.shape) >= p))

dropout_forward.misconception(
    "You multiply what stays by 1 - p, and so make it smaller. It has to make up for what is "
    "missing.",
    name="multiplied_by_the_share_kept",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape) >= p) * (1 - p)))

dropout_forward.misconception(
    "You divide by p, the share that is dropped. A mean stays what it was if the kept entries are "
    "divided by the share that is kept.",
    name="divided_by_the_share_dropped",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape) >= p) / p))

dropout_forward.misconception(
    "You take p for the probability of keeping, as some papers and old libraries do. Here, as in "
    "PyTorch, p is the probability of dropping.",
    name="p_keeps",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape) < p) / p))

dropout_forward.misconception(
    "You drop with probability 1 - p. A number drawn evenly between 0 and 1 is below p with "
    "probability p: is that when an entry stays, or when it goes?",
    name="comparison_turned_round",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape) < p) / (1 - p)))

dropout_forward.misconception(
    "Out of training you multiply by 1 - p, as the first papers did. But you scale in training "
    "already; do both, and evaluation sees numbers that are too small.",
    name="scaled_in_evaluation_too",
)(dropout_with(inverted, evaluated=lambda x, p: 1 - p))

dropout_forward.misconception(
    "You scale by 1 - p in evaluation and not at all in training. That is how dropout was first "
    "described. This exercise asks for the inverted kind: evaluation is left alone.",
    name="scaled_in_evaluation_instead",
)(dropout_with(lambda x, p, rng: rng.random(x.shape) >= p, evaluated=lambda x, p: 1 - p))

dropout_forward.misconception(
    "Your random numbers come from a normal distribution: they are below p far more often than "
    "with probability p. Draw them evenly between 0 and 1.",
    name="normal_numbers",
)(dropout_with(lambda x, p, rng: (rng.normal(size=x.shape) >= p) / (1 - p)))

dropout_forward.misconception(
    "You draw one mask for a single row and use it for all rows and steps. Each entry of x is to "
    "be dropped on its own: how many numbers must be drawn?",
    name="one_mask_for_all_rows",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape[-1:]) >= p) / (1 - p)))

dropout_forward.misconception(
    "You draw one mask and use it at every step. That comes later in the lesson; here each entry "
    "of x is dropped on its own.",
    name="one_mask_for_all_steps",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape[1:]) >= p) / (1 - p)))

dropout_forward.misconception(
    "The kept entries are scaled twice.",
    name="scaled_twice",
)(dropout_with(lambda x, p, rng: (rng.random(x.shape) >= p) / (1 - p) ** 2))


@dropout_forward.misconception(
    "You drop in evaluation too. The argument train says whether anything is to be dropped at all."
)
def dropped_in_evaluation(x, p, rng, train):
    mask = inverted(x, p, rng).astype(x.dtype)
    return x * mask, mask


@dropout_forward.misconception(
    "Your two cases are exchanged: you drop when train is False and do nothing when it is True."
)
def train_turned_round(x, p, rng, train):
    return dropout_forward(x, p, rng, not train)


@dropout_forward.misconception(
    "Your out is right. The mask you return holds ones and zeros only, and the backward pass needs "
    "the very numbers that x was multiplied by."
)
def mask_without_the_scale(x, p, rng, train):
    out, mask = dropout_forward(x, p, rng, train)
    return out, (mask > 0).astype(x.dtype)


@dropout_forward.misconception(
    "Your out is right. Your mask marks what was dropped; it should hold what x was multiplied by."
)
def mask_of_the_dropped(x, p, rng, train):
    out, mask = dropout_forward(x, p, rng, train)
    return out, (mask == 0).astype(x.dtype)


@dropout_forward.misconception(
    "Your mask is right, but out is x unchanged. Multiplying makes a new array: is it the one that "
    "you return?"
)
def mask_not_applied(x, p, rng, train):
    _, mask = dropout_forward(x, p, rng, train)
    return x, mask


# The same mask at every step


def same_mask_with(mask_of):
    """Dropout with a mask made in another way from the shape (T, N, H), p and rng."""

    def dropout(x, p, rng):
        return x * mask_of(x.shape, p, rng).astype(x.dtype)

    return dropout


same_mask_dropout.alternative(
    same_mask_with(lambda shape, p, rng: (rng.random(shape[1:]) < 1 - p) / (1 - p))
)
same_mask_dropout.alternative(
    same_mask_with(lambda shape, p, rng: rng.binomial(1, 1 - p, shape[1:]) / (1 - p))
)
same_mask_dropout.alternative(
    same_mask_with(lambda shape, p, rng: (1 - rng.binomial(1, p, shape[1:])) / (1 - p))
)
same_mask_dropout.alternative(
    same_mask_with(lambda shape, p, rng: (rng.random(shape[1:], np.float32) >= p) / (1 - p))
)

same_mask_dropout.misconception(
    "You still draw a new mask for every step. What must happen before the loop over time begins?",
    name="fresh_mask_each_step",
)(same_mask_with(lambda shape, p, rng: (rng.random(shape) >= p) / (1 - p)))

same_mask_dropout.misconception(
    "All rows of the batch share one mask. Each row is a text of its own and gets a mask of its "
    "own: which axes does the mask need?",
    name="rows_share_the_mask",
)(same_mask_with(lambda shape, p, rng: (rng.random(shape[2:]) >= p) / (1 - p)))

same_mask_dropout.misconception(
    "Your mask is drawn for steps and units and shared by the rows. It should be drawn for rows "
    "and units and shared by the steps.",
    name="steps_for_rows",
)(same_mask_with(lambda shape, p, rng: (rng.random((shape[0], 1, shape[2])) >= p) / (1 - p)))

same_mask_dropout.misconception(
    "Whole rows are dropped: all units of a row together. Each unit is dropped on its own.",
    name="whole_rows",
)(same_mask_with(lambda shape, p, rng: (rng.random((shape[1], 1)) >= p) / (1 - p)))

same_mask_dropout.misconception(
    "Whole time steps are dropped. Units are to be dropped, the same ones at every step.",
    name="whole_steps",
)(same_mask_with(lambda shape, p, rng: (rng.random((shape[0], 1, 1)) >= p) / (1 - p)))

same_mask_dropout.misconception(
    "The mask is right, but what stays is not scaled. That was right before: the factor must not "
    "get lost.",
    name="not_scaled",
)(same_mask_with(lambda shape, p, rng: rng.random(shape[1:]) >= p))

same_mask_dropout.misconception(
    "You multiply what stays by 1 - p. It has to make up for what is missing, so it must grow.",
    name="multiplied_by_the_share_kept",
)(same_mask_with(lambda shape, p, rng: (rng.random(shape[1:]) >= p) * (1 - p)))

same_mask_dropout.misconception(
    "You divide by p, the share that is dropped; divide by the share that is kept.",
    name="divided_by_the_share_dropped",
)(same_mask_with(lambda shape, p, rng: (rng.random(shape[1:]) >= p) / p))

same_mask_dropout.misconception(
    "You take p for the probability of keeping. Here p is the probability of dropping.",
    name="p_keeps",
)(same_mask_with(lambda shape, p, rng: (rng.random(shape[1:]) < p) / p))

same_mask_dropout.misconception(
    "You drop with probability 1 - p. Which side of p means that a unit stays?",
    name="comparison_turned_round",
)(same_mask_with(lambda shape, p, rng: (rng.random(shape[1:]) < p) / (1 - p)))

same_mask_dropout.misconception(
    "Your factor is multiplied once for each step gone by, so that it grows over time. The mask is "
    "applied once at each step.",
    name="scale_grows_over_time",
)(
    same_mask_with(
        lambda shape, p, rng: (
            (rng.random(shape[1:]) >= p) * (1 - p) ** -np.arange(1.0, shape[0] + 1)[:, None, None]
        )
    )
)


# Tied weights


def from_output(ids, dx, hs, dlogits):
    """The output's part of the gradient, (V, D)."""
    return dlogits.reshape(-1, dlogits.shape[-1]).T @ hs.reshape(-1, hs.shape[-1])


def from_embedding(ids, dx, hs, dlogits):
    """The embedding's part of the gradient, (V, D)."""
    dW = np.zeros((dlogits.shape[-1], dx.shape[-1]), dx.dtype)
    np.add.at(dW, ids, dx)
    return dW


@tied_gradient.misconception(
    "This is the output's part alone. The matrix is also used where words are looked up, and dx "
    "has not reached it."
)
def output_part_only(ids, dx, hs, dlogits):
    return from_output(ids, dx, hs, dlogits)


@tied_gradient.misconception(
    "This is the embedding's part alone. The matrix is also used to make the logits."
)
def embedding_part_only(ids, dx, hs, dlogits):
    return from_embedding(ids, dx, hs, dlogits)


@tied_gradient.misconception(
    "The rows of words that were looked up hold the embedding's part alone: there it has replaced "
    "the output's part. Two uses, two gradients: what becomes of them?"
)
def rows_overwritten(ids, dx, hs, dlogits):
    dW = from_output(ids, dx, hs, dlogits)
    looked_up = np.unique(ids)
    dW[looked_up] = from_embedding(ids, dx, hs, dlogits)[looked_up]
    return dW


@tied_gradient.misconception(
    "A word that was read several times gets the gradient of one place only: dW[ids] += dx writes "
    "a repeated row once. NumPy has np.add.at for this."
)
def repeated_words_lost(ids, dx, hs, dlogits):
    dW = from_output(ids, dx, hs, dlogits)
    dW[ids] += dx
    return dW


@tied_gradient.misconception(
    "The embedding's part has replaced the output's part, and of a repeated word only one place "
    "counts. dW[ids] = dx does both; everything has to be added."
)
def rows_assigned(ids, dx, hs, dlogits):
    dW = from_output(ids, dx, hs, dlogits)
    dW[ids] = dx
    return dW


@tied_gradient.misconception(
    "You take the mean of the two parts. The loss feels both uses in full, so the parts are added."
)
def mean_of_both(ids, dx, hs, dlogits):
    return tied_gradient(ids, dx, hs, dlogits) / 2


@tied_gradient.misconception(
    "You multiply the two parts. Where a matrix is used twice, its gradients are added."
)
def parts_multiplied(ids, dx, hs, dlogits):
    return from_output(ids, dx, hs, dlogits) * from_embedding(ids, dx, hs, dlogits)


@tied_gradient.misconception("One part is subtracted from the other. Both have the sign plus.")
def parts_subtracted(ids, dx, hs, dlogits):
    return from_output(ids, dx, hs, dlogits) - from_embedding(ids, dx, hs, dlogits)


@tied_gradient.misconception(
    "The output's part is a mean over all places. The division by their number is in dlogits "
    "already: here they are summed."
)
def output_part_averaged(ids, dx, hs, dlogits):
    return from_output(ids, dx, hs, dlogits) / ids.size + from_embedding(ids, dx, hs, dlogits)


@tied_gradient.misconception(
    "The embedding's part is a mean over the places where a word occurs. They are summed."
)
def embedding_part_averaged(ids, dx, hs, dlogits):
    counts = np.bincount(ids.ravel(), minlength=dlogits.shape[-1])
    mean = from_embedding(ids, dx, hs, dlogits) / np.maximum(counts, 1)[:, None]
    return (from_output(ids, dx, hs, dlogits) + mean).astype(dx.dtype)


@tied_gradient.misconception(
    "dx and hs have changed places. One is a gradient and belongs to the words that were read; the "
    "other is an activation and belongs to the logits."
)
def dx_and_hs_exchanged(ids, dx, hs, dlogits):
    return tied_gradient(ids, hs, dx, dlogits)


@tied_gradient.misconception("The output's part counts the last step only. All steps use W.")
def last_step_of_the_output(ids, dx, hs, dlogits):
    return tied_gradient(ids, dx, hs[-1:], dlogits[-1:])


@tied_gradient.misconception(
    "The embedding's part counts the first row of the batch only. All rows use W."
)
def first_row_of_the_batch(ids, dx, hs, dlogits):
    return tied_gradient(ids[:, :1], dx[:, :1], hs, dlogits)


@tied_gradient.misconception(
    "The output's part stands on its side: it is the gradient of W.T, of shape (D, V)."
)
def output_part_transposed(ids, dx, hs, dlogits):
    V, D = dlogits.shape[-1], hs.shape[-1]
    if V != D:
        return from_output(ids, dx, hs, dlogits).T
    return from_output(ids, dx, hs, dlogits).T + from_embedding(ids, dx, hs, dlogits)


# The learning rate


def lower(lr, valid, factor, *, improved, lowered):
    """A schedule with another idea of an improvement, or of what to do without one."""
    now, lrs = lr, []
    for k, perplexity in enumerate(valid):
        if not improved(valid, k, perplexity):
            now = lowered(now, lr, factor)
        lrs.append(now)
    return np.array(lrs)


def is_a_record(valid, k, perplexity):
    return perplexity < min(valid[:k], default=np.inf)


def divided(now, lr, factor):
    return now / factor


@plateau_lr.misconception(
    "You compare with the epoch before. An epoch that is better than a bad one, but no record, is "
    "no improvement: keep the lowest value seen so far."
)
def compared_with_the_last(lr, valid, factor):
    def better(valid, k, perplexity):
        return k == 0 or perplexity < valid[k - 1]

    return lower(lr, valid, factor, improved=better, lowered=divided)


@plateau_lr.misconception(
    "An equal perplexity counts as an improvement in your code. Only a lower one is."
)
def ties_improve(lr, valid, factor):
    def better(valid, k, perplexity):
        return perplexity <= min(valid[:k], default=np.inf)

    return lower(lr, valid, factor, improved=better, lowered=divided)


@plateau_lr.misconception(
    "The first epoch is held against itself, and so counts as no improvement. Before it nothing "
    "has been seen: the lowest value so far is infinite."
)
def first_epoch_is_a_tie(lr, valid, factor):
    def better(valid, k, perplexity):
        return k > 0 and is_a_record(valid, k, perplexity)

    return lower(lr, valid, factor, improved=better, lowered=divided)


@plateau_lr.misconception(
    "You compare with the first epoch. As soon as there is a new lowest value, that is the one to "
    "beat."
)
def compared_with_the_first(lr, valid, factor):
    def better(valid, k, perplexity):
        return k == 0 or perplexity < valid[0]

    return lower(lr, valid, factor, improved=better, lowered=divided)


@plateau_lr.misconception(
    "Your lowest value is the lowest of the whole run, and that cannot be known yet. In each epoch "
    "only those before it count."
)
def compared_with_the_future(lr, valid, factor):
    def better(valid, k, perplexity):
        return perplexity <= min(valid)

    return lower(lr, valid, factor, improved=better, lowered=divided)


@plateau_lr.misconception(
    "Your rate goes down once and then stays: you divide the first rate each time. Divide the rate "
    "as it is now."
)
def first_rate_divided(lr, valid, factor):
    return lower(lr, valid, factor, improved=is_a_record, lowered=lambda now, lr, f: lr / f)


@plateau_lr.misconception(
    "After an improvement your rate goes back up to the first one. It only ever goes down."
)
def rate_comes_back(lr, valid, factor):
    return np.array([lr if is_a_record(valid, k, v) else lr / factor for k, v in enumerate(valid)])


@plateau_lr.misconception("You divide after an improvement. The rate goes down when there is none.")
def turned_round(lr, valid, factor):
    def worse(valid, k, perplexity):
        return not is_a_record(valid, k, perplexity)

    return lower(lr, valid, factor, improved=worse, lowered=divided)


@plateau_lr.misconception("You multiply by the factor, so that the rate grows.")
def multiplied(lr, valid, factor):
    return lower(lr, valid, factor, improved=is_a_record, lowered=lambda now, lr, f: now * f)


@plateau_lr.misconception(
    "You subtract a part of the rate instead of dividing it: what is left is not the rate divided "
    "by factor."
)
def subtracted(lr, valid, factor):
    def less(now, lr, factor):
        return now - now / factor / factor

    return lower(lr, valid, factor, improved=is_a_record, lowered=less)


@plateau_lr.misconception(
    "You divide by 4 whatever factor is. It is an argument, so that others can be tried."
)
def always_four(lr, valid, factor):
    return plateau_lr(lr, valid, 4)


@plateau_lr.misconception(
    "Your rates come one epoch late: they are those with which each epoch was run. Asked for is "
    "the rate after it, which takes this epoch's perplexity into account."
)
def one_epoch_late(lr, valid, factor):
    return np.array([lr, *plateau_lr(lr, valid, factor)[:-1]])


@plateau_lr.misconception(
    "You wait for two epochs in a row without an improvement. One is enough here."
)
def patience_of_two(lr, valid, factor):
    best, stale, lrs = np.inf, 0, []
    for perplexity in valid:
        stale = 0 if perplexity < best else stale + 1
        best = min(best, perplexity)
        if stale == 2:
            lr, stale = lr / factor, 0
        lrs.append(lr)
    return np.array(lrs)


@plateau_lr.misconception(
    "A high perplexity counts as good in your code. It is a kind of loss: lower is better."
)
def higher_is_better(lr, valid, factor):
    def better(valid, k, perplexity):
        return perplexity > max(valid[:k], default=-np.inf)

    return lower(lr, valid, factor, improved=better, lowered=divided)
