"""Find in a submission the lines to show beside a verdict. Nothing of it is parsed or run.

Lines end where they end for Python: `str.splitlines` knows ends that Python does not.
"""

import re
from collections.abc import Iterable, Sequence

from lessons_lib.grading.classroom.tokens import tokens_of
from lessons_lib.grading.remarks import PLACE
from lessons_lib.shown import shown

RAISED = re.compile(r"^    in (?P<function>.+), line (?P<line>\d+):  (?P<source>.+)$", re.MULTILINE)
MOST_LINES = 400  # of a function
MOST_PLACES = 20  # elsewhere
LONGEST = 1_000  # characters of a line
AROUND = 2  # lines shown before and after one that stands elsewhere

Piece = tuple[str, str]
Listing = list[tuple[int, str, bool]]  # number, text, whether it is marked


def code_of(pieces: Sequence[Piece], name: str, message: str) -> list[tuple[str, Listing]]:
    """The definition of an answer, and lines elsewhere that a message is about.

    Args:
        pieces: label and source of a file, or of each cell.
        name: the function.
        message: of its result; a line that it names is marked.

    Returns:
        For each piece of code where it stands, and its lines.
    """
    marked = set(_places(pieces, message))
    found = []
    for at in reversed(range(len(pieces))):  # the last definition counts
        lines = pieces[at][1].split("\n")
        if (first := _definition(lines, name)) is not None:
            shown_lines = range(first, _end(lines, first))
            found.append(_listing(pieces[at], at, shown_lines, marked))
            marked = {(k, line) for k, line in marked if k != at or line not in shown_lines}
            break
    for at, line in sorted(marked)[:MOST_PLACES]:
        last = min(len(pieces[at][1].split("\n")), line + AROUND + 1)
        found.append(_listing(pieces[at], at, range(max(0, line - AROUND), last), marked))
    return found


def cut(line: str) -> str:
    """A line as a page shows it: not longer than a page can bear."""
    text = shown(line[:LONGEST], keep="\t")
    return text if len(line) <= LONGEST else f"{text} … and {len(line) - LONGEST:,} characters more"


def _places(pieces: Sequence[Piece], message: str) -> Iterable[tuple[int, int]]:
    """Pieces and lines, counted from 0, that a message names."""
    for place in RAISED.finditer(message):
        number, text = int(place["line"]) - 1, " ".join(place["source"].split())
        for at, (_, source) in enumerate(pieces):
            lines = source.split("\n")
            if 0 <= number < len(lines) and " ".join(shown(lines[number]).split()) == text:
                yield at, number
    for place in PLACE.finditer(message):
        number = int(place["line"]) - 1
        for at, (label, source) in enumerate(pieces):
            if label == place["label"] and 0 <= number < len(source.split("\n")):
                yield at, number


def _definition(lines: Sequence[str], name: str) -> int | None:
    """The first line of the last definition at the top level; decorators before it belong to it."""
    start = re.compile(rf"(?:async +)?def +{re.escape(name)}\b|{re.escape(name)} *=[^=]")
    found = [k for k in range(len(lines)) if start.match(lines[k])]
    if len(found) > 1:  # one of them may stand in a string
        inside = _in_strings("\n".join(lines))
        found = [k for k in found if k not in inside] or found
    at = found[-1] if found else None
    while at and lines[at - 1].startswith("@"):
        at -= 1
    return at


def _in_strings(source: str) -> set[int]:
    """The lines that begin inside a string."""
    inside: set[int] = set()
    for token in tokens_of(source):
        if token.kind in ("text", "docstring"):
            inside.update(range(token.line + 1, token.line + 1 + token.text.count("\n")))
    return inside


def _end(lines: Sequence[str], first: int) -> int:
    """The line after a definition: the next one that begins at the margin."""
    at = first
    while at < len(lines) and lines[at].startswith("@"):
        at += 1
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t)#"):
        end += 1
    while end > at + 1 and not lines[end - 1].strip(" \t"):
        end -= 1
    return min(end, first + MOST_LINES)


def _listing(
    piece: Piece, at: int, numbers: range, marked: set[tuple[int, int]]
) -> tuple[str, Listing]:
    lines = piece[1].split("\n")
    label = shown(piece[0], keep="")
    return label, [(k + 1, cut(lines[k]), (at, k) in marked) for k in numbers]
