"""Find what is to be graded below folders and in archives; nothing is left out without a reason."""

import contextlib
import itertools
import os
import re
import shutil
import stat
import unicodedata
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lessons_lib.files import MOST_FOLDERS, read_regular, real_place, walk
from lessons_lib.grading.batch.students import Names, is_sure
from lessons_lib.grading.batch.tables import harmless
from lessons_lib.grading.batch.unpacking import (
    MOST_OF_A_STUDENT,
    Room,
    Unpacker,
    names_in,
    of_the_system,
    room_of_a_class,
    to_be_unpacked,
)
from lessons_lib.grading.exercise.handed_out import sources
from lessons_lib.grading.exercise.loading import helper_files
from lessons_lib.grading.isolation.submission import MOST_BYTES, SUFFIXES
from lessons_lib.grading.isolation.visible import is_shown
from lessons_lib.shown import shown

MOST_ARCHIVES = 3  # in one another
LONGEST = 500  # characters of a name
# Printable to Python and drawn as nothing: Unicode's Default_Ignorable_Code_Point, after NFKC, and
# an empty pattern of Braille, the place of an object, a fill for Khitan, an empty notehead.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\ufe00-\ufe0f\ufffc\U00016fe4\U0001d159"
    "\U000e0100-\U000e01ef]"
)


class Found(NamedTuple):
    """Files to grade.

    Attributes:
        submissions: by a name of their own.
        left_out: why other files are not graded, by name; a folder's name ends in "/".
        students: whose a submission is, by name, for those found in a folder or an archive. What
            was named by its path is a submission of its own.
        handed_in_as: the name that a file has, by the one that it has here.
        names: those of all files, which say whose they are.
    """

    submissions: dict[str, Path]
    left_out: dict[str, str]
    students: dict[str, str]
    handed_in_as: dict[str, str]
    names: Names


def find_submissions(
    paths: Iterable[Path], unpack_into: Path | None = None, named_by: str | None = None
) -> Found:
    """The files to grade.

    Args:
        paths: files; folders and .zip files, whose .py and .ipynb files are taken, at any depth.
            Of several the names begin with the path's own, as a student's folder may be one.
        unpack_into: a folder for what is in archives, made anew; without it they are left out.
        named_by: who has named the files, one of `NAMED_BY`; None: their form tells.

    Raises:
        FileNotFoundError: if a path is not there.
        ValueError: if there is nothing to grade.
    """
    found = Found({}, {}, {}, {}, Names(by=named_by))
    unpacker = None
    if unpack_into is not None:
        shutil.rmtree(unpack_into, ignore_errors=True)
        unpacker = Unpacker(unpack_into.resolve())
    members: list[tuple[str, Path, str | None]] = []
    paths = list(paths)
    may_follow = set(followed(paths))
    students = _students_archives(paths, found.names) if unpacker is not None else set()
    prefixes = _prefixes(paths, students)
    behind = {
        prefix: len(paths) == 1 or not os.path.isdir(path)  # of several, each a student's
        for path, own in zip(paths, prefixes, strict=True)
        # As d/*/ names what was unpacked: a folder may be a student's, and called so by a platform.
        if path not in students and not (len(paths) > 1 and found.names.may_name(path.name))
        for prefix in (own, shown_name(own))
    }
    archives = Names(
        (
            f"{prefix}{name}"
            for path, prefix in zip(paths, prefixes, strict=True)
            if unpacker is not None and path in may_follow and os.path.isdir(path)
            for name in _files_below(path.resolve())
        ),
        behind,
        named_by,
    )
    for path, prefix in zip(paths, prefixes, strict=True):
        inside: Iterable[tuple[str, Path]] = ()
        # No link is followed from here on, also if a folder is exchanged for one.
        if closed := _closed(path):
            _leave_out(found, prefix[:-1] or path.name, closed)
        elif path not in may_follow:
            members.append((prefix[:-1] or path.name, real_place(path), None))
        elif path.is_dir():
            inside = list(_below(path.resolve(), prefix, found, unpacker, archives))
            _tell_empty(path, prefix, {name for name, _ in inside}, found)
        elif path.suffix.lower() == ".zip" and path.is_file() and unpacker is not None:
            one = unpacker.room_of(prefix) if path in students else None
            room = one or room_of_a_class()  # the instructor names it
            inside = _in_archive(real_place(path), prefix, found, unpacker, 0, room, one)
        elif path.exists() or path.is_symlink():
            members.append((prefix[:-1] or path.name, real_place(path), None))
        else:
            raise FileNotFoundError(f"PATH: there is no file or folder {path}")
        in_order = sorted(inside, key=lambda member: member[0].split("/"))
        members += [(name, path, name) for name, path in in_order]
    left_out = (found.handed_in_as.get(name, name) for name in found.left_out)
    every = [*(name for name, _, _ in members), *left_out]
    found = found._replace(names=Names(every, behind, named_by))
    # Of a file that the instructor names, a platform's name may say whose it is.
    whose, is_named = found.names.student_of, found.names.platform_of
    named = [(name, path, b or (name if is_named(name) else None)) for name, path, b in members]
    members = [(name, path, b and whose(b)) for name, path, b in named]
    members = _each_once(members, found)
    if not members:
        why = "".join(f"; {name}: {reason}" for name, reason in list(found.left_out.items())[:3])
        raise ValueError(f"PATH: expected .py or .ipynb files, found none{why}")
    members = _not_too_many(members, found)
    names = _names([name for name, _, _ in members])
    for name, (own, path, student) in zip(names, members, strict=True):
        found.submissions[name] = path
        found.handed_in_as[name] = own
        if student is not None:
            found.students[name] = student
    return found


