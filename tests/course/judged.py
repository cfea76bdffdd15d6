"""Exercises and answers to them, judged as `lessons_lib.grading.check` does, on cases of a seed."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lessons_lib.course import exercises
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.isolation.running import run
from lessons_lib.grading.judging.judge import judge
from lessons_lib.grading.report import Result


def cases_of(name: str, seed: int) -> list[Case]:
    """The cases that an exercise draws from a seed."""
    return exercises.find(name).cases(np.random.default_rng(seed))


def result(name: str, function: Callable[..., Any], seed: int) -> Result:
    """What a function gets as the answer to an exercise, on the cases of a seed."""
    cases = cases_of(name, seed)
    return judge(exercises.find(name), cases, run(function, cases))


def assert_accepted(name: str, function: Callable[..., Any]) -> None:
    """A right answer has to pass whatever the seed: a grade draws its own."""
    for seed in range(3):
        found = result(name, function, seed)
        assert (found.status, found.hint) == ("passed", None), found.message
