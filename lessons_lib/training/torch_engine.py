"""The language model with PyTorch's forward and backward pass: `lessons train --engine torch`.

All else stays NumPy's: the parameters, the state, the dropout masks, and in `Trainer` the batches,
clipping, optimizer and schedule. So a run may change its engine at any checkpoint.

It imports PyTorch, so no other module imports it before it is asked for.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import cross_entropy, embedding

from lessons_lib.layers import GRU, LSTM, RNN, Dropout, RecurrentLayer
from lessons_lib.models import LanguageModel

MODULES = {RNN: torch.nn.RNN, LSTM: torch.nn.LSTM, GRU: torch.nn.GRU}


class TorchLanguageModel(LanguageModel):
    """A `LanguageModel` whose passes are computed by PyTorch, to be used as that one is.

    On the CPU PyTorch reads the parameters where they lie. To another device they are copied for
    each pass, and the gradients are copied back.

    Args:
        sizes: vocab_size, embed_size and hidden_size.
        device: "cpu", "cuda", one of several as in "cuda:1", or "mps".
        mixed_precision: products in bfloat16, on a graphics card; parameters, gradients and losses
            stay as they are.
        compiled: let torch.compile make one program of output layer and loss. The recurrent layers
            it leaves as they are.
        settings: as for `LanguageModel`.

    Raises:
        ValueError: if the device is not there, or cannot do it.
    """

    def __init__(
        self,
        *sizes: int,
        device: str = "cpu",
        mixed_precision: bool = False,
        compiled: bool = False,
        **settings: Any,
    ) -> None:
        self.device = find_device(device)
        super().__init__(*sizes, **settings)
        if self.device.type == "mps" and self.config["dtype"] == "float64":
            raise ValueError("dtype: expected float32, since mps has no float64")
        if self.device.type == "cpu" and mixed_precision:  # few processors have an LSTM for it
            raise ValueError("--mixed-precision: expected a graphics card, such as --device cuda")
        self.mixed_precision = mixed_precision
        self._output = torch.compile(_output_losses) if compiled else _output_losses
        self._modules = [_module(layer) for layer in self.layers]
        self._tensors: dict[str, Tensor] = {}  # the parameters, as the last pass had them
        self._losses: Tensor | None = None  # what it came to (T * N,)

    def token_losses(
        self, ids: npt.ArrayLike, targets: npt.ArrayLike, state: tuple[Any, ...] | None = None
    ) -> tuple[np.ndarray, tuple[Any, ...]]:
        """As `LanguageModel.token_losses`."""
        with torch.no_grad():
            return super().token_losses(ids, targets, state)

    def backward(self) -> None:
        """As `LanguageModel.backward`, once for each loss."""
        if self._losses is None or self._last_loss is None:
            raise RuntimeError("LanguageModel.backward needs a loss just before it")
        weights = self._last_loss[1]  # how much each token's loss counts in the mean
        grads = torch.autograd.grad(
            self._losses, list(self._tensors.values()), self._tensor(weights)
        )
        for name, grad in zip(self._tensors, grads, strict=True):
            self.grads[name] = _array(grad)
        self._losses = self._last_loss = None

    def _hidden(
        self, ids: npt.ArrayLike, state: tuple[Any, ...] | None
    ) -> tuple[np.ndarray, tuple[Any, ...]]:
        with torch.no_grad():
            hs, state = self._run(ids, state)
        return _array(hs), state

    def _read(
        self, ids: npt.ArrayLike, targets: npt.ArrayLike, state: tuple[Any, ...] | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[Any, ...]]:
        """As there, with 1 for the sums: what `loss` makes of them is then `backward`'s weights."""
        hs, state = self._run(ids, state)
        T, N, H = hs.shape
        targets = self._check_targets(targets, (T, N)).astype(np.int64)
        p = self._tensors
        W = p["embedding.W"].T if self.tie_weights else p["output.W"]
        hs = hs.reshape(T * N, H)
        with self._precision():
            self._losses = self._output(hs, W, p["output.b"], self._tensor(targets.ravel()))
        losses = _array(self._losses)
        return _array(hs), losses.reshape(T, N), np.ones_like(losses), state

    def _run(
        self, ids: npt.ArrayLike, state: tuple[Any, ...] | None
    ) -> tuple[Tensor, tuple[Any, ...]]:
        """The last hidden states (T, N, H), after dropout, and the new state, in NumPy's arrays."""
        ids, state = self._begin(ids, state)
        self._tensors = p = {name: self._tensor(value) for name, value in self.params.items()}
        for tensor in p.values():
            tensor.requires_grad_(torch.is_grad_enabled())
        places, N = self._tensor(ids.astype(np.int64)), ids.shape[1]
        with self._precision():
            words = torch.ones_like(p["output.b"])[:, None].detach()  # (V, 1)
            kept_words = embedding(places, self._drop(self.word_dropout, words))
            hs = embedding(places, p["embedding.W"]) * kept_words
            hs = self._drop(self.dropouts[0], hs)
            new_state = []
            for k, (layer, module) in enumerate(zip(self.layers, self._modules, strict=True)):
                weights = {key: p[f"rnn.{k}.{key}"] for key in layer.params}
                weights["Wh"] = self._drop(self.weight_dropouts[k], weights["Wh"])
                first = [self._tensor(part)[None] for part in layer.unpack(state[k], N, "state")]
                hs, last = _through(module, hs, first, weights)
                hs = self._drop(self.dropouts[k + 1], hs)
                parts = [_array(part[0].to(words.dtype)) for part in last]
                new_state.append(tuple(parts) if len(parts) > 1 else parts[0])
        return hs.to(words.dtype), tuple(new_state)

    def _drop(self, dropout: Dropout, x: Tensor) -> Tensor:
        """x times the mask that the NumPy model would draw at this place."""
        if not (dropout.training and dropout.p > 0):
            return x
        ones = np.ones(tuple(x.shape), self.config["dtype"])
        return x * self._tensor(dropout.forward(ones))

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, self.mixed_precision)

    def _tensor(self, array: np.ndarray) -> Tensor:
        """The array's own memory on the CPU, a copy elsewhere."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def find_device(name: str) -> torch.device:
    """The device of that name, or a ValueError that says which ones are there."""
    there = ["cpu", *(f"cuda:{k}" for k in range(torch.cuda.device_count()))]
    there += ["cuda"] * (len(there) > 1) + ["mps"] * torch.backends.mps.is_available()
    if name not in there:
        raise ValueError(f"--device: PyTorch finds {', '.join(there)} here, got {name!r}")
    if name.startswith("cuda"):  # its LSTM says so at each call; the copy costs next to nothing
        warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous")
    return torch.device(name)


def _module(layer: RecurrentLayer) -> torch.nn.RNNBase | None:
    """PyTorch's layer, without weights of its own; None for the GRU that it does not have."""
    if isinstance(layer, GRU) and not layer.reset_after:
        return None
    return MODULES[type(layer)](layer.input_size, layer.hidden_size, device="meta")


