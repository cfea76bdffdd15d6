# mypy: allow-untyped-defs
"""Exercises of lesson 09 and of its companions: layers, dropout, tied weights, learning rate."""

from typing import Any

import numpy as np

from lessons_lib.cells import lstm_step
from lessons_lib.course.shared.cases import rnn_weights
from lessons_lib.grading import Output, by_hand, exercise

LESSON = "09_better_language_model"
LAYERS, MASKS, STEPS = "09_stacked_layers", "09_same_mask", "09_step_sizes"

# The first case gives every axis a length of its own. Later ones: D = H, so that layers can be
# mixed up without an error; a single layer; a single row.
STACK_SIZES = [
    {"T": 4, "N": 3, "D": 2, "H": 5, "L": 2},
    {"T": 3, "N": 2, "D": 4, "H": 4, "L": 3},
    {"T": 5, "N": 1, "D": 3, "H": 2, "L": 2},
    {"T": 3, "N": 2, "D": 3, "H": 4, "L": 1},
]
DROPOUT_SIZES = [
    {"T": 6, "N": 3, "H": 8, "train": True},
    {"T": 4, "N": 3, "H": 5, "train": False},
    {"T": 5, "N": 4, "H": 7, "train": True},
    {"T": 4, "N": 4, "H": 4, "train": True},
]
# Long enough for masks over steps, over rows and over units to differ.
SAME_MASK_SIZES = [
    {"T": 9, "N": 8, "H": 10},
    {"T": 8, "N": 8, "H": 8},
    {"T": 12, "N": 7, "H": 6},
    {"T": 6, "N": 1, "H": 20},
]
# T * N is larger than V, so that some word occurs twice. In the second V = D, so that transposed
# results fit.
TIED_SIZES = [
    {"T": 4, "N": 3, "V": 7, "D": 5},
    {"T": 3, "N": 2, "V": 4, "D": 4},
    {"T": 5, "N": 1, "V": 4, "D": 3},
    {"T": 2, "N": 4, "V": 6, "D": 3},
]
PLATEAU_SIZES = [{"K": 9, "factor": 4}, {"K": 9, "factor": 2}, {"K": 12, "factor": 10}]


def make_stack_case(
    rng: np.random.Generator, T: int, N: int, D: int, H: int, L: int
) -> dict[str, Any]:
    layers = [rnn_weights(rng, size, H, gates=4) for size in [D] + [H] * (L - 1)]
    return {
        "x": rng.normal(size=(T, N, D)),
        "h0": rng.uniform(-1, 1, size=(L, N, H)),
        "c0": rng.normal(size=(L, N, H)),
        "layers": layers,
    }


def make_dropout_case(
    rng: np.random.Generator, T: int, N: int, H: int, train: bool
) -> dict[str, Any]:
    x = rng.normal(size=(T, N, H))
    # Far from 1/2, where keeping and dropping are alike.
    return {"x": x, "p": float(rng.uniform(0.2, 0.4)), "rng": rng, "train": train}


def make_same_mask_case(rng: np.random.Generator, T: int, N: int, H: int) -> dict[str, Any]:
    return {"x": rng.normal(size=(T, N, H)), "p": float(rng.uniform(0.2, 0.4)), "rng": rng}


def make_tied_case(rng: np.random.Generator, T: int, N: int, V: int, D: int) -> dict[str, Any]:
    return {
        "ids": rng.integers(V, size=(T, N)),
        "dx": rng.normal(size=(T, N, D)),
        "hs": rng.uniform(-1, 1, size=(T, N, D)),
        "dlogits": rng.normal(size=(T, N, V)),
    }


def make_plateau_case(rng: np.random.Generator, K: int, factor: int) -> dict[str, Any]:
    """Perplexities that fall, rise, come back half way, reach a new best, stay there, and so on."""
    size = rng.uniform(1, 5, size=K)
    start = rng.uniform(100, 200)
    valid = [start, start - 10]
    valid += [valid[1] + 2 * size[0], valid[1] + size[0]]  # worse; better than that, but no record
    valid += [valid[1] - size[1]]  # a record
    valid += [valid[4], valid[4] + size[2]]  # a tie, and worse
    valid += [valid[4] - size[3]]  # a record
    while len(valid) < K:
        valid.append(valid[-1] + rng.uniform(-5, 5))
    return {"lr": float(rng.uniform(5, 20)), "valid": [float(v) for v in valid], "factor": factor}


