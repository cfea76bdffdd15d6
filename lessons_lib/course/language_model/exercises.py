# mypy: allow-untyped-defs
"""Exercises of lesson 08 and of its companions: both ends of a language model, and its use."""

from typing import Any

import numpy as np

from lessons_lib.cells import lstm_step
from lessons_lib.functions import log_softmax, softmax
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "08_lstm_language_model"
CARRIED_STATE, SAMPLING = "08_carried_state", "08_sampling"

# Fewer ids than tokens, so that ids repeat. In the second V = D, so that a transposed table fits.
EMBEDDING_SIZES = [
    {"T": 4, "N": 3, "V": 7, "D": 2},
    {"T": 3, "N": 2, "V": 5, "D": 5},
    {"T": 3, "N": 3, "V": 4, "D": 3},
    {"T": 6, "N": 1, "V": 5, "D": 3},
]
# The third has equal axes; the last has scores whose exponential is too large for any float.
LOSS_SIZES = [
    {"T": 4, "N": 3, "V": 6, "scale": 2},
    {"T": 3, "N": 2, "V": 4, "scale": 1},
    {"T": 3, "N": 3, "V": 3, "scale": 2},
    {"T": 5, "N": 1, "V": 7, "scale": 1000},
]
# B batches of T steps, the last of them shorter.
PERPLEXITY_SIZES = [
    {"B": 3, "T": 5, "N": 2, "last": 1},
    {"B": 2, "T": 4, "N": 3, "last": 2},
    {"B": 5, "T": 3, "N": 1, "last": 1},
]
# A text of T steps in pieces of seq_len, the last piece shorter in all but the third.
READING_SIZES = [
    {"T": 7, "N": 2, "V": 5, "H": 4, "seq_len": 3},
    {"T": 5, "N": 3, "V": 4, "H": 5, "seq_len": 2},
    {"T": 6, "N": 6, "V": 6, "H": 6, "seq_len": 2},
    {"T": 9, "N": 1, "V": 3, "H": 2, "seq_len": 4},
]
# One draw says little, many say a lot. The first is drawn in float32 too, where a long line of
# probabilities would be rounded a little differently by each right answer. The last two overflow.
SAMPLING_SIZES = [
    {"V": 6, "scale": 1},
    *({"V": 120 + 10 * k, "scale": 1} for k in range(12)),
    {"V": 50, "scale": 1000},
    {"V": 60, "scale": 1000},
]


def make_embedding_case(rng: np.random.Generator, T: int, N: int, V: int, D: int) -> dict[str, Any]:
    ids = rng.integers(1, V, size=(T, N))  # id 0 does not occur
    ids[0, 0] = ids[-1, 0]  # one id at two steps of one row
    ids[0, -1] = ids[0, 0]  # and twice at one step, where there are rows
    return {"ids": ids, "dx": rng.normal(size=(T, N, D)), "vocab_size": V}


def make_loss_case(
    rng: np.random.Generator, T: int, N: int, V: int, scale: int
) -> dict[str, np.ndarray]:
    logits = scale * rng.normal(size=(T, N, V))
    logits[0] += 5 * scale  # at the largest scale too much for exp,
    logits[-1] -= 5 * scale  # and so far below that one maximum of the whole array will not do
    targets = rng.integers(V, size=(T, N))
    targets[0, 0] = logits[0, 0].argmax()  # at the largest scale the others all but vanish,
    lowest = targets[-1, -1] = logits[-1, -1].argmin()
    logits[-1, -1, lowest] -= scale  # and the softmax of this one is 0
    return {"logits": logits, "targets": targets}


def make_perplexity_case(
    rng: np.random.Generator, B: int, T: int, N: int, last: int
) -> dict[str, Any]:
    lengths = [T] * (B - 1) + [last]
    return {"losses": [rng.uniform(0.1, 3, size=(length, N)) for length in lengths]}


def make_reading_case(
    rng: np.random.Generator, T: int, N: int, V: int, H: int, seq_len: int
) -> dict[str, Any]:
    D = H + 1
    params = {
        "embedding.W": rng.normal(size=(V, D)),
        "rnn.0.Wx": rng.normal(size=(D, 4 * H)) / np.sqrt(D),
        "rnn.0.Wh": rng.normal(size=(H, 4 * H)),
        "rnn.0.b": rng.normal(size=4 * H),
        "output.W": 3 * rng.normal(size=(H, V)),
        "output.b": rng.normal(size=V),
    }
    params["rnn.0.b"][H : 2 * H] += 2  # forget gates that keep what was read
    text = rng.integers(V, size=(T + 1, N))
    return {"params": params, "inputs": text[:-1], "targets": text[1:], "seq_len": seq_len}


