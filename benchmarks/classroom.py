"""Grade a class with `--jobs` and on a Dask cluster: rate, memory, and a worker killed.

    python benchmarks/classroom.py [NUMBER [WORKERS...]]

For each number of workers (1, 2 and 4) the same folder, 5% of it hostile, is graded by so many
processes and by a local cluster of as many. With the most, a worker of the cluster is killed half
way. Then every submission must have its result, and the same points on both. The rate is counted
from the first result to the last; what went before is the start. On a busy machine compare the
processor time, starts included. Needs psutil and the extra `class`.
"""

import csv
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.grading import check, write  # noqa: E402
from lessons_lib.grading.isolation.policy import reached  # noqa: E402

WORKER = "multiprocessing"  # in the command of a process of the cluster
EVERY = 0.5  # seconds between two looks at the memory


class Run:
    """One batch: its folder, how long it took and what memory."""

    def __init__(self, folder: Path, out: Path, options: list[str], kill_at: int | None) -> None:
        self.out, self.most, self.most_of_all, self.killed = out, 0, 0, 0
        self._begun, before = time.time(), processor_time()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lessons_lib", "grade", folder, "--out", out, *options],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
        )
        watching = threading.Thread(target=self._watch, args=(kill_at,))
        watching.start()
        if self._process.wait():
            raise SystemExit(f"{options} ended with status {self._process.returncode}")
        watching.join()
        self._processor = processor_time() - before

    def _watch(self, kill_at: int | None) -> None:
        """Note the memory, and kill a worker of the cluster when so many are done."""
        top = psutil.Process(self._process.pid)
        while self._process.poll() is None:
            try:
                below = top.children(recursive=True)
                sizes = [process.memory_info().rss for process in (top, *below)]
                self.most, self.most_of_all = (
                    max(self.most, sizes[0]),
                    max(self.most_of_all, sum(sizes)),
                )
                done = len(list((self.out / "results").glob("*.json")))
                if kill_at is not None and done >= kill_at and not self.killed:
                    worker = next(
                        p for p in below if WORKER in " ".join(p.cmdline()) and p.children()
                    )
                    worker.kill()
                    self.killed = done
            except (psutil.Error, StopIteration):  # one that has just ended
                pass
            time.sleep(EVERY)

    def line(self, name: str) -> str:
        """Its row of the table."""
        times = sorted(path.stat().st_mtime for path in (self.out / "results").glob("*.json"))
        rate = (len(times) - 1) / (times[-1] - times[0])
        killed = f", a worker killed when {self.killed} were done" if self.killed else ""
        megabytes = [f"{size / 1e6:.0f}" for size in (self.most, self.most_of_all)]
        start = times[0] - self._begun
        each = self._processor / len(times)
        numbers = [f"{rate:.2f}", f"{each:.2f}", f"{start:.0f}", *megabytes]
        return f"| {name}{killed} | {' | '.join(numbers)} |"

    def points(self) -> dict[str, str]:
        """Points by submission."""
        with (self.out / "grades.csv").open(encoding="utf-8-sig") as file:
            return {row["submission"]: row["score"] for row in csv.DictReader(file)}


def processor_time() -> float:
    """Seconds of processor time of all processes that have ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(number: int, workers: list[int]) -> None:
    """Run the benchmark and print its figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "in"
        folder.mkdir()
        wanted = write(folder, number)
        print(f"{number} submissions, {reached('auto')} isolation, {os.cpu_count()} processors\n")
        print("| | submissions/s | processor, s each | start, s | MB, batch | MB, all processes |")
        print("|---|---|---|---|---|---|", flush=True)
        for count in workers:
            points = []
            for options in (["--jobs", f"{count}"], ["--jobs", f"{count}", "--dask", "local"]):
                kill_at = number // 2 if "--dask" in options and count == max(workers) else None
                run = Run(folder, Path(temporary) / f"{count}{len(options)}", options, kill_at)
                print(run.line(" ".join(options)), flush=True)
                check(run.out, wanted)
                points.append(run.points())
            honest = [name for name in points[0] if "hostile" not in name]
            if any(points[0][name] != points[1][name] for name in honest):
                raise SystemExit("the points differ")


if __name__ == "__main__":
    numbers = list(map(int, sys.argv[1:])) or [200]
    main(numbers[0], numbers[1:] or [1, 2, 4])
