"""The language model: embedding, recurrent layers, affine map to the vocabulary, softmax."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from lessons_lib.files import check_regular, write_atomically
from lessons_lib.functions import check_ids
from lessons_lib.layers import GRU, LSTM, RNN, Dropout, Embedding, Layer
from lessons_lib.layers.base import check_array, check_dtype, check_rng, check_size
from lessons_lib.layers.feedforward import check_probability

MOST_BYTES = 4_000_000_000  # of a file of parameters
MOST_ARRAYS = 1000  # likewise: each layer takes a thread where a text is measured
CELLS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


@dataclass(frozen=True)
class ModelSettings:
    """What a `LanguageModel` is built from, beside its vocabulary, checked; described there.

    Raises:
        ValueError, TypeError: if a setting is out of range or of the wrong type.
    """

    embed_size: int
    hidden_size: int
    cell: str = "lstm"
    num_layers: int = 1
    dropout: float = 0.0
    word_dropout: float = 0.0
    weight_dropout: float = 0.0
    tie_weights: bool = False
    dtype: npt.DTypeLike = "float32"
    reset_after: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.cell, str) or self.cell not in CELLS:
            raise ValueError(f"cell: expected one of {', '.join(CELLS)}, got {self.cell!r}")
        for name in ("embed_size", "hidden_size", "num_layers"):
            self._set(name, check_size(getattr(self, name), name))
        for name in ("dropout", "word_dropout", "weight_dropout"):
            self._set(name, check_probability(getattr(self, name), name))
        self._set("tie_weights", bool(self.tie_weights))
        self._set("reset_after", bool(self.reset_after))
        self._set("dtype", check_dtype(self.dtype).name)
        if self.tie_weights and self.embed_size != self.hidden_size:
            raise ValueError(
                "tie_weights: expected embed_size equal to hidden_size, "
                f"got {self.embed_size} and {self.hidden_size}"
            )

    def _set(self, name: str, value: Any) -> None:
        """Replace a setting by what the check made of it: plain numbers and names, as in JSON."""
        object.__setattr__(self, name, value)  # the class is frozen


def parameter_shapes(vocab_size: int, settings: ModelSettings) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter of a `LanguageModel`, by name, without making it."""
    V, D, H = vocab_size, settings.embed_size, settings.hidden_size
    kind = CELLS[settings.cell]
    columns = kind.blocks * H
    shapes: dict[str, tuple[int, ...]] = {"embedding.W": (V, D)}
    for k in range(settings.num_layers):
        shapes |= {f"rnn.{k}.Wx": (H if k else D, columns), f"rnn.{k}.Wh": (H, columns)}
        shapes |= {f"rnn.{k}.{name}": (columns,) for name in kind.biases}
    if not settings.tie_weights:
        shapes["output.W"] = (H, V)
    return shapes | {"output.b": (V,)}


def count_parameters(vocab_size: int, settings: ModelSettings) -> int:
    """How many numbers a `LanguageModel` has that training adjusts, without making it."""
    return sum(map(math.prod, parameter_shapes(vocab_size, settings).values()))


