"""What is wrong with an answer, found by looking: what its results are, and what they depend on.

Each sentence is tried on every case before it is said. Where none holds in all, nothing is said.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.isolation.running import Outcome, call
from lessons_lib.grading.judging.bounding import for_any_arguments
from lessons_lib.grading.judging.comparing import is_number, problem_with
from lessons_lib.grading.judging.forms import PARTS, about, left_out, spread
from lessons_lib.grading.judging.slips import slip_in
from lessons_lib.grading.wording import in_words

Arrays = dict[str, np.ndarray]


def seen_in(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    run_again: Callable[[Case], Outcome],
) -> str:
    """One sentence on what the first wrong result is, or on what the answer does not use.

    Args:
        exercise: what was asked.
        cases: the calls that were made.
        outcomes: what came of them.
        run_again: calls the learner's function with another case.

    Returns:
        The sentence, or nothing if none holds in every case.
    """
    found: list[tuple[Case, Arrays]] = []
    for case, outcome in zip(cases, outcomes, strict=True):
        got = _results(exercise, outcome)
        if got is None:
            return ""
        if not found and _differs_from(got, _results(exercise, run_again(case))):
            return (
                "Called twice with the same arguments it gives two results. So it draws at random, "
                "or something is left over from the call before."
            )
        if case.dtype == "float64":
            found.append((case, got))
    # By the right answer that it has most of.
    right_answers = (exercise.reference, *exercise.alternatives)
    by_answer = [_beside(exercise, answer, found) for answer in right_answers]
    pairs, wrong = min(by_answer, key=lambda one: len(one[1]))
    if not pairs:
        return ""
    for output in wrong:
        triples = [(case, want[output.name], got[output.name]) for case, want, got in pairs]
        if sentence := (
            about(output, triples)
            or _another_result(exercise, output, pairs)
            or left_out(output, triples)
        ):
            return sentence
    return (
        (_overwritten(exercise, [p[0] for p in pairs], run_again) if exercise.cache_from else "")
        or _unused(exercise, cases[0], outcomes[0], run_again)
        or (_right_for_others(exercise, wrong, pairs) if wrong else "")
        or (slip_in(exercise, [p[0] for p in pairs], [p[2] for p in pairs]) if wrong else "")
        or _as_float32_rounds(wrong, pairs)
        or _right_alone(exercise, _first_wrong(wrong, pairs) or cases[0], run_again)
    )


def _beside(
    exercise: Exercise, answer: Callable[..., Any], found: Sequence[tuple[Case, Arrays]]
) -> tuple[list[tuple[Case, Arrays, Arrays]], list[Output]]:
    """An answer's results beside those of a right one, and which of them are wrong."""
    pairs = []
    for case, got in found:
        want = _results(exercise, call(answer, case)) or {}
        if all(array.size for array in want.values()):  # of nothing everything is true
            pairs.append((case, want, got))
    wrong = [
        output
        for output in exercise.outputs
        if any(problem_with(output, want[output.name], got[output.name]) for _, want, got in pairs)
    ]
    return pairs, wrong


def _as_float32_rounds(
    wrong: Sequence[Output], pairs: Sequence[tuple[Case, Arrays, Arrays]]
) -> str:
    """Whether wrong results are so near to the right ones as float32 would bring them."""
    for output in wrong:
        tolerance = output.tolerance.get("float32", 0.0)
        for _, want, got in pairs:
            right, found = want[output.name], got[output.name]
            if found.shape != right.shape or found.dtype.kind != "f":
                return ""
            if not (abs(found - right) <= tolerance * (1 + abs(right))).all():
                return ""
    if not wrong:
        return ""
    return (
        "It is off by no more than float32 rounds. Is something on the way held in float32, or a "
        "very small term left out?"
    )


def _first_wrong(
    wrong: Sequence[Output], pairs: Sequence[tuple[Case, Arrays, Arrays]]
) -> Case | None:
    """The first case with a wrong result: what is right for other sizes says nothing of T."""
    for case, want, got in pairs:
        if any(problem_with(o, want[o.name], got[o.name]) for o in wrong):
            return case
    return None


