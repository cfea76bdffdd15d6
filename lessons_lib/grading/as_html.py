"""A message as HTML, for a notebook: paragraphs, a table of expected and got, code as it stands."""

import itertools
from collections.abc import Iterable
from html import escape

# Okabe and Ito's vermilion; the words say the same, so nothing hangs on the colour.
FRAME = "border-left: 4px solid #D55E00; padding-left: 1em; max-width: 50em"
CELL = "text-align: right; padding: 0 1em; font-family: monospace"


def as_html(message: str) -> str:
    """HTML of a message, in a frame."""
    return f'<div style="{FRAME}">{body(message)}</div>'


def body(message: str) -> str:
    """HTML of a message whose indented lines hold numbers or code."""
    parts: list[str] = []
    for indented, group in itertools.groupby(message.splitlines(), lambda line: line[:1] == " "):
        lines = list(group)
        parts += _numbers(lines) if indented else map(_paragraph, lines)
    return "".join(parts)


def _paragraph(line: str) -> str:
    word, colon, rest = line.partition(": ")
    if colon and word == "Hint":
        return f"<p><strong>Hint:</strong> {escape(rest)}</p>"
    return f"<p>{escape(line)}</p>"


def _numbers(lines: list[str]) -> Iterable[str]:
    """Lines as they stand; what was expected and what came as a table."""
    values = {line.split()[0]: line.strip() for line in lines if line.strip()}
    if {"expected", "got"} <= set(values) and len(lines) == 3:
        place = lines[0].strip()
        rows = "".join(
            f'<tr><th style="text-align: left">{name}</th>'
            f'<td style="{CELL}">{escape(values[name].removeprefix(name).strip())}</td></tr>'
            for name in ("expected", "got")
        )
        head = f'<tr><th></th><th style="{CELL}">{escape(place)}</th></tr>'
        return [f"<table>{head}{rows}</table>"]
    return [f'<pre style="font-family: monospace">{escape(chr(10).join(lines))}</pre>']
