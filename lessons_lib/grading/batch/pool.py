"""Grade in several processes; one that a submission brings down costs no other its grade."""

import contextlib
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import lessons_lib
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.loading import load_exercises
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.process import started
from lessons_lib.grading.report import Report, Result

# -P and -E: no module from the current folder, which may be a student's, nor from PYTHONPATH.
# The package's own folder comes last, for a checkout that is not installed.
START = """
import sys
sys.path.append({root!r})
from lessons_lib.grading.batch.grading_process import main
main()
"""
MOST_SECONDS = 1200.0  # for a submission: the grader ends it long before
AT_WORK = 0.1  # of these seconds, and more: it does something that does not end
SECONDS_TO_END = 5.0
AHEAD = 2  # submissions for each process, so that none waits for the next
ROOT = Path(lessons_lib.__file__).parent.parent
LOST = Result(
    "(all)",
    "infrastructure_error",
    0.0,
    0.0,
    "The grader itself failed on it, twice; look at it by hand.",
)
TOO_LONG = Result(
    "(all)",
    "timeout",
    0.0,
    0.0,
    f"No result after {MOST_SECONDS / 60:g} minutes: a function that an exercise gives it may have "
    "gone on, and could not be ended. Look at it by hand.",
)


class How(NamedTuple):
    """How each submission is graded; see `lessons_lib.grading.grade`.

    Attributes:
        exercises: an instructor's file of exercises; None for the course's.
        lesson: of the course; its exercises are asked of every file.
    """

    exercises: Path | None = None
    isolation: str = "auto"
    seed: int | None = None
    run: str = "needed"
    lesson: str | None = None

    def asked(self) -> list[Exercise] | None:
        """What is asked of every file; None if its name or content decides."""
        if self.exercises is not None:
            return load_exercises(self.exercises)
        every = EXERCISES.all()
        return [e for e in every if e.lesson == self.lesson] if self.lesson else None


def graded_by_pool(
    submissions: Mapping[str, Path],
    how: How,
    jobs: int,
    keep: Callable[[str, Report], None],
) -> None:
    """Grade in processes of their own; `keep` is called, here, with each as it is done."""
    processes = [GradingProcess(how) for _ in range(min(jobs, len(submissions)))]
    idle: queue.SimpleQueue[GradingProcess] = queue.SimpleQueue()
    for process in processes:
        idle.put(process)

    def grade_one(path: Path) -> Report:
        process = idle.get()
        try:
            return process.grade(path)
        finally:
            idle.put(process)

    threads = ThreadPoolExecutor(max(1, len(processes)))
    try:
        waiting = iter(submissions.items())
        running: dict[Future[Report], str] = {}
        while True:
            for name, path in itertools.islice(waiting, AHEAD * len(processes) - len(running)):
                running[threads.submit(grade_one, path)] = name
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                keep(running.pop(future), future.result())
    finally:  # after Ctrl-C, too
        threads.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.stop()
        threads.shutdown()
        for process in processes:
            process.close()


class GradingProcess:
    """A process that grades one submission after the other; started anew when one ended it."""

    def __init__(self, how: How) -> None:
        self._how, self._is_over, self._took_too_long = how, False, False
        self._process: subprocess.Popen[bytes] | None = None
        self._questions: BinaryIO
        self._answers: BinaryIO

    def grade(self, path: Path) -> Report:
        """The report on a submission; one that has ended the process is tried a second time."""
        self._took_too_long = False
        for _ in range(2):
            if self._is_over:
                break
            try:
                self._process = self._process or self._started()
                return self._asked(self._process, path)
            except (OSError, ValueError):  # no answer, or half of one
                self.close()
            if self._took_too_long:  # it would again
                return Report([TOO_LONG])
        return Report([LOST])

    def stop(self) -> None:
        """Have the process end, and with it the submission that it is at."""
        self._is_over = True
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """See the process end and free what it needed."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:  # a submission has stopped it
            process.kill()
        process.wait()
        for stream in (self._questions, self._answers):
            with contextlib.suppress(OSError):  # a question that it has not taken
                stream.close()

    def _started(self) -> "subprocess.Popen[bytes]":
        process, self._questions, self._answers = started(
            [sys.executable, "-P", "-E", "-c", START.format(root=str(ROOT))],
            start_new_session=os.name == "posix",  # Ctrl-C is for this process to answer
        )
        exercises, *others = self._how
        self._say([exercises and str(exercises), *others])
        return process

    def _asked(self, process: "subprocess.Popen[bytes]", path: Path) -> Report:
        before = _worked(process)

        def end() -> None:  # one that was stopped by a signal, say, has done nothing
            self._took_too_long = _worked(process) - before > AT_WORK * MOST_SECONDS
            process.kill()

        too_long = threading.Timer(MOST_SECONDS, end)
        too_long.start()
        try:
            self._say(str(path))
            answer = json.loads(self._answers.readline())
        finally:
            too_long.cancel()
        if answer["is_last"]:  # what it is at would take the time of those after it
            self.close()
        results = [Result(**result) for result in answer["results"]]
        return Report(results, seed=answer["seed"], isolation=answer["isolation"])

    def _say(self, value: Any) -> None:
        self._questions.write(json.dumps(value).encode() + b"\n")
        self._questions.flush()


def _worked(process: "subprocess.Popen[bytes]") -> float:
    """Seconds for which a processor has worked for a process."""
    import psutil

    with contextlib.suppress(psutil.Error):
        return sum(psutil.Process(process.pid).cpu_times()[:2])
    return 0.0
