"""What other packages call a state dict, as arrays that NumPy computes with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

# What PyTorch puts in front of every name: DataParallel, torch.compile.
_PREFIXES = ("module.", "_orig_mod.")


def plain_state_dict(state_dict: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict without what was wrapped around it.

    A checkpoint that holds the state dict beside other things is opened, and "module." of
    DataParallel and "_orig_mod." of torch.compile are taken off the names.

    Args:
        state_dict: arrays or torch tensors by PyTorch's names, or a checkpoint around them.

    Raises:
        TypeError: if state_dict is no mapping, or its names are no texts.
        ValueError: if a checkpoint holds several state dicts.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"state_dict: expected a mapping, got {type(state_dict).__name__}")
    inside = {
        name: value
        for name, value in state_dict.items()
        if isinstance(value, Mapping) and any("weight" in str(key) for key in value)
    }
    if len(inside) > 1:
        raise ValueError(
            f"state_dict: expected one state dict, got a checkpoint with {', '.join(inside)}; "
            "pass one of them"
        )
    for value in inside.values():
        return plain_state_dict(value)
    if not all(isinstance(name, str) for name in state_dict):
        raise TypeError("state_dict: expected names of PyTorch's, got others")
    plain = dict(state_dict)
    for prefix in _PREFIXES * 2:  # one may stand inside the other
        if plain and all(name.startswith(prefix) for name in plain):
            plain = {name.removeprefix(prefix): value for name, value in plain.items()}
    return plain


def as_array(value: Any, name: str) -> np.ndarray:
    """An array of float32 or float64, from an array or a torch tensor.

    float16 and bfloat16 become float32, which holds all their numbers.

    Raises:
        ValueError: if it holds anything but floating-point numbers.
    """
    if hasattr(value, "detach"):  # a torch tensor, perhaps of a parameter and on a GPU
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value
    array = np.asarray(value)
    if array.dtype == np.float16 or array.dtype.name == "bfloat16":  # the latter of ml_dtypes
        array = array.astype(np.float32)
    if array.dtype.kind != "f":
        raise ValueError(f"{name}: expected floating-point numbers, got dtype {array.dtype}")
    return array


def from_bfloat16(data: bytes) -> np.ndarray:
    """float32 from the bytes of bfloat16, which are the upper halves of float32's; 1-D."""
    return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
