"""Where the time of one training step goes.

    python benchmarks/profile_step.py [PRESET [STEPS]]

The step is that of the speed table: 700 tokens, a vocabulary of 10,000 words. Python's profiler
adds a little to every call, so that the sum is more than a step takes without it.
"""

import cProfile
import pstats
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from lessons_lib.training import PRESETS, Trainer  # noqa: E402

SHOWN = 10


def main(preset: str = "book", steps: str = "100") -> None:
    recipe, count = PRESETS[preset], int(steps)
    size = recipe.batch_size * recipe.seq_len * 100 + 1
    trainer = Trainer(
        recipe.build(10_000), np.random.default_rng(0).integers(0, 10_000, size), recipe
    )
    trainer.step()
    profile = cProfile.Profile()
    with profile:
        for _ in range(count):
            trainer.step()
    rows = []
    for (path, _, function), (_, calls, own, _, _) in pstats.Stats(profile).stats.items():
        place = "NumPy" if path == "~" else Path(path).stem
        rows.append((own / count * 1e3, calls / count, f"{place}: {function.strip('<>')}"))
    rows.sort(reverse=True)
    total = sum(row[0] for row in rows)
    print("| ms of a step | share | calls | own time of |\n|---|---|---|---|")
    for ms, calls, name in rows[:SHOWN]:
        print(f"| {ms:.2f} | {ms / total:.0%} | {calls:g} | {name} |")
    rest = sum(row[0] for row in rows[SHOWN:])
    print(f"| {rest:.2f} | {rest / total:.0%} | | all else |\n| {total:.2f} | 100% | | |")


if __name__ == "__main__":
    main(*sys.argv[1:])