def make_sampling_case(rng: np.random.Generator, V: int, scale: int) -> dict[str, Any]:
    logits = scale * rng.normal(size=V)
    if scale > 1:
        logits += 5 * scale  # no exponential of these is a float, at any temperature below
        # The draw decides between two tokens in the middle: what is left of an overflow is often
        # the first token or the last.
        logits[V // 2 : V // 2 + 2] = logits.max() + scale + np.array([0.5, 0])
    return {
        "logits": logits,
        # Far from 1, where temperature does nothing.
        "temperature": float(rng.choice([0.5, 0.6, 0.7, 1.6, 2.0])),
        "rng": np.random.default_rng(rng.integers(2**32)),
    }


@exercise(
    lesson=LESSON,
    outputs=[Output("dE", "V D", points=2, about="gradient on the embedding table")],
    make_case=make_embedding_case,
    sizes=EMBEDDING_SIZES,
    hints=[
        "Start with a table of zeros, (V, D), in the dtype of dx. A word that does not occur in "
        "ids keeps its row of zeros.",
        "A word that occurs three times was used three times, and each use sends a gradient back: "
        "its row gets the sum of the three.",
        "A loop over all positions adds each dx[t, n] to the row of ids[t, n]. np.add.at does the "
        "same without a loop.",
    ],
)
def embedding_backward(ids, dx, vocab_size):
    """The gradient on an embedding table.

    Args:
        ids: the tokens whose rows were looked up, integers, (T, N).
        dx: gradient on the rows that were looked up, (T, N, D).
        vocab_size: V, number of rows of the table.

    Returns:
        dE: gradient on the table, (V, D).
    """
    dE = np.zeros((vocab_size, dx.shape[-1]), dtype=dx.dtype)
    np.add.at(dE, ids, dx)  # counts every occurrence, where dE[ids] += dx counts one
    return dE


@exercise(
    lesson=LESSON,
    outputs=[
        Output("loss", "", points=1, about="mean cross entropy"),
        Output("dlogits", "T N V", points=1, about="gradient on the logits"),
    ],
    make_case=make_loss_case,
    sizes=LOSS_SIZES,
    hints=[
        "First the logarithm of the softmax, (T, N, V), without ever taking the logarithm of a "
        "probability: subtract the row's maximum, then the logarithm of the row's sum of "
        "exponentials.",
        "Pick the entry of each target with np.take_along_axis (it wants targets[..., None]), or "
        "with an index for each axis. The loss is minus the mean of what was picked.",
        "The gradient of one row is its softmax with 1 taken away at the target. And the loss is a "
        "mean: each row has only its share in it.",
    ],
)
def cross_entropy(logits, targets):
    """Mean cross entropy of softmax(logits), and its gradient.

    Args:
        logits: scores of all words, (T, N, V); of any size, so nothing may overflow.
        targets: ids of the words that came, integers, (T, N).

    Returns:
        loss, dlogits: the mean over all T * N tokens, one number, in nats; and its gradient on
        the logits, (T, N, V).
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)  # at most 0: exp cannot overflow
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    picked = np.take_along_axis(log_probs, targets[..., None], axis=-1)  # (T, N, 1)
    loss = -picked.mean()

    dlogits = np.exp(log_probs)  # p …
    np.put_along_axis(dlogits, targets[..., None], np.exp(picked) - 1, axis=-1)  # … minus y
    dlogits /= targets.size
    return loss, dlogits


@exercise(
    lesson=LESSON,
    outputs=[Output("result", "", points=1, about="perplexity")],
    make_case=make_perplexity_case,
    sizes=PERPLEXITY_SIZES,
    hints=[
        "Every token counts the same, whatever batch it stands in. So the mean runs over tokens, "
        "and batches do not occur in it.",
        "Two running numbers will do: the sum of all losses, and how many there are.",
        "The exponential comes last, once.",
    ],
)
def perplexity(losses):
    """Perplexity of a text whose losses come in batches.

    Args:
        losses: for each batch the loss of each of its tokens, in nats: a list of arrays (T, N),
            not all of the same T.

    Returns:
        result: the perplexity of the whole text, one number.
    """
    return np.exp(sum(batch.sum() for batch in losses) / sum(batch.size for batch in losses))


by_hand(
    "perplexity_of_four_words",
    lesson=LESSON,
    answer=2.0,
    tolerance=0.005,
    hints=["The product of the four 1 / p comes first, then the root of order four."],
    mistakes={
        2.25: "You took the mean of the four 1 / p. Perplexity is their geometric mean.",
        1.78: "You took one over the mean probability. What is added up are losses.",
        0.69: "That is the mean loss, in nats. One step is missing.",
        0.693: "That is the mean loss, in nats. One step is missing.",
        0.5: "That is the mean of the p, the one that products have. Perplexity is 1 over it.",
        16.0: "That is the product of the four 1 / p. Which root is to be taken?",
    },
)


by_hand(
    "hidden_in_the_mean",
    lesson="08_where_models_differ",
    answer=1.75,
    tolerance=0.005,
    hints=["How much does the mean loss grow? A perplexity is the exponential of a mean loss."],
    mistakes={
        1.74: "You added 9 percent to the perplexity. It is the mean loss to which 0.09 is added.",
        4.35: "You let every word lose a nat. It is nine words in a hundred.",
        1.69: "Perplexities do not add up, losses do: the mean loss grows by 0.09.",
    },
)
by_hand(
    "tempered",
    lesson="08_new_names",
    answer=0.94,
    tolerance=0.005,
    hints=[
        "Dividing the logits by 0.5 squares each probability. Then they are scaled to sum to 1."
    ],
    mistakes={
        0.64: "That is 0.8 squared. The two squares do not sum to 1 yet.",
        0.67: "You took the roots: that is temperature 2.",
        0.8: "That is the probability at temperature 1.",
    },
)
by_hand(
    "found_by_chance",
    lesson="08_looking_inside",
    answer=0.99,
    tolerance=0.006,
    hints=["With which probability does none of the 96 units pass?"],
    mistakes={
        4.8: "That is how many of the 96 are expected to pass. Asked is the probability of any.",
        0.05: "That is the probability for one unit. There are 96 tries.",
    },
)


@exercise(
    lesson=CARRIED_STATE,
    outputs=[Output("losses", "T N", points=2, about="loss of each token")],
    make_case=make_reading_case,
    sizes=READING_SIZES,
    hints=[
        "Compare what you get for pieces of 1 step, of 3, and for the whole text in one piece. The "
        "text is the same, so the losses should be.",
        "At the beginning of the second piece: what do h and c hold, and what should they hold?",
        "The empty state belongs before the first piece, and before no other.",
    ],
)
def token_losses(params, inputs, targets, seq_len):
    """The loss of each token of a text that an LSTM reads piece by piece, with carried state.

    Args:
        params: parameters of a language model with one LSTM layer, named as in LanguageModel:
            "embedding.W" (V, D), "rnn.0.Wx" (D, 4H), "rnn.0.Wh" (H, 4H), "rnn.0.b" (4H,),
            "output.W" (H, V), "output.b" (V,).
        inputs: the tokens that are read, integers, (T, N). Before the first the state is zero.
        targets: the tokens that are to be predicted, integers, (T, N).
        seq_len: steps in each piece; the last piece may be shorter.

    Returns:
        losses: cross entropy of each token, in nats, (T, N).
    """
    E, Wx, Wh, b = (params[name] for name in ("embedding.W", "rnn.0.Wx", "rnn.0.Wh", "rnn.0.b"))
    h = c = np.zeros((inputs.shape[1], len(Wh)), dtype=Wh.dtype)  # once, before the first piece
    losses = []
    for start in range(0, len(inputs), seq_len):
        piece = slice(start, start + seq_len)
        hs = []
        for ids_t in inputs[piece]:
            h, c, _ = lstm_step(E[ids_t], h, c, Wx, Wh, b)
            hs.append(h)
        logits = np.stack(hs) @ params["output.W"] + params["output.b"]  # (t, N, V)
        picked = np.take_along_axis(log_softmax(logits), targets[piece][..., None], axis=-1)
        losses.append(-picked[..., 0])
    return np.concatenate(losses)


@exercise(
    lesson=SAMPLING,
    outputs=[Output("token", "", points=2, about="id of the next word")],
    make_case=make_sampling_case,
    sizes=SAMPLING_SIZES,
    hints=[
        "Three steps: divide the scores by the temperature, turn them into probabilities, draw.",
        "To draw: lay the probabilities end to end, from 0 to 1, and let rng.random() point at a "
        "place on that line. Whose stretch is it?",
        "np.cumsum gives the right-hand ends of the stretches. How many of them lie at or below "
        "the number drawn?",
    ],
)
def sample_next(logits, temperature, rng):
    """Draw the next word.

    Args:
        logits: scores of all words, (V,).
        temperature: above 0; the scores are divided by it.
        rng: a numpy.random.Generator, the source of chance.

    Returns:
        token: the id that was drawn, a whole number from 0 to V - 1.
    """
    probs = softmax(logits / temperature)
    ends = np.cumsum(probs)  # ends[k]: probability of the ids 0 … k together
    # Scaling by the last end, which rounding may leave off 1, keeps the id below V.
    return np.searchsorted(ends, rng.random() * ends[-1], side="right")


# Other right ways to draw from the same distribution with the same generator.


@sample_next.alternative
def draw_from_the_other_end(logits, temperature, rng):
    probs = softmax(logits / temperature)
    return np.searchsorted(np.cumsum(probs), (1 - rng.random()) * probs.sum(), side="left")


@sample_next.alternative
def draw_best_first(logits, temperature, rng):
    probs = softmax(logits / temperature)
    best_first = np.argsort(-probs)
    ends = np.cumsum(probs[best_first])
    return best_first[np.searchsorted(ends, rng.random() * ends[-1], side="right")]


@sample_next.alternative
def draw_by_gumbel_noise(logits, temperature, rng):
    return np.argmax(logits / temperature + rng.gumbel(size=len(logits)))


@sample_next.alternative
def draw_by_gumbel_noise_of_ones_own(logits, temperature, rng):
    return np.argmax(logits / temperature - np.log(-np.log(rng.random(len(logits)))))


@sample_next.alternative
def draw_by_exponential_race(logits, temperature, rng):
    return np.argmin(np.log(rng.exponential(size=len(logits))) - logits / temperature)


@sample_next.alternative
def draw_by_multinomial(logits, temperature, rng):
    probs = softmax(logits.astype(np.float64) / temperature)
    return np.argmax(rng.multinomial(1, probs / probs.sum()))