def _through(
    module: torch.nn.RNNBase | None, x: Tensor, first: list[Tensor], p: dict[str, Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Take x (T, N, D) through a layer with our parameters: hs (T, N, H), the last state's parts.

    The parts of a state are (1, N, H) each.
    """
    bx = p["bx"] if "bx" in p else p["b"]
    bh = p["bh"] if "bh" in p else torch.zeros_like(bx)
    if module is None:
        hs = _reset_before(x, first[0][0], p["Wx"], p["Wh"], bx, bh)
        return hs, [hs[-1:]]
    weights = {
        "weight_ih_l0": p["Wx"].T,
        "weight_hh_l0": p["Wh"].T,
        "bias_ih_l0": bx,
        "bias_hh_l0": bh,
    }
    is_lstm = len(first) > 1
    hs, last = functional_call(module, weights, (x, tuple(first) if is_lstm else first[0]))
    return hs, list(last) if is_lstm else [last]


def _reset_before(x: Tensor, h: Tensor, Wx: Tensor, Wh: Tensor, bx: Tensor, bh: Tensor) -> Tensor:
    """The GRU of the paper, as `cells.gru_step` with reset_after=False: hs (T, N, H)."""
    H = len(Wh)
    Wh_rz, Wh_n = Wh[:, : 2 * H], Wh[:, 2 * H :]
    hs = []
    for a in x @ Wx + (bx + bh):
        r, z = torch.sigmoid(a[:, : 2 * H] + h @ Wh_rz).chunk(2, dim=1)
        n = torch.tanh(a[:, 2 * H :] + (r * h) @ Wh_n)
        h = (1 - z) * n + z * h
        hs.append(h)
    return torch.stack(hs)


def _output_losses(hs: Tensor, W: Tensor, b: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy of each of T * N predictions, from hs (T * N, H) and weights (H, V)."""
    return cross_entropy(torch.addmm(b, hs, W), targets, reduction="none")


def _array(tensor: Tensor) -> np.ndarray:
    """The numbers of a tensor as NumPy has them, rows one after the other."""
    return tensor.detach().contiguous().cpu().numpy()
