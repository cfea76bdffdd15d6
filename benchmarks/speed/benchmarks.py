"""What is timed: layers, training steps, evaluation, generation.

Each benchmark gives the same work in up to three forms: `package`, this package; `products`, the
matrix products that no implementation can do without, in the layout that BLAS likes best; and
`pytorch`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons_lib.layers import GRU, LSTM, RNN
from lessons_lib.models import LanguageModel
from lessons_lib.training import PRESETS, Recipe, Trainer, perplexity

Work = Callable[[], object]
LAYERS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
V = 10_000  # words of the vocabulary, as in the Penn Treebank
VILLAGE = 241  # words of the village, on which `lesson` trains


@dataclass(frozen=True)
class Benchmark:
    """One row of the table.

    Attributes:
        name: what the row is called.
        package: makes the work as this package does it.
        pytorch: makes the same work for PyTorch, or None.
        products: makes the matrix products of it, or None.
        tokens: how many tokens one call reads or writes; 0 where speed is not told in tokens.
    """

    name: str
    package: Callable[[], Work]
    pytorch: Callable[[], Work] | None = None
    products: Callable[[], Work] | None = None
    tokens: int = 0


def layer_benchmark(name: str, T: int, N: int, D: int, H: int) -> Benchmark:
    """Forward and backward pass of one layer over one batch, in float32."""

    def inputs() -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((T, N, D)).astype(np.float32)
        return x, rng.standard_normal((T, N, H)).astype(np.float32)

    def package() -> Work:
        layer, (x, dhs) = LAYERS[name](D, H), inputs()

        def work() -> None:
            layer.forward(x)
            layer.backward(dhs)

        return work

    def pytorch() -> Work:
        import torch

        module, (x, dhs) = getattr(torch.nn, name)(D, H), inputs()
        x_tensor, dhs_tensor = torch.tensor(x, requires_grad=True), torch.tensor(dhs)

        def work() -> None:
            module.zero_grad()
            outputs, _ = module(x_tensor)
            outputs.backward(dhs_tensor)

        return work

    blocks = {"RNN": 1, "LSTM": 4, "GRU": 3}[name]
    return Benchmark(
        f"{name} {T}, {N}, {D}, {H}", package, pytorch, lambda: _layer_products(T, N, D, H, blocks)
    )


def step_benchmark(preset: str, words: int = V) -> Benchmark:
    """One training step of a recipe: forward, loss, backward, clip, update."""
    recipe = PRESETS[preset]
    T, N = recipe.seq_len, recipe.batch_size

    def package() -> Work:
        return Trainer(recipe.build(words), _text(recipe, words), recipe).step

    def products() -> Work:
        H, D = recipe.hidden_size, recipe.embed_size
        sizes = [(T, N, H if k else D, H, 4) for k in range(recipe.num_layers)]
        layers = [_layer_products(*size) for size in sizes]
        rng = np.random.default_rng(0)
        hs, W = _normal(rng, T * N, H), _normal(rng, H, words)
        scores, dhs, dW = np.empty((T * N, words), np.float32), np.empty_like(hs), np.empty_like(W)

        def work() -> None:
            for layer in layers:
                layer()
            np.matmul(hs, W, out=scores)
            np.matmul(scores, W.T, out=dhs)
            np.matmul(hs.T, scores, out=dW)

        return work

    # What `best` drops, words and recurrent weights, PyTorch has no module for.
    pytorch = None if recipe.word_dropout else lambda: _torch_step(recipe, words)
    return Benchmark(f"training step, `{preset}`", package, pytorch, products, tokens=T * N)


def evaluation_benchmark(preset: str, tokens: int) -> Benchmark:
    """Perplexity of a text, as at the end of each epoch; words are as frequent as in a language."""
    recipe = PRESETS[preset]
    frequencies = 1 / (np.arange(V) + 2.7)  # the law of Zipf, with Mandelbrot's 2.7
    ids = np.random.default_rng(0).choice(V, tokens + 1, p=frequencies / frequencies.sum())

    def package() -> Work:
        model = recipe.build(V)
        return lambda: perplexity(model, ids)

    def products() -> Work:
        T, N, H, D = 35, 10, recipe.hidden_size, recipe.embed_size
        rng = np.random.default_rng(0)
        sizes = [(H if k else D, H) for k in range(recipe.num_layers)]
        weights = [(_normal(rng, D, 4 * H), _normal(rng, H, 4 * H)) for D, H in sizes]
        x, hs, W = _normal(rng, T * N, D), _normal(rng, T * N, H), _normal(rng, H, V)
        a, scores = np.empty((T * N, 4 * H), np.float32), np.empty((T * N, V), np.float32)
        steps = range(0, T * N, N)

        def work() -> None:
            for _ in range(tokens // (T * N)):
                for (Wx, Wh), inputs in zip(weights, (x, *[hs] * len(weights)), strict=False):
                    np.matmul(inputs, Wx, out=a)
                    for t in steps:
                        np.matmul(hs[t : t + N], Wh, out=a[t : t + N])
                np.matmul(hs, W, out=scores)

        return work

    def pytorch() -> Work:
        import torch

        model, lanes = _TorchModel(recipe), torch.tensor(ids[:-1].reshape(10, -1).T.copy())
        targets = torch.tensor(ids[1:].reshape(10, -1).T.copy())
        model.train(False)

        def work() -> float:
            total, state = 0.0, None
            with torch.no_grad():
                for x, y in zip(lanes.split(35), targets.split(35), strict=True):
                    logits, state = model(x, state)
                    total += torch.nn.functional.cross_entropy(
                        logits.view(-1, V), y.reshape(-1), reduction="sum"
                    ).item()
            return total

        return work

    return Benchmark(f"evaluation, `{preset}`", package, pytorch, products, tokens=tokens)


def generation_benchmark(preset: str) -> Benchmark:
    """Scores for the next token of one sequence, token after token, without drawing it."""
    recipe = PRESETS[preset]
    count = 20

    def package() -> Work:
        model: LanguageModel = recipe.build(V)
        ids = np.zeros((1, 1), np.int64)

        def work() -> None:
            state = None
            with model.evaluating():
                for _ in range(count):
                    _, state = model.forward(ids, state)

        return work

    def pytorch() -> Work:
        import torch

        model, ids = _TorchModel(recipe), torch.zeros((1, 1), dtype=torch.long)
        model.train(False)

        def work() -> None:
            state = None
            with torch.no_grad():
                for _ in range(count):
                    _, state = model(ids, state)

        return work

    return Benchmark(f"generation, `{preset}`", package, pytorch, tokens=count)


def _layer_products(T: int, N: int, D: int, H: int, blocks: int) -> Work:
    """A layer's products, each written into an array that is there already."""
    rng = np.random.default_rng(0)
    Wx, Wh = _normal(rng, D, blocks * H), _normal(rng, H, blocks * H)
    Wx_T, Wh_T = np.ascontiguousarray(Wx.T), np.ascontiguousarray(Wh.T)
    x, hs, gates = _normal(rng, T * N, D), _normal(rng, T, N, H), _normal(rng, T, N, blocks * H)
    a, dh, dx = np.empty_like(gates), np.empty((N, H), np.float32), np.empty_like(x)
    dWx, dWh = np.empty_like(Wx), np.empty_like(Wh)
    a_rows, gate_rows, h_rows = (z.reshape(T * N, -1) for z in (a, gates, hs))

    def work() -> None:
        np.matmul(x, Wx, out=a_rows)
        for t in range(T):
            np.matmul(hs[t], Wh, out=a[t])
        for t in range(T):
            np.matmul(gates[t], Wh_T, out=dh)
        np.matmul(x.T, gate_rows, out=dWx)
        np.matmul(h_rows.T, gate_rows, out=dWh)
        np.matmul(gate_rows, Wx_T, out=dx)

    return work


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def _text(recipe: Recipe, words: int) -> np.ndarray:
    """Ids of a made-up text, long enough for 100 batches."""
    size = recipe.batch_size * recipe.seq_len * 100 + 1
    return np.random.default_rng(0).integers(0, words, size)


