"""What all layers share: parameters, gradients, workspaces and the checks on what comes in."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt


class Layer:
    """A layer with parameters, their gradients, and arrays that it reuses from call to call.

    Attributes:
        params: the parameters by name. Assign or change entries freely; shapes are fixed.
        grads: gradients by the same names, filled by `backward`.
    """

    def __init__(self) -> None:
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._workspaces: dict[str, np.ndarray] = {}
        self._cache: Any = None

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64: the parameters decide, and everything is computed in it."""
        return np.result_type(*self.params.values())

    def _add(self, name: str, value: np.ndarray, dtype: npt.DTypeLike) -> None:
        self.params[name] = value.astype(check_dtype(dtype))
        self.grads[name] = np.zeros_like(self.params[name])
        self._shapes[name] = value.shape

    def _parameters(self) -> Iterator[np.ndarray]:
        """The parameters in order, checked, since a caller may have assigned them."""
        dtype = check_dtype(self.dtype)
        for name, shape in self._shapes.items():
            value = check_array(self.params[name], shape, f'params["{name}"]', "fixed", dtype)
            if self.grads[name].dtype != dtype:
                self.grads[name] = np.zeros_like(value)
            yield value

    def _workspace(self, name: str, *shape: int) -> np.ndarray:
        """An array to write into, the same one at every call of one shape.

        At 100 hidden units fetching fresh memory costs more than the arithmetic does.
        """
        array = self._workspaces.get(name)
        if array is None or array.shape != shape or array.dtype != self.dtype:
            array = self._workspaces[name] = np.empty(shape, self.dtype)
        return array

    def _cached(self) -> Any:
        if self._cache is None:
            raise RuntimeError(f"{type(self).__name__}.backward needs a forward before it")
        return self._cache


def sum_rows(rows: np.ndarray, out: np.ndarray) -> None:
    """Write the sum of rows (M, K) into out (K,).

    In float32 as a product: `np.sum` takes ten times as long, and its roundings add up from row to
    row. In float64 there are digits enough, and a plain sum is the same on every processor.
    """
    if rows.dtype == np.float64:
        np.sum(rows, axis=0, out=out)
    else:
        np.matmul(np.ones(len(rows), rows.dtype), rows, out=out)


def check_array(
    value: npt.ArrayLike,
    shape: tuple[Any, ...],
    name: str,
    letters: str,
    dtype: npt.DTypeLike,
) -> np.ndarray:
    """Return value as an array of the dtype, or say in one line why its shape or type is wrong.

    Args:
        value: what came in.
        shape: the lengths wanted, None where any length will do; ... in front stands for any
            number of axes.
        name: the argument's name, for the message.
        letters: the shape in the course's letters, for the message.
        dtype: dtype of the result; an array that has it already is not copied.

    Raises:
        TypeError: if value holds no real numbers.
        ValueError: if the shape differs.
    """
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        raise ValueError(f"{name}: expected an array of shape {letters}, got ragged rows") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    if shape[:1] == (...,):
        shape = (None,) * (array.ndim - len(shape) + 1) + shape[1:]
    if array.ndim != len(shape) or any(
        n is not None and n != m for n, m in zip(shape, array.shape, strict=True)
    ):
        wanted = tuple("any" if n is None else n for n in shape)
        raise ValueError(
            f"{name}: expected shape {letters} = ({', '.join(map(str, wanted))}), got {array.shape}"
        )
    return array.astype(dtype, copy=False)


DTYPES = re.compile(r"[<>=|]?f[48]|float(32|64)?|single|double|[fd]")


def check_dtype(dtype: npt.DTypeLike) -> np.dtype:
    """Return dtype if it is float32 or float64; anything else is a TypeError."""
    checked = None
    # Some other texts, and fields as a stranger's file may have them, end the process.
    if isinstance(dtype, type | np.dtype) or (isinstance(dtype, str) and DTYPES.fullmatch(dtype)):
        with contextlib.suppress(TypeError, ValueError):  # not a dtype at all
            checked = np.dtype(dtype)
    if checked not in (np.float32, np.float64):
        raise TypeError(
            f"dtype: expected float32 or float64, got {dtype if checked is None else checked}"
        )
    return checked


def check_size(value: int, name: str) -> int:
    """Return value if it is a whole number of at least 1, else raise TypeError or ValueError."""
    if not is_number(value) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"{name}: expected at least 1, got {value}")
    return int(value)


def check_rng(rng: np.random.Generator | None) -> np.random.Generator:
    """Return rng, or `np.random.default_rng(0)` for None; anything else is a TypeError."""
    if rng is None:
        return np.random.default_rng(0)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: expected a numpy.random.Generator, got {type(rng).__name__}")
    return rng


def is_number(value: object) -> bool:
    """Whether value is a real number, of Python's or of NumPy's types; truth values are none."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
