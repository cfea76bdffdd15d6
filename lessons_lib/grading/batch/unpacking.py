"""Unpack a stranger's .zip file: nothing outside a folder, no links, not more than it may take."""

import contextlib
import os
import stat
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lessons_lib.files import open_regular
from lessons_lib.grading.batch.students import Names
from lessons_lib.grading.isolation.submission import MOST_BYTES, SUFFIXES
from lessons_lib.shown import shown

MOST_MEMBERS = 10_000
MOST_OF_A_STUDENT = 100  # .py, .ipynb and .zip files: each may take minutes to grade
MOST_TOLD = 100  # members of a student's archives that are left out, by name
MOST_PARTS = 31  # of a member's path
MOST_INDEX = 4_000_000  # bytes, of an archive's table of contents
MOST_ARCHIVE = 200_000_000  # bytes, of an archive in an archive
MOST_UNPACKED = 4_000_000_000  # bytes, of an archive that may be a whole class's
MOST_UNPACKED_OF_A_STUDENT = 100_000_000
MOST_RATIO = 200  # of the size to the packed size, from a size of RATIO_FROM on
RATIO_FROM = 1_000_000
UNPACKED = (*SUFFIXES, ".zip")
UTF_8 = 0x800  # a flag of a member
END, END_SIZE = (
    b"PK\x05\x06",
    22,
)  # "end of central directory", the last record, a comment behind it
LOCATOR, LOCATOR_SIZE = b"PK\x06\x07", 20  # stands before it if sizes exceed 32 bits
OF_THE_SYSTEM = (
    *("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"),
    *("site-packages", "node_modules"),  # of an environment that is called "env", say
)
LEADS_OUT = "its path leads out of the archive"


class _RefusedError(Exception):
    """The text says why."""


@dataclass
class Room:
    """What may still be unpacked of one student's archive, or of a whole class's."""

    bytes: int
    files: int
    members: int = MOST_MEMBERS  # to be looked at
    told: int = MOST_TOLD  # of those that are refused


def room_of_a_student() -> Room:
    """For all archives of a student, and those in them: nobody takes the room of others."""
    return Room(MOST_UNPACKED_OF_A_STUDENT, MOST_OF_A_STUDENT, MOST_MEMBERS, MOST_TOLD)


def room_of_a_class() -> Room:
    """For an archive that holds the files of many."""
    return Room(MOST_UNPACKED, MOST_MEMBERS, told=MOST_MEMBERS)


def names_in(archive: Path) -> list[str]:
    """Names of the files that somebody has put into an archive; none if it cannot be opened."""
    try:
        with open_regular(archive, links_above=False) as file, _opened(file) as opened:
            names = [member.filename.replace("\\", "/") for member in opened.infolist()]
    except Exception:  # what is wrong with it is said when it is unpacked
        return []
    files = (name for name in names if not name.endswith("/"))
    return [name for name in files if not any(map(of_the_system, name.split("/")))]


def to_be_unpacked(archive: Path) -> list[str]:
    """Names of the members that may be graded, or are archives; none if it cannot be opened."""
    return [name for name in names_in(archive) if name.lower().endswith(UNPACKED)]


def of_the_system(name: str) -> str:
    """Why a file or folder is nobody's answer."""
    if name == ".ipynb_checkpoints":
        return "an older state that Jupyter keeps"
    hidden = name.startswith(".") and name.strip(".")
    # A student may be called ".", a task ".NET"; with "._" Macs keep what they know of a file.
    if (hidden and (name.startswith("._") or not Names().may_name(name))) or name in OF_THE_SYSTEM:
        return "of the system, no answer"
    return ""


class Unpacker:
    """Unpacks archives, each into a folder of its own.

    Args:
        folder: new; what is in archives comes into it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self._rooms: dict[str, Room] = {}
        self._rooms_in_a_class: dict[str, Room] = {}

    def room_of(self, student: str) -> Room:
        """What is left of a student's room."""
        return self._rooms.setdefault(student, room_of_a_student())

    def room_in_a_class(self, student: str) -> Room:
        """The same for what a student has in an archive of all, archives in it as they are."""
        room = Room(MOST_ARCHIVE, MOST_OF_A_STUDENT)
        return self._rooms_in_a_class.setdefault(student, room)

    def unpack(
        self,
        archive: Path,
        room: Room,
        own: Callable[[Sequence[str]], Mapping[str, Room]] | None,
    ) -> tuple[Path, dict[str, str]]:
        """Unpack what can be graded, and archives, as long as there is room.

        Args:
            archive: a .zip file.
            room: of all that is in it.
            own: of a class's archive, by the names of members, the rooms of those whose students
                are known; None for a student's.

        Returns:
            The folder, and why other members are not in it, by name; "" for the whole archive.
        """
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir(parents=True)
        left_out: dict[str, str] = {}
        whole: dict[str, str] = {}
        try:
            with open_regular(archive, links_above=False) as file, _opened(file) as opened:
                room.members -= len(opened.infolist())
                if room.members < 0:
                    raise _RefusedError("the student's archives hold too many files")
                if own is None:
                    _check_ratio(opened, file)
                    rooms: Mapping[str, Room] = {}
                else:
                    rooms = own([member.filename for member in opened.infolist()])
                # Where there is no room for all, the outer ones are likelier to be answers.
                for member in sorted(opened.infolist(), key=lambda m: m.filename.count("/")):
                    if member.filename.endswith("/"):
                        continue
                    parts = member.filename.replace("\\", "/").split("/")
                    # What nobody has written takes no room.
                    if system := next((part for part in parts if of_the_system(part)), ""):
                        k = parts.index(system) + 1
                        above = "/".join(parts[:k]) + "/" * (k < len(parts))
                        left_out[above] = of_the_system(system)
                        continue
                    try:
                        student = rooms.get(member.filename)
                        both = [room] if student is None else [student, room]
                        _unpack_member(opened, member, folder, both)
                    except _RefusedError as error:
                        left_out[member.filename] = str(error)
                    except Exception as error:  # whatever zipfile meets in a damaged archive
                        left_out[member.filename] = f"it cannot be unpacked: {_said(error)}"
        except _RefusedError as error:
            whole = {"": str(error)}
        except Exception as error:  # likewise
            whole = {"": f"it cannot be opened as a .zip file: {_said(error)}"}
        told = dict(list(left_out.items())[: room.told])
        room.told -= len(told)
        if more := len(left_out) - len(told):
            told["…"] = f"{more:,} others in it are not graded either"
        return folder, told | whole


