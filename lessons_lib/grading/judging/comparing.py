"""Compare one result with what was expected, and say in words where they part."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.definition import TOLERANCE, Output
from lessons_lib.grading.isolation.unset import is_unset
from lessons_lib.grading.wording import describe, in_words

CAUSES_OF_FLOAT64 = (
    "Something on the way is float64. That may be np.zeros, one_hot or rng.random without a dtype, "
    "a list, or whole numbers or a comparison divided by a number."
)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a result; `text` has one or more lines."""

    kind: str  # "type" | "shape" | "dtype" | "nan" | "values"
    text: str
    tells_where: bool = False  # some of the blocks are right


COARSE = 2e-6  # what rounding to float32 leaves of a number, relative to 1 + |number|
EXACT = 2.0**53  # a float cannot show larger whole numbers
WHOLE = 0.25  # whole numbers differ by more, however large; unless a tolerance is given for them


def problem_with(
    output: Output,
    expected: np.ndarray,
    got: Any,
    *,
    strict_dtype: bool = False,
    coarse: float = COARSE,
    made_in_float32: bool = False,
) -> Problem | None:
    """The first thing wrong with a result, in the order type, shape, dtype, NaN, values.

    Args:
        output: describes the result.
        expected: the right array; for a single number, of shape ().
        got: what the learner's function returned in its place.
        strict_dtype: whether right values of another dtype are wrong.
        coarse: the tolerance for float32 where float64 is expected.
        made_in_float32: whether it was, although it was written into an array of float64.

    Returns:
        None if the result is right.
    """
    if not output.axes and is_number(got):
        got = number_as_array(got, expected.dtype.name if expected.dtype.kind == "f" else "float64")
    if type(got) is not np.ndarray:
        return Problem("type", _about_type(output, expected, got))
    if output.kept_axes and same_but_for_kept_axes(expected, got):
        got = got.reshape(expected.shape)
    if got.shape != expected.shape:
        return Problem("shape", _about_shape(output, expected, got))
    if got.dtype.kind not in "biuf" or (strict_dtype and other_dtype(expected, got)):
        return Problem("dtype", _about_dtype(output, expected, got))
    unusable = ~np.isfinite(got) & np.isfinite(expected)
    if unusable.any():
        return Problem("nan", _about_nan(output, got, unusable))
    with np.errstate(over="ignore"):
        rounded = got.astype(np.float32) if made_in_float32 and got.dtype == np.float64 else got
    wrong = differs(output, expected, rounded, coarse)
    if wrong.any():
        text = _about_values(output, expected, got, wrong)
        if other_dtype(expected, got) and not (expected.dtype.kind == got.dtype.kind == "f"):
            text += f"\n{_about_dtype(output, expected, got)}"
        return Problem("values", text, tells_where="; right: " in text)
    return None


def same_but_for_kept_axes(expected: np.ndarray, got: np.ndarray) -> bool:
    """Whether one shape has axes of length 1 that the other has not, and they differ in no other.

    A row in place of a column has as many axes.
    """
    return got.ndim != expected.ndim and got.squeeze().shape == expected.squeeze().shape


def other_dtype(expected: np.ndarray, got: np.ndarray) -> bool:
    """Whether a result has another dtype than expected; one kind of integer is like another."""
    both_integers = got.dtype.kind in "iu" and expected.dtype.kind in "iu"
    return got.dtype != expected.dtype and not both_integers


def differs(
    output: Output, expected: np.ndarray, got: np.ndarray, coarse: float = COARSE
) -> np.ndarray:
    """Where got is further from expected than the output's tolerance; a boolean array.

    What came in float32 where float64 is expected is held to `coarse`, and not to the tolerance of
    calls with float32 arguments: whoever answers could choose to be held to less.
    """
    whole = expected.dtype.kind in "iub" and output.tolerance == TOLERANCE
    if whole and got.dtype.kind in "iub":
        return np.asarray(expected != got)  # exact, also beyond 2 ** 53
    tolerance = output.tolerance.get(expected.dtype.name, output.tolerance.get("float64", 0.0))
    if expected.dtype == np.float64 and got.dtype == np.float32:
        tolerance = max(tolerance, min(coarse, output.tolerance.get("float32", COARSE)))
    wanted = expected.astype(np.float64)
    with np.errstate(all="ignore"):
        bound = tolerance * (1 + np.abs(wanted))
        if whole:
            bound = np.where(np.abs(wanted) < EXACT, bound, -1)
            bound = np.minimum(bound, WHOLE)
        near = np.abs(got - wanted) <= bound
    return ~(near & np.isfinite(wanted) | equally_unusable(wanted, got))


