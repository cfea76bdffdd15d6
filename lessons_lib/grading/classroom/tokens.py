"""Cut code into tokens, by one regular expression in a single pass: nothing of it is parsed."""

import re
import string
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

MOST_CODE = 100_000  # characters that are looked at
LONGEST_NAME = 200  # likewise
TOKEN = re.compile(
    r"""
    (?P<none>\#[^\n]*|[\s(),;\\]+)
    |(?P<text>[a-zA-Z]{0,2}(?:
        \"{3}(?:[^\\"]|\\.?|"(?!""))*+(?:\"{3}|(?P<open>\Z))
        |'{3}(?:[^\\']|\\.?|'(?!''))*+(?:'{3}|(?P<opened>\Z))
        |"(?:[^"\\\n]|\\.?)*+(?:"|$)|'(?:[^'\\\n]|\\.?)*+(?:'|$)))
    |(?P<attribute>\.(?:[\s\\]|\#[^\n]*)*+(?P<member>[a-zA-Z_\x80-\U0010ffff][\w\x80-\U0010ffff]*))
    |(?P<name>[a-zA-Z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)
    |(?P<number>\d[\d_]*)(?:\.0*+(?!\d))?
    |(?P<other>\d[\w.]*|.)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


class Token(NamedTuple):
    """A token of code.

    Attributes:
        kind: "text", "docstring", "attribute", "name", "number" or "other".
        text: as it stands there, but an attribute without what may stand behind its dot, and a
            number without what changes nothing.
        line: of its beginning, counted from 0.
    """

    kind: str
    text: str
    line: int


def tokens_of(source: str) -> Iterator[Token]:
    """The tokens of a piece of code, without comments, brackets and blanks."""
    source = source[:MOST_CODE]
    begins_statement = True
    line = at = counted = brackets = 0
    while at < len(source):
        if begins_statement and brackets <= 0 and source[at] in "!%":  # of Jupyter's, no code
            end = source.find("\n", at)
            at = len(source) if end < 0 else end
            continue
        found = TOKEN.match(source, at)
        assert found  # every character is a token, if no more than that
        if found["open"] is not None or found["opened"] is not None:
            # A string that never ends: no code. What follows is looked at without such quotes.
            quotes = found[0].lstrip(string.ascii_letters)[:3]
            source = source[:at] + source[at:].replace(quotes, "   ")
            continue
        kind, text = found.lastgroup or "", found[0]
        line += source.count("\n", counted, at)
        counted, at = at, found.end()
        if kind in ("none", "other") and text[0] != "#":
            brackets += sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))
        if kind == "none":
            begins_statement |= "\n" in text.replace("\\\n", "")
            continue
        if begins_statement and text in ("def", "class"):
            brackets = 0  # one that was open is never closed
        if kind == "text" and begins_statement:
            yield Token("docstring", text, line)
            continue
        begins_statement = False
        if kind == "attribute":
            text = f".{_as_python_reads(found['member'])}"
        elif kind == "name":
            text = _as_python_reads(text)
        elif kind == "number":
            text = found["number"]
        yield Token(kind, text, line)


def _as_python_reads(name: str) -> str:
    return unicodedata.normalize("NFKC", name[:LONGEST_NAME])  # long ones would take minutes