def _differs_from(before: Arrays, after: Arrays | None) -> bool:
    return after is None or not all(
        np.array_equal(before[key], after[key], equal_nan=True) for key in before
    )


def _results(exercise: Exercise, outcome: Outcome) -> Arrays | None:
    """The results by name, if all of them are arrays of numbers, or numbers."""
    results = exercise.results_of(outcome.value, outcome.written_into)
    if outcome.raised or not all(
        isinstance(r, np.ndarray) or is_number(r) for r in results or [None]
    ):
        return None
    arrays = {o.name: np.asarray(r) for o, r in zip(exercise.outputs, results or (), strict=True)}
    return arrays if all(array.dtype.kind in "biuf" for array in arrays.values()) else None


def _another_result(
    exercise: Exercise, output: Output, pairs: Sequence[tuple[Case, Arrays, Arrays]]
) -> str:
    for other in exercise.outputs:
        if other is not output and not any(
            problem_with(replace(other, name=output.name), want[other.name], got[output.name])
            for _, want, got in pairs
        ):
            return f"{output.name} has the numbers that belong into {other.name}."
    return ""


def _right_for_others(
    exercise: Exercise,
    wrong: Sequence[Output],
    pairs: Sequence[tuple[Case, Arrays, Arrays]],
) -> str:
    """Whether wrong results are the right ones for other arguments, and for which."""
    cases = [case for case, _, _ in pairs]
    for what, forms in _other_arguments(cases):
        for case, _, got in pairs:
            other = {name: form(case.arguments[of]) for name, (of, form) in forms.items()}
            changed = replace(case, arguments={**case.arguments, **other})
            right = _results(exercise, call(for_any_arguments(exercise), changed))
            if right is None or any(problem_with(o, right[o.name], got[o.name]) for o in wrong):
                break
        else:
            names = in_words([output.name for output in wrong])
            return f"{names} would be right {what}."
    return ""


Form = Callable[[np.ndarray], np.ndarray]


def _other_arguments(cases: Sequence[Case]) -> Iterator[tuple[str, dict[str, tuple[str, Form]]]]:
    """Arguments that an answer may have used: in words; by name, of which one they are a form."""
    shapes = {
        name: [np.shape(case.arguments[name]) for case in cases]
        for name, value in cases[0].arguments.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim
    }
    for name, by_case in shapes.items():
        for what, form in _other_forms(cases[0], by_case):
            yield what.format(name), {name: (name, form)}
    as_it_is: Form = np.positive
    for one, other in itertools.permutations(shapes, 2):
        if shapes[one] == shapes[other]:
            exchanged = {one: (other, as_it_is), other: (one, as_it_is)}
            yield f"for {other} in place of {one}", {one: (other, as_it_is)}
            yield f"for {one} and {other} exchanged", exchanged


def _other_forms(case: Case, shapes: Sequence[tuple[int, ...]]) -> Iterator[tuple[str, Form]]:
    """What may have become of an argument, its name as {}; its shapes in all cases are given."""
    yield "for {} with the other sign", np.negative
    if all(len(shape) == 2 and shape[0] == shape[1] for shape in shapes):
        yield "for {} transposed", np.transpose
    if len(shapes[0]) == 1:
        yield "for {} with its first number in every place", partial(spread, place=0, axis=0)
    for letter, part in PARTS.items():
        axis = _axis_of(letter, case, shapes[0])
        if axis is None:
            continue
        yield f"for {{}} with its first {part} in every {part}", partial(spread, place=0, axis=axis)
        yield f"for {{}} with its last {part} in every {part}", partial(spread, place=-1, axis=axis)
        if letter == "T":
            yield "for {} backwards in time", partial(np.flip, axis=axis)
            for which, shift in (("before", 1), ("after", -1)):
                what = f"if every step had the {{}} of the step {which}"
                yield what, partial(np.roll, shift=shift, axis=axis)


def _axis_of(letter: str, case: Case, shape: tuple[int, ...]) -> int | None:
    """The axis of an argument that a letter stands for, where lengths tell axes apart."""
    length = case.sizes.get(letter, 0)
    known = length > 1 and list(case.sizes.values()).count(length) == 1
    return shape.index(length) if known and shape.count(length) == 1 else None


