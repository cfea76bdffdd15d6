"""A training run on disk: everything needed to go on as if nothing had happened."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from lessons_lib.files import check_regular, write_atomically
from lessons_lib.models import MOST_BYTES


def save_checkpoint(path: Path, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
    """Write arrays, and values that JSON can hold, to one safetensors file, atomically.

    Raises:
        OSError: if the file cannot be written; an older one is then as it was.
    """
    contiguous = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    write_atomically(path, safetensors.numpy.save(contiguous, {"values": json.dumps(values)}))


def load_checkpoint(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `save_checkpoint` wrote.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not a whole checkpoint.
    """
    if not path.is_file():
        raise FileNotFoundError(f"checkpoint: found no file {path}")
    try:
        check_regular(path, MOST_BYTES)
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}
            values = json.loads(file.metadata()["values"])
            if not isinstance(values, dict):
                raise TypeError("its values have no names")
            return arrays, values
    except (
        safetensors.SafetensorError,
        AttributeError,  # of numbers that NumPy has not got
        OSError,
        TypeError,
        KeyError,
        ValueError,
        RecursionError,
    ) as error:
        raise ValueError(f"checkpoint: {path} is damaged or none of ours ({error})") from None


def number(values: dict[str, Any], name: str) -> Any:
    """One of a checkpoint's values.

    Raises:
        KeyError, TypeError: if it is not there, or no number.
    """
    if not isinstance(values[name], int | float):
        raise TypeError(f"{name}: expected a number, got {type(values[name]).__name__}")
    return values[name]


def flatten_state(state: tuple[Any, ...] | None) -> dict[str, np.ndarray]:
    """A model's carried state as named arrays: "state.<layer>.<part>"."""
    arrays = {}
    for k, parts in enumerate(state or ()):
        for j, part in enumerate(parts if isinstance(parts, tuple) else (parts,)):
            arrays[f"state.{k}.{j}"] = part
    return arrays


def unflatten_state(arrays: dict[str, np.ndarray]) -> tuple[Any, ...] | None:
    """The carried state back from what `flatten_state` made of it."""
    layers: dict[int, list[np.ndarray]] = {}
    for name in sorted(arrays):
        if name.startswith("state."):
            layers.setdefault(int(name.split(".")[1]), []).append(arrays[name])
    if not layers:
        return None
    return tuple(
        tuple(parts) if len(parts) > 1 else parts[0] for _, parts in sorted(layers.items())
    )
