"""Grade in several processes; one that a submission brings down costs no other its grade."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from lessons_lib.grading.exercise.loading import load_exercises
from lessons_lib.grading.grader import grade
from lessons_lib.grading.report import Report, Result
from lessons_lib.grading.wording import one_line


class How(NamedTuple):
    """How each submission is graded; see `lessons_lib.grading.grade`.

    Attributes:
        exercises: an instructor's file of exercises; None for the course's.
    """

    exercises: Path | None = None
    isolation: str = "auto"
    seed: int | None = None
    run: str = "needed"


def graded_by_pool(
    submissions: Mapping[str, Path],
    how: How,
    jobs: int,
    keep: Callable[[str, Report], None],
) -> list[str]:
    """Grade in processes of their own; returns the names that an accident has left over."""
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    futures: dict[Future[Report], str] = {}
    unfinished = []
    try:
        for name, path in submissions.items():
            futures[pool.submit(_grade_one, path, how)] = name
        for future in as_completed(futures):
            try:
                keep(futures[future], future.result())
            except BrokenProcessPool:
                unfinished.append(futures[future])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return sorted(unfinished, key=list(submissions).index)


def _grade_one(path: Path, how: How) -> Report:
    wanted = None if how.exercises is None else load_exercises(how.exercises)
    try:
        return grade(path, exercises=wanted, isolation=how.isolation, seed=how.seed, run=how.run)
    except Exception as error:  # one submission must not stop the others
        text = f"The grader failed on it, with {type(error).__name__}: {one_line(str(error))}"
        return Report([Result("(all)", "infrastructure_error", 0.0, 0.0, text)])


def _end_with_parent() -> None:
    """A batch that is killed takes the processes that grade for it along."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