class LanguageModel:
    """Predicts each next token of a text from all tokens before it.

    Embedding, dropout, then num_layers recurrent layers with dropout after each, then an affine map
    to one score for each token of the vocabulary.

    Args:
        vocab_size: V.
        embed_size: D, features of the embedding.
        hidden_size: H, units of each recurrent layer.
        cell: "rnn", "lstm" or "gru".
        num_layers: how many recurrent layers are stacked.
        dropout: probability of dropping an entry between layers, while `training` is True.
        word_dropout: probability of dropping a word, that is its whole row of the embedding
            wherever it is read in a batch, while `training` is True.
        weight_dropout: probability of dropping a recurrent weight (an entry of Wh) for a whole
            batch, while `training` is True.
        tie_weights: use the embedding as the output weights too (needs D = H).
        rng: source of the initial weights and of the dropout masks; None stands for
            `np.random.default_rng(0)`.
        dtype: float32 or float64.
        reset_after: which variant a GRU is, as for `lessons_lib.layers.GRU`.

    Attributes:
        params: the parameters in one flat dict, named as in "embedding.W" (V, D), "rnn.0.Wx",
            "rnn.0.Wh", "rnn.0.b" (GRU: "rnn.0.bx", "rnn.0.bh") and so on for each layer,
            "output.W" (H, V; absent when tied) and "output.b" (V,). Assign or change entries
            freely; one float64 entry makes everything float64.
        grads: gradients by the same names, filled by `backward`.
        training: whether dropout is on; see `evaluating`.
        config: the arguments that rebuild the model, without rng.
        metadata: texts by name that `save` writes beside the parameters, such as the vocabulary;
            empty at first.

    Raises:
        ValueError, TypeError: if an argument, here or of a method, is of the wrong type, shape or
            range.

    Source: Mikolov et al. (2010), "Recurrent neural network based language model"; dropout: Zaremba
    et al. (2014), "Recurrent neural network regularization"; tied weights: Press and Wolf (2017),
    "Using the output embedding to improve language models"; dropped words: Gal and Ghahramani
    (2016), "A theoretically grounded application of dropout in recurrent neural networks"; dropped
    recurrent weights: Merity et al. (2018), "Regularizing and optimizing LSTM language models".
    """

    def __init__(
        self,
        vocab_size: int,
        embed_size: int,
        hidden_size: int,
        *,
        cell: str = "lstm",
        num_layers: int = 1,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        tie_weights: bool = False,
        rng: np.random.Generator | None = None,
        dtype: npt.DTypeLike = np.float32,
        reset_after: bool = True,
    ) -> None:
        V = check_size(vocab_size, "vocab_size")
        settings = ModelSettings(
            embed_size,
            hidden_size,
            cell,
            num_layers,
            dropout,
            word_dropout,
            weight_dropout,
            tie_weights,
            dtype,
            reset_after,
        )
        D, H = settings.embed_size, settings.hidden_size
        self.config: dict[str, Any] = {"vocab_size": V} | asdict(settings)
        if settings.reset_after:  # files of models are as they were before there was a choice
            del self.config["reset_after"]
        variant = {"reset_after": settings.reset_after} if cell == "gru" else {}
        self.metadata: dict[str, str] = {}
        self.tie_weights = settings.tie_weights
        self.training = True
        self.rng = check_rng(rng)
        self.embedding = Embedding(V, D, rng=self.rng, dtype=dtype)
        self.layers = [
            CELLS[cell](H if k else D, H, rng=self.rng, dtype=dtype, **variant)
            for k in range(num_layers)
        ]
        self.dropouts = [Dropout(dropout, rng=self.rng) for _ in range(num_layers + 1)]
        self.word_dropout = Dropout(word_dropout, rng=self.rng)
        self.weight_dropouts = [Dropout(weight_dropout, rng=self.rng) for _ in range(num_layers)]
        self.params = {name: layer.params[key] for name, layer, key in self._layer_params()}
        if not tie_weights:
            W = self.rng.standard_normal((H, V)) / np.sqrt(H)
            self.params["output.W"] = W.astype(dtype)
        self.params["output.b"] = np.zeros(V, dtype)
        self.grads = {name: np.zeros_like(value) for name, value in self.params.items()}
        self._shapes = {name: value.shape for name, value in self.params.items()}
        self._scores: np.ndarray | None = None
        self._last_loss: tuple[np.ndarray, np.ndarray, int, int] | None = None

    def _layer_params(self) -> Iterator[tuple[str, Layer, str]]:
        """Each layer's parameter: its name in the model, the layer, and its name there."""
        yield "embedding.W", self.embedding, "W"
        for k, layer in enumerate(self.layers):
            for key in layer.params:
                yield f"rnn.{k}.{key}", layer, key

    @property
    def num_params(self) -> int:
        """How many numbers training adjusts."""
        return sum(p.size for p in self.params.values())

    @contextmanager
    def evaluating(self) -> Iterator[Self]:
        """Switch dropout off inside a `with` block."""
        before, self.training = self.training, False
        try:
            yield self
        finally:
            self.training = before

    def forward(
        self, ids: npt.ArrayLike, state: tuple[Any, ...] | None = None
    ) -> tuple[np.ndarray, tuple[Any, ...]]:
        """Score every token of the vocabulary as the next one, at each position.

        Args:
            ids: tokens (T, N), integers from 0 to V - 1.
            state: what an earlier call returned, to read on from there; None means zeros.

        Returns:
            logits (T, N, V), and the state after the last token: one entry for each layer.
        """
        hs, state = self._hidden(ids, state)
        T, N, H = hs.shape
        logits = hs.reshape(T * N, H) @ self.output_weights()
        logits += self.params["output.b"]
        return logits.reshape(T, N, self.config["vocab_size"]), state

    def loss(
        self,
        ids: npt.ArrayLike,
        targets: npt.ArrayLike,
        state: tuple[Any, ...] | None = None,
        *,
        ignore_index: int | None = None,
    ) -> tuple[float, tuple[Any, ...]]:
        """Mean cross entropy over all predictions that count, in nats, and the state.

        Args:
            ids: tokens (T, N).
            targets: the token that comes next at each position (T, N).
            state: as for `forward`.
            ignore_index: targets with this value, such as those of padding, count neither in the
                mean nor in the gradient; None means that all count.

        Raises:
            ValueError, TypeError: if an argument has the wrong shape or range, or no target counts.
        """
        if ignore_index is not None:
            counted = np.asarray(targets) != ignore_index
            targets = np.where(counted, targets, 0)
        hs, losses, sums, state = self._read(ids, targets, state)
        T, N = losses.shape
        count = T * N if ignore_index is None else int(counted.sum())
        if count == 0:
            raise ValueError("targets: expected at least one that counts, got none")
        weights = 1 / (sums * count)  # the gradient on the logits is weights[:, None] * scores
        if ignore_index is not None:
            losses = np.where(counted, losses, 0)
            weights *= counted.ravel()
        self._last_loss = hs, weights, T, N
        return float(losses.sum(dtype=np.float64)) / count, state

    def token_losses(
        self, ids: npt.ArrayLike, targets: npt.ArrayLike, state: tuple[Any, ...] | None = None
    ) -> tuple[np.ndarray, tuple[Any, ...]]:
        """`loss` before the mean: losses (T, N) in nats, and the state; without a gradient."""
        _, losses, _, state = self._read(ids, targets, state)
        return losses, state

    def backward(self) -> None:
        """Fill `grads` with the gradient of the last `loss`.

        The gradient stops at the state that was passed in: truncated backpropagation through time.

        Raises:
            RuntimeError: if there was no loss, or a forward came after it.
        """
        if self._scores is None or self._last_loss is None:
            raise RuntimeError("LanguageModel.backward needs a loss just before it")
        hs, weights, T, N = self._last_loss
        scores = self._scores
        dhs = scores @ self.output_weights().T
        dhs *= weights[:, None]
        dhs = dhs.reshape(T, N, self.config["hidden_size"])
        around = zip(self.layers, self.weight_dropouts, self.dropouts[1:], strict=True)
        for layer, weight_dropout, dropout in reversed(list(around)):
            dhs, _ = layer.backward(dropout.backward(dhs))
            if weight_dropout.p > 0:
                layer.grads["Wh"] = weight_dropout.backward(layer.grads["Wh"])
        dx = self.dropouts[0].backward(dhs) * self._kept_words
        if self.tie_weights:
            np.matmul(scores.T, hs * weights[:, None], out=self.embedding.grads["W"])
            self.embedding.add_gradient(dx)
        else:
            self.embedding.backward(dx)
            np.matmul((hs * weights[:, None]).T, scores, out=self.grads["output.W"])
        np.matmul(weights, scores, out=self.grads["output.b"])
        for name, owner, key in self._layer_params():
            self.grads[name] = owner.grads[key]

    def save(self, path: str | PathLike[str]) -> None:
        """Write the parameters, `config` and `metadata` to a safetensors file, atomically.

        Raises:
            OSError: if the file cannot be written; an older one is then as it was.
        """
        # One entry only: the file format does not keep several in order, and equal models are to
        # give equal files.
        self._adopt_params()
        header = {"model": json.dumps({"config": self.config, "metadata": self.metadata})}
        arrays = {name: np.ascontiguousarray(value) for name, value in self.params.items()}
        write_atomically(path, safetensors.numpy.save(arrays, header))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model that `save` wrote; dropout masks start from `np.random.default_rng(0)`.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if the file is not a whole model of this package.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"path: expected a saved model, found no file {path}")
        try:
            check_regular(path.resolve(), MOST_BYTES)
            with safetensors.safe_open(path, framework="numpy") as file:
                if len(file.keys()) > MOST_ARRAYS:
                    raise ValueError(f"more than {MOST_ARRAYS:,} arrays")
                header = json.loads((file.metadata() or {})["model"])
                _check_header(header["config"], {k: file.get_slice(k) for k in file.keys()})
                metadata = dict(header["metadata"])
                if not all(isinstance(value, str) for value in metadata.values()):
                    raise TypeError("metadata: expected texts")
                arrays = {name: file.get_tensor(name) for name in file.keys()}
            model = cls(**header["config"])
            model.metadata = metadata
        except _NO_MODEL as error:
            raise ValueError(
                f"path: expected a model saved by LanguageModel.save, but {path} is none or is "
                f"damaged ({str(error)[:500]})"
            ) from None
        for name, value in arrays.items():
            model.params[name][...] = value
        return model

    def _read(
        self, ids: npt.ArrayLike, targets: npt.ArrayLike, state: tuple[Any, ...] | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[Any, ...]]:
        """The last hidden states (T * N, H), losses (T, N), sums of the scores, the new state."""
        hs, state = self._hidden(ids, state)
        T, N, H = hs.shape
        V = self.config["vocab_size"]
        targets = self._check_targets(targets, (T, N))
        # One (T * N, V) array, kept from call to call: first the logits, then their gradient.
        if self._scores is None or self._scores.shape != (T * N, V):
            self._scores = np.empty((T * N, V), hs.dtype)
        hs = hs.reshape(T * N, H)
        np.matmul(hs, self.output_weights(), out=self._scores)
        losses, sums = row_losses(self._scores, self.params["output.b"], targets.ravel())
        return hs, losses.reshape(T, N), sums, state

    def _hidden(
        self, ids: npt.ArrayLike, state: tuple[Any, ...] | None
    ) -> tuple[np.ndarray, tuple[Any, ...]]:
        """The last layer's hidden states (T, N, H), after dropout, and the new state."""
        ids, state = self._begin(ids, state)
        x = self.embedding.forward(ids)
        words = np.ones((self.config["vocab_size"], 1), x.dtype)
        self._kept_words = self.word_dropout.forward(words)[ids]  # (T, N, 1)
        hs = self.dropouts[0].forward(x * self._kept_words)
        new_state = []
        around = zip(self.layers, state, self.weight_dropouts, self.dropouts[1:], strict=True)
        for layer, layer_state, weight_dropout, dropout in around:
            layer.params["Wh"] = weight_dropout.forward(layer.params["Wh"])
            hs, layer_state = layer.forward(hs, layer_state)
            hs = dropout.forward(hs)
            new_state.append(layer_state)
        return hs, tuple(new_state)

    def _begin(
        self, ids: npt.ArrayLike, state: tuple[Any, ...] | None
    ) -> tuple[np.ndarray, tuple[Any, ...]]:
        """Make ready for a forward pass: ids (T, N), checked, and one state for each layer."""
        self._last_loss = None
        self._adopt_params()
        for dropout in (*self.dropouts, self.word_dropout, *self.weight_dropouts):
            dropout.training = self.training
        ids = check_ids(ids, self.config["vocab_size"], "ids")
        if ids.ndim != 2:
            raise ValueError(f"ids: expected shape (T, N), got {ids.shape}")
        if state is None:
            state = (None,) * len(self.layers)
        elif not isinstance(state, tuple | list) or len(state) != len(self.layers):
            raise ValueError(
                f"state: expected one entry for each of the {len(self.layers)} layers, as forward "
                f"and loss return it"
            )
        return ids, tuple(state)

    def _check_targets(self, targets: npt.ArrayLike, shape: tuple[int, int]) -> np.ndarray:
        """Return targets of this shape (T, N) as integers, or say what is wrong with them."""
        targets = check_ids(targets, self.config["vocab_size"], "targets")
        if targets.shape != shape:
            raise ValueError(f"targets: expected the shape of ids, {shape}, got {targets.shape}")
        if targets.size == 0:
            raise ValueError(f"ids: expected at least one token, got shape {shape}")
        return targets

    def _adopt_params(self) -> None:
        """Check the parameters, which a caller may have assigned, and hand them to the layers."""
        if self.params.keys() != self._shapes.keys():
            raise ValueError(
                f"params: expected the names {', '.join(self._shapes)}, "
                f"got {', '.join(map(str, self.params)) or 'none'}"
            )
        dtype = np.result_type(*self.params.values())
        self.config["dtype"] = dtype.name
        for name, shape in self._shapes.items():
            value = check_array(self.params[name], shape, f'params["{name}"]', "fixed", dtype)
            self.params[name] = value
            if self.grads[name].dtype != dtype:
                self.grads[name] = np.zeros_like(value)
        if self._scores is not None and self._scores.dtype != dtype:
            self._scores = None
        for name, owner, key in self._layer_params():
            owner.params[key] = self.params[name]

    def output_weights(self) -> np.ndarray:
        """The weights from hidden state to logits, (H, V)."""
        if self.tie_weights:
            return self.params["embedding.W"].T
        return self.params["output.W"]


