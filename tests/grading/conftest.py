"""Exercises that a test defines are gone after it."""

import pytest

from lessons_lib.grading.exercise.registry import EXERCISES


@pytest.fixture(autouse=True)
def _own_exercises():
    with EXERCISES.unchanged():
        yield
