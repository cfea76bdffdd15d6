"""How fast the layers are: beside PyTorch, and beside their matrix products alone.

Times are taken in turn, candidate after candidate, so that a machine that speeds up or slows down
does so for all of them; what counts is the median of the ratios of neighbours.
"""

import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from lessons_lib.layers import GRU, LSTM, RNN, RecurrentLayer

SIZES = ((35, 20, 100, 100), (35, 20, 650, 650), (100, 32, 128, 256))  # T, N, D, H
CELLS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


class SpeedRow(NamedTuple):
    """Forward and backward pass of one layer over one sequence, in float32."""

    cell: str
    sizes: tuple[int, int, int, int]  # T, N, D, H
    milliseconds: float  # median
    to_torch: float | None  # our time / PyTorch's, median of pairs; None without PyTorch
    to_products: float  # our time / that of the matrix products alone, median of pairs


def measure(
    sizes: Iterable[tuple[int, int, int, int]] = SIZES, *, repeat: int = 20
) -> Iterator[SpeedRow]:
    """Time each kind of layer at each size.

    Args:
        sizes: T, N, D, H of each row.
        repeat: how often each candidate is timed.

    Yields:
        A row for each kind of layer and size. PyTorch takes part if it is installed, with the
        number of threads that it chooses.
    """
    has_torch = importlib.util.find_spec("torch") is not None
    for T, N, D, H in sizes:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((T, N, D)).astype(np.float32)
        dhs = rng.standard_normal((T, N, H)).astype(np.float32)
        for name, cell in CELLS.items():
            layer = cell(D, H, rng=rng)
            candidates = [_ours(layer, x, dhs), _products(layer, x, dhs)]
            if has_torch:
                candidates.append(_torch(name, x, dhs))
            times = _in_turn(candidates, repeat)
            ratios = np.median(times[:, :1] / times, axis=0)
            yield SpeedRow(
                name,
                (T, N, D, H),
                float(np.median(times[:, 0]) * 1e3),
                float(ratios[2]) if has_torch else None,
                float(ratios[1]),
            )


def table(rows: Iterable[SpeedRow]) -> str:
    """The rows as a Markdown table."""
    lines = ["| layer | T, N, D, H | ms | to PyTorch | to its products |", "|---|---|---|---|---|"]
    for row in rows:
        to_torch = "not installed" if row.to_torch is None else f"x {row.to_torch:.2f}"
        lines.append(
            f"| {row.cell} | {', '.join(map(str, row.sizes))} | {row.milliseconds:.1f} "
            f"| {to_torch} | x {row.to_products:.2f} |"
        )
    return "\n".join(lines)


def _in_turn(candidates: list[Callable[[], object]], repeat: int) -> np.ndarray:
    """Seconds of each call, (repeat, candidates), after one call of each that does not count."""
    for candidate in candidates:
        candidate()
    times = np.empty((repeat, len(candidates)))
    for row in times:
        for k, candidate in enumerate(candidates):
            start = time.perf_counter()
            candidate()
            row[k] = time.perf_counter() - start
    return times


def _ours(layer: RNN | LSTM | GRU, x: np.ndarray, dhs: np.ndarray) -> Callable[[], object]:
    def run() -> None:
        layer.forward(x)
        layer.backward(dhs)

    return run


def _products(layer: RecurrentLayer, x: np.ndarray, dhs: np.ndarray) -> Callable[[], object]:
    """The products that no implementation can do without, in the best layout and nothing else."""
    T, N, D = x.shape
    Wx, Wh = layer.params["Wx"], layer.params["Wh"]
    Wh_T, rows, hs = Wh.T.copy(), x.reshape(T * N, D), dhs.reshape(T * N, -1)
    gates = np.empty((T * N, Wx.shape[1]), x.dtype)
    step, state = np.empty((N, Wh.shape[1]), x.dtype), np.empty_like(dhs[0])

    def run() -> None:
        np.matmul(rows, Wx, out=gates)
        for h in dhs:
            np.matmul(h, Wh, out=step)
        for _ in range(T):
            np.matmul(step, Wh_T, out=state)
        np.matmul(rows.T, gates, out=layer.grads["Wx"])
        np.matmul(hs.T, gates, out=layer.grads["Wh"])
        np.matmul(gates, Wx.T)

    return run


def _torch(name: str, x: np.ndarray, dhs: np.ndarray) -> Callable[[], object]:
    import torch

    module = getattr(torch.nn, name)(x.shape[2], dhs.shape[2])
    inputs, gradient = torch.tensor(x, requires_grad=True), torch.tensor(dhs)

    def run() -> None:
        module.zero_grad()
        outputs, _ = module(inputs)
        outputs.backward(gradient)

    return run
