"""The medians of several runs of `python -m benchmarks.speed --json`.

python benchmarks/medians.py benchmarks/results/amd/run*.json
"""

import json
import sys
from pathlib import Path
from statistics import median


def main(*paths: str) -> None:
    runs = [json.loads(Path(path).read_text(encoding="utf-8"))["rows"] for path in paths]
    print("| work | ms | tokens/s | to PyTorch | each run | to its products | each run |")
    print("|---|---|---|---|---|---|---|")
    for rows in zip(*runs, strict=True):
        cells = [rows[0]["name"], f"{median(row['milliseconds'] for row in rows):.3g}"]
        speeds = [row["tokens_per_second"] for row in rows]
        cells.append(f"{median(speeds):,.0f}" if speeds[0] else "")
        for other in ("to_pytorch", "to_products"):
            ratios = [row[other]["median"] for row in rows if row[other]]
            cells.append(f"**{median(ratios):.2f}**" if ratios else "")
            cells.append(", ".join(f"{ratio:.2f}" for ratio in ratios))
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
