"""What each idea behind the fast layers is worth, and three that were worth nothing.

    python benchmarks/ideas.py

Each idea is timed both ways, in turn, in float32; the ratio is the time with the idea / without.
docs/performance.md explains them.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from lessons_lib.functions import sigmoid
from lessons_lib.layers import lstm

Way = Callable[[], object]
RNG = np.random.default_rng(0)
T, N, H, V = 35, 20, 100, 10_000
TURNS = 41


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def one_product(T: int, N: int, H: int) -> tuple[Way, Way]:
    x, W, out = normal(T, N, H), normal(H, 4 * H), np.empty((T, N, 4 * H), np.float32)

    def without() -> None:
        for t in range(T):
            np.matmul(x[t], W, out=out[t])

    return without, lambda: np.matmul(x.reshape(T * N, H), W, out=out.reshape(T * N, 4 * H))


def contiguous_transpose(T: int, N: int, H: int) -> tuple[Way, Way]:
    da, Wh, dh = normal(T, N, 4 * H), normal(H, 4 * H), np.empty((N, H), np.float32)

    def without() -> None:
        for t in range(T):
            np.matmul(da[t], Wh.T, out=dh)

    def with_idea() -> None:
        Wh_T = np.ascontiguousarray(Wh.T)
        for t in range(T):
            np.matmul(da[t], Wh_T, out=dh)

    return without, with_idea


def no_fresh_arrays() -> tuple[Way, Way]:
    f, c, i, g = (normal(T, N, H) for _ in range(4))
    cs, ig = np.empty((T, N, H), np.float32), np.empty((N, H), np.float32)

    def without() -> None:
        for t in range(T):
            cs[t] = f[t] * c[t] + i[t] * g[t]

    def with_idea() -> None:
        for t in range(T):
            np.multiply(f[t], c[t], out=cs[t])
            np.multiply(i[t], g[t], out=ig)
            np.add(cs[t], ig, out=cs[t])

    return without, with_idea


def one_tanh() -> tuple[Way, Way]:
    a, gates = normal(T, N, 4 * H), np.empty((N, 4 * H), np.float32)
    scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), H)
    shift = np.repeat(np.array([0.5, 0.5, 0, 0.5], np.float32), H)

    def without() -> None:
        for t in range(T):
            i, f, g, o = np.split(a[t], 4, axis=1)
            sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)

    def with_idea() -> None:  # with weights that are halved already
        for t in range(T):
            np.tanh(a[t], out=gates)
            np.multiply(gates, scale, out=gates)
            np.add(gates, shift, out=gates)

    return without, with_idea


def softmax(rows: int, divide: bool, threads: int = 1) -> Way:
    """Softmax over (T * N, V) in place, in blocks of rows."""
    scores, ones = normal(T * N, V), np.ones(V, np.float32)

    def some(start: int, stop: int) -> None:
        for first in range(start, stop, rows):
            block = scores[first : min(first + rows, stop)]
            block -= block.max(axis=1, keepdims=True)
            np.exp(block, out=block)
            sums = block @ ones
            if divide:
                block /= sums[:, None]

    def work() -> None:
        share = -(-T * N // threads)
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(some, k, k + share) for k in range(0, T * N, share)]:
                done.result()

    return work if threads > 1 else lambda: some(0, T * N)


def update(block: int) -> Way:
    """p -= lr * g for 6.5 million parameters."""
    p, g = normal(650 * V), normal(650 * V)

    def work() -> None:
        for start in range(0, p.size, block):
            part = p[start : start + block]
            part -= np.float32(1e-6) * g[start : start + block]

    return work


def halves_of_the_batch(T: int, N: int, H: int) -> tuple[Way, Way]:
    """The recurrent products, one thread for each half of the batch."""
    h, Wh, out = normal(N, H), normal(H, 4 * H), np.empty((N, 4 * H), np.float32)

    def steps(rows: slice) -> None:
        for _ in range(T):
            np.matmul(h[rows], Wh, out=out[rows])
            np.tanh(out[rows], out=out[rows])

    def with_idea() -> None:
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(steps, slice(N // 2, N))
            steps(slice(0, N // 2))
            other.result()

    return lambda: steps(slice(0, N)), with_idea


def narrow_blocks(T: int, N: int, H: int, width: int) -> tuple[Way, Way]:
    """The recurrent products, whole or in blocks of columns so small that BLAS copies nothing."""
    h, Wh, out = normal(T, N, H), normal(H, 4 * H), np.empty((N, 4 * H), np.float32)
    blocks = np.ascontiguousarray(Wh.reshape(H, -1, width).transpose(1, 0, 2))
    out_blocks = out.reshape(N, -1, width).transpose(1, 0, 2)

    def without() -> None:
        for t in range(T):
            np.matmul(h[t], Wh, out=out)

    def with_idea() -> None:
        for t in range(T):
            np.matmul(h[t], blocks, out=out_blocks)

    return without, with_idea


def on_one_core(ways: tuple[Way, Way]) -> tuple[Way, Way]:
    def limited(way: Way) -> Way:
        def work() -> None:
            with threadpool_limits(1, user_api="blas"):
                way()

        return work

    return limited(ways[0]), limited(ways[1])


def factors(T: int, N: int, H: int, steps: int) -> tuple[Way, Way]:
    """What an LSTM's way back does beside products, for all steps at once or block by block."""
    gates, da, cs, tanh_cs, by_dh = (normal(T, N, k * H) for k in (4, 4, 1, 1, 1))
    dc = normal(N, 1, H)

    def work(steps: int) -> None:
        for start in reversed(range(0, T, steps)):
            some = slice(start, start + steps)
            lstm._factors_of_gradient(gates[some], cs[some], tanh_cs[some], da[some], by_dh[some])
            for t in reversed(range(start, min(start + steps, T))):
                da[t].reshape(N, 4, H)[...] *= dc

    return lambda: work(T), lambda: work(steps)


