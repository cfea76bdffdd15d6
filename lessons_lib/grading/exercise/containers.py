"""Arrays inside dicts, lists and tuples: what a function may be given beside plain arrays."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class OwnCache:
    """Stands for what the forward pass of the same answer keeps; that one is called first.

    Attributes:
        forward: name of the forward function.
        arguments: what it is called with, by name.
        place: where its cache stands among what it returns.
        reference: the forward function of the reference; None where the submission runs.
    """

    forward: str
    arguments: dict[str, Any]
    place: int
    reference: Callable[..., Any] | None = None

    def kept_by(self, forward: Callable[..., Any]) -> Any:
        """The cache that a forward function returns, whatever it is.

        Raises:
            LookupError: if it returns none.
        """
        returned = forward(*self.arguments.values())
        if not isinstance(returned, tuple | list) or len(returned) <= self.place:
            raise LookupError(f"{self.forward} returns no cache")
        return returned[self.place]

    def of_the_reference(self) -> Any:
        """The cache that the reference's forward function returns."""
        assert self.reference is not None, "the reference stays with the grader"
        return self.kept_by(self.reference)


def map_arrays(change: Callable[[np.ndarray], Any], value: Any) -> Any:
    """The value with every array in it changed; dicts, lists and tuples are made anew.

    Args:
        change: takes an array and returns what is to stand in its place.
        value: an array, a number, a function, …, or a dict, list or tuple of such.
    """
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, OwnCache):
        return replace(value, arguments=map_arrays(change, value.arguments))
    if isinstance(value, dict):
        return {key: map_arrays(change, item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):  # a NamedTuple
        return type(value)(*(map_arrays(change, item) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(map_arrays(change, item) for item in value)
    return value


def copied(value: Any) -> Any:
    """The value with all arrays copied; a random generator becomes another in the same state."""
    return copy.deepcopy(value) if is_generator(value) else map_arrays(np.copy, value)


def is_generator(value: Any) -> bool:
    """Whether it is a random generator. NumPy's module for them is imported only if it may be."""
    return type(value).__name__ == "Generator" and isinstance(value, np.random.Generator)


def arrays_in(name: str, value: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Every array in a value, and how to write it: "x", "grads['Wx']", "cache.h_prev", "hs[0]"."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, OwnCache):
        for key, item in value.arguments.items():
            yield from arrays_in(f"{value.forward}'s {key}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from arrays_in(f"{name}[{key!r}]", item)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for key, item in zip(value._fields, value, strict=True):
            yield from arrays_in(f"{name}.{key}", item)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from arrays_in(f"{name}[{place}]", item)


def has_more(value: Any) -> bool:
    """Whether a cache may follow the one result; a list may be the rows of the result itself."""
    if isinstance(value, list):
        return isinstance(value[0] if value else None, np.ndarray) and not all(
            isinstance(part, np.ndarray) for part in value
        )
    return isinstance(value, tuple)
