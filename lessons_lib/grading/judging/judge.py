"""Judge what came of a function's calls. Nothing here calls a learner's function."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import map_arrays
from lessons_lib.grading.exercise.definition import Exercise, Misconception, Output
from lessons_lib.grading.isolation.running import Outcome, call
from lessons_lib.grading.judging import feedback, looking
from lessons_lib.grading.judging.bounding import (
    MOST_SECONDS_FOR_POINTS,
    OutOfTimeError,
    for_any_arguments,
)
from lessons_lib.grading.judging.carrying import Other, right_given_own
from lessons_lib.grading.judging.comparing import (
    COARSE,
    Problem,
    alike,
    number_as_array,
    other_dtype,
    problem_with,
)
from lessons_lib.grading.judging.dependence import has_float32
from lessons_lib.grading.judging.invariants import broken
from lessons_lib.grading.report import Result, Status


@dataclass(frozen=True)
class Finding:
    """What is wrong in one case: the call as a whole, or single results."""

    whole: str = ""
    by_output: dict[str, Problem] = field(default_factory=dict)
    # Of right results: what they have, and what is expected.
    other_dtypes: dict[str, tuple[np.dtype, np.dtype]] = field(default_factory=dict)
    kept_axes: list[str] = field(default_factory=list)  # likewise
    in_float32: list[str] = field(default_factory=list)  # wrong; float64 even of float32 is wanted

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.whole and not self.by_output

    def is_right_in(self, name: str) -> bool:
        """Whether the result of that name is right."""
        return not self.whole and name not in self.by_output


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    *,
    expected: list[tuple[Any, ...]] | None = None,
    look_for_hints: bool = True,
    run_again: Callable[[Case], Outcome] | None = None,
    other: Other | None = None,
    afresh: Other | None = None,
    rng: np.random.Generator | None = None,
    judged: Mapping[str, bool] | None = None,
    cases_can_be_had: bool = False,
) -> Result:
    """Compare the outcomes of a learner's function with the reference.

    A result earns its points when it has the right values in every float64 case. What float32
    becomes, and whether arguments are written into, is a remark, unless the exercise is strict
    about it; who writes into arguments where that is forbidden earns nothing. Nor does an answer
    that is right only where zeros are: an array made by np.zeros is none.

    Args:
        exercise: what was asked.
        cases: the calls that were made.
        outcomes: what came of them, in the same order.
        expected: what `expected_of` gives for the cases, if it was asked before their calls.
        look_for_hints: compare a wrong answer with the known wrong versions.
        run_again: calls the learner's function with another case; without it a wrong answer that is
            not known is not asked whether its rows are independent, and the like.
        other: calls another function of the same answer, for exercises that carry errors on.
        afresh, rng: see `right_given_own`.
        judged: exercises that were judged before, and whether this answer has them right.
        cases_can_be_had: the learner may call `case` for these very cases.
    """
    if not any(outcome.attempted for outcome in outcomes):
        text = feedback.NOT_ATTEMPTED
        return Result(exercise.name, "not_attempted", 0.0, exercise.points, text)

    expected = expected or expected_of(exercise, cases)
    findings = _findings(exercise, cases, outcomes, expected)
    deciding = [k for k, case in enumerate(cases) if _decides(exercise, case)]
    wrong = next((k for k in deciding if not findings[k].is_right), None)
    spoilt = next((k for k, outcome in enumerate(outcomes) if outcome.written), None)
    forbidden = spoilt is not None and "arguments" in exercise.strict
    remarks = _remarks(exercise, cases, findings, outcomes[spoilt] if spoilt is not None else None)
    if wrong is None and not forbidden:
        overflow = feedback.about_overflow(outcomes)
        parts = [*remarks, overflow, feedback.about_printing(outcomes[0])]
        text = "\n".join(part for part in parts if part)
        return Result(exercise.name, "passed", exercise.points, exercise.points, text)

    right = [o for o in exercise.outputs if all(findings[k].is_right_in(o.name) for k in deciding)]
    before = {forward.name for forward in exercise.cache_from.values()}
    before |= {earlier.name for earlier, _ in exercise.builds_on}
    given: dict[str, str] = {}  # by result, the function of the answer's own that it is right for
    if exercise.carry_errors and other and not all(map((judged or {}).get, before)):
        decide = [cases[k] for k in deciding], [outcomes[k] for k in deciding]
        given = right_given_own(exercise, *decide, other, afresh, rng)
    carried, extra = _carried(exercise, right, given)
    if _zeros_would_do(exercise, expected, right):
        right = []
    # A sum in another order can be a rounding above that of all points.
    score = 0.0 if forbidden else min(exercise.points, sum((o.points for o in right), extra))
    status: Status = "failed"
    known = None
    parts = []
    if wrong is not None:
        if outcomes[wrong].raised:
            status = "error"
        order = _order_returned(exercise, expected, outcomes)
        if look_for_hints and not order:
            known = recognise(exercise, cases, outcomes, judged or {})
        if order:
            parts.append(feedback.about_order(exercise, order))
        else:
            parts += [
                feedback.about_scores(exercise, right),
                *carried,
                feedback.about_case(cases, wrong),
                findings[wrong].whole
                or feedback.about_results(exercise, findings[wrong].by_output, outcomes[wrong]),
                *_help(
                    exercise,
                    cases,
                    outcomes,
                    findings,
                    deciding,
                    known,
                    run_again,
                    cases_can_be_had,
                ),
            ]
    parts += remarks
    reported = wrong if wrong is not None else spoilt
    parts.append(feedback.about_printing(outcomes[reported or 0]))
    message = "\n".join(part for part in parts if part)
    hint = known.name if known else None
    return Result(exercise.name, status, score, exercise.points, message, hint)


def _decides(exercise: Exercise, case: Case) -> bool:
    """Whether points depend on a case: float32 shows no more than float64 but the dtype kept."""
    return case.dtype != "float32" or "dtype" in exercise.strict


def _carried(
    exercise: Exercise, right: Sequence[Output], given: Mapping[str, str]
) -> tuple[list[str], float]:
    """What is right, given the answer's own earlier function, and the points that it earns."""
    gained = [o for o in exercise.outputs if o not in right and o.name in given]
    points = exercise.carry_errors * sum((output.points for output in gained), 0.0)
    by_function: dict[str, list[str]] = {}
    for output in gained:
        by_function.setdefault(given[output.name], []).append(output.name)
    told = [feedback.about_carried(k, v, exercise.carry_errors) for k, v in by_function.items()]
    return told, points


