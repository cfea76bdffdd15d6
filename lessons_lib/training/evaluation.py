"""How well a model predicts a text."""

import itertools
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController
from tqdm import tqdm

from lessons_lib.functions import check_ids
from lessons_lib.layers import GRU, RecurrentLayer
from lessons_lib.models import LanguageModel, row_losses
from lessons_lib.text import IGNORE_INDEX, evaluation_batches


def token_losses(
    model: LanguageModel,
    ids: npt.ArrayLike,
    *,
    batch_size: int = 10,
    seq_len: int = 35,
    progress: bool = False,
) -> np.ndarray:
    """Negative log probability that the model gives to each token of a text but the first.

    The text is read in batch_size lanes side by side, the state carried along each of them, with
    dropout off. The first token of each lane is predicted from a state of zeros.

    Args:
        model: the model.
        ids: the text, integers, 1-D, at least 2 of them.
        batch_size: lanes; 1 reads the whole text in one go, more is faster.
        seq_len: time steps per batch; the result does not depend on it.
        progress: show a bar in a terminal, if it takes more than a second.

    Returns:
        Losses in nats, (len(ids) - 1,), in the order of the text.

    Raises:
        TypeError, ValueError: if ids are not 1-D integers of the model's vocabulary, or too few.
    """
    lanes = list(_losses(model, ids, batch_size, seq_len, progress))
    losses, counted = map(np.concatenate, zip(*lanes, strict=True))
    # Lane after lane is the order of the text.
    return losses.T[counted.T]


def perplexity(
    model: LanguageModel,
    ids: npt.ArrayLike,
    *,
    batch_size: int = 10,
    seq_len: int = 35,
    progress: bool = False,
) -> float:
    """Perplexity of a model on a text: exp of the mean loss over every predicted token.

    A model that hesitates between k equally likely tokens has perplexity k.

    Arguments and errors are those of `token_losses`.
    """
    total, count = 0.0, 0  # a long text's losses are not kept
    for losses, counted in _losses(model, ids, batch_size, seq_len, progress):
        total += float(losses.sum(dtype=np.float64, where=counted))
        count += int(counted.sum())
    return exp_loss(total / count)


Result = Callable[[], tuple[Any, Any]]  # hidden states (T, N, H) and state, when they are there
Losses = Iterator[tuple[np.ndarray, np.ndarray]]  # of each batch (T, N), and which of them count
LARGE = 1 << 20  # scores of a batch, from which on threads are worth their while
THREADED = {"float32"}  # in float64 the losses are those of one batch after the other, bit by bit
# Processors, as OpenBLAS names them, for which it multiplies small matrices without a copy.
SMALL_KERNELS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
MOST_PRODUCTS = 1 << 26  # entries that the products of all tokens may have
MOST_CORES = 8  # each holds the scores of a batch, and the layers cannot keep more busy


def _losses(
    model: LanguageModel, ids: npt.ArrayLike, batch_size: int, seq_len: int, progress: bool
) -> Losses:
    """The losses of a text, batch by batch."""
    ids = check_ids(ids, model.config["vocab_size"], "ids")
    bar = tqdm(
        evaluation_batches(ids, batch_size, seq_len),
        total=math.ceil((len(ids) - 1) / batch_size / seq_len),
        desc="measuring",
        delay=1,
        leave=False,
        disable=None if progress else True,  # None: where there is no terminal
    )
    batches: Iterator[tuple[np.ndarray, ...]] = (
        (inputs, np.where(targets == IGNORE_INDEX, 0, targets), targets != IGNORE_INDEX)
        for inputs, targets in bar
    )
    # Weights that have grown beyond all bounds give inf or nan, which says enough.
    with model.evaluating(), np.errstate(over="ignore", invalid="ignore"):
        state = None
        first = next(batches)
        batches = itertools.chain([first], batches)
        blas = ThreadpoolController().select(user_api="blas")
        cores = min(MOST_CORES, max((lib["num_threads"] for lib in blas.info()), default=1))
        large = first[0].size * model.config["vocab_size"] >= LARGE
        pays = cores > 1 and large and model.config["dtype"] in THREADED
        if pays and type(model) is LanguageModel:  # others have ways of their own
            small = any(lib.get("architecture") in SMALL_KERNELS for lib in blas.info())
            with blas.limit(limits=1):  # from the start: threads of BLAS wait busily for more work
                model.forward(first[0][:1, :1])  # checks the parameters; no backward can follow
                with _for_one_core(model, small):
                    yield from _side_by_side(model, batches, cores)
        for inputs, targets, counted in batches:
            losses, state = model.token_losses(inputs, targets, state)
            yield losses, counted


