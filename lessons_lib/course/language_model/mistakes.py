# mypy: allow-untyped-defs
"""Wrong versions of lesson 08's exercises, each with what to tell who wrote one like it."""

import numpy as np

from lessons_lib.course.language_model.exercises import (
    cross_entropy,
    embedding_backward,
    perplexity,
    sample_next,
    token_losses,
)
from lessons_lib.functions import one_hot

# Embedding

embedding_backward.mistake(
    "repeats_counted_once",
    "Where a word occurs several times, only one of its gradients arrives in your table. NumPy's "
    "dE[ids] += dx reads all the old rows first and writes afterwards, so that later writes undo "
    "earlier ones.",
    "np.add.at(dE, ids, dx)",
    "dE[ids] += dx",
)
embedding_backward.mistake(
    "repeats_within_a_step_counted_once",
    "Going step by step is right, and each step adds to the steps before. But where two rows of "
    "the batch read the same word at one step, dE[ids[t]] += dx[t] counts one of them only.",
    "np.add.at(dE, ids, dx)",
    "for t in range(len(ids)): dE[ids[t]] += dx[t]",
)
embedding_backward.mistake(
    "mean_over_occurrences",
    "You divide each row by how often its word occurs. The gradients of all uses add up; whatever "
    "mean there is has been taken in the loss already.",
    "return dE",
    "return dE / np.maximum(1, np.bincount(ids.ravel(), minlength=vocab_size))[:, None]",
)


# Cross entropy

cross_entropy.mistake(
    "gradient_of_the_sum",
    "Your loss is right, and your gradient is that of the sum of the losses. The loss is their "
    "mean: how large is the share of one token in it?",
    "    dlogits /= targets.size\n",
    "",
)
cross_entropy.mistake(
    "target_not_taken_away",
    "Your loss is right, and your gradient is the probabilities themselves. At the target one more "
    "thing happens: raising that score lowers the loss.",
    "np.exp(picked) - 1",
    "np.exp(picked)",
)
cross_entropy.mistake(
    "logarithm_of_zero",
    "Your softmax is safe, but you take the logarithm of its probabilities, and an unlikely word's "
    "may have become 0. Simplify log(exp(a) / sum) on paper first: then no logarithm of a small "
    "number is left.",
    "-picked.mean()",
    "-np.log(np.exp(picked)).mean()",
)
cross_entropy.mistake(
    "small_number_in_the_log",
    "You add 1e-7 inside the logarithm. That keeps it finite, but the loss of an unlikely word is "
    "then cut off at 16, however wrong the model is. There is a way to the logarithm that needs no "
    "such number: simplify log(exp(a) / sum) first.",
    "-picked.mean()",
    "-np.log(np.exp(picked) + 1e-7).mean()",
)
cross_entropy.mistake(
    "sum_for_mean",
    "Your loss is a sum over all tokens. As a mean it does not depend on how many there are, and "
    "neither does the learning rate that goes with it.",
    """dlogits /= targets.size
    return loss, dlogits""",
    "return loss * targets.size, dlogits",
)
cross_entropy.mistake(
    "softmax_over_rows",
    "Your softmax runs over the batch: the scores of one word in all rows sum to 1. It is the "
    "words that compete, along the last axis.",
    "shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
    "logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)",
)


@cross_entropy.misconception(
    "Your formulas are right, but the exponential of a large score is too large for any float. "
    "Only differences between scores matter: what can you subtract from a whole row beforehand?"
)
def exponential_overflows(logits, targets):
    e = np.exp(logits)
    p = e / e.sum(axis=-1, keepdims=True)
    picked = np.take_along_axis(p, targets[..., None], axis=-1)
    return -np.log(picked).mean(), (p - one_hot(targets, p.shape[-1], dtype=p.dtype)) / targets.size


@cross_entropy.misconception(
    "You subtract one maximum, that of the whole array. In a row whose scores lie far below it all "
    "exponentials become 0, and 0 / 0 is not a number. Each row has a maximum of its own."
)
def one_maximum_for_all_rows(logits, targets):
    return exponential_overflows(logits - logits.max(), targets)


ONE_MAXIMUM = (
    "You subtract one maximum, that of the whole array. In a row whose scores lie far below it all "
    "exponentials become 0, and so does the sum in your logarithm. Each row has its own maximum."
)
SUM_ALONE = (
    "In your loss the maximum is taken from the scores in the sum, but not from that of the "
    "target. Both stand in one difference, so what is taken from the one is taken from the other."
)
cross_entropy.mistake(
    "one_maximum_in_log_probs", ONE_MAXIMUM, "logits.max(axis=-1, keepdims=True)", "logits.max()"
)
cross_entropy.mistake("log_probs_without_maximum", SUM_ALONE, "shifted - np.log", "logits - np.log")


@cross_entropy.misconception(ONE_MAXIMUM)
def one_maximum_in_the_logarithm(logits, targets):
    shifted = logits - logits.max()
    log_sum = np.log(np.exp(shifted).sum(axis=-1))
    loss = (log_sum - np.take_along_axis(shifted, targets[..., None], axis=-1)[..., 0]).mean()
    return loss, exponential_overflows(shifted, targets)[1]


@cross_entropy.misconception(SUM_ALONE)
def maximum_taken_from_the_sum_alone(logits, targets):
    top = logits.max(axis=-1, keepdims=True)
    loss, dlogits = cross_entropy(logits, targets)
    return loss - top.mean(), dlogits


# Perplexity

perplexity.mistake(
    "exponential_left_out",
    "You have the mean loss, in nats. One step is missing, the one that turns it into a number of "
    "choices.",
    "np.exp(",
    "(",
)
perplexity.mistake(
    "power_of_two",
    "You raise 2 to the mean loss. That fits losses in bits; these are in nats.",
    "np.exp(",
    "2 ** (",
)
perplexity.mistake(
    "divided_by_batches",
    "Your sum of losses is divided by the number of batches. The mean is one over tokens.",
    "sum(batch.size for batch in losses)",
    "len(losses)",
)
perplexity.mistake(
    "mean_of_batch_means",
    "You take the mean of the batches' mean losses. A token in a short batch then counts more than "
    "one in a long batch.",
    "sum(batch.sum() for batch in losses) / sum(batch.size for batch in losses)",
    "np.mean([batch.mean() for batch in losses])",
)
perplexity.mistake(
    "mean_of_batch_perplexities",
    "You take a perplexity of each batch and then their mean. The exponential has to come last: "
    "the mean of exponentials is larger than the exponential of the mean, and one hard batch "
    "outweighs the rest.",
    "np.exp(sum(batch.sum() for batch in losses) / sum(batch.size for batch in losses))",
    "np.mean([np.exp(batch.mean()) for batch in losses])",
)
perplexity.mistake(
    "mean_of_token_perplexities",
    "You take the exponential of each token's loss and then the mean. The exponential has to come "
    "last, once.",
    "np.exp(sum(batch.sum() for batch in losses) / ",
    "(sum(np.exp(batch).sum() for batch in losses) / ",
)


# Reading piece by piece

token_losses.mistake(
    "state_reset_for_each_piece",
    "Every piece of yours starts from an empty state, as if a new text began there. What the piece "
    "before left in h and c is where the next one has to start.",
    "hs = []",
    "hs, h, c = [], 0 * h, 0 * c",
)
token_losses.mistake(
    "memory_cell_reset",
    "The memory cell is emptied at the beginning of each piece, and the hidden state is carried. "
    "An LSTM has two states, and both have to go on.",
    "hs = []",
    "hs, c = [], 0 * c",
)
token_losses.mistake(
    "state_reset_for_each_step",
    "Every step of yours starts from an empty state, so the model knows the last word alone.",
    "lstm_step(E[ids_t], h, c,",
    "lstm_step(E[ids_t], 0 * h, 0 * c,",
)
token_losses.mistake(
    "last_piece_left_out",
    "The losses of the last piece are missing: it is shorter than the others, but its tokens are "
    "part of the text.",
    "range(0, len(inputs), seq_len)",
    "range(0, len(inputs) // seq_len * seq_len, seq_len)",
)
token_losses.mistake(
    "inputs_for_targets",
    "These are the losses of the words that the model has just read. It is to predict the word "
    "after each.",
    "targets[piece]",
    "inputs[piece]",
)
token_losses.mistake(
    "output_bias_left_out",
    "Your scores come without the bias output.b.",
    ' + params["output.b"]',
    "",
)


# Sampling

sample_next.mistake(
    "temperature_left_out",
    "You draw as if the temperature were 1. Where should it come in?",
    "logits / temperature",
    "logits",
)
sample_next.mistake(
    "temperature_multiplies",
    "Your temperature works the wrong way round: a high one makes the best word more certain. It "
    "divides the scores.",
    "logits / temperature",
    "logits * temperature",
)
sample_next.mistake(
    "generator_of_its_own",
    "You make a generator of your own, so the one that was passed in has no say. Then nobody can "
    "repeat your draw, and every call of yours may draw the same number: use rng.",
    "rng.random() *",
    "np.random.default_rng(0).random() *",
)
sample_next.mistake(
    "one_too_high",
    "Your id is one too high. np.cumsum begins with the first probability, not with 0: as many "
    "ends as lie below the number drawn, so many words come before the one you want.",
    'side="right")',
    'side="right") + 1',
)
sample_next.mistake(
    "temperature_divides_probabilities",
    "You divide the probabilities by the temperature. They then no longer sum to 1, and what you "
    "draw is off. The scores are what is divided, before the softmax.",
    "return np.searchsorted(ends, rng.random() * ends[-1]",
    """ends = np.cumsum(softmax(logits) / temperature)
    return np.searchsorted(ends, rng.random()""",
)


@sample_next.misconception(
    "Your formulas are right, but the exponential of a large score is too large for any float. "
    "Only differences between scores matter: what can you subtract from all of them beforehand?"
)
def draw_overflows(logits, temperature, rng):
    e = np.exp(logits / temperature)
    return np.argmax(np.cumsum(e / e.sum()) > rng.random())


sample_next.mistake(
    "best_word_always",
    "You always take the best word. That is greedy decoding; here a word with half the probability "
    "is to come half as often, so chance has to decide.",
    'np.searchsorted(ends, rng.random() * ends[-1], side="right")',
    "np.argmax(logits)",
)
sample_next.mistake(
    "rank_for_id",
    "You sorted the probabilities and return the place in the sorted list. Which word stands "
    "there?",
    "np.cumsum(probs)",
    "np.cumsum(np.sort(probs)[::-1])",
)