def _remarks(
    exercise: Exercise, cases: Sequence[Case], findings: Sequence[Finding], spoilt: Outcome | None
) -> list[str]:
    """What a learner should know although it costs no points."""
    remarks = []
    if spoilt is not None:
        remarks.append(feedback.about_writing(spoilt, costs="arguments" in exercise.strict))
    if kept := list(dict.fromkeys(name for finding in findings for name in finding.kept_axes)):
        remarks.append(feedback.about_kept_axes(kept))
    for case, finding in zip(cases, findings, strict=True):
        if not _decides(exercise, case) and finding.whole and not findings[0].whole:
            remarks.append(feedback.about_float32(finding.whole))
        elif finding.in_float32 and findings[0].is_right:
            remarks.append(feedback.about_too_few_digits(finding.in_float32))
            break
        elif finding.other_dtypes and not finding.by_output:
            remarks.append(feedback.about_other_dtypes(case, finding.other_dtypes))
            break
    return remarks


def _help(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    findings: Sequence[Finding],
    deciding: Sequence[int],
    known: Misconception | None,
    run_again: Callable[[Case], Outcome] | None,
    cases_can_be_had: bool,
) -> list[str]:
    """What leads on: a hint on the mistake, else what was found by looking, else how to look."""
    if known:
        return [feedback.about_known(known)]
    seen = ""
    if run_again is not None:
        seen = looking.seen_in(exercise, cases, outcomes, run_again)
        seen = seen or broken(exercise, cases[0], outcomes[0], run_again)
    parts = [seen]
    wrong = [k for k in deciding if not findings[k].is_right]
    first = findings[wrong[0]]
    something_right = any(first.is_right_in(output.name) for output in exercise.outputs)
    if cases_can_be_had or not (seen or first.whole or something_right):
        parts.append(feedback.about_first_hint(exercise, can_be_asked=cases_can_be_had))
    if cases_can_be_had:
        smallest = min(wrong, key=lambda k: (sum(cases[k].sizes.values()), k))
        parts.append(feedback.about_trying(exercise, smallest))
    return parts