def alike(output: Output, wrong: Any, got: Any, dtype: str) -> bool:
    """Whether a learner's result is the one that a known wrong version gives.

    Args:
        output: describes the result.
        wrong: what the known version returned.
        got: what the learner's function returned.
        dtype: of the case, for single numbers.
    """
    if not output.axes and is_number(wrong) and is_number(got):
        wrong, got = number_as_array(wrong, dtype), number_as_array(got, dtype)
    if not type(wrong) is type(got) is np.ndarray or wrong.shape != got.shape:
        return False
    if wrong.dtype.kind == got.dtype.kind == "c":
        parts = ((wrong.real, got.real), (wrong.imag, got.imag))
        return not any(differs(output, one, other, np.inf).any() for one, other in parts)
    both_real = wrong.dtype.kind != "c" and got.dtype.kind in "biuf"
    return both_real and not differs(output, wrong, got, np.inf).any()


def equally_unusable(wrong: np.ndarray, got: np.ndarray) -> np.ndarray:
    """Where both are NaN, or the same infinity."""
    return (wrong == got) & ~np.isfinite(got) | (wrong != wrong) & (got != got)


def is_number(value: Any) -> bool:
    """Whether a value is a single number: Python's, NumPy's, or an array of shape ()."""
    if isinstance(value, np.ndarray):
        return type(value) is np.ndarray and value.shape == () and value.dtype.kind in "iuf"
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def number_as_array(number: Any, dtype: str) -> np.ndarray:
    """A number as an array of shape (): whole numbers as int64, others in the given dtype.

    What is float32 stays so, and is judged as it would be in an array.
    """
    array = np.asarray(number)
    if array.dtype == np.float32:
        return array
    if array.dtype.kind == "f":
        return array.astype(dtype)
    # As int64, numbers beyond 2 ** 63 would be negative.
    return array if array.dtype == np.uint64 else array.astype(np.int64)


def title(output: Output) -> str:
    """The output's name with what it is: "f (forget gate)"."""
    return f"{output.name} ({output.about})" if output.about else output.name


def _axes(output: Output, shape: tuple[int, ...]) -> str:
    """Letters and lengths: "(N, H) = (3, 5)"."""
    if not output.axes:
        return "()"
    return f"({', '.join(output.axes)}) = {shape}"


def _are_its_parts(got: Sequence[Any], expected: np.ndarray) -> bool:
    """Whether the members of a list are arrays which make one of the right shape."""
    shapes = {entry.shape if isinstance(entry, np.ndarray) else None for entry in got}
    return len(got) == len(expected) and shapes == {expected.shape[1:]}


def _about_type(output: Output, expected: np.ndarray, got: Any) -> str:
    array = f"a NumPy array of shape {_axes(output, expected.shape)}"
    wanted = array if output.axes else "a single number"
    text = f"{title(output)} is {describe(got)}; expected {wanted}."
    if isinstance(got, list | tuple) and expected.ndim and _are_its_parts(got, expected):
        text += f"\nnp.stack({output.name}) makes one array of them."
    elif isinstance(got, np.ndarray):
        text += "\nA subclass of the NumPy array can change what * and @ mean; use plain arrays."
    return text


def _about_shape(output: Output, expected: np.ndarray, got: np.ndarray) -> str:
    name = title(output)
    if not output.axes:
        return f"{name} has shape {got.shape}, expected a single number."
    wanted = f"expected {_axes(output, expected.shape)}"
    if got.ndim == expected.ndim:
        for order in itertools.permutations(range(got.ndim)):
            # Only when the lengths tell the axes apart is the order a fact and not a guess.
            if got.shape == tuple(expected.shape[k] for k in order):
                letters = ", ".join(output.axes[k] for k in order)
                verdict = (
                    "it is transposed"
                    if got.ndim == 2
                    else "the axes are right but stand in another order"
                )
                return f"{name} has shape ({letters}) = {got.shape}, {wanted}: {verdict}."
    return f"{name} has shape {got.shape}, {wanted}."


