"""Results on disk: each is kept as soon as it is there, and found again."""

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

import lessons_lib
from lessons_lib.files import read_regular, write_atomically
from lessons_lib.grading.batch.finding import followed
from lessons_lib.grading.batch.pool import How
from lessons_lib.grading.batch.tables import Graded
from lessons_lib.grading.exercise.loading import content
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.submission import MOST_BYTES
from lessons_lib.grading.report import Report, Result

MOST_KEPT = 20_000_000  # bytes, of one result
COUNTED = "counted.json"  # beside grades.csv: the names of its lines
OURS = (".lock", "results", "grades.csv", COUNTED)  # what a batch leaves in a folder
PACKAGE = Path(lessons_lib.__file__).parent
NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
CHANGED = "the exercises or the grader have changed"
DAMAGED = "its results were damaged, or changed by hand"


class NotKeptError(ValueError):
    """There is no result that may be taken up; the text says why, "" if there is none at all."""


@contextlib.contextmanager
def claimed(out: Path, paths: Sequence[Path]) -> Iterator[None]:
    """Keep other batches out of a folder for results, which is made if need be.

    Raises:
        ValueError: if another batch is at work in it, if it lies among the submissions, one of
            those in what is made anew there, or something else where that is to be.
    """
    here = out.resolve()
    for path in followed(paths):
        there = path.resolve()
        if here.is_relative_to(there):
            raise ValueError(
                f"--out: expected a folder outside the submissions, got {out} in {path}"
            )
        if there.is_relative_to(here / "unpacked"):
            raise ValueError(f"PATH: {path} lies in {out / 'unpacked'}, which is made anew")
        if there.parent == here and there.name in OURS:  # as the second d/* --out d
            raise ValueError(f"PATH: {path} is of an earlier batch; give another folder to --out")
    for folder in ("unpacked", "copies"):  # made anew
        if os.path.lexists(out / folder) and not any((out / name).exists() for name in OURS):
            raise ValueError(f"--out: {out / folder} is no earlier batch's; give an empty folder")
    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout:
        raise ValueError(f"--out: another batch is writing to {out}") from None


def fingerprint(how: How) -> str:
    """What a kept result depends on beside the submission: exercises, helpers, this package."""
    digest = hashlib.sha256(repr((how[1:], np.__version__, platform.python_version())).encode())
    sources = [(path.relative_to(PACKAGE).as_posix(), path) for path in PACKAGE.rglob("*.py")]
    for name, path in sorted(sources):
        digest.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    if how.exercises is not None:
        digest.update(content(how.exercises))
        return digest.hexdigest()
    for module in sorted({exercise.reference.__module__ for exercise in EXERCISES.all()}):
        file = getattr(sys.modules.get(module), "__file__", None)  # of other packages, too
        digest.update(Path(file).read_bytes() if file else module.encode())
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """What a kept result depends on in a submission: its name and its content."""
    digest = hashlib.sha256(repr(path.name).encode())
    try:
        digest.update(read_regular(path, MOST_BYTES, links_above=False))
    except OSError as error:
        return f"unread: {error.strerror}"
    return digest.hexdigest()


def kept_report(out: Path, name: str, sha256: str, task: str) -> Report:
    """The report on a submission from an earlier batch.

    Raises:
        NotKeptError: if there is none, or none that still holds.
    """
    kept, report = _kept(out / "results" / f"{file_name(name)}.json")
    if kept["submission"] != name:
        raise NotKeptError(DAMAGED)
    if kept["sha256"] != sha256:
        raise NotKeptError("it has changed")
    if kept["task"] != task:
        raise NotKeptError(CHANGED)
    if any(result.status == "infrastructure_error" for result in report.results):
        raise NotKeptError("the grader had failed on it")
    return report


