"""Exercises that a test defines are gone after it; exports and submissions made once for all."""

import functools

import pytest

from lessons_lib.grading import grade
from lessons_lib.grading.batch import load_exercises
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.export import export
from tests.grading.platforms import CS231N, NAME, SUBMISSIONS, hand_in


@pytest.fixture(autouse=True)
def _own_exercises():
    with EXERCISES.unchanged():
        yield


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The folder of an export, made once; to be read only."""

    @functools.cache
    def folder(target, file=CS231N):
        out = tmp_path_factory.mktemp("exported") / target
        export(target, out, exercises=file)
        return out

    return folder


@pytest.fixture(scope="session")
def plain(exported, tmp_path_factory):
    """The four submissions of the plain student version."""
    return hand_in(exported("student") / f"{NAME}.ipynb", tmp_path_factory.mktemp("submissions"))


@pytest.fixture(scope="session")
def reports(plain):
    """What `lessons grade` finds in each submission."""
    asked = load_exercises(CS231N)
    return {who: grade(plain / who / f"{NAME}.ipynb", exercises=asked) for who in SUBMISSIONS}


@pytest.fixture(scope="session")
def points(reports):
    """By submission and exercise, what `lessons grade` gives."""
    return {who: {r.exercise: r.score for r in reports[who].results} for who in reports}
