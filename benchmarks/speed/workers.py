"""A process for each candidate, which works when told to and sleeps while the others work.

In one process the candidates would slow each other down: the threads of OpenBLAS and those of
PyTorch go on spinning for a while after a product, each on a core that the other one needs.
"""

import json
import os
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

CANDIDATES = ("package", "products", "pytorch")
_THREAD_SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Worker:
    """A process that runs one candidate of one benchmark after another.

    Args:
        candidate: "package", "products" or "pytorch".
        threads: how many threads its library may use.
    """

    def __init__(self, candidate: str, threads: int) -> None:
        environment = os.environ | {name: str(threads) for name in _THREAD_SETTINGS}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, candidate],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def prepare(self, benchmark: str) -> float:
        """Make the work of a benchmark and do it once; returns the seconds that this one took."""
        return self._ask("prepare", benchmark)

    def time(self, calls: int) -> list[float]:
        """Do the work so many times, after once that does not count; returns the seconds."""
        return self._ask("time", calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, verb: str, value: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([verb, value]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process for {verb} {value} has stopped; its error is above")
        return json.loads(line)


def main() -> None:
    """Answer questions on standard input, line by line."""
    from benchmarks.speed.benchmarks import BENCHMARKS

    (candidate,) = sys.argv[1:]
    work = None
    for line in sys.stdin:
        verb, value = json.loads(line)
        if verb == "prepare":
            work = getattr(BENCHMARKS[value], candidate)()
            answer: Any = _seconds(work)
        else:
            _seconds(work)
            answer = [_seconds(work) for _ in range(value)]
        print(json.dumps(answer), flush=True)


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
