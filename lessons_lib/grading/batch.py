"""Grade many submissions: several at once, nothing lost when stopped, one table at the end."""

import csv
import dataclasses
import hashlib
import io
import json
import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from lessons_lib.files import write_atomically
from lessons_lib.grading.exercise.loading import content, load_exercises
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.grader import grade
from lessons_lib.grading.isolation.submission import MOST_BYTES
from lessons_lib.grading.report import Report, Result
from lessons_lib.grading.wording import plain

SUFFIXES = (".py", ".ipynb")


class Graded(NamedTuple):
    """A submission and its report."""

    name: str
    report: Report


def find_submissions(paths: Iterable[Path]) -> dict[str, Path]:
    """The files to grade, by a name of their own.

    Args:
        paths: files, and folders whose .py and .ipynb files are taken, at any depth.

    Raises:
        FileNotFoundError: if a path is not there.
        ValueError: if there is nothing to grade.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if path.is_dir():
            members = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES)
            for member in members:
                name = member.relative_to(path)
                if not any(part.startswith(".") for part in name.parts):
                    found[_new_name(name.as_posix(), found)] = member
        elif path.exists() or path.is_symlink():
            found[_new_name(path.name, found)] = path
        else:
            raise FileNotFoundError(f"PATH: there is no file or folder {path}")
    if not found:
        raise ValueError("PATH: expected .py or .ipynb files, found none")
    return found


def grade_all(
    submissions: dict[str, Path],
    out: Path,
    *,
    exercises: Path | None = None,
    isolation: str = "auto",
    jobs: int = 1,
    seed: int | None = None,
    on_graded: Callable[[Graded], None] = lambda graded: None,
) -> list[Graded]:
    """Grade submissions and write what came of them.

    Writes `results/NAME.json` and `feedback/NAME.txt` for each as it is graded, and `grades.csv` at
    the end. A submission that has a result already, of the same content and exercises, is not
    graded again: a batch that was stopped goes on where it was.

    Args:
        submissions: files by name, as `find_submissions` gives them.
        out: folder to write to.
        exercises: an instructor's file of exercises; None for the course's.
        isolation: "strong", "basic" or "auto".
        jobs: how many are graded at once.
        seed: of the cases of all submissions; by default each gets a new one.
        on_graded: called with each as it is done.

    Returns:
        All of them, in the order of `submissions`.
    """
    (out / "results").mkdir(parents=True, exist_ok=True)
    (out / "feedback").mkdir(exist_ok=True)
    task = _fingerprint(exercises, isolation, seed)
    done: dict[str, Graded] = {}
    for name, path in submissions.items():
        if (report := _kept(out, name, path, task)) is not None:
            done[name] = Graded(name, report)
            on_graded(done[name])

    def keep(name: str, report: Report) -> None:
        _write(out, name, submissions[name], task, report)
        done[name] = Graded(name, report)
        on_graded(done[name])

    left = [name for name in submissions if name not in done]
    broken: set[str] = set()
    while left:
        names = left if not broken else left[:1]  # after an accident one by one
        unfinished = _graded_by_pool(
            {name: submissions[name] for name in names},
            (exercises, isolation, seed),
            1 if broken else jobs,
            keep,
        )
        if broken and unfinished:  # it broke the process that grades twice
            text = "The grader itself failed on it; look at it by hand."
            result = Result("(all)", "infrastructure_error", 0.0, 0.0, text)
            keep(unfinished[0], Report([result]))
        broken = {*broken, *unfinished}
        left = [name for name in left if name not in done]
    rows = [done[name] for name in submissions]
    write_atomically(out / "grades.csv", table(rows).encode())
    return rows


def table(rows: Sequence[Graded]) -> str:
    """The grades as CSV: a line for each submission, a column for each exercise."""
    exercises = list(dict.fromkeys(r.exercise for row in rows for r in row.report.results))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["submission", "score", "max_score", *exercises, "isolation", "seed"])
    for name, report in rows:
        scores = {result.exercise: result for result in report.results}
        cells = [_score(scores[e]) if e in scores else "" for e in exercises]
        total = [f"{report.score:g}", f"{report.max_score:g}"]
        end = [report.isolation or "", "" if report.seed is None else report.seed]
        writer.writerow([_harmless(name), *total, *map(_harmless, cells), *end])
    return text.getvalue()


def _graded_by_pool(
    submissions: dict[str, Path],
    how: tuple[Path | None, str, int | None],
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
            futures[pool.submit(_grade_one, path, *how)] = name
        for future in as_completed(futures):
            try:
                keep(futures[future], future.result())
            except BrokenProcessPool:
                unfinished.append(futures[future])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return sorted(unfinished, key=list(submissions).index)


def _grade_one(path: Path, exercises: Path | None, isolation: str, seed: int | None) -> Report:
    wanted = None if exercises is None else load_exercises(exercises)
    try:
        return grade(path, exercises=wanted, isolation=isolation, seed=seed)
    except Exception as error:  # one submission must not stop the others
        text = f"The grader failed on it, with {type(error).__name__}: {plain(str(error))}"
        return Report([Result("(all)", "infrastructure_error", 0.0, 0.0, text)])


def _end_with_parent() -> None:
    """A batch that is killed takes the processes that grade for it along."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _new_name(wanted: str, taken: dict[str, Path]) -> str:
    name = plain(wanted)
    number = 2
    while name in taken:
        name = f"{plain(wanted)} ({number})"
        number += 1
    return name


def _file_name(name: str) -> str:
    """A name of the file system's liking, another one for each submission."""
    readable = re.sub(r"[^\w.-]+", "_", name)[:80]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _fingerprint(exercises: Path | None, isolation: str, seed: int | None) -> str:
    """What a kept result depends on beside the submission."""
    if exercises is None:
        depends = "\n".join(e.source for e in EXERCISES.all()).encode()
    else:
        depends = content(exercises)
    return hashlib.sha256(depends + repr((isolation, seed)).encode()).hexdigest()


def _digest(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():  # a pipe never ends
        return None
    try:
        if (size := path.stat().st_size) > MOST_BYTES:  # a file with holes is soon made
            return f"{size} bytes"
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _kept(out: Path, name: str, path: Path, task: str) -> Report | None:
    try:
        text = (out / "results" / f"{_file_name(name)}.json").read_text(encoding="utf-8")
        kept: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        return None
    if (kept["sha256"], kept["task"]) != (_digest(path), task):
        return None
    results = [Result(**result) for result in kept["results"]]
    if any(result.status == "infrastructure_error" for result in results):
        return None
    return Report(results, seed=kept["seed"], isolation=kept["isolation"])


def _write(out: Path, name: str, path: Path, task: str, report: Report) -> None:
    record = {
        "submission": name,
        "sha256": _digest(path),
        "task": task,
        "score": report.score,
        "max_score": report.max_score,
        "seed": report.seed,
        "isolation": report.isolation,
        "results": [dataclasses.asdict(result) for result in report.results],
    }
    file = _file_name(name)
    write_atomically(out / "feedback" / f"{file}.txt", f"{report}\n".encode())
    text = json.dumps(record, indent=1, ensure_ascii=False)
    write_atomically(out / "results" / f"{file}.json", text.encode())


def _score(result: Result) -> str:
    return f"{result.score:g}" if result.status in ("passed", "failed") else f"0 ({result.status})"


def _harmless(cell: str) -> str:
    """No spreadsheet shall take a name for a formula, nor one that splits at semicolons a part."""
    return re.sub(r"(^|;)(?=\s*[=+@-])", r"\1'", cell)
