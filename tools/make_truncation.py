"""Make data/truncation/echo.json again: networks trained with truncated backpropagation.

    python tools/make_truncation.py

The companion "Truncated backpropagation through time" of lesson 02 shows what they learn. Three
minutes on one core.
"""

import json
from typing import Any

import numpy as np

from lessons_lib.course.backpropagation.truncation import share_learned, train_on_echo
from lessons_lib.files import data_path, write_atomically

LAG, LENGTHS, SEEDS = 8, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16), (0, 1, 2, 3, 4)


def measure(lag: int = LAG, lengths=LENGTHS, seeds=SEEDS, **options: Any) -> dict[str, Any]:
    """Train for every length and seed, with the state carried and reset.

    Args:
        lag: of the echo.
        lengths: of the chunks, (K,).
        seeds: of the first weights and the stream.
        options: of `train_on_echo`.

    Returns:
        What echo.json holds: "carried" and "reset" are lists of K shares for each seed.
    """
    runs: dict[str, Any] = {"lag": lag, "lengths": lengths, "carried": [], "reset": []}
    for name, carry in (("carried", True), ("reset", False)):
        for seed in seeds:
            row = []
            for length in lengths:
                rng = np.random.default_rng(seed)
                net = train_on_echo(rng, lag=lag, length=length, carry=carry, **options)
                row.append(round(share_learned(net, lag=lag, length=length, carry=carry), 4))
            print(name, seed, row, flush=True)
            runs[name].append(row)
    return runs


if __name__ == "__main__":
    content = json.dumps(measure(), indent=1) + "\n"
    write_atomically(data_path("truncation", "echo.json"), content.encode())
