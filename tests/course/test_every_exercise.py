"""Every exercise: its reference, right and wrong versions, a stub, one number only."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Exercise, Output
from lessons_lib.grading.isolation.running import run
from lessons_lib.grading.judging.judge import judge
from lessons_lib.grading.judging.known_versions import examine, table
from tests.course.judged import assert_accepted, cases_of, result

ALL = exercises.all()
each_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)


@each_exercise
def test_the_reference_is_described_and_gets_full_marks(exercise):
    assert (exercise.reference.__doc__ or "").strip()
    for sizes in exercise.sizes:
        made = exercise.draw(np.random.default_rng(0), **sizes)
        assert sorted(made) == sorted(exercise.parameters)
    found = result(exercise.name, exercise.reference, seed=0)
    assert (found.status, found.score, found.message) == ("passed", exercise.points, "")


@each_exercise
def test_wrong_versions_are_refused_with_their_own_hint(exercise):
    for known in exercise.misconceptions:
        if known.origin != exercise.name:
            continue  # inherited: the thorough test has those too
        found = result(exercise.name, known.function, seed=0)
        assert found.status in ("failed", "error"), known.name
        assert found.score < found.max_score, known.name
        assert found.hint == known.name
        assert known.hint in found.message


def right_variants(file):
    """The right answers of a lesson's tests, the package's own functions among them."""
    return importlib.import_module(f"tests.course.{file.parent.name}.{file.stem}").RIGHT


FILES = sorted(Path(__file__).parent.glob("*/test_exercises.py"))
RIGHT = [answer for file in FILES for answer in right_variants(file)]


@pytest.mark.parametrize(("name", "function"), RIGHT)
def test_right_variants_are_accepted(name, function):
    assert_accepted(name, function)


# A grade draws its own seeds, so what holds for `check` has to hold for any.
@pytest.mark.thorough
@each_exercise
def test_on_a_hundred_seeds(exercise):
    row = examine(exercise, range(100))
    assert row.is_clean, table([row], 1)
    for seed in range(100):
        assert result(exercise.name, exercise.reference, seed).status == "passed", seed


@pytest.mark.parametrize("placeholder", [None, ..., (None, None)], ids=str)
def test_a_placeholder_is_not_attempted(placeholder):
    for exercise in ALL:
        found = result(exercise.name, lambda *_: placeholder, seed=0)
        assert (found.status, found.score, found.hint) == ("not_attempted", 0, None)


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
@each_exercise
def test_one_number_everywhere_earns_nothing(exercise, value):
    cases = cases_of(exercise.name, seed=0)
    found = judge(exercise, cases, run(always(exercise, value), cases), look_for_hints=False)
    assert (found.status, found.score) == ("failed", 0), found.message


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
    made.misconception("As right as the alternative.", name="sign_turned")(lambda x: 0 - x)
    made.misconception("Another.", name="doubled")(lambda x: 2 * x)
    made.misconception("The same as another.", name="added")(lambda x: x + x)
    row = examine(made, [4, 5])
    assert row.accepted == ("sign_kept (4)", "sign_turned (4)", "sign_kept (5)", "sign_turned (5)")
    assert row.confused == ("added: doubled (4)", "added: doubled (5)")
    assert not row.is_clean
    assert "| size | 2 | 4 | 2 | 3 |" in table([examine(made, [4])], 1)
    assert "| all 2 | 4 | 8 | 4 | 6 |" in table([row, row], 1)
    assert "size, confused: added: doubled (4), added: doubled (5)" in table([row], 1)
