"""Arrays of the right shapes with one and the same number in them earn nothing, in any exercise."""

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading.isolation.running import run
from lessons_lib.grading.judging.judge import judge
from tests.course.judged import cases_of


def always(exercise, value):
    """An answer whose results have the right shapes and hold one value."""

    def answer(*arguments):
        results = exercise.reference(*arguments)
        for output in exercise.outputs:
            if output.written_to:
                target = arguments[exercise.parameters.index(output.written_to)]
                (target[output.name] if isinstance(target, dict) else target)[...] = value
        if isinstance(results, tuple):
            return tuple(np.full_like(array, value) for array in results)
        return None if results is None else np.full_like(results, value)

    return answer


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("exercise", exercises.all(), ids=lambda exercise: exercise.name)
def test_one_number_everywhere_earns_nothing(exercise, value):
    cases = cases_of(exercise.name, 0)
    outcomes = run(always(exercise, value), cases)
    found = judge(exercise, cases, outcomes, look_for_hints=False)
    assert (found.status, found.score) == ("failed", 0), found.message