def _students_archives(paths: Sequence[Path], form: Names) -> set[Path]:
    """Archives that are one student's: those that a platform calls so, as d/*.zip may name one.

    So are others among several PATHs, as a shell names them, if there are not only archives of a
    platform's files: nobody may say of their own archive that it is a class's.

    Raises:
        ValueError: for one that may be a student's or a class's.
    """
    archives = [p for p in followed(paths) if p.suffix.lower() == ".zip" and os.path.isfile(p)]
    called = {path: form.platform_of(path.name) for path in archives}
    told = form.by and len(paths) > 1
    named = {path for path, whose in called.items() if whose and (told or is_sure(*whose))}
    words = {form.student_of(path.name).rpartition("_")[0] for path in named}
    if len(archives) == len(paths) and len(words) < 2:  # a course's number and term, perhaps
        for path in named:
            _check_is_one_student(path, form.by)
    if len(paths) == 1:
        return named
    inside = {path: to_be_unpacked(real_place(path)) for path in archives if path not in named}
    known = Names(itertools.chain(*inside.values()), by=form.by)
    # One in which nobody has code tells it by its other files.
    telling = [names or names_in(real_place(path)) for path, names in inside.items()]
    if len(archives) == len(paths) and all(
        names and all(map(known.platform_of, names)) for names in telling
    ):
        return named
    for path, names in inside.items():
        if len(names) > 1:
            raise ValueError(
                f"PATH: {path} among others may be a student's or a whole class's; name the folder "
                "of students' archives, or one of a class alone"
            )
    return named | set(inside)


def _check_is_one_student(archive: Path, named_by: str | None) -> None:
    """Look into an archive that is called like a student's.

    Raises:
        ValueError: if it may as well be a class's, by what is in it.
    """
    names = to_be_unpacked(real_place(archive))
    known = Names(names, by=named_by)
    students = {known.student_of(name) for name in names if known.platform_of(name)}
    folders = {name.split("/")[0] for name in names if "/" in name}
    if len(students) > 1 or len(folders) > 1:
        raise ValueError(
            f"PATH: {archive} may be a whole class's or, by its name, one student's; give a "
            "class's another name, or name the folder that a student's lies in"
        )


