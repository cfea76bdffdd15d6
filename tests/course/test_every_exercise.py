"""What holds for every exercise: its reference, its wrong versions, and a stub of it."""

import numpy as np
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Exercise, Output, check
from lessons_lib.grading.judging.known_versions import examine, table
from tests.course.judged import result

ALL = exercises.all()
WRONG = [(exercise, known) for exercise in ALL for known in exercise.misconceptions]

each_exercise = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)


def report(row):
    return table([row], 1)


@each_exercise
def test_reference_has_a_docstring(exercise):
    assert (exercise.reference.__doc__ or "").strip()


@each_exercise
def test_case_maker_gives_the_parameters(exercise):
    for sizes in exercise.sizes:
        made = exercise.draw(np.random.default_rng(0), **sizes)
        assert sorted(made) == sorted(exercise.parameters)


# A grade draws its own seeds, so what holds for `check` has to hold for any.
@pytest.mark.parametrize("seed", range(20))
@each_exercise
def test_reference_gets_full_marks(exercise, seed):
    found = result(exercise.name, exercise.reference, seed)
    assert (found.status, found.score, found.message) == ("passed", exercise.points, "")


@each_exercise
def test_there_are_ten_wrong_versions(exercise):
    assert len(exercise.misconceptions) >= 10


@pytest.mark.parametrize(
    ("exercise", "known"),
    [pytest.param(*pair, id=f"{pair[0].name}-{pair[1].name}") for pair in WRONG],
)
def test_wrong_version_is_refused_with_its_own_hint(exercise, known):
    for seed in range(5):
        found = result(exercise.name, known.function, seed)
        assert found.status in ("failed", "error"), seed
        assert found.score < found.max_score, seed
        assert found.hint == known.name, seed
        assert known.hint in found.message, seed


@each_exercise
def test_wrong_versions_are_refused_and_told_apart(exercise):
    row = examine(exercise, range(3))
    assert row.is_clean, report(row)


@pytest.mark.slow
@pytest.mark.thorough
@each_exercise
def test_on_a_hundred_seeds(exercise):
    row = examine(exercise, range(100))
    assert row.is_clean, report(row)


def stub_raises(*_):
    raise NotImplementedError


def stub_raises_with_words(*_):
    """A docstring."""
    raise NotImplementedError("write me")


def stub_passes(*_):
    """A docstring."""


def stub_returns_ellipsis(*_):
    return ...


def stub_returns_placeholders(*_):
    h, c = None, None
    return h, c


@pytest.mark.parametrize(
    "stub",
    [
        stub_raises,
        stub_raises_with_words,
        stub_passes,
        stub_returns_ellipsis,
        stub_returns_placeholders,
    ],
)
@each_exercise
def test_stub_is_not_attempted(exercise, stub, capsys):
    judged = check(stub, exercise.name)
    (found,) = judged.results
    assert (found.status, found.score, found.hint) == ("not_attempted", 0, None)
    assert judged.max_score == exercise.points
    assert "not attempted yet" in capsys.readouterr().out


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
