"""Every known version of an exercise against every other: is each wrong one refused and told apart?

An instructor who adds a misconception sees here whether the cases of the exercise can show it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.isolation.running import Outcome, run
from lessons_lib.grading.judging.bounding import MOST_SECONDS_FOR_POINTS, for_any_arguments
from lessons_lib.grading.judging.judge import does_not_end, judge, same_results


class Row(NamedTuple):
    """What was found for one exercise, over all seeds."""

    exercise: str
    misconceptions: int
    alternatives: int
    accepted: tuple[str, ...]  # wrong versions that passed, as "name (seed)"
    # Wrong versions that got another's hint, or that do not end, as "name: other (seed)".
    confused: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether every wrong version is refused, with its own hint."""
        return not (self.accepted or self.confused)


def examine(exercise: Exercise, seeds: Iterable[int]) -> Row:
    """Judge all known versions of an exercise.

    Args:
        exercise: what is examined.
        seeds: each draws its own cases.
    """
    accepted, confused = [], []
    origins = {known.name: known.origin for known in exercise.misconceptions}
    for seed in seeds:
        cases = exercise.cases(np.random.default_rng(seed))
        outcomes = {
            known.name: run(
                for_any_arguments(exercise, known.function, MOST_SECONDS_FOR_POINTS), cases
            )
            for known in exercise.misconceptions
        }
        right = [run(f, cases) for f in (exercise.reference, *exercise.alternatives)]
        for name, own in outcomes.items():
            if any(map(does_not_end, own)):
                confused.append(f"{name}: it does not end ({seed})")
                continue
            # What passes is like a right answer, and comparing is quicker than judging.
            like_a_right_one = any(_same(exercise, cases, answer, own) for answer in right)
            if like_a_right_one and _passes(exercise, cases, own):
                accepted.append(f"{name} ({seed})")
            # Which exercise is to blame the grader knows; the mistakes of one are to be told apart.
            first = next(
                other
                for other, theirs in outcomes.items()
                if origins[other] == origins[name] and _same(exercise, cases, theirs, own)
            )
            if first != name:
                confused.append(f"{name}: {first} ({seed})")
    return Row(
        exercise.name,
        len(exercise.misconceptions),
        len(exercise.alternatives),
        tuple(accepted),
        tuple(confused),
    )


def _passes(exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> bool:
    return judge(exercise, cases, outcomes, look_for_hints=False).status == "passed"


def _same(
    exercise: Exercise,
    cases: Sequence[Case],
    theirs: Sequence[Outcome],
    own: Sequence[Outcome],
) -> bool:
    if theirs is own:
        return True
    return all(
        same_results(exercise, case, a, b) for case, a, b in zip(cases, theirs, own, strict=True)
    )


def table(rows: Sequence[Row], num_seeds: int) -> str:
    """The rows as a Markdown table, with what is not as it should be below it."""
    lines = [
        f"| exercise | right versions | wrong versions | refused on all {num_seeds} seeds "
        "| with their own hint |",
        "|---|---|---|---|---|",
    ]
    totals = [0, 0, 0, 0]
    for row in rows:
        passed = {text.rsplit(" (", 1)[0] for text in row.accepted}
        others = {text.split(":")[0] for text in row.confused}
        wrong = row.misconceptions
        figures = [1 + row.alternatives, wrong, wrong - len(passed), wrong - len(others)]
        totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
        lines.append(f"| {row.exercise} | {' | '.join(map(str, figures))} |")
    lines.append(f"| all {len(rows)} | {' | '.join(map(str, totals))} |")
    for row in rows:
        for what in ("accepted", "confused"):
            if texts := getattr(row, what):
                lines.append(f"\n{row.exercise}, {what}: {', '.join(texts[:5])}")
    return "\n".join(lines)