@contextmanager
def _for_one_core(model: LanguageModel, small: bool) -> Iterator[None]:
    """Inside a `with` block the layers multiply as one core does best.

    The recurrent products are made of small ones, if `small`. The first layer is given the products
    of its inputs: equal tokens have equal ones.
    """
    first = model.layers[0]
    try:
        for layer in model.layers:
            layer.narrow = small
        few = model.config["vocab_size"] * first.params["Wx"].shape[1] <= MOST_PRODUCTS
        first.takes_products = few and (not isinstance(first, GRU) or first.reset_after)
        yield
    finally:
        first.takes_products = False
        for layer in model.layers:
            layer.narrow = False


class _TokenProducts:
    """Each token's row of the embedding times Wx, made when the token first comes."""

    def __init__(self, model: LanguageModel) -> None:
        self.E, self.Wx = model.params["embedding.W"], model.params["rnn.0.Wx"]
        self.products = np.empty((len(self.E), self.Wx.shape[1]), self.Wx.dtype)
        self.known = np.zeros(len(self.E), bool)

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """Those of ids (T, N), as (T, N, columns)."""
        new = np.unique(ids[~self.known[ids]])
        self.products[new] = self.E[new] @ self.Wx
        self.known[new] = True
        return self.products[ids]


def _side_by_side(
    model: LanguageModel, batches: Iterable[tuple[np.ndarray, ...]], cores: int
) -> Losses:
    """Losses of the batches, on all cores.

    While a layer reads a batch, the one above it reads the batch before, and the scores of others
    are made. Each product is the work of one core, so that no core waits for another within it.
    """
    W, b = model.output_weights(), model.params["output.b"]
    read: Callable[[np.ndarray], np.ndarray] = model.embedding.forward
    if model.layers[0].takes_products:
        read = _TokenProducts(model)
    own = threading.local()  # each thread's scores (T * N, V)

    def first(inputs: np.ndarray) -> tuple[np.ndarray, None]:
        return read(inputs), None

    def through(layer: RecurrentLayer, below: Result, before: Result) -> tuple[np.ndarray, Any]:
        _, state = before()  # first, so that a layer reads one batch at a time
        return layer.forward(below()[0], state)

    def losses_of(below: Result, targets: np.ndarray, times: slice) -> np.ndarray:
        hs, targets = below()[0][times], targets[times]
        hs = hs.reshape(-1, hs.shape[2])
        if len(getattr(own, "scores", ())) < len(hs):
            own.scores = np.empty((len(hs), len(b)), hs.dtype)
        scores = np.matmul(hs, weights.result(), out=own.scores[: len(hs)])
        return row_losses(scores, b, targets.ravel())[0].reshape(targets.shape)

    def finished(parts: list[Future], counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([part.result() for part in parts]), counted

    with ThreadPoolExecutor(cores) as pool:
        weights = pool.submit(np.ascontiguousarray, W)

        def start(task: Callable[..., Any], *arguments: Any) -> Future:
            return pool.submit(copy_context().run, task, *arguments)  # keeps what errstate ignores

        before: list[Result] = [lambda: (None, None) for _ in model.layers]
        under_way: list[tuple[int, Result, np.ndarray, np.ndarray]] = []
        running: deque[tuple[list[Future], np.ndarray]] = deque()
        # Each batch goes up by one layer a turn, the oldest first: a task comes after what it waits
        # for, and the cores take the tasks in this order.
        rest: list[None] = [None] * len(model.layers)
        for batch in itertools.chain(batches, rest):
            if batch is not None:
                inputs, targets, counted = batch
                under_way.append((0, partial(first, inputs), targets, counted))
            moved = []
            for k, below, targets, counted in under_way:
                if k == len(model.layers):
                    # Nothing else is left to do beside the last one's scores.
                    parts = cores if batch is None and len(under_way) == 1 else 1
                    size = math.ceil(len(targets) / parts)
                    futures = [
                        start(losses_of, below, targets, slice(t, t + size))
                        for t in range(0, len(targets), size)
                    ]
                    running.append((futures, counted))
                else:
                    before[k] = start(through, model.layers[k], below, before[k]).result
                    moved.append((k + 1, before[k], targets, counted))
            under_way = moved
            while len(running) > 2 * cores:  # the text may be long
                yield finished(*running.popleft())
        while running:
            yield finished(*running.popleft())


def exp_loss(loss: float) -> float:
    """The perplexity of a mean loss in nats: exp(loss), or inf where that is too large to write."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf
