"""Results on disk: each is kept as soon as it is there, and found again."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from lessons_lib.files import write_atomically
from lessons_lib.grading.batch.pool import How
from lessons_lib.grading.exercise.loading import content
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.submission import MOST_BYTES
from lessons_lib.grading.report import Report, Result


def _file_name(name: str) -> str:
    """A name of the file system's liking, another one for each submission."""
    readable = re.sub(r"[^\w.-]+", "_", name)[:80]
    return f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def fingerprint(how: How) -> str:
    """What a kept result depends on beside the submission."""
    if how.exercises is None:
        depends = "\n".join(e.source for e in EXERCISES.all() if e.is_of_the_course).encode()
    else:
        depends = content(how.exercises)
    return hashlib.sha256(depends + repr(how[1:]).encode()).hexdigest()


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


def kept_report(out: Path, name: str, path: Path, task: str) -> Report | None:
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


def write_report(out: Path, name: str, path: Path, task: str, report: Report) -> None:
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
