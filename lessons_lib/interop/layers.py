"""Layers in PyTorch's names and layouts, and other orders of the gates.

`torch.nn.RNN/LSTM/GRU` keep weights transposed, (blocks * H, D), and two biases everywhere; the
block orders i, f, g, o and r, z, n are the same as ours.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.layers import GRU, LSTM, RNN, RecurrentLayer

_BLOCKS = {1: RNN, 3: GRU, 4: LSTM}


def to_torch(layer: RecurrentLayer) -> dict[str, np.ndarray]:
    """Lay a layer's parameters out as the state dict of the one-layer module in `torch.nn`.

    RNN and LSTM have one bias: it becomes bias_ih_l0, and bias_hh_l0 is 0.

    Args:
        layer: an RNN, an LSTM, or a GRU with reset_after=True, which is PyTorch's variant.

    Returns:
        weight_ih_l0 (blocks * H, D), weight_hh_l0 (blocks * H, H), bias_ih_l0 and bias_hh_l0
        (blocks * H,): copies, of the layer's dtype.

    Raises:
        TypeError: if layer is none of the three.
        ValueError: if layer is a GRU with reset_after=False, which PyTorch does not have.
    """
    if not isinstance(layer, RNN | LSTM | GRU):
        raise TypeError(f"layer: expected an RNN, LSTM or GRU, got {type(layer).__name__}")
    if isinstance(layer, GRU) and not layer.reset_after:
        raise ValueError("layer: torch.nn.GRU has no reset_after=False, expected reset_after=True")
    params = layer.params
    if isinstance(layer, GRU):
        bias_ih, bias_hh = params["bx"], params["bh"]
    else:
        bias_ih, bias_hh = params["b"], np.zeros_like(params["b"])
    return {
        "weight_ih_l0": np.array(params["Wx"].T, order="C"),
        "weight_hh_l0": np.array(params["Wh"].T, order="C"),
        "bias_ih_l0": bias_ih.copy(),
        "bias_hh_l0": bias_hh.copy(),
    }


def from_torch(
    state_dict: Mapping[str, Any], *, dtype: npt.DTypeLike | None = None
) -> RecurrentLayer:
    """Make a layer with the parameters of a one-layer `torch.nn.RNN`, `LSTM` or `GRU`.

    The kind of layer follows from the shapes: weight_hh_l0 has one, four or three blocks of H rows.
    For RNN and LSTM the two biases are added, which changes nothing in what the layer computes.
    Missing biases (bias=False) count as 0.

    Args:
        state_dict: arrays or torch tensors by PyTorch's names.
        dtype: float32 or float64; None keeps that of weight_ih_l0.

    Returns:
        An RNN, LSTM or GRU.

    Raises:
        TypeError: if state_dict is no mapping.
        ValueError: if names or shapes are not those of one layer in one direction.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"state_dict: expected a mapping, got {type(state_dict).__name__}")
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    missing = [name for name in names[:2] if name not in state_dict]
    surplus = [name for name in state_dict if name not in names]
    if missing or surplus:
        raise ValueError(
            f"state_dict: expected {', '.join(names)} of one layer in one direction, got "
            f"{', '.join(map(str, state_dict)) or 'nothing'}"
        )
    arrays = {name: as_array(value, name) for name, value in state_dict.items()}
    weight_ih, weight_hh = arrays["weight_ih_l0"], arrays["weight_hh_l0"]
    rows, H = weight_hh.shape if weight_hh.ndim == 2 and weight_hh.size else (0, 1)
    if rows % H or rows // H not in _BLOCKS or weight_ih.ndim != 2 or len(weight_ih) != rows:
        raise ValueError(
            "state_dict: expected weight_ih_l0 (k * H, D) and weight_hh_l0 (k * H, H) with k = 1 "
            f"(RNN), 3 (GRU) or 4 (LSTM), got {weight_ih.shape} and {weight_hh.shape}"
        )
    for name in names[2:]:
        bias = arrays.setdefault(name, np.zeros(rows))
        if bias.shape != (rows,):
            raise ValueError(f"{name}: expected shape ({rows},), got {bias.shape}")

    layer = _BLOCKS[rows // H](
        weight_ih.shape[1], H, dtype=weight_ih.dtype if dtype is None else dtype
    )
    values = {"Wx": weight_ih.T, "Wh": weight_hh.T}
    if isinstance(layer, GRU):
        values |= {"bx": arrays["bias_ih_l0"], "bh": arrays["bias_hh_l0"]}
    else:
        values["b"] = arrays["bias_ih_l0"] + arrays["bias_hh_l0"]
    for name, value in values.items():
        layer.params[name][...] = value
    return layer


def as_array(value: Any, name: str) -> np.ndarray:
    """An array of floating-point numbers, from an array or a torch tensor."""
    value = value.detach() if hasattr(value, "detach") else value  # a torch parameter
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise ValueError(f"{name}: expected floating-point numbers, got dtype {array.dtype}")
    return array


def reorder_blocks(array: npt.ArrayLike, source: str, target: str, *, axis: int = -1) -> np.ndarray:
    """Put the blocks of packed weights or biases into another order.

    Args:
        array: weights or bias whose axis is made of equal blocks, such as (D, 4H).
        source: the blocks' names in the order of the array: "f g i o".
        target: the same names in the order wanted: "i f g o".
        axis: the axis that the blocks stand along.

    Returns:
        A new array of the same shape.

    Raises:
        ValueError: if the two orders have not the same names, or the axis has no such blocks.
    """
    array = np.asarray(array)
    names, wanted = source.split(), target.split()
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names) or not names:
        raise ValueError(
            f"target: expected the names of {source!r} in another order, got {target!r}"
        )
    if array.ndim == 0 or array.shape[axis] % len(names):
        raise ValueError(
            f"array: expected an axis of {len(names)} equal blocks, got shape {array.shape}"
        )
    blocks = dict(zip(names, np.split(array, len(names), axis=axis), strict=True))
    return np.concatenate([blocks[name] for name in wanted], axis=axis)
