"""Grade a class with `--jobs` and on a Dask cluster: rate, memory, and a worker killed.

    python benchmarks/classroom.py [NUMBER [WORKERS...]]

For each number of workers (1, 2 and 4) the same folder, 5% of it hostile, is graded by a local
cluster of so many and by as many processes. With the most, a worker of the cluster is killed half
way. Then every submission must have its result, written once, and every honest one the same line in
both tables. The rate is counted from the first result to the last; what went before is the start,
and what comes after it the pages. On a busy machine compare the processor time, starts included.
Memory is that of the process that grades: when a tenth was done, by how much it grew until the last
for each 1,000, and the most at any time, pages and all. Needs psutil and the extra `class`.
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
SEED = 7  # the same cases, so that lines can be compared


class Run:
    """One batch: its folder, how long it took and what memory."""

    def __init__(self, folder: Path, out: Path, options: list[str], kill_at: int | None) -> None:
        self.out, self.most_of_all, self.killed = out, 0, 0
        self.memory: list[tuple[int, int]] = []  # results that are there, bytes of the batch
        self.written: dict[str, int] = {}  # when each result was, in nanoseconds
        self.again: set[str] = set()  # results that were written a second time
        self._begun, before = time.time(), processor_time()
        given = [folder, "--out", out, "--seed", f"{SEED}", *options]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lessons_lib", "grade", *map(str, given)],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
        )
        watching = threading.Thread(target=self._watch, args=(kill_at,))
        watching.start()
        if self._process.wait():
            raise SystemExit(f"{options} ended with status {self._process.returncode}")
        self._ended = time.time()
        watching.join()
        self._look()
        self._processor = processor_time() - before

    def _watch(self, kill_at: int | None) -> None:
        """Note the memory, and kill a worker of the cluster when so many are done."""
        top = psutil.Process(self._process.pid)
        while self._process.poll() is None:
            try:
                below = top.children(recursive=True)
                sizes = [process.memory_info().rss for process in (top, *below)]
                self.most_of_all = max(self.most_of_all, sum(sizes))
                done = self._look()
                self.memory.append((done, sizes[0]))
                if kill_at is not None and done >= kill_at and not self.killed:
                    worker = next(
                        p for p in below if WORKER in " ".join(p.cmdline()) and p.children()
                    )
                    worker.kill()
                    self.killed = done
            except (psutil.Error, StopIteration):  # one that has just ended
                pass
            time.sleep(EVERY)

    def _look(self) -> int:
        """Note which results are there; returns how many."""
        for entry in os.scandir(self.out / "results") if (self.out / "results").is_dir() else ():
            if entry.name.endswith(".json"):
                at = entry.stat().st_mtime_ns
                if self.written.setdefault(entry.name, at) != at:
                    self.again.add(entry.name)
        return len(self.written)

    def line(self, name: str) -> str:
        """Its row of the table."""
        times = sorted(at / 1e9 for at in self.written.values())
        rate = (len(times) - 1) / (times[-1] - times[0])
        killed = f", a worker killed when {self.killed} were done" if self.killed else ""
        start, pages = times[0] - self._begun, self._ended - times[-1]
        each = self._processor / len(times)
        done, sizes = zip(*self.memory, strict=True)
        grading = [k for k, number in enumerate(done) if len(times) / 10 <= number < len(times)]
        first, last = grading[0], grading[-1]
        growth = 1000 * (sizes[last] - sizes[first]) / max(1, done[last] - done[first])
        megabytes = [
            f"{size / 1e6:.1f}" for size in (sizes[first], growth, max(sizes), self.most_of_all)
        ]
        numbers = [f"{rate:.2f}", f"{each:.2f}", f"{start:.0f}", f"{pages:.0f}", *megabytes]
        return f"| {name}{killed} | {' | '.join(numbers)} |"

    def grades(self) -> dict[str, dict[str, str]]:
        """The line of each submission."""
        with (self.out / "grades.csv").open(encoding="utf-8-sig") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}


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
        print(
            "| | submissions/s | processor, s each | start, s | pages, s "
            "| MB at a tenth | MB per 1,000 | MB at most | MB, all processes |"
        )
        print("|---|---|---|---|---|---|---|---|---|", flush=True)
        for count in workers:
            tables = []
            for options in (["--jobs", f"{count}", "--dask", "local"], ["--jobs", f"{count}"]):
                kill_at = number // 2 if "--dask" in options and count == max(workers) else None
                run = Run(folder, Path(temporary) / f"{count}{len(options)}", options, kill_at)
                print(run.line(" ".join(options)), flush=True)
                check(run.out, wanted)
                if run.again:
                    raise SystemExit(f"graded twice: {run.again}")
                tables.append(run.grades())
            differ = [name for name, row in tables[0].items() if row != tables[1][name]]
            print(f"    lines that differ: {', '.join(differ) or 'none'}", flush=True)
            if any("hostile" not in name for name in differ):
                raise SystemExit("the grades differ")


if __name__ == "__main__":
    numbers = list(map(int, sys.argv[1:])) or [200]
    main(numbers[0], numbers[1:] or [1, 2, 4])