# --- What the answer does when it is called in another way ---


def _unused(
    exercise: Exercise, case: Case, outcome: Outcome, run_again: Callable[[Case], Outcome]
) -> str:
    """Arguments, or all steps of them but the last, that the results do not depend on."""
    before, right = _results(exercise, outcome), _results(exercise, call(exercise.reference, case))
    if before is None or right is None:
        return ""
    unused: dict[str, list[str]] = {}  # by the results that do not change with them
    for name, value in case.arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or name in case.writable:
            continue
        for what, other in _other_values(name, value, case):
            deaf, others = list(before), [other]
            if all(_has_whole_numbers(array) for array in before.values()):
                others += _more_like(other, value)  # they may be the same by chance
            changes = set()
            for another in others:
                changed = replace(case, arguments={**case.arguments, name: another})
                after = _results(exercise, run_again(changed))
                wanted = _results(exercise, call(for_any_arguments(exercise), changed))
                if after is None or wanted is None:
                    deaf = []
                    break
                deaf = [k for k in deaf if np.array_equal(before[k], after[k], equal_nan=True)]
                changes |= {k for k in deaf if not np.array_equal(right[k], wanted[k])}
                if not deaf:
                    break
            deaf = [key for key in deaf if key in changes]
            if deaf:
                verb = "does" if len(deaf) == 1 else "do"
                unused.setdefault(f"{in_words(deaf)} {verb} not", []).append(what)
                break
    for words, names in unused.items():
        return f"{words} change with {' or '.join(names)}, and should."
    return ""


def _other_values(name: str, value: np.ndarray, case: Case) -> Iterator[tuple[str, np.ndarray]]:
    yield name, 0.5 - value
    axis = _axis_of("T", case, value.shape)
    if axis is not None:
        for what, kept in (("last", -1), ("first", 0)):
            other = 0.5 - value
            place = (slice(None),) * axis + (kept,)
            other[place] = value[place]
            yield f"any step of {name} but the {what}", other


def _has_whole_numbers(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool((array == np.round(array)).all())


def _more_like(other: np.ndarray, value: np.ndarray) -> list[np.ndarray]:
    """More values in place of one, that differ from it where the first one does."""
    size = np.abs(value).max(initial=1, where=np.isfinite(value))
    draws = size * np.random.default_rng(0).normal(size=(7, *value.shape))
    return [np.where(other == value, value, draw).astype(value.dtype) for draw in draws]


def _right_alone(exercise: Exercise, case: Case, run_again: Callable[[Case], Outcome]) -> str:
    """Whether the answer is right for one time step alone."""
    if case.sizes.get("T", 0) < 2:
        return ""
    sizes = {**case.sizes, "T": 1}
    if sizes.get("N") == 1:  # with one row as well it would be one place alone
        sizes["N"] = 2
    for seed in range(3):  # one alone may be right by chance
        rng = np.random.default_rng(seed)
        try:
            alone = exercise.case_of(rng, sizes, "float64")
        except Exception:  # a case maker that cannot make so short a sequence
            return ""
        got = _results(exercise, run_again(alone))
        wanted = _results(exercise, call(for_any_arguments(exercise), alone))
        if got is None or wanted is None:
            return ""
        if any(problem_with(o, wanted[o.name], got[o.name]) for o in exercise.outputs):
            return ""
    return (
        "With a single time step it is right. So look at what comes with more of them: how they "
        "lie in the arrays, what one hands to the next, what is added up over them."
    )


def _overwritten(
    exercise: Exercise, cases: Sequence[Case], run_again: Callable[[Case], Outcome]
) -> str:
    """Whether the answer is right as soon as each of its functions gets copies of its arguments."""
    for case in cases:
        got = _results(exercise, run_again(replace(case, copying=True)))
        wanted = _results(exercise, call(exercise.reference, case))
        if got is None or wanted is None:
            return ""
        if any(problem_with(o, wanted[o.name], got[o.name]) for o in exercise.outputs):
            return ""
    return (
        "It is right as soon as every function gets copies of its arguments. So your cache points "
        "to an array that is written to later: it does not hold any more what was there in the "
        "forward pass. Let it keep a copy, or make a new array in each step."
    )
