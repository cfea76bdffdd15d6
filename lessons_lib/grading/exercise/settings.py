"""What an exercise is made with, checked: a slip in it shall not cost a class its grades."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

STRICT = frozenset(["arguments", "dtype"])


def check_settings(
    reference: Any,
    lesson: Any,
    outputs: Any,
    sizes: Any,
    hints: Any,
    strict: Any,
    carry_errors: Any,
) -> None:
    """Say in one line what an exercise cannot be made with.

    Raises:
        ValueError: for the first such setting.
    """
    if not isinstance(getattr(reference, "__name__", None), str):
        raise ValueError(f"expected a function with a name of its own, got {reference!r}")
    if not isinstance(lesson, str) or not lesson:
        raise ValueError(f"lesson: expected a name, got {lesson!r}")
    if not outputs:
        raise ValueError("outputs: expected at least one Output, got none")
    if not sizes:
        raise ValueError("sizes: expected at least one dict of sizes, got none")
    if not isinstance(hints, Iterable) or isinstance(hints, str):
        raise ValueError(f"hints: expected a list of texts, got {hints!r}")
    if not isinstance(strict, str) or set(strict.split()) - STRICT:
        raise ValueError(f"strict: expected {' or '.join(sorted(STRICT))}, got {strict!r}")
    if not is_amount(carry_errors, most=1):
        raise ValueError(f"carry_errors: expected a number from 0 to 1, got {carry_errors!r}")
    for output in outputs:
        _check_output(output)
    names = [output.name for output in outputs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"outputs: expected different names, got {twice[0]} twice")


def check_case_maker(make_case: Callable[..., Any], sizes: Iterable[dict[str, int]]) -> None:
    """Say in one line which sizes a case maker does not take.

    Raises:
        ValueError: for the first such sizes.
    """
    try:
        takes = inspect.signature(make_case, follow_wrapped=False)
    except ValueError:  # some that are written in C do not tell
        return
    for one in sizes:
        try:
            takes.bind(None, **one)
        except TypeError:
            wanted, got = ", ".join(["rng", *one]), ", ".join(takes.parameters)
            raise ValueError(
                f"make_case: expected a function of {wanted}, got one of {got}"
            ) from None


def _check_output(output: Any) -> None:
    """`Output` itself takes what it gets: the judge makes some of its own."""
    name, dims = output.name, output.dims
    if not isinstance(name, str) or not isinstance(dims, str):
        raise ValueError(f"Output: expected a name and a letter for each axis, got {output!r}")
    if not is_amount(output.points):
        raise ValueError(f"points of {name}: expected a number of 0 or more, got {output.points!r}")
    tolerance = output.tolerance
    if not isinstance(tolerance, Mapping) or not all(
        is_amount(value) or (dtype == "float32" and value == math.inf)
        for dtype, value in tolerance.items()
    ):
        raise ValueError(
            f"tolerance of {name}: expected such as {{'float64': 1e-9}}, got {tolerance!r}"
        )


def is_amount(value: Any, most: float = math.inf) -> bool:
    """Whether it is a finite number from 0 to `most`."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= most
