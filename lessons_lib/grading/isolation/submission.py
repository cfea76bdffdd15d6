"""Read a submission: a .py file, or the code cells of a notebook. Nothing of it is run here."""

import codecs
import io
import json
import tokenize
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from lessons_lib.files import read_regular

MOST_BYTES = 20_000_000
MOST_CELLS = 2000
MOST_CODE = 300_000  # characters; a message to the process that runs it holds them all
SUFFIXES = (".py", ".ipynb")
# Codecs of Python's that are no file's encoding; decoding some takes very long.
NOT_OF_FILES = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs")


class UnreadableError(ValueError):
    """A submission that is no readable .py or .ipynb file; the text says why, in one line."""


class Submission(NamedTuple):
    """The code of a submission, in pieces.

    Attributes:
        pieces: for each a label, such as "cell 3" or the file's name, and its source; with
            IPython's commands, if it is a notebook.
    """

    pieces: list[tuple[str, str]]
    is_notebook: bool


def read_submission(path: str | PathLike[str]) -> Submission:
    """The code of a .py or .ipynb file.

    Args:
        path: the file, without a link among the folders above it; see `real_place`.

    Raises:
        FileNotFoundError: if there is no such file.
        UnreadableError: if it is not a regular file, too large, or malformed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableError(f"expected a .py or .ipynb file, got {path.name!r}")
    data = _bytes_of(path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("it is UTF-16 text; save it as UTF-8, as Python and Jupyter want it")
    if suffix == ".py":
        pieces = [(path.name, _as_python_decodes(data))]
    else:
        try:
            pieces = _code_cells(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise UnreadableError("it is not UTF-8 text") from None
    if sum(len(source) for _, source in pieces) > MOST_CODE:
        raise UnreadableError(f"it has more than {MOST_CODE:,} characters of code")
    return Submission(pieces, suffix == ".ipynb")


def _bytes_of(path: Path) -> bytes:
    try:
        return read_regular(path, MOST_BYTES, links_above=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"path: there is no file {path}") from None
    except OSError as error:
        raise UnreadableError(f"{error.strerror}") from None


def _as_python_decodes(data: bytes) -> str:
    """By the file's coding line or mark, else as UTF-8; lines end in a line feed."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if codecs.lookup(encoding).name in NOT_OF_FILES:  # "punycode-" is it, too
            raise LookupError
        return io.StringIO(data.decode(encoding), newline=None).read()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not {error.encoding.upper()} text") from None
    except SyntaxError as error:  # its coding line names none, or it is not UTF-8 from the start
        known = "invalid or missing encoding" not in str(error)
        text = f"its coding line: {error.msg}" if known else "it is not UTF-8 text"
        raise UnreadableError(text) from None
    except LookupError:
        raise UnreadableError("its coding line names no encoding of text") from None


def _code_cells(text: str) -> list[tuple[str, str]]:
    try:
        notebook = json.loads(text)
        if "worksheets" in notebook:  # before 2015
            cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        else:
            cells = notebook["cells"]
        sources = [_source(cell) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableError("it is not a notebook that Jupyter could open") from None
    if len(sources) > MOST_CELLS:
        raise UnreadableError(f"it has more than {MOST_CELLS} code cells")
    return [(f"cell {number}", source) for number, source in enumerate(sources, start=1)]


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"] if "source" in cell else cell["input"]
    text = source if isinstance(source, str) else "".join(source)
    return io.StringIO(text, newline=None).read()
