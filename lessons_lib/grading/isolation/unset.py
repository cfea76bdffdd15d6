"""np.empty as a learner's function meets it: full of a NaN that is known again.

What np.empty gives is whatever lay in that memory. It may be zeros, and then an answer that adds to
an array which it never set is right today and wrong tomorrow.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

MARK = np.uint64(0x7FF8_0000_5EED_5EED)  # a quiet NaN; its lower bits stay through + and *


@contextlib.contextmanager
def marked_empty() -> Iterator[None]:
    """Let np.empty and np.empty_like fill what they give, as long as this lasts."""
    originals = {name: getattr(np, name) for name in ("empty", "empty_like")}
    for name, original in originals.items():
        setattr(np, name, _filled(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(np, name, original)


def _filled(original: Any) -> Any:
    def made(*values: Any, **named: Any) -> Any:
        array = original(*values, **named)
        if array.dtype == np.float64:
            array[...] = MARK.view(np.float64)
        elif array.dtype.kind in "fc":
            array[...] = np.nan
        elif array.dtype.kind in "iu":
            array[...] = np.iinfo(array.dtype).max
        return array

    return made


def is_unset(array: np.ndarray) -> bool:
    """Whether something in an array is, or was made of, what `marked_empty` filled in."""
    if array.dtype != np.float64:
        return False
    bits = np.ascontiguousarray(array).view(np.uint64)
    return bool(((bits | np.uint64(1 << 63)) == MARK | np.uint64(1 << 63)).any())
