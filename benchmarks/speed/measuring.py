"""Candidates take turns, so that a machine that speeds up or slows down does so for all of them."""

import importlib.util
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from benchmarks.speed.benchmarks import BENCHMARKS, LAYERS
from benchmarks.speed.workers import Worker

TURN_SECONDS = 0.1  # about how long a candidate works before the next one has its turn
PAUSE_SECONDS = 0.05  # until the threads of the one before have gone to sleep


class Ratio(NamedTuple):
    """This package's time / that of a candidate, from one turn of each after the other."""

    median: float
    low: float  # a quarter of the turns gave less
    high: float  # a quarter gave more


class Row(NamedTuple):
    """What was measured of one benchmark."""

    name: str
    milliseconds: float  # median of one call
    tokens_per_second: float | None
    to_pytorch: Ratio | None  # None without PyTorch
    to_products: Ratio | None


def measure(
    names: Iterable[str] = tuple(BENCHMARKS), *, turns: int = 20, threads: int | None = None
) -> Iterator[Row]:
    """Time benchmarks.

    Args:
        names: which of `BENCHMARKS`.
        turns: how often each candidate has its turn.
        threads: for each library; None takes one for each core.

    Yields:
        A row for each benchmark. PyTorch takes part if it is installed.

    Raises:
        ValueError: if a name is none of a benchmark.
        RuntimeError: if the process of a candidate stops.
    """
    names = list(names)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise ValueError(f"names: expected names of BENCHMARKS, got {', '.join(unknown)}")
    candidates = ["package", "products"]
    if importlib.util.find_spec("torch"):
        candidates.append("pytorch")
    with ExitStack() as stack:
        workers = {
            candidate: stack.enter_context(Worker(candidate, threads or cores()))
            for candidate in candidates
        }
        for name in names:
            benchmark = BENCHMARKS[name]
            taking_part = {
                candidate: worker
                for candidate, worker in workers.items()
                if getattr(benchmark, candidate) is not None
            }
            seconds = _in_turn(name, taking_part, turns)
            typical = float(np.median(seconds["package"]))
            yield Row(
                name,
                1e3 * typical,
                benchmark.tokens / typical if benchmark.tokens else None,
                *(_ratio(seconds, other) for other in ("pytorch", "products")),
            )


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Growth(NamedTuple):
    """Time of an LSTM's forward and backward pass (D = H = 128) as one size grows."""

    size: str  # "T" or "N"
    values: tuple[int, ...]
    milliseconds: tuple[float, ...]  # medians


def growth(*, repeat: int = 15) -> list[Growth]:
    """How time grows with the number of steps and with that of sequences."""
    steps, sequences = (100, 200, 400, 800), (10, 20, 40, 80, 160)
    return [
        Growth("T", steps, _grown([(T, 20) for T in steps], repeat)),
        Growth("N", sequences, _grown([(35, N) for N in sequences], repeat)),
    ]


def _grown(sizes: list[tuple[int, int]], repeat: int) -> tuple[float, ...]:
    """Median milliseconds at each (T, N), the sizes taking turns."""
    layers = [LAYERS["LSTM"](128, 128) for _ in sizes]
    inputs = [np.random.default_rng(0).standard_normal((*size, 128), np.float32) for size in sizes]
    seconds = np.empty((repeat + 1, len(sizes)))
    for row in seconds:
        for k, (layer, x) in enumerate(zip(layers, inputs, strict=True)):
            start = time.perf_counter()
            layer.forward(x)
            layer.backward(x)
            row[k] = time.perf_counter() - start
    return tuple((1e3 * np.median(seconds[1:], axis=0)).tolist())


def _in_turn(name: str, workers: dict[str, Worker], turns: int) -> dict[str, np.ndarray]:
    """Median seconds of one call in each turn, by candidate."""
    calls = {}
    for candidate, worker in workers.items():
        worker.prepare(name)
        calls[candidate] = max(1, min(50, round(TURN_SECONDS / worker.time(1)[0])))
    seconds: dict[str, list[float]] = {candidate: [] for candidate in workers}
    for _ in range(turns):
        for candidate, worker in workers.items():
            time.sleep(PAUSE_SECONDS)
            seconds[candidate].append(float(np.median(worker.time(calls[candidate]))))
    return {candidate: np.array(values) for candidate, values in seconds.items()}


def _ratio(seconds: dict[str, np.ndarray], other: str) -> Ratio | None:
    if other not in seconds:
        return None
    low, median, high = np.quantile(seconds["package"] / seconds[other], (0.25, 0.5, 0.75))
    return Ratio(float(median), float(low), float(high))
