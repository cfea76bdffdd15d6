"""Values and names in words, for messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LONGEST_LINE = 200


@dataclass(frozen=True)
class Foreign:
    """Stands for a result that is neither array nor number; `text` says what it was."""

    text: str


def describe(value: Any) -> str:
    """A value's type in words: "a list of 4", "an array of shape (3, 5)", "None"."""
    if isinstance(value, Foreign):
        return one_line(value.text)
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    name = type(value).__name__
    if type(value) is np.ndarray:
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple):
        return f"a {name} of {len(value)}"
    if isinstance(value, np.ndarray):
        name = f"numpy {name}"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def in_words(names: Sequence[str]) -> str:
    """Names as in a sentence: "i, f and o"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def one_line(text: str) -> str:
    """One line whose control characters are written out, as in "\\x1b", cut where it gets long."""
    line = " ".join(text[: 10 * LONGEST_LINE].split())
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …"