def _TorchModel(recipe: Recipe, words: int = V) -> Any:
    """The language model of a recipe as PyTorch's users write it."""
    import torch

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            D, H = recipe.embed_size, recipe.hidden_size
            self.embedding = torch.nn.Embedding(words, D)
            # Within the module PyTorch drops between layers only, so that one layer has none.
            p = recipe.dropout if recipe.num_layers > 1 else 0.0
            self.rnn = torch.nn.LSTM(D, H, recipe.num_layers, dropout=p)
            self.output = torch.nn.Linear(H, words)
            self.dropout = torch.nn.Dropout(recipe.dropout)
            torch.nn.init.normal_(self.embedding.weight, std=recipe.embed_scale)
            if recipe.tie_weights:
                self.output.weight = self.embedding.weight

        def forward(self, ids: Any, state: Any) -> tuple[Any, Any]:
            hs, state = self.rnn(self.dropout(self.embedding(ids)), state)
            return self.output(self.dropout(hs)), state

    return Model()


def _torch_step(recipe: Recipe, words: int) -> Work:
    import torch

    model = _TorchModel(recipe, words)
    if recipe.optimizer == "adam":  # AdamW: its weights decay as ours do, beside the gradient
        optimizer: Any = torch.optim.AdamW(
            model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay
        )
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=recipe.lr)
    ids = _text(recipe, words)
    lanes = torch.tensor(ids[:-1].reshape(recipe.batch_size, -1).T.copy())
    targets = torch.tensor(ids[1:].reshape(recipe.batch_size, -1).T.copy())
    batches = list(zip(lanes.split(recipe.seq_len), targets.split(recipe.seq_len), strict=True))
    state: Any = None
    steps = 0

    def work() -> float:
        nonlocal state, steps
        x, y = batches[steps % len(batches)]
        logits, state = model(x, state)
        state = tuple(part.detach() for part in state)
        loss = torch.nn.functional.cross_entropy(logits.view(-1, words), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_norm)
        optimizer.step()
        steps += 1
        return loss.item()

    return work


SIZES = ((35, 20, 100, 100), (35, 20, 650, 650), (100, 32, 128, 256))  # T, N, D, H

BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        *(layer_benchmark(name, *size) for size in SIZES for name in LAYERS),
        step_benchmark("lesson", VILLAGE),
        *(step_benchmark(preset) for preset in ("book", "better", "best")),
        evaluation_benchmark("book", 7000),
        evaluation_benchmark("better", 3500),
        *(generation_benchmark(preset) for preset in ("book", "better")),
    )
}