def _each_once(
    members: Iterable[tuple[str, Path, str | None]], found: Found
) -> list[tuple[str, Path, str | None]]:
    """No file twice, where one PATH lies in another."""
    first: dict[Path, tuple[str, Path, str | None]] = {}
    for name, path, student in members:
        if path in first:
            _leave_out(found, name, f"it is {shown_name(first[path][0])}")
        else:
            first[path] = name, path, student
    return list(first.values())


def _tell_empty(folder: Path, prefix: str, names: set[str], found: Found) -> None:
    """Say of a folder in it, as each student may have one, that there is nothing in that."""
    if prefix and not names and not any(name.startswith(prefix) for name in found.left_out):
        _leave_out(found, prefix, "there is no file in it")
        return
    start = prefix.count("/")
    told = {"/".join(name.split("/")[: start + 1]) for name in (*names, *found.left_out)}
    with contextlib.suppress(OSError):  # told as what cannot be opened
        for inside in folder.iterdir():
            name = shown_name(f"{prefix}{inside.name}")
            if inside.is_dir() and not {name, f"{prefix}{inside.name}"} & told:
                found.left_out[f"{name}/"] = "there is no file in it"


def _prefixes(paths: Sequence[Path], students: Collection[Path]) -> list[str]:
    """What the names of files in each path begin with: where there are several, its own name,
    with as many folders above it as make them different.
    """
    if len(paths) == 1:
        return [f"{path.name}/" if path in students else "" for path in paths]
    # In the name of a class's archive ".zip" would make it one student's.
    zips = [r"(?i)(?<=.)(\.zip)+$" if path not in students else "$" for path in paths]
    wholes = [Path(os.path.abspath(path)) for path in paths]
    names = [re.sub(end, "", p.name) for end, p in zip(zips, wholes, strict=True)]
    parts = [(*p.parent.parts[1:], name) for p, name in zip(wholes, names, strict=True)]
    for k, p in enumerate(wholes):
        if p.with_name(parts[k][-1]) in set(wholes) - {p}:
            parts[k] = (*parts[k][:-1], f"{parts[k][-1]} (zip)")
    for number in range(1, max(map(len, parts)) + 1):
        prefixes = ["/".join(some[-number:]) + "/" for some in parts]
        if len(set(prefixes)) == len(set(wholes)):
            break
    return prefixes


def _leave_out(found: Found, name: str, reason: str) -> None:
    found.left_out[shown_name(name)] = reason
    found.handed_in_as[shown_name(name)] = name


def _not_too_many(
    members: Iterable[tuple[str, Path, str | None]], found: Found
) -> list[tuple[str, Path, str | None]]:
    """As many files as one student may hand in, in a folder of theirs as in an archive."""
    left: list[tuple[str, Path, str | None]] = []
    number: Counter[str] = Counter()
    for name, path, student in members:
        # Where no platform has named it, anybody may be called like another.
        if student is not None and found.names.platform_of(name):
            number[student] += 1
            if number[student] > MOST_OF_A_STUDENT:
                _leave_out(found, name, "there are too many files for one student")
                continue
        left.append((name, path, student))
    return left


def followed(paths: Sequence[Path]) -> list[Path]:
    """Those of some paths that may be followed: a link among several may be a student's."""
    return [path for path in paths if len(paths) == 1 or not os.path.islink(path)]


