"""Layers in PyTorch's names and layouts, and other orders of the gates.

`torch.nn.RNN/LSTM/GRU` keep weights transposed, (blocks * H, D), and two biases everywhere; the
block orders i, f, g, o and r, z, n are the same as ours.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.interop.arrays import as_array, plain_state_dict
from lessons_lib.layers import GRU, LSTM, RNN, Bidirectional, RecurrentLayer

_BLOCKS = {1: RNN, 3: GRU, 4: LSTM}


def to_torch(layer: RecurrentLayer | Bidirectional) -> dict[str, np.ndarray]:
    """Lay a layer's parameters out as the state dict of the one-layer module in `torch.nn`.

    RNN and LSTM have one bias: it becomes bias_ih_l0, and bias_hh_l0 is 0.

    Args:
        layer: an RNN, an LSTM, or a GRU with reset_after=True, which is PyTorch's variant; or two
            of them as `Bidirectional`.

    Returns:
        weight_ih_l0 (blocks * H, D), weight_hh_l0 (blocks * H, H), bias_ih_l0 and bias_hh_l0
        (blocks * H,): copies, of the layer's dtype. In two directions also those of the other one,
        named weight_ih_l0_reverse and so on.

    Raises:
        TypeError: if layer is none of these.
        ValueError: if layer is a GRU with reset_after=False, which PyTorch does not have.
    """
    if isinstance(layer, Bidirectional):
        layer.adopt_params()
        forward, reverse = map(to_torch, layer.directions)
        return forward | {f"{name}_reverse": value for name, value in reverse.items()}
    if not isinstance(layer, RNN | LSTM | GRU):
        raise TypeError(f"layer: expected an RNN, LSTM or GRU, got {type(layer).__name__}")
    if isinstance(layer, GRU) and not layer.reset_after:
        raise ValueError("layer: torch.nn.GRU has no reset_after=False, expected reset_after=True")
    return torch_params(layer.params, 0)


def torch_params(params: Mapping[str, np.ndarray], k: int) -> dict[str, np.ndarray]:
    """One layer's parameters by PyTorch's names for layer k."""
    bias_ih = params["bx"] if "bx" in params else params["b"]
    bias_hh = params["bh"] if "bh" in params else np.zeros_like(bias_ih)
    return {
        f"weight_ih_l{k}": np.array(params["Wx"].T, order="C"),
        f"weight_hh_l{k}": np.array(params["Wh"].T, order="C"),
        f"bias_ih_l{k}": bias_ih.copy(),
        f"bias_hh_l{k}": bias_hh.copy(),
    }


def from_torch(
    state_dict: Mapping[str, Any], *, dtype: npt.DTypeLike | None = None
) -> RecurrentLayer | Bidirectional:
    """Make a layer with the parameters of a one-layer `torch.nn.RNN`, `LSTM` or `GRU`.

    The kind of layer follows from the shapes: weight_hh_l0 has one, four or three blocks of H rows.
    For RNN and LSTM the two biases are added, which changes nothing in what the layer computes.
    Missing biases (bias=False) count as 0. An RNN is taken to have tanh: its nonlinearity does not
    stand in a state dict.

    Args:
        state_dict: arrays or torch tensors by PyTorch's names, or a checkpoint around them;
            "module." in front of all names is left out.
        dtype: float32 or float64; None keeps that of weight_ih_l0, float16 and bfloat16 become
            float32.

    Returns:
        An RNN, LSTM or GRU; where the module reads in both directions, a `Bidirectional` of two.

    Raises:
        TypeError: if state_dict is no mapping.
        ValueError: if names or shapes are not those of one layer, or it has projections.
    """
    state_dict = plain_state_dict(state_dict)
    if any(name.startswith("weight_hr_") for name in state_dict):
        raise ValueError(
            "state_dict: expected no projection, got weight_hr_l0 (proj_size of torch.nn.LSTM), "
            "which no layer here has"
        )
    reverse = {
        name.removesuffix("_reverse"): value
        for name, value in state_dict.items()
        if name.endswith("_reverse")
    }
    if reverse:
        plain = {name: value for name, value in state_dict.items() if "_reverse" not in name}
        return Bidirectional(_one_direction(plain, dtype), _one_direction(reverse, dtype))
    return _one_direction(state_dict, dtype)


def _one_direction(state_dict: dict[str, Any], dtype: npt.DTypeLike | None) -> RNN | LSTM | GRU:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    missing = [name for name in names[:2] if name not in state_dict]
    surplus = [name for name in state_dict if name not in names]
    if missing or surplus:
        raise ValueError(
            f"state_dict: expected {', '.join(names)} of one layer, got "
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