def generation(H: int) -> tuple[Way, Way]:
    """The products of one LSTM step for one sequence, with weights scaled or sums scaled."""
    x, Wx, Wh = normal(1, H), normal(H, 4 * H), normal(H, 4 * H)
    scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), H)
    return lambda: x @ (Wx * scale) + x @ (Wh * scale), lambda: (x @ Wx + x @ Wh) * scale


LARGE = 35, 20, 650
IDEAS: dict[str, tuple[Way, Way]] = {
    "input products of all steps in one, H = 100": one_product(T, N, H),
    "input products of all steps in one, H = 650": one_product(*LARGE),
    "a contiguous copy of Wh.T, H = 100": contiguous_transpose(T, N, H),
    "a contiguous copy of Wh.T, H = 650": contiguous_transpose(*LARGE),
    "no fresh arrays in the loop, H = 100": no_fresh_arrays(),
    "one tanh for all gates, H = 100": one_tanh(),
    "softmax over blocks of 13 rows instead of all 700": (softmax(700, True), softmax(13, True)),
    "and rows left undivided": (softmax(13, True), softmax(13, False)),
    "update in blocks of 65,536 parameters": (update(650 * V), update(1 << 16)),
    "factors of the way back in blocks of 8 steps, H = 256": factors(100, 32, 256, 8),
    "small recurrent products for one core, 10 rows, H = 650": on_one_core(
        narrow_blocks(35, 10, 650, 130)
    ),
    "one step of generation: scale sums, not weights, H = 650": generation(650),
    "no gain: two threads for the softmax": (softmax(13, False), softmax(13, False, 2)),
    "no gain: recurrent products in 40 narrow blocks, H = 650": narrow_blocks(*LARGE, 65),
    "no gain: two threads for halves of the batch, H = 650": halves_of_the_batch(*LARGE),
}


def seconds(way: Way) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def main() -> None:
    print("| idea | ms without | ms with | ratio |\n|---|---|---|---|")
    for name, ways in IDEAS.items():
        times = np.array([[seconds(way) for way in ways] for _ in range(TURNS)])[1:]
        without, with_idea = 1e3 * np.median(times, axis=0)
        ratio = np.median(times[:, 1] / times[:, 0])
        print(f"| {name} | {without:.3g} | {with_idea:.3g} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
