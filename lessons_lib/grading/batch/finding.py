"""Find what is to be graded below folders and in archives; nothing is left out without a reason."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lessons_lib.grading.batch.students import student_of
from lessons_lib.grading.batch.unpacking import Unpacker
from lessons_lib.grading.isolation.submission import SUFFIXES
from lessons_lib.grading.wording import one_line

MOST_DEPTH = 3  # of archives in archives
OF_THE_SYSTEM = ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


class Found(NamedTuple):
    """Files to grade.

    Attributes:
        submissions: by a name of their own.
        left_out: why other files are not graded, by name; a folder's name ends in "/".
        students: whose a submission is, by name, for those found in a folder or an archive. What
            was named by its path is a submission of its own.
    """

    submissions: dict[str, Path]
    left_out: dict[str, str]
    students: dict[str, str]


def find_submissions(paths: Iterable[Path], unpack_into: Path | None = None) -> Found:
    """The files to grade.

    Args:
        paths: files; folders and .zip files, whose .py and .ipynb files are taken, at any depth.
        unpack_into: a folder for what is in archives, made anew; without it they are left out.

    Raises:
        FileNotFoundError: if a path is not there.
        ValueError: if there is nothing to grade.
    """
    found = Found({}, {}, {})
    unpacker = None
    if unpack_into is not None:
        shutil.rmtree(unpack_into, ignore_errors=True)
        unpacker = Unpacker(unpack_into)
    for path in paths:
        if path.is_dir():
            _take(_below(path, "", found, unpacker, 0), found)
        elif path.suffix.lower() == ".zip" and path.is_file() and unpacker is not None:
            _take(_in_archive(path, "", found, unpacker, 0), found)
        elif path.exists() or path.is_symlink():
            found.submissions[_new_name(path.name, found.submissions)] = path
        else:
            raise FileNotFoundError(f"PATH: there is no file or folder {path}")
    if not found.submissions:
        why = "".join(f"; {name}: {reason}" for name, reason in list(found.left_out.items())[:3])
        raise ValueError(f"PATH: expected .py or .ipynb files, found none{why}")
    return found


def _take(members: Iterator[tuple[str, Path]], found: Found) -> None:
    for wanted, path in sorted(members, key=lambda member: member[0].split("/")):
        name = _new_name(wanted, found.submissions)
        found.submissions[name] = path
        found.students[name] = student_of(wanted)


def _below(
    folder: Path, prefix: str, found: Found, unpacker: Unpacker | None, depth: int
) -> Iterator[tuple[str, Path]]:
    """Names and paths of what is to be graded below a folder."""

    def unreadable(error: OSError) -> None:
        found.left_out[one_line(f"{error.filename}/")] = f"it cannot be opened: {error.strerror}"

    for root, folders, files in os.walk(folder, onerror=unreadable):
        at = prefix + "".join(f"{part}/" for part in Path(root).relative_to(folder).parts)
        for name in list(folders):
            if reason := _not_looked_at(Path(root, name)):
                found.left_out[one_line(f"{at}{name}/")] = reason
                folders.remove(name)
        for name in files:
            path, whole = Path(root, name), f"{at}{name}"
            suffix = path.suffix.lower()
            if suffix == ".zip" and not _not_looked_at(path) and unpacker is not None:
                yield from _in_archive(path, f"{whole}/", found, unpacker, depth + 1)
            elif reason := _not_looked_at(path) if suffix not in SUFFIXES else _of_the_system(name):
                found.left_out[one_line(whole)] = reason
            elif suffix not in SUFFIXES:
                found.left_out[one_line(whole)] = "neither a .py nor an .ipynb file"
            else:  # a link among them, too: its row says that it is one
                yield whole, path


def _in_archive(
    path: Path, prefix: str, found: Found, unpacker: Unpacker, depth: int
) -> Iterator[tuple[str, Path]]:
    if depth > MOST_DEPTH:
        found.left_out[one_line(prefix)] = "an archive in an archive in an archive"
        return
    folder, left_out = unpacker.unpack(path)
    for name, reason in left_out.items():
        found.left_out[one_line(prefix + name if name else prefix or path.name)] = reason
    yield from _below(folder, prefix, found, unpacker, depth)


def _not_looked_at(path: Path) -> str:
    return "a link" if path.is_symlink() else _of_the_system(path.name)


def _of_the_system(name: str) -> str:
    """Why a file or folder is nobody's answer."""
    if name == ".ipynb_checkpoints":
        return "an older state that Jupyter keeps"
    if name.startswith(".") or name in OF_THE_SYSTEM:
        return "of the system, no answer"
    return ""


def _new_name(wanted: str, taken: dict[str, Path]) -> str:
    name = one_line(wanted)
    number = 2
    while name in taken:
        name = f"{one_line(wanted)} ({number})"
        number += 1
    return name
