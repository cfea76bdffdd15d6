"""Grade 1,000 submissions, 5% of them hostile: how many a second, and is any lost in a kill?

    python benchmarks/grading.py [NUMBER]

Grades the same folder with one job and with two. The second time the whole batch is killed in the
middle, with SIGKILL, and started again. Then every submission must have its result, the honest
ones their points, and no hostile one more than its answer is worth.
"""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import lessons_lib  # noqa: E402
from lessons_lib.grading.isolation.policy import reached  # noqa: E402
from tests.grading.hostile import ATTACKS  # noqa: E402
from tests.grading.hostile.attack import CONTROL, HEAD, RIGHT, SIGNATURE, WRONG  # noqa: E402

PLACES = {
    "@PACKAGE@": str(Path(lessons_lib.__file__).parent),
    "@NUMPY@": str(Path(np.__file__).parent),
    "@CANARY@": "/nonexistent/canary",
    "@TOKEN@": "hostile-benchmark",
    "@SECRET_FOUND@": "found",
    "@PORT@": "9",
}


def honest(answer: str) -> str:
    """A submission whose first exercise is right, and whose second has the given body."""
    body = "".join(f"    {line}\n" for line in answer.splitlines())
    return f"{HEAD}{CONTROL}\n\n{SIGNATURE}{body}"


def write(folder: Path, number: int) -> dict[str, float]:
    """Write submissions; returns the points that each may earn at most, and if honest does."""
    sources = [a for a in ATTACKS if a.source and a.has_its_control]
    points = {}
    for k in range(number):
        if k % 20 == 10:
            attack = sources[(k // 20) % len(sources)]
            name, source, earned = f"{k:04}_hostile.py", attack.source, 2 + attack.twin
            for word, replacement in PLACES.items():
                source = source.replace(word, replacement)
        else:
            right = k % 3 != 0
            name, source = f"{k:04}.py", honest(RIGHT if right else WRONG)
            earned = 4.0 if right else 2.0
        (folder / name).write_text(source, encoding="utf-8")
        points[name] = earned
    return points


def start(folder: Path, out: Path, jobs: int) -> subprocess.Popen[bytes]:
    """Start `lessons grade`."""
    command = [sys.executable, "-m", "lessons_lib", "grade", str(folder)]
    return subprocess.Popen(
        [*command, "--out", str(out), "--jobs", str(jobs)],
        cwd=ROOT,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def done(out: Path) -> int:
    """How many submissions have a result."""
    return len(list((out / "results").glob("*.json")))


def check(out: Path, points: dict[str, float]) -> None:
    """Fail if a submission has no result or not the points that it should have."""
    with (out / "grades.csv").open(encoding="utf-8-sig") as file:
        grades = {row["submission"]: float(row["score"]) for row in csv.DictReader(file)}
    lost = set(points) - set(grades)
    wrong = [n for n in grades if "hostile" not in n and grades[n] != points[n]]
    forged = [n for n in grades if "hostile" in n and grades[n] > points[n]]
    print(f"    lost {len(lost)}, honest and graded wrongly {len(wrong)}, forged {len(forged)}")
    if lost or wrong or forged:
        raise SystemExit(f"{sorted(lost)} {wrong} {forged}")


def main(number: int) -> None:
    """Run the benchmark and print its figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "in"
        folder.mkdir()
        points = write(folder, number)
        hostile = sum("hostile" in name for name in points)
        print(f"{number} submissions, {hostile} of them hostile, {reached('auto')} isolation")

        out = Path(temporary) / "one"
        begun = time.perf_counter()
        start(folder, out, 1).wait()
        taken = time.perf_counter() - begun
        print(f"1 job: {number / taken:.1f} submissions per second, {taken:.0f} s")
        check(out, points)

        out = Path(temporary) / "two"
        begun = time.perf_counter()
        batch = start(folder, out, 2)
        while done(out) < number // 2 and batch.poll() is None:
            time.sleep(0.05)
        batch.send_signal(signal.SIGKILL)
        batch.wait()
        kept = done(out)
        start(folder, out, 2).wait()
        taken = time.perf_counter() - begun
        print(f"2 jobs: {number / taken:.1f} submissions per second, {taken:.0f} s")
        print(f"    killed when {kept} were done, and started again")
        check(out, points)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
