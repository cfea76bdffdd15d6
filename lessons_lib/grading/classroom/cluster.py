"""Grade on the workers of a Dask cluster: a task for each submission, with its isolation there.

To a worker go the bytes of a submission, the instructor's exercises and how to grade; back comes a
report as JSON, which is checked. Expected results arise in the process that grades on the worker
and stay there, as on one machine. Dask's processes trust each other: see docs/isolation.md.
"""

import contextlib
import dataclasses
import json
import logging
import os
import queue
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lessons_lib.files import read_regular, real_place
from lessons_lib.grading.batch.keeping import fingerprint
from lessons_lib.grading.batch.pool import GradingProcess, How
from lessons_lib.grading.exercise.loading import helper_files
from lessons_lib.grading.grader import unreadable
from lessons_lib.grading.isolation.policy import Isolation, missing_for_strong
from lessons_lib.grading.isolation.submission import MOST_BYTES, UnreadableError
from lessons_lib.grading.report import Report, Result

if TYPE_CHECKING:
    from distributed import Client, Future

MOST_RETRIES = 2  # of a task whose worker has died
SECONDS_TO_START = 60
AHEAD = 4  # tasks for each thread of the cluster; half of them are handed over at once
# What Dask measures of itself would take a tenth of what grading takes.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.large-graph-warning-threshold": "1GB",  # a submission may have 20 MB
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
}
LOST = Result(
    "(all)",
    "infrastructure_error",
    0.0,
    0.0,
    f"Its worker died, and so did those that it was given to after it, {MOST_RETRIES + 1} in all; "
    "look at it by hand.",
)


class Job(NamedTuple):
    """What a worker needs for all submissions of a batch.

    Attributes:
        how: they are graded, without the exercises.
        name: of the instructor's file; "" for the course's exercises.
        files: that file and the modules beside it, by their place.
        task: the fingerprint of all that a grade depends on, where the batch was started.
    """

    how: How
    name: str
    files: dict[str, bytes]
    task: str


class RefusedError(ValueError):
    """A worker that must not grade: another version, or less isolation than is required."""


# --- on a worker ---

_ready: dict[str, How] = {}  # by the task's fingerprint
_idle: dict[str, "queue.SimpleQueue[GradingProcess]"] = {}
_folders: list[tempfile.TemporaryDirectory[str]] = []  # they go when the worker ends