@exercise(
    lesson=LAYERS,
    outputs=[
        Output("hs", "T N H", points=1, about="hidden states of the top layer"),
        Output("h", "L N H", points=0.5, about="last hidden state of each layer"),
        Output("c", "L N H", points=0.5, about="last memory cell of each layer"),
    ],
    make_case=make_stack_case,
    sizes=STACK_SIZES,
    hints=[
        "Two loops: one over the layers, and in it one over the time steps. Write the inner one "
        "first: it is the lstm_unroll of lesson 05.",
        "What the first layer reads is x. What does the second layer read? At each step something "
        "leaves the layer below: which of the two states?",
        "After each layer: stack its hidden states to one (T, N, H) array and let that be the "
        "input of the layer above; keep its last h and last c in two lists.",
    ],
)
def stacked_lstm(x, h0, c0, layers):
    """Several LSTM layers on top of one another, over a whole sequence.

    Args:
        x: inputs of the first layer, (T, N, D).
        h0: hidden state of each layer before the first step, (L, N, H).
        c0: memory cell of each layer before the first step, (L, N, H).
        layers: L dicts, from the bottom up, with the weights "Wx" (D, 4H), in the upper layers
            (H, 4H), "Wh" (H, 4H) and "b" (4H,).

    Returns:
        hs, h, c: the hidden state of the top layer at every step (T, N, H), and the hidden state
        and the memory cell of each layer after the last step, each (L, N, H).
    """
    inputs = x
    last_h, last_c = [], []
    for weights, h, c in zip(layers, h0, c0, strict=True):
        hs = []
        for x_t in inputs:
            h, c, _ = lstm_step(x_t, h, c, weights["Wx"], weights["Wh"], weights["b"])
            hs.append(h)
        inputs = np.stack(hs)  # only h leaves a layer: it is what the layer above reads
        last_h.append(h)
        last_c.append(c)
    return inputs, np.stack(last_h), np.stack(last_c)


by_hand(
    "perplexity_of_bits",
    lesson="09_real_texts",
    answer=4.76,
    tolerance=0.006,
    hints=["How many bits are there altogether, and how many per character?"],
    mistakes={
        2.25: "Those are the bits per character. A perplexity of 2 has one bit.",
        9.49: "You raised e to the bits per character. That goes with nats.",
        5.41: "You took the mean of two perplexities. The mean of the bits comes first.",
    },
)
by_hand(
    "bytes_of_a_prediction",
    lesson="09_three_projects",
    answer=2500,
    tolerance=1,
    hints=["A byte has 8 bits."],
    mistakes={20000: "Those are bits. How many make a byte?", 1250: "A byte has 8 bits, not 16."},
)
by_hand(
    "variance_of_a_mask",
    lesson=LESSON,
    answer=4.0,
    tolerance=0.005,
    hints=["m is 0 or 1 / (1 - p). Which value has its square, and with which probability?"],
    mistakes={
        5.0: "That is the mean of the square. The square of the mean, 1, is to be taken away.",
        0.16: "That is p (1 - p), for a mask of ones and zeros. What is kept is scaled here.",
        0.25: "You have p and 1 - p the wrong way round: p is the probability of dropping.",
        2.0: "That is the standard deviation. The variance is its square.",
    },
)


@exercise(
    lesson=LESSON,
    outputs=[
        Output("out", "T N H", points=1, about="x after dropout", computed_from=("mask",)),
        Output("mask", "T N H", points=1, about="what x was multiplied by"),
    ],
    make_case=make_dropout_case,
    sizes=DROPOUT_SIZES,
    hints=[
        "Draw one number between 0 and 1 for each entry of x: rng.random(x.shape). With which "
        "probability is such a number below p?",
        "An entry is dropped with probability p and multiplied by a factor of 1 or more otherwise, "
        "so that its mean over all masks stays what it was. Which factor?",
        "The comparison gives an array of True and False; .astype(x.dtype) turns it into ones and "
        "zeros of x's own type. Out of training the mask is all ones.",
    ],
)
def dropout_forward(x, p, rng, train):
    """Inverted dropout: drop entries in training, scale the others; do nothing out of training.

    Args:
        x: activations, any shape, here (T, N, H).
        p: probability of dropping an entry, 0 <= p < 1.
        rng: numpy.random.Generator to draw from.
        train: True in training, False in evaluation and when writing text.

    Returns:
        out, mask: the result, and what x was multiplied by (of x's dtype); both of x's shape. The
        backward pass multiplies by the same mask.
    """
    if not train:
        return x, np.ones_like(x)
    kept = rng.random(x.shape) >= p  # True with probability 1 - p
    mask = kept.astype(x.dtype) / (1 - p)
    return x * mask, mask