def leave_out_exercises(found: Found, exercises: Path, paths: Sequence[Path] = ()) -> None:
    """Take an instructor's file out of the submissions that it lies among.

    Args:
        found: the submissions.
        exercises: the file; nothing of it is run.
        paths: where they were looked for.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it takes in a file beside it that may be a student's, or lies where every
            submission may look.
    """
    if not exercises.is_file():
        raise FileNotFoundError(f"--exercises: there is no file {exercises}")
    if is_shown(exercises):
        raise ValueError(
            f"--exercises: {exercises} lies in the folder of a module that every submission may "
            "read; keep it elsewhere"
        )
    own = _identity(exercises.resolve())
    helpers = {_identity(f.resolve()): place for place, f in helper_files(exercises).items()}
    folders = {exercises.parent.resolve(), exercises.resolve().parent}
    looked_into = [path.resolve() for path in followed(paths) if os.path.isdir(path)]
    # What lies beside paths that a shell names, as d/* or d/*/, may be a student's, too.
    beside = {path.absolute().parent.resolve() for path in paths if len(paths) > 1}
    among = any(f in beside or any(map(f.is_relative_to, looked_into)) for f in folders)
    # A submission that is a link is none, wherever it leads.
    submissions = {name: _identity(path) for name, path in found.submissions.items()}
    for helper in helpers if among else helpers.keys() & set(submissions.values()):
        raise ValueError(
            f"PATH: {exercises.name} would take in {helpers[helper]}, which lies among the "
            "submissions and may be a student's; keep the exercises in a folder of their own"
        )
    handed_out = {_as_lines(text) for text in sources(exercises).values()}
    for name, path in list(found.submissions.items()):
        if submissions[name] == own:
            found.left_out[name] = "it belongs to the exercises"
        elif handed_out and _is_one_of(handed_out, path):
            found.left_out[name] = "it was handed out with the exercises"
        else:
            continue
        del found.submissions[name]


def _identity(path: Path) -> tuple[int, int] | None:
    """What a file is whatever it is called; a link is another file than the one it leads to."""
    try:
        status = path.lstat()
    except OSError:  # gone meanwhile
        return None
    return status.st_dev, status.st_ino


def _as_lines(text: bytes) -> tuple[bytes, ...]:
    return tuple(text.split())  # a copy may have other ends of lines


def _is_one_of(texts: set[tuple[bytes, ...]], path: Path) -> bool:
    with contextlib.suppress(OSError):
        return (
            path.suffix.lower() == ".py"
            and _as_lines(read_regular(path, MOST_BYTES, links_above=False)) in texts
        )
    return False


def _names(wanted: list[str]) -> list[str]:
    """A name of its own for each; of those that look alike, the one that is called so has it.

    The others say of which they are not: "Alice.py (not alice.py)". In tables, too, where a quote
    stands before a formula, each has a name of its own.
    """
    # First come names that are what they look like, without a blank or a capital.
    in_turn = sorted(
        range(len(wanted)),
        key=lambda k: (shown_name(wanted[k]) != wanted[k], _likeness(wanted[k]) != wanted[k], k),
    )
    first: dict[str, str] = {}
    names: dict[str, int] = {}
    in_tables: set[str] = set()
    for k in in_turn:
        name = shown_name(wanted[k])
        like = first.setdefault(_likeness(wanted[k]), name)
        marked = name if name == like else f"{name} (not {like})"
        number, unmarked = 2, marked
        while harmless(marked) in in_tables:
            marked = f"{unmarked} ({number})"
            number += 1
        in_tables.add(harmless(marked))
        names[marked] = k
    return sorted(names, key=names.__getitem__)


def shown_name(name: str) -> str:
    """A name in one line, whose blanks and other characters are all seen.

    Of a long one beginning and end are shown, and a number in place of the rest, so that two files
    are not told apart by what is left out.
    """
    name = re.sub(r"\\(?=[xuUtnr])", r"\\\\", name)  # what looks like one that is written out
    name = re.sub(r"(?<![^/ ]) | (?![^/])", r"\\x20", shown(name, keep=""))
    if len(name) <= LONGEST:
        return name
    rest = zlib.crc32(name.encode(errors="surrogatepass"))
    return f"{name[: LONGEST - 60]} …{rest:08x}… {name[-40:]}"


def _likeness(name: str) -> str:
    """What is left of a name without what is easily overlooked."""
    letters = UNSEEN.sub("", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in letters if c.isprintable() and c != " ")


