"""What somebody waits for: imports, help, a check, a sample; with --long training and lessons, too.

python -m benchmarks.waits [--long]
"""

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import numpy as np

from lessons_lib.course import exercises
from lessons_lib.course.lessons import LESSONS
from lessons_lib.files import data_path
from lessons_lib.grading import check
from tools.refresh_notebooks import NOTEBOOKS, make_client
from tools.start_lab import threads

RUNS = 9
COMMANDS = {
    "import numpy": ["-c", "import numpy"],
    "import lessons_lib": ["-c", "import numpy, lessons_lib"],
    "import its cells, layers and models": [
        "-c",
        "import numpy, lessons_lib.cells, lessons_lib.layers, lessons_lib.models",
    ],
    "lessons --help": ["-m", "lessons_lib", "--help"],
    "lessons sample, 200 words of a shipped model": [
        "-m",
        "lessons_lib",
        "sample",
        str(data_path("weights", "village-gru.safetensors")),
    ],
}


def seconds(arguments: list[str]) -> float:
    """How long a Python with these arguments takes, from its start to its end."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def checks() -> str:
    """How long `check` takes with the right answer of each exercise."""
    taken = {}
    for exercise in exercises.all():
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            report = check(exercise.reference, exercise.name)
        assert report.score == report.max_score, exercise.name
        taken[exercise.name] = time.perf_counter() - start
    slowest = max(taken, key=taken.__getitem__)
    return (
        f"{len(taken)} exercises, check of the right answer: median "
        f"{np.median(list(taken.values())):.3f} s, slowest {taken[slowest]:.3f} s ({slowest})"
    )


def main() -> None:
    """Print a table as Markdown: medians of nine, and what is long once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="a training and each lesson, once")
    long = parser.parse_args().long
    times = np.array([[seconds(args) for args in COMMANDS.values()] for _ in range(RUNS)])
    print("| what | seconds, Python's own start included |\n|---|---|")
    for name, median in zip(COMMANDS, np.median(times, axis=0), strict=True):
        print(f"| {name} | {median:.2f} |")
    if long:
        with tempfile.TemporaryDirectory() as folder:
            train = ["train", "village", "--preset", "lesson", "--out", f"{folder}/run"]
            print(f"| lessons train village | {seconds(['-m', 'lessons_lib', *train]):.0f} |")
        os.environ |= threads(os.environ)  # as `make lab`
        for lesson in LESSONS:
            path = Path(NOTEBOOKS, lesson.file)
            client = make_client(nbformat.read(path, as_version=4), path)
            start = time.perf_counter()
            client.execute()
            print(f"| {lesson.file} | {time.perf_counter() - start:.0f} |", flush=True)
    print(f"\n{checks()}")


if __name__ == "__main__":
    main()
