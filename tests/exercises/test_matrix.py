"""Every known version of every exercise against every other."""

import numpy as np
import pytest

from lessons_lib import exercises
from lessons_lib.grading import Exercise, Output
from lessons_lib.grading.matrix import examine, table

ALL = exercises.all()


def report(row):
    return table([row], 1)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_wrong_versions_are_refused_and_told_apart(exercise):
    row = examine(exercise, range(3))
    assert row.is_clean, report(row)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_on_a_hundred_seeds(exercise):
    row = examine(exercise, range(100))
    assert row.is_clean, report(row)


def test_there_are_enough_of_them():
    wrong = {exercise.name: len(exercise.misconceptions) for exercise in ALL}
    assert min(wrong.values()) >= 10, {name: n for name, n in wrong.items() if n < 10}


def test_what_is_not_as_it_should_be_is_found():
    def make_case(rng, N):
        return {"x": np.abs(rng.normal(size=N))}

    def size(x):
        return np.abs(x)

    made = Exercise(
        size,
        lesson="99_test",
        outputs=[Output("y", "N")],
        make_case=make_case,
        sizes=[{"N": 3}],
        hints=[],
        may_follow=[],
    )
    made.alternative(lambda x: -x)
    made.misconception("The cases cannot show it.", name="sign_kept")(lambda x: x)
    made.misconception("Another.", name="doubled")(lambda x: 2 * x)
    made.misconception("The same as another.", name="added")(lambda x: x + x)
    row = examine(made, [4, 5])
    assert row.accepted == ("sign_kept (4)", "sign_kept (5)")
    assert row.confused == ("added: doubled (4)", "added: doubled (5)")
    assert not row.is_clean
    assert "| size | 2 | 3 | 2 | 2 |" in report(row)
    assert "size, confused: added: doubled (4), added: doubled (5)" in report(row)
