"""The process that grades for a batch: paths come in and reports go out, a line of JSON each."""

import dataclasses
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path

from lessons_lib.grading.batch.pool import How
from lessons_lib.grading.grader import grade_in_place
from lessons_lib.grading.isolation.process import is_held_up
from lessons_lib.grading.isolation.system_calls import end_with_parent
from lessons_lib.grading.report import Report, Result
from lessons_lib.grading.wording import one_line

MOST_MEMORY = 4 * 1024**3  # bytes


def main() -> None:
    """Grade until no more paths come, or the batch has ended."""
    end_with_parent()  # also when it is stopped, where the system can do so
    _limit_memory()
    # What an instructor's file prints is not to be taken for a report.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    exercises, *others = json.loads(sys.stdin.readline())
    how = How(exercises and Path(exercises), *others)
    paths: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            paths.put(json.loads(line))
        os._exit(1)  # a batch that is killed takes the processes that grade for it along

    threading.Thread(target=read, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    try:
        while True:
            answers.write(_as_json(_grade_one(Path(paths.get()), how)) + "\n")
            answers.flush()
    finally:  # the submission's process has ended by now; the thread that reads never would
        os._exit(1)


def _limit_memory() -> None:
    """What a file makes the grader itself do is bounded, too: a notebook of 20 MB can need 1 GB."""
    if sys.platform == "linux":
        import resource

        # Not the address space: packages of an instructor's may reserve any amount of that.
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _as_json(report: Report) -> str:
    results = [dataclasses.asdict(result) for result in report.results]
    answer = {"results": results, "seed": report.seed, "isolation": report.isolation}
    return json.dumps(answer | {"is_last": is_held_up()})


def _grade_one(path: Path, how: How) -> Report:
    try:
        report = grade_in_place(
            path, exercises=how.asked(), isolation=how.isolation, seed=how.seed, run=how.run
        )
        if not report.is_possible():  # or it would be no result for the batch, each time
            raise ValueError(f"points that cannot be, {report.score!r} of {report.max_score!r}")
        return report
    except Exception as error:  # one submission must not stop the others
        text = f"The grader failed on it, with {type(error).__name__}: {one_line(str(error))}"
        return Report([Result("(all)", "infrastructure_error", 0.0, 0.0, text)])
