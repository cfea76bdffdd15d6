"""What was measured, as Markdown for people and as JSON for programs."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from benchmarks.speed.measuring import Growth, Ratio, Row
from benchmarks.speed.memory import Memory
from benchmarks.speed.projection import projections


def as_markdown(
    rows: Iterable[Row], grown: Sequence[Growth] = (), memory: Memory | None = None
) -> str:
    """The tables."""
    rows = list(rows)
    lines = [
        "| work | ms | tokens/s | to PyTorch | to its products |",
        "|---|---|---|---|---|",
        *(
            f"| {row.name} | {row.milliseconds:.3g} | {_rate(row.tokens_per_second)} "
            f"| {_ratio(row.to_pytorch)} | {_ratio(row.to_products)} |"
            for row in rows
        ),
    ]
    if projected := projections(rows):
        lines += [
            "",
            "| whole recipe on Penn Treebank | epochs | tokens/s | hours |",
            "|---|---|---|---|",
            *(
                f"| `{one.preset}` | {one.epochs} | {one.tokens_per_second:,.0f} "
                f"| {one.hours:.2g} |"
                for one in projected
            ),
        ]
    for one in grown:
        first = one.milliseconds[0] / one.values[0]
        line = [ms / (first * n) for n, ms in zip(one.values, one.milliseconds, strict=True)]
        lines += [
            "",
            _row(f"LSTM (D = H = 128), {one.size} =", one.values),
            _rule(one.values),
            _row("ms", one.milliseconds, ".3g"),
            _row("to a straight line from the first", line, ".2f"),
        ]
    if memory:
        sizes = memory.arrays_by_steps
        lines += [
            "",
            _row("LSTM (D = H = 128, N = 20), T =", sizes),
            _rule(sizes),
            _row("MB of arrays at most", sizes.values(), ".1f"),
            "",
            _row("largest resident memory of training `book`", ("100 steps", "1,000 steps")),
            _rule(memory.package),
            _row("this package, MB", memory.package, ".1f"),
        ]
        if memory.pytorch:
            lines.append(_row("PyTorch, MB", memory.pytorch, ".1f"))
    return "\n".join(lines)


def as_json(rows: Iterable[Row], grown: Sequence[Growth] = (), memory: Memory | None = None) -> str:
    """All figures, with the machine's libraries beside them."""
    content: dict[str, Any] = {
        "rows": [_plain(row) for row in rows],
        "growth": [one._asdict() for one in grown],
        "memory": memory._asdict() if memory else None,
    }
    return json.dumps(content, indent=1)


def _row(name: str, values: Iterable[Any], form: str = "") -> str:
    return f"| {name} | " + " | ".join(format(value, form) for value in values) + " |"


def _rule(columns: Collection[Any]) -> str:
    return "|---" * (1 + len(columns)) + "|"


def _plain(row: Row) -> dict[str, Any]:
    plain = row._asdict()
    for name in ("to_pytorch", "to_products"):
        if plain[name] is not None:
            plain[name] = plain[name]._asdict()
    return plain


def _ratio(ratio: Ratio | None) -> str:
    return "" if ratio is None else f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def _rate(tokens_per_second: float | None) -> str:
    return "" if tokens_per_second is None else f"{tokens_per_second:,.0f}"
