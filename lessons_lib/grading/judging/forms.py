"""What a wrong result is beside the right one: the negative, transposed, N times too large, …

Each sentence is tried on every case before it is said.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from lessons_lib.functions import relu, sigmoid
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Output
from lessons_lib.grading.judging.comparing import differs

Triples = Sequence[tuple[Case, np.ndarray, np.ndarray]]  # a case, the right result, the answer's
Change = Callable[[np.ndarray, Case], np.ndarray]
PARTS = {"T": "step", "N": "row"}  # what lies along an axis


def about(output: Output, triples: Triples) -> str:
    """The first sentence that is true of a result in every case; empty if none is."""
    return _made_of_the_right_one(output, triples) or _crossed(output, triples)


def _made_of_the_right_one(output: Output, triples: Triples) -> str:
    case, wanted, _ = triples[0]
    for sentence, change in _candidates(output, case, wanted):
        made = [_changed(change, case, wanted) for case, wanted, _ in triples]
        if all(
            array is not None and np.array_equal(array, w)
            for array, (_, w, _) in zip(made, triples, strict=True)
        ):
            continue  # a factor of 1, say, makes nothing wrong
        if all(
            array is not None and array.shape == got.shape and not differs(output, array, got).any()
            for array, (_, _, got) in zip(made, triples, strict=True)
        ):
            return sentence
    return ""


def _changed(change: Change, case: Case, wanted: np.ndarray) -> np.ndarray | None:
    try:
        with np.errstate(all="ignore"):
            return change(wanted, case)
    except (ValueError, IndexError, KeyError, ZeroDivisionError):  # has not what is to be changed
        return None


def _candidates(output: Output, case: Case, wanted: np.ndarray) -> Iterator[tuple[str, Change]]:
    """Sentences, each with what it says done to the right result."""
    name = output.name
    yield f"{name} is zero everywhere.", lambda a, c: np.zeros_like(a)
    yield f"{name} has the right size and the wrong sign.", lambda a, c: -a
    for letter in filter(str.isupper, case.sizes):  # the lengths of axes
        too_large = "a sum where a mean belongs, or a factor too many"
        yield f"{name} is {letter} times too large: {too_large}.", _times(letter, 1)
        yield f"{name} is {letter} times too small: a mean where a sum belongs.", _times(letter, -1)
    yield f"{name} is twice what it should be.", lambda a, c: 2 * a
    yield f"{name} is half of what it should be.", lambda a, c: a / 2
    if len(np.unique(wanted)) > 1:  # of a constant an activation makes a constant
        yield from _activations(name)
    yield from _sums(output, case, wanted)
    if wanted.ndim == 2:
        yield f"{name} is transposed: the numbers are right.", lambda a, c: a.T
    yield from _axes_of_length_one(output, wanted)
    yield from _blocks(output)
    yield from _time(output)
    yield from _other_axes(output)
    yield from _spread_again(output)


def _activations(name: str) -> Iterator[tuple[str, Change]]:
    yield f"{name} is the tanh of what it should be: one tanh too many.", lambda a, c: np.tanh(a)
    yield f"{name} is what its tanh should be taken of.", lambda a, c: np.arctanh(a)
    yield f"{name} is what its sigmoid should be taken of.", lambda a, c: _logit(a)
    other = f"{name} went through {{}}, and belongs through {{}}."
    yield other.format("tanh", "sigmoid"), lambda a, c: np.tanh(_logit(a))
    yield other.format("sigmoid", "tanh"), lambda a, c: sigmoid(np.arctanh(a))
    yield other.format("ReLU", "tanh"), lambda a, c: relu(np.arctanh(a))


def _logit(a: np.ndarray) -> np.ndarray:
    return np.log(a / (1 - a))


def _times(letter: str, power: int) -> Change:
    return lambda a, case: a * float(case.sizes[letter]) ** power


def _sums(output: Output, case: Case, wanted: np.ndarray) -> Iterator[tuple[str, Change]]:
    for key, value in case.arguments.items():
        if isinstance(value, np.ndarray) and value.shape == wanted.shape:
            yield f"{output.name} holds a term too many: {key}.", _plus(key, 1)
            yield f"{output.name} lacks a term of its sum: {key}.", _plus(key, -1)


def _plus(key: str, sign: int) -> Change:
    return lambda a, case: a + sign * case.arguments[key]


def _with_an_axis(axis: int) -> Change:
    return lambda a, case: np.expand_dims(a, axis)


def _summed(axis: int) -> Change:
    return lambda a, case: a.sum(axis=axis)


def _blocks_in_order(order: Sequence[int]) -> Change:
    def change(a: np.ndarray, case: Case) -> np.ndarray:
        pieces = np.split(a, len(order), axis=-1)
        return np.concatenate([pieces[k] for k in order], axis=-1)

    return change


def _axes_of_length_one(output: Output, wanted: np.ndarray) -> Iterator[tuple[str, Change]]:
    name = output.name
    for axis in range(wanted.ndim + 1):
        yield (
            f"{name} has the right numbers and one axis of length 1 too many. keepdims=True keeps "
            "such an axis where it is summed over; without it the axis is gone.",
            _with_an_axis(axis),
        )
    for axis, letter in enumerate(output.axes):
        if letter == "1":
            yield (
                f"{name} has the right numbers and lacks its axis of length 1, which keepdims=True "
                "keeps where it is summed over.",
                _summed(axis),
            )
    yield (
        f"{name} has the right numbers, but axes of length 1 are lost, as squeeze takes them away. "
        "They have to stay, also for one row.",
        lambda a, c: a.squeeze(),
    )
    for axis, letter in enumerate(output.axes):
        if letter != "1" and wanted.any():  # a sum of zeros is any 0
            yield f"{name} is summed over the axis {letter}, which it should keep.", _summed(axis)


def _blocks(output: Output) -> Iterator[tuple[str, Change]]:
    names = output.blocks
    if len(names) > 4:  # five have 120 orders
        return
    for order in itertools.islice(itertools.permutations(range(len(names))), 1, None):
        found = ", ".join(names[k] for k in order)
        yield (
            f"The blocks of {output.name} are right but stand in the order {found}; the order here "
            f"is {', '.join(names)}.",
            _blocks_in_order(order),
        )


def _other_axes(output: Output) -> Iterator[tuple[str, Change]]:
    for axis, letter in enumerate(output.axes):
        if letter != "1" and axis != output.time_axis:
            turned = f"{output.name} stands the wrong way round along its axis {letter}."
            yield turned, partial(_turned, axis)


def _time(output: Output) -> Iterator[tuple[str, Change]]:
    name, axis = output.name, output.time_axis
    if axis is None:
        return
    yield f"{name} runs backwards in time.", lambda a, c: np.flip(a, axis)
    yield (
        f"{name} has in every step what belongs to the step before, and the last one first.",
        lambda a, c: np.roll(a, 1, axis),
    )
    yield (
        f"{name} has in every step what belongs to the step after, and the first one last.",
        lambda a, c: np.roll(a, -1, axis),
    )
    yield f"{name} is the last step alone; every step is asked for.", lambda a, c: a.take(-1, axis)
    yield (
        f"{name} has in every step what belongs into the last one: does every step write to one "
        "array?",
        lambda a, c: spread(a, -1, axis),
    )


def _spread_again(output: Output) -> Iterator[tuple[str, Change]]:
    """One number, or row, for all of an axis: what broadcasting does unasked."""
    name = output.name
    for axis, letter in enumerate(output.axes):
        everywhere = f"{name} is the same all along the axis {letter}: everywhere stands"
        yield f"{everywhere} the sum over that axis.", partial(_everywhere, np.sum, axis)
        yield f"{everywhere} the mean over that axis.", partial(_everywhere, np.mean, axis)
        yield f"{everywhere} what belongs into the first place.", partial(_first_of, axis)
        yield f"{everywhere} what belongs into the last place.", partial(_last_of, axis)
    whole = f"{name} is the same everywhere: the sum over all that belongs into it."
    yield whole, lambda a, c: np.full_like(a, a.sum())


def _turned(axis: int, a: np.ndarray, c: Case) -> np.ndarray:
    return np.flip(a, axis)


def _everywhere(
    reduced: Callable[..., np.ndarray], axis: int, a: np.ndarray, c: Case
) -> np.ndarray:
    return np.zeros_like(a) + reduced(a, axis=axis, keepdims=True)


def _first_of(axis: int, a: np.ndarray, c: Case) -> np.ndarray:
    return spread(a, 0, axis)


def _last_of(axis: int, a: np.ndarray, c: Case) -> np.ndarray:
    return spread(a, -1, axis)


def spread(array: np.ndarray, place: int, axis: int) -> np.ndarray:
    """Everywhere along an axis what stands in one place of it."""
    return np.zeros_like(array) + array.take([place], axis) if array.size else array


def _crossed(output: Output, triples: Triples) -> str:
    """Whether (N,) and (N, 1) have met, so that the right numbers stand on a diagonal."""
    for axis, letter in enumerate(output.axes):
        if all(
            got.shape == (*wanted.shape[: axis + 1], *wanted.shape[axis:])
            and not differs(output, wanted, _diagonal(got, axis)).any()
            for _, wanted, got in triples
        ):
            return (
                f"The right numbers stand on a diagonal of {output.name}: an array of shape "
                f"({letter},) and one of ({letter}, 1) were combined, and NumPy made every pair."
            )
    return ""


def _diagonal(array: np.ndarray, axis: int) -> np.ndarray:
    return np.moveaxis(np.diagonal(array, axis1=axis, axis2=axis + 1), -1, axis)


def left_out(output: Output, triples: Triples) -> str:
    """Whether the first or the last of an axis is zero, and should not be."""
    for axis, letter in enumerate(output.axes):
        part = PARTS.get(letter, "column" if axis and axis == len(output.axes) - 1 else "entry")
        for which, place in (("first", 0), ("last", -1)):
            if all(
                got.shape == wanted.shape
                and np.any(wanted.take(place, axis))
                and not np.any(got.take(place, axis))
                for _, wanted, got in triples
            ):
                reach = "the loop" if letter == "T" else "the loop, or the slice,"
                return f"{output.name} is zero at the {which} {part}: does {reach} reach it?"
    return ""