def prepare(job: Job) -> None:
    """Make a worker ready, once for each batch.

    Raises:
        RefusedError: if its grades would not be those of the machine that asks.
    """
    if job.task in _ready:
        return
    exercises = None
    if job.name:
        _folders.append(tempfile.TemporaryDirectory(prefix="memory-gates-"))
        for place, data in job.files.items():
            path = Path(_folders[-1].name, place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        exercises = Path(_folders[-1].name, job.name)
    how = job.how._replace(exercises=exercises)
    if how.isolation == "strong" and (missing := missing_for_strong()):
        raise RefusedError(f"--dask: a worker has no strong isolation: {missing}")
    if fingerprint(how) != job.task:
        raise RefusedError(
            "--dask: a worker has another version of Python, NumPy, lessons-lib or of a package "
            "with exercises; install the same there"
        )
    _idle[job.task] = queue.SimpleQueue()
    _ready[job.task] = how


def grade_there(job: Job, name: str, data: bytes) -> bytes:
    """Grade a submission on a worker, in a process that holds the references.

    Args:
        job: see `Job`.
        name: of the file, without a folder.
        data: its content.

    Returns:
        The report as JSON.
    """
    prepare(job)
    idle = _idle[job.task]
    try:
        process = idle.get_nowait()
    except queue.Empty:
        process = GradingProcess(_ready[job.task])
    with tempfile.TemporaryDirectory(prefix="memory-gates-") as folder:
        path = real_place(Path(folder, name))
        path.write_bytes(data)
        try:
            report = process.grade(path)
        finally:
            idle.put(process)
    return json.dumps(dataclasses.asdict(report)).encode()


def finish(task: str) -> None:
    """End a worker's processes for a batch."""
    _ready.pop(task, None)
    idle = _idle.pop(task, None)
    while idle is not None and not idle.empty():
        idle.get().close()


# --- where the batch is ---


@contextlib.contextmanager
def connected(address: str, jobs: int) -> "Iterator[Client]":
    """A client of a cluster; of one with `jobs` processes here, over TLS, for "local".

    Raises:
        ValueError: if Dask is not installed.
        OSError: if there is no such cluster, or it has no worker.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise ValueError("--dask: needs Dask; pip install 'lessons-lib[class]'") from None
    with contextlib.ExitStack() as stack:
        if address == "local":
            # Who reaches a scheduler runs what he likes: others of this machine must not.
            stack.enter_context(dask.config.set(QUIET))
            # Its processes would look for modules in the current folder: it may be a student's.
            os.environ["PYTHONSAFEPATH"] = "1"
            target: Any = stack.enter_context(
                LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    security=True,
                    dashboard_address="127.0.0.1:0",  # any port that is free
                    memory_limit=0,  # a submission has its own
                    silence_logs=logging.CRITICAL,  # what matters is told here
                )
            )
        else:
            target = address
        try:
            client = stack.enter_context(Client(target, timeout=SECONDS_TO_START))
            client.wait_for_workers(1, timeout=SECONDS_TO_START)
        except (OSError, TimeoutError, TypeError, ValueError) as error:  # TypeError: no certificate
            raise OSError(f"--dask: no cluster with a worker at {address}: {error}") from None
        client.run_on_scheduler(_limit_retries)
        yield client


def _limit_retries(dask_scheduler: Any) -> None:
    dask_scheduler.allowed_failures = min(dask_scheduler.allowed_failures, MOST_RETRIES)


def level_there(client: "Client", isolation: str) -> Isolation:
    """The isolation to grade with: for "auto", the strongest that all workers reach.

    Raises:
        ValueError: if strong is asked for and a worker has not got it.
    """
    missing = {where: why for where, why in client.run(missing_for_strong).items() if why}
    if isolation == "strong" and missing:
        where, why = next(iter(missing.items()))
        raise ValueError(f"--dask: strong isolation does not work on {where}: {why}")
    return "basic" if isolation == "basic" or missing else "strong"


def graded_by_dask(
    client: "Client",
) -> Callable[[Mapping[str, Path], How, int, Callable[[str, Report], None]], None]:
    """A pool for `grade_all` that grades on a cluster."""

    def pool(
        submissions: Mapping[str, Path], how: How, jobs: int, keep: Callable[[str, Report], None]
    ) -> None:
        from distributed import as_completed

        job = _job(how)
        client.run(prepare, job)  # refuse before anything is graded
        waiting = iter(submissions.items())
        running: dict[Future, str] = {}
        done = as_completed()

        def fill() -> None:
            room = AHEAD * max(1, sum(client.nthreads().values()))
            if len(running) > room // 2:
                return  # handing one over takes as long as handing over several
            files: dict[str, tuple[str, bytes]] = {}
            while len(running) + len(files) < room:
                if (following := next(waiting, None)) is None:
                    break
                name, path = following
                try:
                    files[name] = path.name, read_regular(path, MOST_BYTES, links_above=False)
                except OSError as error:
                    reason = UnreadableError(error.strerror)
                    keep(name, unreadable(path, how.asked(), reason))
            if not files:
                return
            # Not pure: two with the same bytes are two submissions, each with its own cases.
            futures = client.map(
                grade_there, [job] * len(files), *zip(*files.values(), strict=True), pure=False
            )
            running.update(zip(futures, files, strict=True))
            done.update(futures)

        try:
            fill()
            for future in done:
                keep(running.pop(future), _report(future))
                future.release()
                fill()
        finally:
            for future in running:
                future.cancel()
            with contextlib.suppress(Exception):  # a cluster that is gone needs no tidying
                client.run(finish, job.task)

    return pool


def _job(how: How) -> Job:
    files = {}
    if how.exercises is not None:
        places = {how.exercises.name: how.exercises, **helper_files(how.exercises)}
        files = {place: path.read_bytes() for place, path in places.items()}
    name = how.exercises.name if how.exercises else ""
    return Job(how._replace(exercises=None), name, files, fingerprint(how))


def _report(future: "Future") -> Report:
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        return Report([LOST])
    if isinstance(error, RefusedError):
        raise error
    if error is not None:
        raise OSError(f"--dask: the cluster failed: {type(error).__name__}: {error}")
    answer = json.loads(future.result())
    results = [Result(**result) for result in answer["results"]]
    report = Report(results, seed=answer["seed"], isolation=answer["isolation"])
    if not report.is_possible():
        raise OSError("--dask: a worker sent what is no report")
    return report
