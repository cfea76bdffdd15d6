"""Read a submission: a .py file, or the code cells of a notebook. Nothing of it is run here."""

import json
import os
import stat
from os import PathLike
from pathlib import Path

MOST_BYTES = 20_000_000
MOST_CELLS = 2000
MOST_CODE = 300_000  # characters; a message to the process that runs it holds them all


class UnreadableError(ValueError):
    """A submission that is no readable .py or .ipynb file; the text says why, in one line."""


def read_submission(path: str | PathLike[str]) -> list[tuple[str, str]]:
    """The code of a submission, in pieces.

    Args:
        path: a .py or .ipynb file.

    Returns:
        For each piece a label, such as "cell 3" or the file's name, and its source. Notebook
        commands (lines that begin with % or !) are left out, and whole cells that begin with %%.

    Raises:
        FileNotFoundError: if there is no such file.
        UnreadableError: if it is not a regular file, too large, or malformed.
    """
    path = Path(path)
    if path.suffix not in (".py", ".ipynb"):
        raise UnreadableError(f"expected a .py or .ipynb file, got {path.name!r}")
    text = _text_of(path)
    if path.suffix == ".py":
        pieces = [(path.name, text)]
    else:
        pieces = [
            (f"cell {number}", source)
            for number, source in enumerate(_code_cells(text), start=1)
            if not source.lstrip().startswith("%%")
        ]
    if sum(len(source) for _, source in pieces) > MOST_CODE:
        raise UnreadableError(f"it has more than {MOST_CODE:,} characters of code")
    return pieces


def _text_of(path: Path) -> str:
    # A link could lead anywhere, and a pipe never ends: only a regular file is opened.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise FileNotFoundError(f"path: there is no file {path}") from None
    except OSError as error:
        raise UnreadableError(f"it cannot be opened: {error.strerror}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UnreadableError("it is not a regular file")
    with open(descriptor, "rb") as file:
        if status.st_size > MOST_BYTES:
            raise UnreadableError(f"it has more than {MOST_BYTES:,} bytes")
        data = file.read(MOST_BYTES + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("it is not UTF-8 text") from None


def _code_cells(text: str) -> list[str]:
    try:
        cells = json.loads(text)["cells"]
        sources = [c["source"] for c in cells if c["cell_type"] == "code"]
        sources = [s if isinstance(s, str) else "".join(s) for s in sources]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableError("it is not a notebook that Jupyter could open") from None
    if len(sources) > MOST_CELLS:
        raise UnreadableError(f"it has more than {MOST_CELLS} code cells")
    return [_without_commands(source) for source in sources]


def _without_commands(source: str) -> str:
    """Keep the number of lines, so that messages name the right one."""
    lines = source.split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)