# What a file that is no model of ours can lead to.
_NO_MODEL = (
    safetensors.SafetensorError,
    OSError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
)


def _check_header(config: Any, found: dict[str, Any]) -> None:
    """Hold what a file says of its model against its arrays, before anything is made of either."""
    if not isinstance(config, dict):
        raise TypeError(f"config: expected names and values, got {type(config).__name__}")
    settings = ModelSettings(**{k: v for k, v in config.items() if k != "vocab_size"})
    if settings.num_layers > len(found):
        raise ValueError(f"expected {settings.num_layers} layers, found {len(found)} parameters")
    kind = {"float32": "F32", "float64": "F64"}[np.dtype(settings.dtype).name]
    shapes = parameter_shapes(check_size(config["vocab_size"], "vocab_size"), settings)
    for name in {**shapes, **found}:
        expected = (kind, list(shapes[name])) if name in shapes else None
        got = (found[name].get_dtype(), found[name].get_shape()) if name in found else None
        if got != expected:
            raise ValueError(f"{name!r}: expected {expected or 'none'}, found {got or 'none'}")


_BLOCK = 1 << 17  # entries: 512 KB of float32, which stays in the cache while it is worked on


def row_losses(
    scores: np.ndarray, b: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cross entropy as in `functions.cross_entropy`, in place over blocks of rows.

    Dividing a row by its sum would be one more pass over the largest array of the model. The rows
    stay undivided, and whoever multiplies by them divides what is smaller.

    Args:
        scores: logits without their bias (M, V); overwritten.
        b: bias (V,).
        targets: (M,).

    Returns:
        The loss of each row in nats (M,), and sums (M,): the gradient of a row's loss on its logits
        is scores / sums.
    """
    M, V = scores.shape
    rows = max(1, _BLOCK // V)
    ones = np.ones(V, scores.dtype)
    losses, sums = np.empty(M, scores.dtype), np.empty(M, scores.dtype)
    for start in range(0, M, rows):
        some = slice(start, start + rows)
        block = scores[some]
        at_target = np.arange(len(block)), targets[some]
        block += b
        block -= block.max(axis=1, keepdims=True)
        picked = block[at_target]
        np.exp(block, out=block)
        np.matmul(block, ones, out=sums[some])
        np.subtract(np.log(sums[some]), picked, out=losses[some])
        block[at_target] -= sums[some]  # p - 1 at the target, times the sum
    return losses, sums
