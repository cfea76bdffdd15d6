"""A report in Markdown, as Gradescope and GitHub show it; no word of a submission is markup."""

import itertools
import re

from lessons_lib.grading.report import VERDICTS, Result


def verdict(result: Result) -> str:
    """The verdict, the points, and what was found; the hint in bold, numbers as a block."""
    points = f"{result.score:g} of {result.max_score:g}"
    return f"**{VERDICTS[result.status]}**, {points}\n\n{message(result.message)}".rstrip()


def message(text: str) -> str:
    """A message whose indented lines hold numbers or code."""
    parts = []
    for indented, group in itertools.groupby(text.splitlines(), lambda line: line[:1] == " "):
        lines = list(group)
        if indented:
            longest = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
            fence = "`" * max(3, longest + 1)
            parts.append("\n".join([fence, *(line[4:] for line in lines), fence]))
        else:
            parts += map(_sentence, lines)
    return "\n\n".join(parts)


def _sentence(line: str) -> str:
    word, colon, rest = line.partition(": ")
    return f"**Hint:** {escaped(rest)}" if colon and word == "Hint" else escaped(line)


def _apart(sign: re.Match[str]) -> str:
    return f"{sign[0][:-1]}\\{sign[0][-1]}"


def escaped(text: str) -> str:
    """Words that end no cell of a table, are no link, tag or list, and call nobody."""
    text = re.sub(r"([\\`*_{}\[\]<>|!#@&~$]|^\s*[-+=]|^\s*\d+[.)])", _apart, text)
    # GitHub calls who stands behind an @ and links addresses and issues, backslash or not.
    return re.sub(r"(?i)(?<=[@#])|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=gh)(?=-\d)", "\u200b", text)