def _check_ratio(opened: zipfile.ZipFile, file: BinaryIO) -> None:
    """Many members, each too small to be looked at, may be much together."""
    sizes = (m.file_size for m in opened.infolist() if m.filename.lower().endswith(UNPACKED))
    unpacked = sum(size for size in sizes if size <= RATIO_FROM)
    if unpacked > max(RATIO_FROM, MOST_RATIO * file.seek(0, os.SEEK_END)):
        raise _RefusedError(f"it unpacks to {unpacked:,} bytes")


def _unpack_member(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, rooms: Sequence[Room]
) -> None:
    parts = member.filename.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts or ":" in parts[0]:
        raise _RefusedError(LEADS_OUT)
    if len(parts) > MOST_PARTS:
        raise _RefusedError(f"it lies in more than {MOST_PARTS - 1} folders")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _RefusedError("a link")
    suffix = Path(parts[-1]).suffix.lower()
    if suffix not in UNPACKED:
        raise _RefusedError("neither a .py nor an .ipynb file")
    if member.flag_bits & 1:
        raise _RefusedError("it is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _RefusedError("it is packed by another method than .zip files usually are")
    most = MOST_ARCHIVE if suffix == ".zip" else MOST_BYTES
    packed_much = member.file_size > MOST_RATIO * member.compress_size
    if member.file_size > most or (member.file_size > RATIO_FROM and packed_much):
        raise _RefusedError(f"it unpacks to {member.file_size:,} bytes")
    for room in rooms:  # the student's own comes first: what it refuses takes nobody else's
        room.files -= 1
        if room.files < 0:
            raise _RefusedError(
                "there are too many files for one student; name a class's archive as PATH"
            )
    target = folder.joinpath(*parts)
    if target.exists():
        raise _RefusedError("another one has its name")
    target.parent.mkdir(parents=True, exist_ok=True)
    # What the table of contents says of sizes need not be true.
    try:
        with opened.open(member) as source, target.open("wb") as copy:
            left = max(0, min(most, *(room.bytes for room in rooms)))
            while piece := source.read(min(1_000_000, left + 1)):
                left -= len(piece)
                for room in rooms:
                    room.bytes -= len(piece)
                if left < 0:
                    raise _RefusedError("it unpacks to more than there is room for")
                copy.write(piece)
    except BaseException:  # a part of a file is not graded for the whole
        target.unlink(missing_ok=True)
        raise
    try:  # of two answers the later one counts
        made = time.mktime((*member.date_time, 0, 0, -1))
        os.utime(target, (made, made))
    except (ValueError, OverflowError, OSError):
        pass


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    """The archive, if its table of contents is no large one: Python reads the whole of that."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2**16 - END_SIZE - LOCATOR_SIZE))
    tail = file.read()
    at = len(tail) - END_SIZE  # Python looks here first, for a record with an empty comment
    if not (tail[at:].startswith(END) and tail.endswith(b"\0\0")):
        at = tail.rfind(END)
    if not 0 <= at <= len(tail) - END_SIZE:
        raise _RefusedError("it is no .zip file")
    end = tail[at : at + END_SIZE]
    if tail[max(0, at - LOCATOR_SIZE) : at].startswith(LOCATOR):
        raise _RefusedError("it is a .zip file for more than 65,000 files or 4 GB")
    members = int.from_bytes(end[10:12], "little")
    index = int.from_bytes(end[12:16], "little")
    if members > MOST_MEMBERS or index > MOST_INDEX:
        raise _RefusedError(f"it holds more than {MOST_MEMBERS:,} files")
    archive = zipfile.ZipFile(file)
    for member in archive.infolist():
        # Macs write UTF-8 without the flag that says so, and Python takes it for code page 437.
        if not member.flag_bits & UTF_8 and not member.filename.isascii():
            with contextlib.suppress(UnicodeError):
                member.filename = member.filename.encode("cp437").decode()
    return archive


def _said(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return shown(text[:200], keep="")