def recognise(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    judged: Mapping[str, bool],
) -> Misconception | None:
    """The known wrong version that does in every case what the learner's function did.

    Those of an earlier exercise come first if that one is known to be wrong, and are left out if it
    is right.
    """
    if all(outcome.raised for outcome in outcomes):
        return None  # one exception is like another: no evidence

    def place(known: Misconception) -> int:
        own = known.origin == exercise.name
        return 1 if own else 0 if known.origin in judged else 2

    def function(known: Misconception) -> Callable[..., Any]:
        # Its loop may not end.
        return for_any_arguments(exercise, known.function, MOST_SECONDS_FOR_POINTS)

    left = [known for known in exercise.misconceptions if not judged.get(known.origin)]
    for known in sorted(left, key=place):
        if all(
            same_results(exercise, case, call(function(known), case), outcome)
            for case, outcome in zip(cases, outcomes, strict=True)
        ):
            return known
    return None


def expected_of(
    exercise: Exercise, cases: Sequence[Case], answer: Callable[..., Any] | None = None
) -> list[tuple[Any, ...]]:
    """The results that a right answer gives, for each case; by default the reference."""
    return [_results(exercise, answer or exercise.reference, case) for case in cases]


def _results(exercise: Exercise, answer: Callable[..., Any], case: Case) -> tuple[np.ndarray, ...]:
    return tuple(
        number_as_array(result, case.dtype) if not output.axes else result
        for output, result in zip(exercise.outputs, exercise.given_by(answer, case), strict=True)
    )


def _findings(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    expected: list[tuple[Any, ...]],
) -> list[Finding]:
    """What is wrong in each case, by the right answer that it has most of, the reference first.

    Two answers of as many points are told apart by single cases: right in one of them is nearer.
    """
    others = ((answer, expected_of(exercise, cases, answer)) for answer in exercise.alternatives)
    nearest: list[Finding] = []
    most = (-1.0, 0)
    for answer, by_case in itertools.chain([(exercise.reference, expected)], others):
        coarse = _float32_tolerance(exercise, answer, cases, outcomes, by_case)
        findings = [
            _finding(exercise, case, outcome, wanted, coarse)
            for case, outcome, wanted in zip(cases, outcomes, by_case, strict=True)
        ]
        if all(finding.is_right for finding in findings):
            return findings
        right = [o for o in exercise.outputs if all(f.is_right_in(o.name) for f in findings)]
        found = (
            sum(output.points for output in right),
            sum(f.is_right_in(o.name) for f in findings for o in exercise.outputs),
        )
        if found > most:
            nearest, most = findings, found
    return nearest


def _finding(
    exercise: Exercise, case: Case, outcome: Outcome, expected: tuple[Any, ...], coarse: float
) -> Finding:
    if outcome.raised:
        return Finding(feedback.about_exception(case, outcome.raised))
    results = exercise.results_of(outcome.value, outcome.written_into)
    if results is None:
        return Finding(feedback.about_structure(exercise, outcome.value))
    compared = list(zip(exercise.outputs, expected, results, strict=True))
    strict = "dtype" in exercise.strict
    in_float32 = has_float32(exercise, outcome)

    def problem_of(output: Output, wanted: np.ndarray, got: Any) -> Problem | None:
        rounded = in_float32 and bool(output.written_to)
        return problem_with(
            output, wanted, got, strict_dtype=strict, coarse=coarse, made_in_float32=rounded
        )

    problems = {
        output.name: problem
        for output, wanted, got in compared
        if (problem := problem_of(output, wanted, got))
    }
    right = [
        (output, wanted, got)
        for output, wanted, got in compared
        if output.axes and output.name not in problems
    ]
    other = {
        output.name: (got.dtype, wanted.dtype)
        for output, wanted, got in right
        if other_dtype(wanted, got)
    }
    kept = [output.name for output, wanted, got in right if got.shape != wanted.shape]
    coarsely = [
        output.name
        for output, wanted, _ in compared
        if (case.dtype, wanted.dtype) == ("float32", np.float64)
        and (problem := problems.get(output.name))
        and problem.kind == "values"
    ]
    return Finding(by_output=problems, other_dtypes=other, kept_axes=kept, in_float32=coarsely)