@exercise(
    lesson=MASKS,
    outputs=[Output("out", "T N H", points=1, about="x after dropout")],
    make_case=make_same_mask_case,
    sizes=SAME_MASK_SIZES,
    hints=[
        "Look at the picture: which entries are zero at step 0, and which at step 1?",
        "How often is the generator asked, and for how many numbers? How many different numbers "
        "does a mask need that holds for all steps?",
        "Draw a mask for one step, of shape (N, H), before anything walks over time. NumPy "
        "multiplies (T, N, H) by (N, H) step by step.",
    ],
)
def same_mask_dropout(x, p, rng):
    """Dropout with one mask for the whole sequence: what is dropped stays dropped at every step.

    Args:
        x: activations, (T, N, H).
        p: probability of dropping a unit, 0 <= p < 1.
        rng: numpy.random.Generator to draw from.

    Returns:
        out: the result, (T, N, H), of x's dtype. Each row of the batch has a mask of its own.
    """
    kept = rng.random(x.shape[1:]) >= p  # (N, H): one draw, whatever T is
    return x * (kept.astype(x.dtype) / (1 - p))


@exercise(
    lesson=LESSON,
    outputs=[Output("dW", "V D", points=2, about="gradient of the shared matrix")],
    make_case=make_tied_case,
    sizes=TIED_SIZES,
    hints=[
        "W is used in two places. Write down the gradient that each place alone would have, as if "
        "there were two matrices: both have the shape (V, D).",
        "Where it is the embedding: row ids[t, n] of W was copied to x[t, n], so dx[t, n] flows "
        "back to that row. The same word can stand in several places (lesson 08).",
        "Where it is the output matrix: logits = hs @ W.T, so each of the V rows collects the "
        "hidden states, weighted by its own column of dlogits. Flatten T and N to one axis first.",
    ],
)
def tied_gradient(ids, dx, hs, dlogits):
    """Gradient of a matrix W that is both the embedding and the output weights.

    In the forward pass x = W[ids] and logits = hs @ W.T + b.

    Args:
        ids: words that were looked up, integers (T, N).
        dx: gradient on the rows that were looked up, (T, N, D).
        hs: hidden states of the last layer, (T, N, D).
        dlogits: gradient on the logits, (T, N, V).

    Returns:
        dW: gradient of W, (V, D).
    """
    V, D = dlogits.shape[-1], hs.shape[-1]
    dW = dlogits.reshape(-1, V).T @ hs.reshape(-1, D)  # from the output
    np.add.at(dW, ids, dx)  # from the embedding; adds for every occurrence of a word
    return dW


@exercise(
    lesson=STEPS,
    outputs=[Output("lrs", "K", points=1, about="learning rate after each epoch")],
    make_case=make_plateau_case,
    sizes=PLATEAU_SIZES,
    hints=[
        "Walk over the epochs with two numbers in hand: the rate as it is now, and the lowest "
        "perplexity seen so far.",
        "Before the first epoch nothing has been seen; np.inf is a lowest value that everything "
        "beats.",
        "In each epoch either there is a new lowest value, which you note, or the rate is divided. "
        "Then append the rate.",
    ],
)
def plateau_lr(lr, valid, factor):
    """The learning rate over a run that lowers it whenever validation does not improve.

    Args:
        lr: learning rate of the first epoch.
        valid: validation perplexity after each epoch, a list of K numbers.
        factor: divide the rate by this after an epoch that sets no new lowest perplexity.

    Returns:
        lrs: the learning rate after each epoch, with which the next one is run, an array (K,).
    """
    best = np.inf
    lrs = []
    for perplexity in valid:
        if perplexity < best:
            best = perplexity
        else:
            lr = lr / factor
        lrs.append(lr)
    return np.array(lrs)