def _about_dtype(output: Output, expected: np.ndarray, got: np.ndarray) -> str:
    if not output.axes:
        wanted = "a whole number (int)" if expected.dtype.kind in "iu" else "a number with a point"
        return f"{title(output)} is {describe(got.item())}, expected {wanted}."
    text = f"{title(output)} has dtype {got.dtype}, expected {expected.dtype}."
    if expected.dtype == np.float32 and got.dtype == np.float64:
        text += (
            "\nThe arguments are float32 here, and float32 in means float32 out. "
            + CAUSES_OF_FLOAT64
        )
    elif got.dtype == object:
        text += "\nAn object array holds Python objects, often because its rows differ in length."
    elif got.dtype.kind in "iub":
        text += "\nNumbers stored in such an array lose what stands behind the point."
    return text


def _about_nan(output: Output, got: np.ndarray, unusable: np.ndarray) -> str:
    first = _first(output, unusable)
    if not output.axes:
        return f"{title(output)} is {describe(got.item())}."
    what = "NaN (not a number)" if np.isnan(got[first]) else "an infinite number"
    return (
        f"{title(output)} holds {what}: {unusable.sum()} of {got.size} values, "
        f"the first at {_entry(output, first)}."
        + ("\nIt was never set: np.empty leaves what lay in that memory." if is_unset(got) else "")
    )


def _about_values(output: Output, expected: np.ndarray, got: np.ndarray, wrong: np.ndarray) -> str:
    first = _first(output, wrong)
    lines = (
        [f"{title(output)} has the right shape, but {wrong.sum()} of {got.size} values differ."]
        if output.axes
        else [f"{title(output)} differs."]
    )
    lines += _about_time(output, wrong)
    lines += _about_blocks(output, wrong)
    want, have = _digits(float(expected[first]), float(got[first]))
    lines += [
        f"    {_entry(output, first)}",
        f"        expected  {want}",
        f"        got       {have}",
    ]
    return "\n".join(lines)


def _about_time(output: Output, wrong: np.ndarray) -> list[str]:
    axis = output.time_axis
    if axis is None:
        return []
    others = tuple(k for k in range(wrong.ndim) if k != axis)
    steps = wrong.any(axis=others)
    first = int(np.argmax(steps))
    if first == 0:
        return ["It differs from the first time step on."]
    right = "step 0 is" if first == 1 else f"steps 0 to {first - 1} are"
    return [f"Time {right} right; step {first} is the first that differs."]


def _about_blocks(output: Output, wrong: np.ndarray) -> list[str]:
    if not output.blocks:
        return []
    columns = wrong.any(axis=tuple(range(wrong.ndim - 1)))
    by_block = np.split(columns, len(output.blocks))
    bad = [name for name, block in zip(output.blocks, by_block, strict=True) if block.any()]
    good = [name for name in output.blocks if name not in bad]
    width = len(by_block[0])
    start = output.blocks.index(bad[0]) * width
    where = f"block {bad[0]} (columns {start} to {start + width - 1})"
    if not good:
        return [f"Every block differs; the first is {where}."]
    return [
        f"The first block that differs is {where}; right: {in_words(good)}; wrong: {in_words(bad)}."
    ]


def _first(output: Output, mask: np.ndarray) -> tuple[int, ...]:
    """Index of the first True: earliest in time, then in reading order."""
    if not output.axes:
        return ()
    axis = output.axes.index("T") if "T" in output.axes else 0
    moved = np.argwhere(np.moveaxis(mask, axis, 0))[0].tolist()
    step = moved.pop(0)
    moved.insert(axis, step)
    return tuple(moved)


def _entry(output: Output, index: tuple[int, ...]) -> str:
    return f"{output.name}[{', '.join(str(k) for k in index)}]" if index else output.name


def _digits(expected: float, got: float) -> tuple[str, str]:
    """Both numbers to four digits, or to ten where four would make them look alike."""
    for digits in (4, 10):
        pair = f"{expected: .{digits}g}", f"{got: .{digits}g}"
        if pair[0] != pair[1]:
            break
    return pair
