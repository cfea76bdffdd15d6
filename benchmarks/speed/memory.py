"""How much memory training takes, and whether it stays that way."""

import importlib.util
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.speed.benchmarks import BENCHMARKS, LAYERS

STEPS = (100, 1000)  # when resident memory is looked at, to see if it grows


class Memory(NamedTuple):
    """Megabytes, of 1e6 bytes.

    Attributes:
        arrays_by_steps: peak of the arrays of an LSTM's forward and backward pass (D = H = 128,
            N = 20), by the number of steps T.
        package: the largest resident memory of a process that trains the `book` recipe, after
            each number of `STEPS`.
        pytorch: the same for PyTorch; None where it is not installed.
    """

    arrays_by_steps: dict[int, float]
    package: tuple[float, ...]
    pytorch: tuple[float, ...] | None


def memory(steps: tuple[int, ...] = STEPS) -> Memory | None:
    """Measure memory; None on Windows, which does not tell a process its own peak."""
    if not importlib.util.find_spec("resource"):
        return None
    return Memory(
        {T: _peak_of_arrays(T) for T in (100, 200, 400, 800)},
        _peaks("package", steps),
        _peaks("pytorch", steps) if importlib.util.find_spec("torch") else None,
    )


def _peak_of_arrays(T: int) -> float:
    layer = LAYERS["LSTM"](128, 128)
    x = np.ones((T, 20, 128), np.float32)
    tracemalloc.start()
    try:
        layer.forward(x)
        layer.backward(x)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _peaks(candidate: str, steps: tuple[int, ...]) -> tuple[float, ...]:
    """Largest resident memory of a process of its own after so many steps of `book`."""
    command = [sys.executable, "-m", __name__, candidate, *map(str, steps)]
    return tuple(json.loads(subprocess.check_output(command)))


def main() -> None:
    """Train the `book` recipe, and print the peaks."""
    candidate, *steps = sys.argv[1:]
    work = getattr(BENCHMARKS["training step, `book`"], candidate)()
    peaks, done = [], 0
    for count in map(int, steps):
        for _ in range(count - done):
            work()
        done = count
        peaks.append(_peak_of_this_process())
    print(json.dumps(peaks))


def _peak_of_this_process() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # on Linux ru_maxrss would begin with the peak of the parent
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main()