def _below(
    folder: Path,
    prefix: str,
    found: Found,
    unpacker: Unpacker | None,
    archives: Names,
    depth: int = 0,
    room: Room | None = None,
) -> Iterator[tuple[str, Path]]:
    """Names and paths of what is to be graded below a folder.

    Each student's archives have room of their own, if they are not given the room of all of them;
    `archives` says whose they are.
    """

    def unreadable(error: OSError) -> None:
        below = Path(error.filename).relative_to(folder).as_posix()
        at = prefix if below == "." else f"{prefix}{below}/"
        _leave_out(found, at, f"it cannot be opened: {error.strerror}")

    for root, folders, files in walk(folder, onerror=unreadable):
        parts = root.relative_to(folder).parts
        at = prefix + "".join(f"{part}/" for part in parts)
        for name in list(folders):
            reason = _not_looked_at(root / name)
            if not reason and len(parts) >= MOST_FOLDERS:
                reason = f"it lies in more than {MOST_FOLDERS} folders"
            if reason:
                _leave_out(found, f"{at}{name}/", reason)
                folders.remove(name)
        for name in files:
            path, whole = root / name, f"{at}{name}"
            suffix = path.suffix.lower()
            if suffix == ".zip" and not _not_looked_at(path) and unpacker is not None:
                # Where no platform has named it, anybody's may be called as a copy of another's.
                whose = archives.student_of(whole) if archives.platform_of(whole) else whole
                own = room or unpacker.room_of(whose)
                yield from _in_archive(path, f"{whole}/", found, unpacker, depth + 1, own, own)
            elif reason := _not_looked_at(path, suffix in SUFFIXES):
                _leave_out(found, whole, reason)
            elif suffix not in SUFFIXES:
                _leave_out(found, whole, "neither a .py nor an .ipynb file")
            else:  # a link among them, too: its row says that it is one
                yield whole, path


def _files_below(folder: Path) -> Iterator[str]:
    """Names of files, as far as they are looked for."""
    for root, _, files in walk(folder):
        for name in files:
            yield (root / name).relative_to(folder).as_posix()


def _in_archive(
    path: Path,
    prefix: str,
    found: Found,
    unpacker: Unpacker,
    depth: int,
    room: Room,
    room_inside: Room | None,
) -> Iterator[tuple[str, Path]]:
    if depth > MOST_ARCHIVES:
        _leave_out(found, prefix, "an archive in an archive in an archive")
        return

    def rooms(names: Sequence[str]) -> dict[str, Room]:
        known, room_of = Names(names, by=found.names.by), unpacker.room_in_a_class
        named = [name for name in names if known.platform_of(name)]
        return {name: room_of(known.student_of(name)) for name in named}

    of_many = room_inside is None
    folder, left_out = unpacker.unpack(path, room, rooms if of_many else None)
    if not left_out and not any(folder.iterdir()):
        left_out = {"": "there is no file in it"}
    whole = prefix if depth else path.name  # one that is named has its own name
    for name, reason in left_out.items():
        _leave_out(found, prefix + name if name else whole, reason)
    below = (prefix + name for name in _files_below(folder))
    archives = Names(below, {prefix: True}, found.names.by)
    yield from _below(folder, prefix, found, unpacker, archives, depth, room_inside)


def _closed(path: Path) -> str:
    """Why it cannot even be told what a path is; that it is not there is no such reason."""
    try:
        path.lstat()
    except PermissionError as error:
        return f"it cannot be opened: {error.strerror}"
    except OSError:
        pass
    return ""


def _not_looked_at(path: Path, may_be_link: bool = False) -> str:
    try:
        mode = path.lstat().st_mode
    except OSError as error:  # its path is longer than the system takes, say
        return f"it cannot be opened: {error.strerror}"
    if stat.S_ISLNK(mode) and not may_be_link:
        return "a link"
    return of_the_system(path.name)
