"""Statistics of a class, beside numbers that were worked out with pencil and paper."""

import math

import pytest

from lessons_lib.grading.batch import Graded
from lessons_lib.grading.classroom.item_statistics import statistics
from lessons_lib.grading.report import Report, Result

# Four students, three exercises of 2, 2 and 3 points; totals 6, 4, 1, 5.
POINTS = [(2, 1, 3), (1, 1, 2), (0, 0, 1), (1, 2, 2)]


def graded(rows, names=("f", "g", "h"), most=(2, 2, 3)):
    return [
        Graded(
            f"{k}.py",
            Report(
                [
                    Result(name, "failed", float(score), float(top), "")
                    for name, score, top in zip(names, row, most, strict=True)
                    if score is not None
                ]
            ),
        )
        for k, row in enumerate(rows)
    ]


def test_by_hand():
    found = statistics(graded(POINTS))
    assert (found.students, found.mean, found.median, found.possible) == (4, 4, 4.5, 7)
    assert found.quartiles == (3.25, 5.25)
    assert found.alpha == pytest.approx(3 / 2 * (1 - 2 / (14 / 3)))
    assert [item.difficulty for item in found.items] == pytest.approx([1 / 2, 1 / 2, 2 / 3])
    # With the points of the other two: 4, 3, 1, 4 and so on.
    wanted = [3 / math.sqrt(12), 2 / math.sqrt(16), 3 / math.sqrt(12)]
    assert [item.discrimination for item in found.items] == pytest.approx(wanted)


def test_what_cannot_be_said():
    alike = statistics(graded([(1, 1, 1)] * 3))
    assert alike.alpha is None and {item.discrimination for item in alike.items} == {None}
    other = statistics(graded([*POINTS, (2, None, None)]))
    assert other.alpha is None and [item.students for item in other.items] == [5, 4, 4]
    nothing = [Graded("a.py", Report([Result("file", "error", 0.0, 0.0, "unreadable")]))]
    assert statistics([*graded(POINTS), *nothing]).students == 4
    with pytest.raises(ValueError, match="expected results with points"):
        statistics(nothing)
