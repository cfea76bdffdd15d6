"""Text files of the user's own, read piece by piece however long they are."""

import codecs
import hashlib
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import regex

from lessons_lib.files import open_regular, walk
from lessons_lib.text.tokens import composed

BLOCK = 1 << 18  # bytes read at once, and about as many characters in a piece
_SUFFIXES = (".txt", ".text", ".md")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What people take for their text, by its first bytes. Many an encoding would read it, as gibberish.
_NO_TEXT = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a packed file, such as .docx, .odt or .epub",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"{\\rtf": "rich text (RTF)",
}


@dataclass(frozen=True)
class TextFiles:
    """One text in one file or several.

    Attributes:
        path: the file, or a folder whose .txt, .text and .md files are read in the order of their
            names.
        encoding: how letters are written in bytes, as Python names it.
        watch: called with the number of bytes that were read.
    """

    path: Path
    encoding: str = "utf-8"
    watch: Callable[[int], None] = lambda count: None

    @cached_property
    def files(self) -> list[Path]:
        """The files, in their order.

        Raises:
            FileNotFoundError: if there is none.
        """
        if self.path.is_dir():
            # A link in a stranger's folder may lead to any file of the reader's.
            below = (root / name for root, _, names in walk(self.path) for name in names)
            found = sorted(
                p for p in below if p.suffix in _SUFFIXES and p.is_file() and not p.is_symlink()
            )
            if not found:
                raise FileNotFoundError(f"{self.path}: found no {', '.join(_SUFFIXES)} file in it")
            return found
        return [self.path]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.stat().st_size for file in self.files)

    def sha256(self) -> str:
        """Checksum of the bytes of all files."""
        total = hashlib.sha256()
        for file in self.files:
            for block in self._blocks(file):
                total.update(block)
        return total.hexdigest()

    def pieces(self) -> Iterator[str]:
        """The text, cut at line ends; in a line that is very long between two words, or anywhere.

        Letters are composed (NFC), a line ends with "\\n", and there is no byte order mark.

        Raises:
            ValueError: if the encoding is unknown, or not that of a file.
            OSError: if a file cannot be read, or is no regular file.
        """
        for file in self.files:
            held = ""
            for text in self._decoded(file):
                held += text
                while len(held) >= BLOCK:
                    cut = _end_of_piece(held)
                    yield composed(held[:cut])
                    held = held[cut:]
            if file != self.files[-1] and not held.endswith("\n"):
                held += "\n"  # a file ends a line
            if held:
                yield composed(held)

    def parts(self, shares: tuple[float, ...]) -> Iterator[tuple[int, str]]:
        """The pieces, each with the number of the part that it belongs to.

        Args:
            shares: of the text's characters that each part gets, up to the end of the line.
        """
        total = self.length
        ends = [sum(shares[: part + 1]) * total for part in range(len(shares) - 1)]
        part = at = 0
        for piece in self.pieces():
            while part < len(ends) and at + len(piece) >= ends[part]:
                cut = piece.find("\n", max(0, math.ceil(ends[part]) - 1 - at)) + 1
                if cut == 0:
                    break  # the line goes on in the next piece
                yield part, piece[:cut]
                piece = piece[cut:]
                at += cut
                part += 1
            if piece:
                yield part, piece
            at += len(piece)

    @cached_property
    def length(self) -> int:
        """Characters of the whole text."""
        return sum(map(len, self.pieces()))

    def _blocks(self, file: Path) -> Iterator[bytes]:
        with open_regular(file.resolve()) as source:
            while block := source.read(BLOCK):
                self.watch(len(block))
                yield block

    def _decoded(self, file: Path) -> Iterator[str]:
        decoder = io.IncrementalNewlineDecoder(_decoder(self.encoding), translate=True)
        read, first = 0, True
        try:
            for block in self._blocks(file):
                if not read:
                    _check_beginning(file, block, self.encoding)
                read += len(block)
                text = decoder.decode(block)
                if first and text:
                    text, first = text.removeprefix("\ufeff"), False
                yield text
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            # The decoder may have kept some bytes of the block before.
            place = max(0, read - len(error.object)) + error.start
            raise ValueError(_not_so_encoded(file, self.encoding, place, error)) from None


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        "".encode(encoding)  # refuses what is no encoding of text, such as zlib
        return codecs.getincrementaldecoder(encoding)()
    except (LookupError, ValueError, TypeError):
        raise ValueError(
            "--encoding: expected the name of an encoding, such as utf-8, utf-16 or cp1252, got "
            f"{encoding!r}"
        ) from None


def _check_beginning(file: Path, block: bytes, encoding: str) -> None:
    """Refuse what would be read without a complaint and is no text, or is in another encoding."""
    for begin, what in _NO_TEXT.items():
        if block.startswith(begin):
            raise ValueError(
                f"{file}: it is {what}, not plain text; save it as plain text (.txt) in the "
                "program that shows it"
            )
    even, odd = (block[k:1000:2].count(0) / 500 for k in (0, 1))
    is_wide = encoding[3:].strip("-_ ").startswith(("16", "32"))
    if min(even, odd) < 0.1 and max(even, odd) > 0.8 and not is_wide:
        name = "utf-16-le" if odd > even else "utf-16-be"
        name = "utf-16" if block[:2] in _UTF16_MARKS else name
        raise ValueError(f"{file}: every other byte is 0, as in UTF-16; give --encoding {name}")


def _not_so_encoded(file: Path, encoding: str, place: int, error: UnicodeDecodeError) -> str:
    with open_regular(file.resolve()) as source:
        begin = source.read(2)
    if begin in _UTF16_MARKS:
        return f"{file}: it begins as UTF-16 does; give --encoding utf-16"
    return (
        f"{file}: expected text in {encoding}, got byte 0x{error.object[error.start]:02x} at place "
        f"{place:,}, which is none; name the file's encoding, such as --encoding cp1252"
    )


def _end_of_piece(text: str) -> int:
    """Where to cut: after the last line end, else after a blank, else before a whole character."""
    if cut := text.rfind("\n") + 1 or text.rfind(" ") + 1:
        return cut
    tail = text[-200:]  # no character with all its accents is longer, in any language
    *_, last = regex.finditer(r"\X", tail)
    return len(text) - len(tail) + last.start() or len(text)
