"""Where the shipped data lies, and writing a file so that it is either whole or not there."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

_PACKAGE = Path(__file__).resolve().parent
MOST_FOLDERS = 30  # in one another: Python 3.11 goes into each by a call of its own


def data_path(*parts: str) -> Path:
    """Path of a shipped file or folder; without parts, the folder that holds all shipped data.

    An installed package carries the data inside itself; a checkout has it beside the package.

    Args:
        parts: names below the data folder, such as "village", "valid.txt.bz2".

    Raises:
        FileNotFoundError: if there is no such file or folder.
    """
    inside = _PACKAGE / "data"
    root = inside if inside.is_dir() else _PACKAGE.parent / "data"
    path = root.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"shipped data: expected {path}, but there is no such file")
    return path


def walk(
    top: Path, most: int = MOST_FOLDERS, onerror: Callable[[OSError], object] | None = None
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Each folder below another, itself first, and what its folders and files are called.

    What is taken out of the first list is not gone into. Links are not followed.

    Args:
        top: the folder.
        most: how deep.
        onerror: called with what cannot be opened.
    """
    for root, folders, files in os.walk(top, onerror=onerror):
        yield Path(root), folders, files
        if len(Path(root).relative_to(top).parts) >= most:
            folders.clear()


def open_regular(path: str | os.PathLike[str], *, links_above: bool = True) -> BinaryIO:
    """Open a file that somebody else may have put there, for reading.

    Args:
        path: the file.
        links_above: whether folders above it may be links. Where they may not, one that is
            exchanged for a link at this very moment is not followed either, on POSIX systems.

    Raises:
        FileNotFoundError: if there is none.
        OSError: if it cannot be read, or is no regular file: a link could lead anywhere, a pipe and
            a device never end.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.path.islink(path):  # Windows has no O_NOFOLLOW, and others say it with many words
        raise OSError(errno.ELOOP, "it is a link", str(path))
    if links_above or os.open not in os.supports_dir_fd:
        descriptor = os.open(path, flags)
    else:
        descriptor = _opened_step_by_step(Path(path), flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return open(descriptor, "rb")


def _opened_step_by_step(path: Path, flags: int) -> int:
    as_folder = os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", os.O_RDONLY)
    folder = os.open(path.anchor or ".", as_folder)
    try:
        for part in path.parts[bool(path.anchor) : -1]:
            inner = os.open(part, as_folder, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(path.name, flags, dir_fd=folder)
    finally:
        os.close(folder)


def real_place(path: str | os.PathLike[str]) -> Path:
    """The path without links above the file, which may itself be one."""
    return Path(path).parent.resolve() / Path(path).name


def read_regular(path: str | os.PathLike[str], most: int, *, links_above: bool = True) -> bytes:
    """The content of a file that somebody else may have put there.

    Args:
        path: the file.
        most: bytes that it may have.
        links_above: see `open_regular`.

    Raises:
        OSError: as `open_regular` does, or if there is more.
    """
    with open_regular(path, links_above=links_above) as file:
        _check_size(file, path, most)
        return file.read(most)


def check_regular(path: str | os.PathLike[str], most: int) -> None:
    """Refuse what `read_regular` would refuse, without reading it.

    Raises:
        OSError: as `read_regular` does.
    """
    with open_regular(path) as file:
        _check_size(file, path, most)


def _check_size(file: BinaryIO, path: str | os.PathLike[str], most: int) -> None:
    if os.fstat(file.fileno()).st_size > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old content or the new, never a part.

    Raises:
        OSError: as `writing_atomically` does.
    """
    with writing_atomically(path) as file:
        file.write(data)


@contextlib.contextmanager
def writing_atomically(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """`write_atomically` for what comes in parts.

    The data goes to a temporary file in the same folder (".<random>.tmp"), reaches the disk, and
    then takes the file's place in one step. Only a killed process leaves the temporary
    file behind.

    Raises:
        OSError: if the disk is full, the folder is missing or cannot be written, and so on; it
            names the path, and an older file at the path is as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")  # a name may be as long as can be
    try:
        try:
            with open(temporary, "xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:  # Ctrl-C too
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        if error.filename not in (None, str(temporary)):
            raise  # from what the caller reads meanwhile
        reason = f"could not write the file: {error.strerror}"
        raise OSError(error.errno, reason, str(path)) from error
    if os.name == "posix":
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut, on file systems that offer it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
