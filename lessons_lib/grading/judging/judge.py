"""Judge what came of a function's calls. Nothing here calls a learner's function."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise, Misconception, Output
from lessons_lib.grading.isolation.running import Outcome, call
from lessons_lib.grading.judging import feedback
from lessons_lib.grading.judging.comparing import Problem, alike, number_as_array, problem_with
from lessons_lib.grading.judging.invariants import broken
from lessons_lib.grading.report import Result, Status


@dataclass(frozen=True)
class Finding:
    """What is wrong in one case: the call as a whole, or single results."""

    whole: str = ""
    by_output: dict[str, Problem] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.whole and not self.by_output

    def spares(self, name: str) -> bool:
        """Whether the result of that name is right."""
        return not self.whole and name not in self.by_output


def judge(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    *,
    look_for_hints: bool = True,
    run_again: Callable[[Case], Outcome] | None = None,
    cases_can_be_had: bool = False,
) -> Result:
    """Compare the outcomes of a learner's function with the reference.

    A result earns its points when it is right in every case. A function that writes into its
    arguments earns none: it spoils its caller's data. Nor does one that is
    right only where zeros are: an array made by np.zeros is no answer.

    Args:
        exercise: what was asked.
        cases: the calls that were made.
        outcomes: what came of them, in the same order.
        look_for_hints: compare a wrong answer with the known wrong versions.
        run_again: calls the learner's function with another case; without it a wrong answer that is
            not known is not asked whether its rows are independent, and the like.
        cases_can_be_had: the learner may call `case` for these very cases.
    """
    if not any(outcome.attempted for outcome in outcomes):
        text = feedback.NOT_ATTEMPTED
        return Result(exercise.name, "not_attempted", 0.0, exercise.points, text)

    findings = _findings(exercise, cases, outcomes)
    wrong = next((k for k, finding in enumerate(findings) if not finding.is_right), None)
    spoilt = next((k for k, outcome in enumerate(outcomes) if outcome.written), None)
    if wrong is None and spoilt is None:
        text = feedback.about_printing(outcomes[0])
        return Result(exercise.name, "passed", exercise.points, exercise.points, text)

    right = [o for o in exercise.outputs if all(finding.spares(o.name) for finding in findings)]
    score = sum((output.points for output in right), 0.0) if spoilt is None else 0.0
    if _zeros_would_do(exercise, cases, right):
        score = 0.0
    status: Status = "failed"
    known = None
    parts = []
    if wrong is not None:
        if outcomes[wrong].raised:
            status = "error"
        order = _order_returned(exercise, cases, outcomes)
        known = recognise(exercise, cases, outcomes) if look_for_hints and not order else None
        if order:
            parts.append(feedback.about_order(exercise, order))
        else:
            parts += [
                feedback.about_scores(exercise, right),
                feedback.about_case(cases, wrong),
                findings[wrong].whole
                or feedback.about_results(exercise, findings[wrong].by_output, outcomes[wrong]),
                ""
                if known or not run_again
                else broken(exercise, cases[0], outcomes[0], run_again),
                feedback.about_hint(
                    exercise,
                    known,
                    findings[wrong].by_output.values(),
                    can_be_asked=cases_can_be_had or exercise.is_of_the_course,
                ),
            ]
            if cases_can_be_had and not known:
                failing = [k for k, finding in enumerate(findings) if not finding.is_right]
                smallest = min(failing, key=lambda k: (sum(cases[k].sizes.values()), k))
                parts.append(feedback.about_trying(exercise, smallest))
    if spoilt is not None:
        parts.append(feedback.about_writing(outcomes[spoilt]))
    reported = wrong if wrong is not None else spoilt
    parts.append(feedback.about_printing(outcomes[reported or 0]))
    message = "\n".join(part for part in parts if part)
    hint = known.name if known else None
    return Result(exercise.name, status, score, exercise.points, message, hint)


def recognise(
    exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> Misconception | None:
    """The known wrong version that does in every case what the learner's function did."""
    if all(outcome.raised for outcome in outcomes):
        return None  # one exception is like another: no evidence
    for known in exercise.misconceptions:
        if all(
            same_results(exercise, case, call(known.function, case), outcome)
            for case, outcome in zip(cases, outcomes, strict=True)
        ):
            return known
    return None


def _expected(
    exercise: Exercise, answer: Callable[..., Any], cases: Sequence[Case]
) -> list[tuple[Any, ...]]:
    """The results that a right answer gives, for each case."""
    return [_results(exercise, answer, case) for case in cases]


def _results(exercise: Exercise, answer: Callable[..., Any], case: Case) -> tuple[np.ndarray, ...]:
    arguments = case.copied_arguments()
    value = answer(**arguments)
    results = exercise.results_of(value, arguments) or ()
    return tuple(
        number_as_array(result, case.dtype) if not output.axes else result
        for output, result in zip(exercise.outputs, results, strict=True)
    )


def _findings(
    exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> list[Finding]:
    """What is wrong in each case: nothing if any right answer agrees, else by the reference."""
    for answer in (*exercise.alternatives, exercise.reference):
        findings = [
            _finding(exercise, case, outcome, expected)
            for case, outcome, expected in zip(
                cases, outcomes, _expected(exercise, answer, cases), strict=True
            )
        ]
        if all(finding.is_right for finding in findings):
            break
    return findings


def _finding(
    exercise: Exercise, case: Case, outcome: Outcome, expected: tuple[Any, ...]
) -> Finding:
    if outcome.raised:
        return Finding(feedback.about_exception(case, outcome.raised))
    results = exercise.results_of(outcome.value, outcome.written_into)
    if results is None:
        return Finding(feedback.about_structure(exercise, outcome.value))
    problems = {
        output.name: problem
        for output, wanted, got in zip(exercise.outputs, expected, results, strict=True)
        if (problem := problem_with(output, wanted, got))
    }
    return Finding(by_output=problems)


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
    exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> list[str]:
    """The order in which all the right results were returned, if it is not the one asked for."""
    places = [exercise.outputs.index(output) for output in exercise.returned]
    returned = [exercise.results_of(o.value, o.written_into) for o in outcomes]
    expected = _expected(exercise, exercise.reference, cases)
    for order in itertools.islice(itertools.permutations(places), 1, None):  # not as they stand
        if all(
            got is not None
            and not any(
                problem_with(exercise.outputs[belongs], wanted[belongs], got[stands])
                for belongs, stands in zip(order, places, strict=True)
            )
            for wanted, got in zip(expected, returned, strict=True)
        ):
            return [exercise.outputs[place].name for place in order]
    return []


def _zeros_would_do(exercise: Exercise, cases: Sequence[Case], right: Sequence[Output]) -> bool:
    """Whether the reference gives only zeros for all results that are right."""
    return not any(
        np.any(result)
        for expected in _expected(exercise, exercise.reference, cases)
        for output, result in zip(exercise.outputs, expected, strict=True)
        if output in right
    )
