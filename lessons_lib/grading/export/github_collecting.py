"""Runs in GitHub Actions before `lessons grade`: fetches one file of each repository of a roster.

    python -m lessons_lib.grading.export.github_collecting ROSTER FILE FOLDER

A line of the roster that fails is said with its number, and the others are fetched. What became of
each line stands in `FOLDER.csv`.
"""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# owner/name, as it stands or in an address that a browser or git has
REPOSITORY = re.compile(
    r"(?:https?://github\.com/|git@github\.com:)?([\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII
)

OF_TEXTS = "%\r\n"  # what GitHub wants in code
OF_PLACES = OF_TEXTS + ":,"


class Line(NamedTuple):
    """What became of a line of the roster; the fields are columns of a table.

    Attributes:
        repository: owner/name.
        state: "collected", "no file", or why it could not be looked at.
        commit: what was looked at.
        committed: when, as git in the student's hands has it.
    """

    repository: str
    state: str
    commit: str = ""
    committed: str = ""


class UnavailableError(Exception):
    """GitHub did not answer as it should."""


def main() -> None:
    """Fetch the files; the exit status is 1 if nothing could be looked at."""
    roster, file, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, text in entries(roster.read_text(encoding="utf-8-sig")):
        line = collect(text, file, folder)
        lines.append(line)
        if line.state not in ("collected", "no file"):
            print(annotation("error", line.state, title=text, file=roster.name, line=number))
    with folder.with_suffix(".csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerows([Line._fields, *lines])
    got = sum(line.state == "collected" for line in lines)
    lost = sum(line.state == "no file" for line in lines)
    print(f"{got} collected, {lost} without {file}, {len(lines) - got - lost} failed")
    if not got + lost:
        sys.exit("collect: there is nothing to grade")


def entries(roster: str) -> Iterator[tuple[int, str]]:
    """The lines that name a repository, with their numbers from 1."""
    for number, line in enumerate(roster.splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if text:
            yield number, text


def collect(text: str, file: str, folder: Path) -> Line:
    """Fetch a file of the repository that a line names, as of its newest commit."""
    found = REPOSITORY.fullmatch(text)
    if not found or {".", ".."} & set(found[1].split("/")):
        return Line(text, "expected owner/name or a repository's address")
    repository = found[1]
    try:
        newest = json.loads(_answer(f"repos/{repository}/commits/HEAD"))
    except UnavailableError as error:
        if "HTTP 409" in str(error):  # nothing was ever pushed
            return Line(repository, "no file")
        return Line(repository, f"it cannot be read: {error}")
    commit, committed = newest["sha"], newest["commit"]["committer"]["date"]
    try:
        content = _answer(f"repos/{repository}/contents/{file}?ref={commit}", raw=True)
    except UnavailableError as error:
        state = "no file" if "HTTP 404" in str(error) else f"it cannot be read: {error}"
        return Line(repository, state, commit, committed)
    path = folder / repository / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Line(repository, "collected", commit, committed)


def _answer(address: str, *, raw: bool = False) -> bytes:
    kind = ["--header", "Accept: application/vnd.github.raw+json"] if raw else []
    done = subprocess.run(
        ["gh", "api", *kind, address], stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UnavailableError(said[-1] if said else "gh failed")
    return done.stdout


def annotation(kind: str, text: str, **where: object) -> str:
    """A line that GitHub takes from a step's output and shows at a line of a file.

    Args:
        kind: "error", "warning" or "notice"; ten of each are shown for a step.
        text: what is said.
        where: title, file and line.
    """
    at = ",".join(f"{key}={_coded(str(value), OF_PLACES)}" for key, value in where.items())
    return f"::{kind} {at}::{_coded(text, OF_TEXTS)}"


def _coded(text: str, special: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in special else letter for letter in text)


if __name__ == "__main__":
    main()