def _float32_tolerance(
    exercise: Exercise,
    answer: Callable[..., Any],
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    expected: Sequence[tuple[Any, ...]],
) -> float:
    """How near results in float32 have to be: ten times as far as a right answer's, at most.

    The farthest of all cases and results counts: one of them may have come out exact by chance.
    """
    decide = [k for k, case in enumerate(cases) if case.dtype == "float64"]
    if not any(has_float32(exercise, outcomes[k]) for k in decide):
        return COARSE
    farthest = 0.0
    answer = for_any_arguments(exercise, answer, MOST_SECONDS_FOR_POINTS)
    for k in decide:
        rounded = map_arrays(
            lambda a: a.astype("f4") if a.dtype == np.float64 else a, cases[k].arguments
        )
        try:
            with np.errstate(all="ignore"):
                results = _results(exercise, answer, replace(cases[k], arguments=rounded))
                for found, wanted in zip(results, expected[k], strict=True):
                    error = np.max(abs(found - wanted) / (1 + abs(wanted)), initial=0)
                    farthest = max(farthest, float(error))
        except (Exception, OutOfTimeError):  # it wants float64
            return np.inf
    return max(COARSE, 10 * farthest)


def does_not_end(outcome: Outcome) -> bool:
    """Whether a call was ended because it took too long."""
    return outcome.raised is not None and outcome.raised.kind == OutOfTimeError.__name__


def same_results(exercise: Exercise, case: Case, theirs: Outcome, learners: Outcome) -> bool:
    """Whether two calls with the arguments of one case gave the same."""
    if theirs.raised or learners.raised:
        return bool(
            theirs.raised and learners.raised and theirs.raised.kind == learners.raised.kind
        )
    wrong = exercise.results_of(theirs.value, theirs.written_into)
    got = exercise.results_of(learners.value, learners.written_into)
    if wrong is None or got is None:
        return False
    return all(
        alike(output, a, b, case.dtype)
        for output, a, b in zip(exercise.outputs, wrong, got, strict=True)
    )


def _order_returned(
    exercise: Exercise, expected: Sequence[tuple[Any, ...]], outcomes: Sequence[Outcome]
) -> list[str]:
    """The order in which all the right results were returned, if it is not the one asked for."""
    places = [exercise.outputs.index(output) for output in exercise.returned]
    returned = [exercise.results_of(o.value, o.written_into) for o in outcomes]
    if exercise.returns_dict or len(places) < 2 or any(results is None for results in returned):
        return []
    left, order = list(places), []
    for stands in places:  # one after the other: nine results have 362,880 orders
        belongs = next(
            (place for place in left if _stands_for(exercise, place, stands, expected, returned)),
            None,
        )
        if belongs is None:
            return []
        left.remove(belongs)
        order.append(exercise.outputs[belongs].name)
    return order if order != [exercise.outputs[place].name for place in places] else []


def _stands_for(
    exercise: Exercise,
    place: int,
    stands: int,
    expected: Sequence[tuple[Any, ...]],
    returned: Sequence[tuple[Any, ...] | None],
) -> bool:
    """Whether the result that stands at one place is in every case the one of another place."""
    return not any(
        got is None or problem_with(exercise.outputs[place], wanted[place], got[stands])
        for wanted, got in zip(expected, returned, strict=True)
    )


def _zeros_would_do(
    exercise: Exercise, expected: Sequence[tuple[Any, ...]], right: Sequence[Output]
) -> bool:
    """Whether the reference gives only zeros for all results that are right."""
    return not any(
        np.any(result)
        for wanted in expected
        for output, result in zip(exercise.outputs, wanted, strict=True)
        if output in right
    )
