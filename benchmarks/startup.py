"""What a learner waits for: the import, the command's help, a check.

python benchmarks/startup.py
"""

import contextlib
import io
import subprocess
import sys
import time

import numpy as np

from lessons_lib.course import exercises
from lessons_lib.grading import check

RUNS = 9
COMMANDS = {
    "import numpy": ["-c", "import numpy"],
    "import lessons_lib": ["-c", "import numpy, lessons_lib"],
    "import its cells, layers and models": [
        "-c",
        "import numpy, lessons_lib.cells, lessons_lib.layers, lessons_lib.models",
    ],
    "lessons --help": ["-m", "lessons_lib", "--help"],
}


def seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    times = np.array([[seconds(args) for args in COMMANDS.values()] for _ in range(RUNS)])
    print("| what | seconds, Python's own start included |\n|---|---|")
    for name, median in zip(COMMANDS, np.median(times, axis=0), strict=True):
        print(f"| {name} | {median:.2f} |")

    checks = {}
    for exercise in exercises.all():
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            report = check(exercise.reference, exercise.name)
        assert report.score == report.max_score, exercise.name
        checks[exercise.name] = time.perf_counter() - start
    slowest = max(checks, key=checks.__getitem__)
    print(
        f"\n{len(checks)} exercises, check of the right answer: median "
        f"{np.median(list(checks.values())):.3f} s, slowest {checks[slowest]:.3f} s ({slowest})"
    )


if __name__ == "__main__":
    main()
