"""Our layers beside PyTorch's own numbers, which are stored, so that PyTorch is not needed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors.numpy

from lessons_lib.files import data_path
from lessons_lib.interop import from_torch
from lessons_lib.layers import GRU, RecurrentLayer

CELLS = ("rnn", "lstm", "gru")
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

Arrays = dict[str, np.ndarray]


def load_case(cell: str, num_layers: int = 1) -> Arrays:
    """One forward and backward pass of PyTorch, by the names that data/parity/README.md describes.

    Args:
        cell: "rnn", "lstm" or "gru".
        num_layers: 1 or 2.
    """
    plural = "s" if num_layers > 1 else ""
    path = data_path("parity", f"{cell}_{num_layers}_layer{plural}.safetensors")
    return safetensors.numpy.load_file(path)


def state_dict_of(case: Mapping[str, np.ndarray], layer: int = 0) -> Arrays:
    """The weights of one layer of a stack, named as those of a one-layer module.

    Args:
        case: arrays with names such as "weight_ih_l1".
        layer: 0 for the lowest.
    """
    return {f"{name}_l0": case[f"{name}_l{layer}"] for name in NAMES}


def compute(case: Mapping[str, np.ndarray], num_layers: int = 1) -> Arrays:
    """Compute all that PyTorch computed with our layers: outputs, final states, every gradient.

    Args:
        case: from `load_case`.
        num_layers: of the case.

    Returns:
        The results by PyTorch's names and in its shapes.
    """
    letters = "hc" if "c_0" in case else "h"
    layers: list[Any] = [from_torch(state_dict_of(case, k)) for k in range(num_layers)]
    hs, finals = case["x"], []
    for k, layer in enumerate(layers):
        state = tuple(case[f"{letter}_0"][k] for letter in letters)
        hs, final = layer.forward(hs, _as_layer_wants(state))
        finals.append(_as_tuple(final))
    found = {"output": hs}
    for place, letter in enumerate(letters):
        found[f"{letter}_n"] = np.stack([final[place] for final in finals])

    dhs = case["loss_weight.output"]
    dstarts: list[tuple[np.ndarray, ...]] = []
    for k, layer in reversed(list(enumerate(layers))):
        dfinal = tuple(case[f"loss_weight.{letter}_n"][k] for letter in letters)
        dhs, dstart = layer.backward(dhs, _as_layer_wants(dfinal))
        dstarts.insert(0, _as_tuple(dstart))
        found |= {f"grad.{name}_l{k}": g for name, g in _gradients(layer).items()}
    found["grad.x"] = dhs
    for place, letter in enumerate(letters):
        found[f"grad.{letter}_0"] = np.stack([dstart[place] for dstart in dstarts])
    return found


def _as_layer_wants(state: tuple[np.ndarray, ...]) -> np.ndarray | tuple[np.ndarray, ...]:
    return state if len(state) > 1 else state[0]


def _as_tuple(state: np.ndarray | tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    return state if isinstance(state, tuple) else (state,)


def _gradients(layer: RecurrentLayer) -> Arrays:
    """A layer's gradients in PyTorch's layout; our one bias stands for each of the two."""
    bias_ih, bias_hh = ("bx", "bh") if isinstance(layer, GRU) else ("b", "b")
    g = layer.grads
    values = (g["Wx"].T, g["Wh"].T, g[bias_ih], g[bias_hh])
    return dict(zip(NAMES, (np.array(value) for value in values), strict=True))