class Kept(Sequence[Graded]):
    """Graded submissions whose reports are on disk, each read when it is asked for.

    So a class of any size takes no more memory than its names.

    Args:
        out: the folder of a batch.
        names: of submissions that have a result there.
        counts: the exercises that count, by the names of those of which not all do.

    Raises:
        NotKeptError: at a report that is missing or damaged by now.
    """

    def __init__(
        self, out: Path, names: Sequence[str], counts: Mapping[str, Sequence[str]] = NOTHING
    ) -> None:
        self._out, self._names, self._counts = out, names, counts

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return Kept(self._out, self._names[at], self._counts)
        name = self._names[at]
        try:
            kept, report = _kept(self._out / "results" / f"{file_name(name)}.json")
        except NotKeptError:
            kept = {}
        if kept.get("submission") != name:
            again = f"{self._out}: the result of {name} is missing or damaged"
            raise NotKeptError(f"{again}; give `lessons grade` again")
        if name in self._counts:
            results = [r for r in report.results if r.exercise in self._counts[name]]
            report = dataclasses.replace(report, results=results)
        return Graded(name, report)


def write_counted(out: Path, names: Sequence[str], counts: Mapping[str, Sequence[str]]) -> None:
    """Keep which submissions count, and for what: a table's name for one can be another's own."""
    kept = {name: counts.get(name) for name in names}  # None: for all that it was asked
    write_atomically(out / COUNTED, json.dumps(kept, indent=1).encode())


def kept_reports(out: Path) -> Kept:
    """The submissions that counted in a batch, and their reports.

    Raises:
        FileNotFoundError: if `out` has none.
        ValueError: if a report is missing or damaged.
    """
    path = out / COUNTED
    try:
        kept = json.loads(read_regular(path, MOST_KEPT))
        if not isinstance(kept, dict):
            raise ValueError("no names")
        counts = {name: [*map(str, own)] for name, own in kept.items() if own is not None}
    except FileNotFoundError:
        missing = f"GRADED: there is no {path}; expected what `lessons grade` wrote; give it again"
        raise FileNotFoundError(missing) from None
    except (OSError, RecursionError, TypeError, ValueError):
        damaged = f"GRADED: {path} is damaged; give `lessons grade` again"
        raise NotKeptError(damaged) from None
    return Kept(out, list(kept), counts)


def _kept(path: Path) -> tuple[dict[str, Any], Report]:
    try:
        kept = json.loads(read_regular(path, MOST_KEPT))
        seal = kept.pop("seal")
        if seal != _seal(kept) or not {"submission", "sha256", "task"} <= set(kept):
            raise NotKeptError(DAMAGED)
        results = [Result(**result) for result in kept["results"]]
        report = Report(results, seed=kept["seed"], isolation=kept["isolation"])
        if not report.is_possible():
            raise NotKeptError(DAMAGED)
        return kept, report
    except FileNotFoundError:
        raise NotKeptError("") from None
    except (OSError, KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise error if isinstance(error, NotKeptError) else NotKeptError(DAMAGED) from None


def write_report(out: Path, name: str, sha256: str, task: str, report: Report) -> None:
    """Keep a report, and write it as a page to read."""
    record = {
        "submission": name,
        "sha256": sha256,
        "task": task,
        "score": report.score,
        "max_score": report.max_score,
        "seed": report.seed,
        "isolation": report.isolation,
        "results": [dataclasses.asdict(result) for result in report.results],
    }
    file = file_name(name)
    write_atomically(out / "feedback" / f"{file}.txt", f"{report}\n".encode())
    text = json.dumps(record | {"seal": _seal(record)}, indent=1, ensure_ascii=False)
    write_atomically(out / "results" / f"{file}.json", text.encode())


def _seal(record: dict[str, Any]) -> str:
    """A checksum that tells a result which something else has written to."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def file_name(name: str) -> str:
    """A name for files that every file system takes, another one for each submission."""
    readable = re.sub(r"[^\w.-]+", "_", name).lstrip(".-")
    short = readable.encode()[:80].decode(errors="ignore")  # in any script
    return f"{short}-{hashlib.sha256(name.encode()).hexdigest()}"
