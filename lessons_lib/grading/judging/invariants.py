"""What must not change a result: another row of the batch, and what comes later in time.

Wrong numbers say that something is wrong. That row 0 changes when only row 1 of the input does says
where to look.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import map_arrays
from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.isolation.running import Outcome, call
from lessons_lib.grading.judging.bounding import for_any_arguments
from lessons_lib.grading.wording import in_words


class Probe(NamedTuple):
    """A case that differs from another at the end of one axis: its last row, or last time step."""

    axis: str  # "N" or "T"
    case: Case
    outputs: tuple[str, ...]  # those that stay as they are elsewhere on that axis


def probes(exercise: Exercise, case: Case) -> list[Probe]:
    """The changes that a right answer does not notice, found by asking the reference.

    Args:
        exercise: what was asked.
        case: one whose axes all have lengths of their own.

    Returns:
        A probe for each axis along which some result stays as it is.
    """
    found = []
    before = call(exercise.reference, case)
    for axis in ("N", "T"):
        length = case.sizes.get(axis, 0)
        if length < 2 or list(case.sizes.values()).count(length) > 1:
            continue
        changed = replace(case, arguments=_changed_at_the_end(case, length))
        after = call(for_any_arguments(exercise), changed)
        same = [
            output.name
            for output in exercise.outputs
            if axis in output.axes and _same_elsewhere(exercise, output, axis, before, after)
        ]
        if same:
            found.append(Probe(axis, changed, tuple(same)))
    return found


def broken(
    exercise: Exercise,
    case: Case,
    outcome: Outcome,
    run: Callable[[Case], Outcome],
) -> str:
    """Say which of the invariants an answer breaks; empty if none.

    Args:
        exercise: what was asked.
        case: the case of the probes.
        outcome: what the answer gave for it.
        run: calls the answer with another case.
    """
    lines = []
    right = call(exercise.reference, case)
    for probe in probes(exercise, case):
        after = run(probe.case)
        names = [
            output.name
            for output in exercise.outputs
            if output.name in probe.outputs
            and _shape(exercise, output, right)
            == _shape(exercise, output, outcome)
            == _shape(exercise, output, after)
            and not _same_elsewhere(exercise, output, probe.axis, outcome, after)
        ]
        if names:
            lines.append(_sentence(probe.axis, names))
    return "\n".join(lines)


def _sentence(axis: str, names: Sequence[str]) -> str:
    changes = f"{in_words(names)} {'changes' if len(names) == 1 else 'change'}"
    if axis == "N":
        return (
            f"The rows of the batch are not independent: with other numbers in the last row alone, "
            f"{changes} in other rows too."
        )
    return (
        f"It looks into the future: with other numbers at the last time step alone, "
        f"{changes} at earlier steps too."
    )


def _changed_at_the_end(case: Case, length: int) -> dict[str, Any]:
    def change(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f" or length not in array.shape:
            return array.copy()
        changed = array.copy()
        np.moveaxis(changed, array.shape.index(length), 0)[-1] *= -0.5
        return changed

    return {name: map_arrays(change, value) for name, value in case.arguments.items()}


def _same_elsewhere(
    exercise: Exercise, output: Output, axis: str, before: Outcome, after: Outcome
) -> bool:
    """Whether a result is the same but for the end of the axis."""
    first, second = (_result(exercise, output, outcome) for outcome in (before, after))
    if first is None or second is None or first.shape != second.shape:
        return False
    place = output.axes.index(axis)
    kept = (slice(None),) * place + (slice(0, -1),)
    return bool(np.allclose(first[kept], second[kept], rtol=1e-9, atol=1e-12, equal_nan=True))


def _shape(exercise: Exercise, output: Output, outcome: Outcome) -> tuple[int, ...] | None:
    result = _result(exercise, output, outcome)
    return None if result is None else result.shape


def _result(exercise: Exercise, output: Output, outcome: Outcome) -> np.ndarray | None:
    """One result of a call, if it is an array with as many axes as it should have."""
    results = exercise.results_of(outcome.value, outcome.written_into)
    if outcome.raised or results is None:
        return None
    result = results[exercise.outputs.index(output)]
    fits = type(result) is np.ndarray and result.ndim == len(output.axes)
    return result if fits and result.dtype.kind in "iuf" else None
