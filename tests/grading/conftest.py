"""Exercises that a test defines are gone after it."""

import pytest

from lessons_lib.grading.exercise.registry import EXERCISES


@pytest.fixture(autouse=True)
def _own_exercises(monkeypatch):
    EXERCISES.all()
    monkeypatch.setattr(EXERCISES, "_exercises", dict(EXERCISES._exercises))
