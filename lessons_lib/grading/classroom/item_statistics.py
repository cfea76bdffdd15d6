"""How hard each exercise was, and how well it tells students apart: classical item statistics.

Difficulty is the mean share of an exercise's points; discrimination the correlation of its points
with those of all other exercises; both as in Crocker and Algina, *Introduction to Classical and
Modern Test Theory* (1986), chapter 14. Cronbach's alpha: Cronbach, "Coefficient alpha and the
internal structure of tests", Psychometrika 16 (1951), 297-334.
"""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lessons_lib.grading.batch.tables import Graded

FEWEST = 3  # students, for a correlation


class Item(NamedTuple):
    """What is said of an exercise.

    Attributes:
        exercise: its name.
        students: who were graded on it.
        difficulty: mean share of the points, 0 to 1: the higher, the easier.
        discrimination: -1 to 1; None if all have the same points, here or in all others.
    """

    exercise: str
    students: int
    difficulty: float
    discrimination: float | None


class Statistics(NamedTuple):
    """What is said of a class.

    Attributes:
        students: submissions that count and could be graded.
        mean, median: of their points.
        quartiles: the first and the third, interpolated as NumPy does.
        possible: points.
        alpha: Cronbach's; None if not all were graded on the same two exercises or more.
        items: the exercises.
    """

    students: int
    mean: float
    median: float
    quartiles: tuple[float, float]
    possible: float
    alpha: float | None
    items: list[Item]


def statistics(rows: Iterable[Graded]) -> Statistics:
    """The statistics of a class, whose rows are gone through once.

    Raises:
        ValueError: if nobody could be graded.
    """
    scores: dict[str, array[float]] = {}  # of each exercise, by student; NaN: not graded on it
    most: dict[str, float] = {}
    students, possible = 0, 0.0
    for _, report in rows:
        if report.max_score <= 0:
            continue
        possible = max(possible, report.max_score)
        for result in report.results:
            if result.max_score > 0:
                own = scores.setdefault(result.exercise, array("d"))
                own.extend([np.nan] * (students - len(own)))
                own.append(result.score)
                most[result.exercise] = result.max_score
        students += 1
    if not students:
        raise ValueError("graded: expected results with points, found none")
    points = np.full((students, len(scores)), np.nan)  # (students, exercises)
    for column, of_exercise in enumerate(scores.values()):
        points[: len(of_exercise), column] = of_exercise
    totals = np.nansum(points, axis=1)
    items = []
    for column, name in enumerate(scores):
        there = ~np.isnan(points[:, column])
        own = points[there, column]
        rest = totals[there] - own
        share = float(own.mean() / most[name])
        items.append(Item(name, int(there.sum()), share, _correlation(own, rest)))
    first, median, third = np.quantile(totals, [0.25, 0.5, 0.75])
    mean = float(totals.mean())
    alpha = None if np.isnan(points).any() else _alpha(points)
    return Statistics(
        students, mean, float(median), (float(first), float(third)), possible, alpha, items
    )


def _correlation(own: NDArray[np.float64], rest: NDArray[np.float64]) -> float | None:
    if len(own) < FEWEST or np.ptp(own) == 0 or np.ptp(rest) == 0:
        return None
    return float(np.corrcoef(own, rest)[0, 1])


def _alpha(points: NDArray[np.float64]) -> float | None:
    """Cronbach's alpha of points, (students, exercises)."""
    students, k = points.shape
    if students < 2 or k < 2 or np.ptp(points.sum(axis=1)) == 0:
        return None
    of_items = points.var(axis=0, ddof=1).sum()
    of_totals = points.sum(axis=1).var(ddof=1)
    return float(k / (k - 1) * (1 - of_items / of_totals))
