# mypy: allow-untyped-defs
"""Wrong versions of lesson 08's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.cells import lstm_step
from lessons_lib.course.language_model.exercises import (
    cross_entropy,
    embedding_backward,
    perplexity,
    sample_next,
    token_losses,
)
from lessons_lib.functions import log_softmax, one_hot, softmax

# Embedding


@embedding_backward.misconception(
    "Where a word occurs several times, only one of its gradients arrives in your table. NumPy's "
    "dE[ids] += dx reads all the old rows first and writes afterwards, so that later writes undo "
    "earlier ones."
)
def repeats_counted_once(ids, dx, vocab_size):
    dE = np.zeros((vocab_size, dx.shape[-1]), dtype=dx.dtype)
    dE[ids] = dx
    return dE


@embedding_backward.misconception(
    "Going step by step is right, and each step adds to the steps before. But where two rows of "
    "the batch read the same word at one step, dE[ids[t]] += dx[t] counts one of them only."
)
def repeats_within_a_step_counted_once(ids, dx, vocab_size):
    dE = np.zeros((vocab_size, dx.shape[-1]), dtype=dx.dtype)
    for ids_t, dx_t in zip(ids, dx, strict=True):
        dE[ids_t] += dx_t
    return dE


@embedding_backward.misconception(
    "You divide each row by how often its word occurs. The gradients of all uses add up; whatever "
    "mean there is has been taken in the loss already."
)
def mean_over_occurrences(ids, dx, vocab_size):
    counts = np.bincount(ids.ravel(), minlength=vocab_size).astype(dx.dtype)
    return embedding_backward(ids, dx, vocab_size) / np.maximum(counts, 1)[:, None]


@embedding_backward.misconception(
    "You divide by the number of rows in the batch. The loss has been divided already, and dx "
    "knows it."
)
def divided_by_rows(ids, dx, vocab_size):
    return embedding_backward(ids, dx, vocab_size) / ids.shape[1]


@embedding_backward.misconception(
    "You divide by the number of tokens. The loss has been divided already, and dx knows it."
)
def divided_by_tokens(ids, dx, vocab_size):
    return embedding_backward(ids, dx, vocab_size) / ids.size


@embedding_backward.misconception(
    "Only the last time step reaches your table. The same table was used at every step, so every "
    "step has a share in its gradient."
)
def last_step_only(ids, dx, vocab_size):
    return embedding_backward(ids[-1:], dx[-1:], vocab_size)


@embedding_backward.misconception(
    "Only the first row of the batch reaches your table. All N rows looked up words in it."
)
def first_row_only(ids, dx, vocab_size):
    return embedding_backward(ids[:, :1], dx[:, :1], vocab_size)


@embedding_backward.misconception(
    "Your ids and your gradients are laid out in different orders: one step after the other here, "
    "one row of the batch after the other there. dx[t, n] belongs to ids[t, n]."
)
def orders_mixed(ids, dx, vocab_size):
    return embedding_backward(ids.T.reshape(ids.shape), dx, vocab_size)


@embedding_backward.misconception(
    "Your gradients arrive one step late, at the word that followed. dx[t] belongs to the words "
    "that were read at step t."
)
def one_step_late(ids, dx, vocab_size):
    return embedding_backward(ids[1:], dx[:-1], vocab_size)


@embedding_backward.misconception(
    "Your table has the opposite sign. This is the gradient; that descent goes against it is the "
    "optimizer's business."
)
def sign_turned(ids, dx, vocab_size):
    return -embedding_backward(ids, dx, vocab_size)


@embedding_backward.misconception(
    "Your table has features for rows and words for columns. The table that was looked up has a "
    "row for each word, and its gradient has the same shape."
)
def table_transposed(ids, dx, vocab_size):
    return embedding_backward(ids, dx, vocab_size).T


@embedding_backward.misconception(
    "Your result has rows for the words that occur, and none for the others. The gradient has the "
    "shape of the whole table; a word that was not used gets zeros."
)
def used_rows_only(ids, dx, vocab_size):
    return embedding_backward(ids, dx, vocab_size)[np.unique(ids)]


@embedding_backward.misconception(
    "All D entries of a row are the same in your table: dx was summed over its features on the "
    "way. Each feature has a gradient of its own."
)
def features_summed(ids, dx, vocab_size):
    dE = embedding_backward(ids, dx, vocab_size)
    return dE * 0 + dE.sum(axis=1, keepdims=True)


# Cross entropy


def log_probs_and_target(logits, targets, axis=-1):
    """The log-probabilities (T, N, V), and that of each target (T, N)."""
    log_probs = log_softmax(logits, axis=axis)
    return log_probs, np.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]


def minus_one_hot(p, targets):
    return p - one_hot(targets, p.shape[-1], dtype=p.dtype)


@cross_entropy.misconception(
    "Your loss is a sum over all tokens. As a mean it does not depend on how many there are, and "
    "neither does the learning rate that goes with it."
)
def sum_for_mean(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return loss * targets.size, dlogits * dlogits.dtype.type(targets.size)


@cross_entropy.misconception(
    "Your loss is right, and your gradient is that of the sum of the losses. The loss is their "
    "mean: how large is the share of one token in it?"
)
def gradient_of_the_sum(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return loss, dlogits * dlogits.dtype.type(targets.size)


@cross_entropy.misconception(
    "Your loss is right, but the gradient is divided by the number of rows N only. The mean runs "
    "over all T * N tokens."
)
def gradient_divided_by_rows(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return loss, dlogits * dlogits.dtype.type(len(targets))


@cross_entropy.misconception(
    "You add up over the time steps and take the mean over the batch only. Here the mean runs over "
    "all T * N tokens, so that the loss of a longer piece of text is not a larger number."
)
def summed_over_time(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return loss * len(targets), dlogits * dlogits.dtype.type(len(targets))


@cross_entropy.misconception(
    "You divide by the number of all scores, T * N * V. One loss belongs to one token, however "
    "large the vocabulary is."
)
def divided_by_scores(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    V = logits.shape[-1]
    return loss / V, dlogits / V


@cross_entropy.misconception(
    "Your loss is right, and your gradient is the probabilities themselves. At the target one more "
    "thing happens: raising that score lowers the loss."
)
def target_not_taken_away(logits, targets):
    loss, _ = cross_entropy(logits, targets)
    return loss, softmax(logits) / targets.size


@cross_entropy.misconception(
    "Your loss is right, but your gradient points the other way: y - p. A score that is too high "
    "must have a positive gradient, so that descent lowers it."
)
def gradient_sign_turned(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return loss, -dlogits


@cross_entropy.misconception(
    "Your loss is right. From the gradient you take 1 away at the target, but from the scores: the "
    "softmax is missing there."
)
def softmax_left_out_of_gradient(logits, targets):
    loss, _ = cross_entropy(logits, targets)
    return loss, minus_one_hot(logits, targets) / targets.size


@cross_entropy.misconception(
    "Your log-probabilities are right, but what you average has the wrong sign. A probability is "
    "at most 1, so its logarithm is at most 0; a loss is at least 0."
)
def loss_negative(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return -loss, dlogits


@cross_entropy.misconception(
    "Your softmax runs over the batch: the scores of one word in all rows sum to 1. It is the "
    "words that compete, along the last axis."
)
def softmax_over_rows(logits, targets):
    log_probs, picked = log_probs_and_target(logits, targets, axis=1)
    return -picked.mean(), minus_one_hot(np.exp(log_probs), targets) / targets.size


@cross_entropy.misconception(
    "Your softmax runs over time: the scores of one word at all steps sum to 1. It is the words "
    "that compete, along the last axis."
)
def softmax_over_time(logits, targets):
    log_probs, picked = log_probs_and_target(logits, targets, axis=0)
    return -picked.mean(), minus_one_hot(np.exp(log_probs), targets) / targets.size


@cross_entropy.misconception(
    "Your loss is in bits, with the logarithm to base 2. This course uses nats, the natural "
    "logarithm: then the gradient is p - y without a factor."
)
def loss_in_bits(logits, targets):
    loss, dlogits = cross_entropy(logits, targets)
    return loss / np.log(2), dlogits


@cross_entropy.misconception(
    "Your formulas are right, but the exponential of a large score is too large for any float. "
    "Only differences between scores matter: what can you subtract from a whole row beforehand?"
)
def exponential_overflows(logits, targets):
    e = np.exp(logits)
    p = e / e.sum(axis=-1, keepdims=True)
    picked = np.take_along_axis(p, targets[..., None], axis=-1)
    return -np.log(picked).mean(), minus_one_hot(p, targets) / targets.size


@cross_entropy.misconception(
    "You subtract one maximum, that of the whole array. In a row whose scores lie far below it all "
    "exponentials become 0, and 0 / 0 is not a number. Each row has a maximum of its own."
)
def one_maximum_for_all_rows(logits, targets):
    return exponential_overflows(logits - logits.max(), targets)


@cross_entropy.misconception(
    "Your softmax is safe, but you take the logarithm of its probabilities, and an unlikely word's "
    "may have become 0. Simplify log(exp(a) / sum) on paper first: then no logarithm of a small "
    "number is left."
)
def logarithm_of_zero(logits, targets):
    _, dlogits = cross_entropy(logits, targets)
    p = np.take_along_axis(softmax(logits), targets[..., None], axis=-1)
    return -np.log(p).mean(), dlogits


@cross_entropy.misconception(
    "You add 1e-7 inside the logarithm. That keeps it finite, but the loss of an unlikely word is "
    "then cut off at 16, however wrong the model is. There is a way to the logarithm that needs no "
    "such number: simplify log(exp(a) / sum) first."
)
def small_number_in_the_log(logits, targets):
    _, dlogits = cross_entropy(logits, targets)
    p = np.take_along_axis(softmax(logits), targets[..., None], axis=-1)
    return -np.log(p + p.dtype.type(1e-7)).mean(), dlogits


@cross_entropy.misconception(
    "You average the probabilities of the targets and take the logarithm afterwards. The loss is "
    "the mean of the logarithms, which is what makes a single bad miss expensive."
)
def log_of_the_mean(logits, targets):
    _, dlogits = cross_entropy(logits, targets)
    p = np.take_along_axis(softmax(logits), targets[..., None], axis=-1)
    return -np.log(p.mean()), dlogits


# Perplexity


@perplexity.misconception(
    "You take the mean of the batches' mean losses. A token in a short batch then counts more than "
    "one in a long batch."
)
def mean_of_batch_means(losses):
    return np.exp(np.mean([batch.mean() for batch in losses]))


@perplexity.misconception(
    "You take a perplexity of each batch and then their mean. The exponential has to come last: "
    "the mean of exponentials is larger than the exponential of the mean, and one hard batch "
    "outweighs the rest."
)
def mean_of_batch_perplexities(losses):
    return np.mean([np.exp(batch.mean()) for batch in losses])


@perplexity.misconception(
    "You take the exponential of each token's loss and then the mean. The exponential has to come "
    "last, once."
)
def mean_of_token_perplexities(losses):
    return np.mean(np.concatenate([np.exp(batch).ravel() for batch in losses]))


@perplexity.misconception(
    "You have the mean loss, in nats. One step is missing, the one that turns it into a number of "
    "choices."
)
def exponential_left_out(losses):
    return np.log(perplexity(losses))


@perplexity.misconception(
    "You raise 2 to the mean loss. That fits losses in bits; these are in nats."
)
def power_of_two(losses):
    return 2 ** np.log(perplexity(losses))


@perplexity.misconception(
    "Your number is below 1: it is the (geometric) mean probability of a word. Perplexity is one "
    "over that."
)
def sign_of_the_exponent(losses):
    return 1 / perplexity(losses)


@perplexity.misconception(
    "You weight batches by their time steps, and leave the rest of their shape out of the count: "
    "a batch (T, N) holds T * N tokens."
)
def counted_in_steps(losses):
    return np.exp(sum(batch.sum() for batch in losses) / sum(len(batch) for batch in losses))


@perplexity.misconception(
    "Your sum of losses is divided by the number of batches. The mean is one over tokens."
)
def divided_by_batches(losses):
    return np.exp(sum(batch.sum() for batch in losses) / len(losses))


@perplexity.misconception("The last batch is missing: it is shorter, but its tokens count too.")
def last_batch_left_out(losses):
    return perplexity(losses[:-1])


@perplexity.misconception(
    "Your count takes every batch to be as large as the first one. The last is shorter."
)
def batches_taken_for_equal(losses):
    return np.exp(sum(batch.sum() for batch in losses) / (len(losses) * losses[0].size))


@perplexity.misconception(
    "This is the perplexity of the last batch alone. Is something overwritten inside your loop?"
)
def last_batch_only(losses):
    return perplexity(losses[-1:])


@perplexity.misconception(
    "You take the median of the losses. Perplexity is about the mean: rare words that cost a lot "
    "have to be felt."
)
def median_for_mean(losses):
    return np.exp(np.median(np.concatenate([batch.ravel() for batch in losses])))


# Reading piece by piece


def token_loss(logits, targets, axis=-1):
    return -log_probs_and_target(logits, targets, axis)[1]


def read_with(starts_from=lambda after: after[-1], loss_of=token_loss):
    """`token_losses` with another state before each piece, or another loss.

    Args:
        starts_from: takes the states (h, c) after the pieces so far, the empty one first, and
            returns the one to start from.
        loss_of: takes logits and targets of a piece.
    """

    def read(params, inputs, targets, seq_len):
        E, Wx, Wh, b = (params[name] for name in ("embedding.W", "rnn.0.Wx", "rnn.0.Wh", "rnn.0.b"))
        empty = np.zeros((inputs.shape[1], len(Wh)), dtype=Wh.dtype)
        after, losses = [(empty, empty)], []
        for start in range(0, len(inputs), seq_len):
            h, c = starts_from(after)
            hs = []
            for ids_t in inputs[start : start + seq_len]:
                h, c, _ = lstm_step(E[ids_t], h, c, Wx, Wh, b)
                hs.append(h)
            after.append((h, c))
            logits = np.stack(hs) @ params["output.W"] + params["output.b"]
            losses.append(loss_of(logits, targets[start : start + seq_len]))
        return np.concatenate(losses)

    return read


token_losses.misconception(
    "Every piece of yours starts from an empty state, as if a new text began there. What the piece "
    "before left in h and c is where the next one has to start.",
    name="state_reset_for_each_piece",
)(read_with(lambda after: after[0]))

token_losses.misconception(
    "The memory cell is emptied at the beginning of each piece, and the hidden state is carried. "
    "An LSTM has two states, and both have to go on.",
    name="memory_cell_reset",
)(read_with(lambda after: (after[-1][0], after[0][1])))

token_losses.misconception(
    "The hidden state is emptied at the beginning of each piece, and the memory cell is carried. "
    "An LSTM has two states, and both have to go on.",
    name="hidden_state_reset",
)(read_with(lambda after: (after[0][0], after[-1][1])))

token_losses.misconception(
    "From the second piece on, all of yours start from the state after the first one. Each has to "
    "start where the one right before it stopped.",
    name="state_of_the_first_piece",
)(read_with(lambda after: after[min(len(after) - 1, 1)]))

token_losses.misconception(
    "The state is one piece behind: the second piece starts from an empty state, the third from "
    "the state after the first.",
    name="state_one_piece_late",
)(read_with(lambda after: after[max(len(after) - 2, 0)]))

token_losses.misconception(
    "h and c have changed places at the edges of the pieces. Which comes first in what lstm_step "
    "takes and returns?",
    name="states_exchanged",
)(read_with(lambda after: after[-1][::-1]))


@token_losses.misconception(
    "Every step of yours starts from an empty state, so the model knows the last word alone."
)
def state_reset_for_each_step(params, inputs, targets, seq_len):
    return read_with(lambda after: after[0])(params, inputs, targets, 1)


@token_losses.misconception(
    "The losses of the last piece are missing: it is shorter than the others, but its tokens are "
    "part of the text."
)
def last_piece_left_out(params, inputs, targets, seq_len):
    full = (len(inputs) - 1) // seq_len * seq_len
    return token_losses(params, inputs[:full], targets[:full], seq_len)


@token_losses.misconception(
    "These are the losses of the words that the model has just read. It is to predict the word "
    "after each."
)
def inputs_for_targets(params, inputs, targets, seq_len):
    return token_losses(params, inputs, inputs, seq_len)


@token_losses.misconception("These are log-probabilities, at most 0. A loss is minus that.")
def sign_left_out(params, inputs, targets, seq_len):
    return -token_losses(params, inputs, targets, seq_len)


@token_losses.misconception(
    "These are the probabilities of the targets. The loss is minus their logarithm."
)
def probabilities_for_losses(params, inputs, targets, seq_len):
    return np.exp(-token_losses(params, inputs, targets, seq_len))


@token_losses.misconception("Your scores come without the bias output.b.")
def output_bias_left_out(params, inputs, targets, seq_len):
    return token_losses(params | {"output.b": 0 * params["output.b"]}, inputs, targets, seq_len)


token_losses.misconception(
    "These are scores with the sign turned: the softmax is missing between the logits and the "
    "loss.",
    name="softmax_left_out_of_losses",
)(read_with(loss_of=lambda a, y: -np.take_along_axis(a, y[..., None], axis=-1)[..., 0]))

token_losses.misconception(
    "Your softmax runs over the rows of the batch. It is the words that compete, along the last "
    "axis.",
    name="losses_over_rows",
)(read_with(loss_of=lambda a, y: token_loss(a, y, axis=1)))

token_losses.misconception(
    "All tokens of a piece have the same loss in your result, the mean of the piece. Keep the loss "
    "of each token.",
    name="mean_of_each_piece",
)(read_with(loss_of=lambda a, y: np.full_like(token_loss(a, y), token_loss(a, y).mean())))


# Sampling


def draw(probs, rng):
    ends = np.cumsum(probs)
    return np.searchsorted(ends, rng.random() * ends[-1], side="right")


@sample_next.misconception("You draw as if the temperature were 1. Where should it come in?")
def temperature_left_out(logits, temperature, rng):
    return draw(softmax(logits), rng)


@sample_next.misconception(
    "Your temperature works the wrong way round: a high one makes the best word more certain. It "
    "divides the scores."
)
def temperature_multiplies(logits, temperature, rng):
    return draw(softmax(logits * temperature), rng)


@sample_next.misconception(
    "You divide the probabilities by the temperature. They then no longer sum to 1, and what you "
    "draw is off. The scores are what is divided, before the softmax."
)
def temperature_divides_probabilities(logits, temperature, rng):
    ends = np.cumsum(softmax(logits) / temperature)
    return np.searchsorted(ends, rng.random(), side="right")


@sample_next.misconception("You divide by the temperature twice.")
def temperature_twice(logits, temperature, rng):
    return draw(softmax(logits / temperature**2), rng)


@sample_next.misconception(
    "You always take the best word. That is greedy decoding; here a word with half the probability "
    "is to come half as often, so chance has to decide."
)
def best_word_always(logits, temperature, rng):
    return np.argmax(logits)


@sample_next.misconception(
    "Every word is equally likely in your draw. The probabilities from the softmax have to have a "
    "say in it."
)
def all_words_alike(logits, temperature, rng):
    return rng.integers(len(logits))


@sample_next.misconception(
    "You make a generator of your own, so the one that was passed in has no say. Then nobody can "
    "repeat your draw, and every call of yours may draw the same number: use rng."
)
def generator_of_its_own(logits, temperature, rng):
    return draw(softmax(logits / temperature), np.random.default_rng(0))


@sample_next.misconception(
    "Your id is one too high. np.cumsum begins with the first probability, not with 0: as many "
    "ends as lie below the number drawn, so many words come before the one you want."
)
def one_too_high(logits, temperature, rng):
    return draw(softmax(logits / temperature), rng) + 1


@sample_next.misconception(
    "Your id is one too low. np.cumsum begins with the first probability, not with 0: where no end "
    "lies below the number drawn, the word is word 0."
)
def one_too_low(logits, temperature, rng):
    return draw(softmax(logits / temperature), rng) - 1


@sample_next.misconception(
    "You sorted the probabilities and return the place in the sorted list. Which word stands there?"
)
def rank_for_id(logits, temperature, rng):
    return draw(np.sort(softmax(logits / temperature))[::-1], rng)


@sample_next.misconception(
    "Your draw prefers the words with the lowest scores: a sign is turned before the exponential."
)
def scores_turned(logits, temperature, rng):
    return draw(softmax(-logits / temperature), rng)


@sample_next.misconception(
    "You draw from the scores, shifted to be positive and divided by their sum. Scores become "
    "probabilities by way of the softmax."
)
def softmax_left_out_of_draw(logits, temperature, rng):
    shifted = logits / temperature - (logits / temperature).min()
    return draw(shifted / shifted.sum(), rng)
