"""Who handed in what: from the names that platforms give to files, and from a roster."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from lessons_lib.grading.batch.students import Names, without_copy_mark
from lessons_lib.grading.classroom.roster import Roster, Student, exported_by

OF_A_NAME = re.compile(  # what platforms put into names; the student's part may hold it again
    r"_\d+(?=_assignsubmission_)|_attempt_(?=\d{4}-)|^[^\W_]+_(?:LATE_)?\d{3,}_\d{3,}(?=_)"
)
WEEK = re.compile(r"\d\d?")
YEAR = re.compile(r"(^|/)\d{,4}$")
SECOND = re.compile(r"(.+?)[ _-]\d{1,2}")


class Class(NamedTuple):
    """Who is who in a batch.

    Attributes:
        students: by the name of each submission.
        missing: those of the roster without a submission, with the files that came instead.
        strangers: submissions of nobody in the roster.
    """

    students: dict[str, Student]
    missing: list[tuple[Student, str]]
    strangers: list[str]


def student_from(
    name: str, names: Names | None = None, listed: Roster | None = None
) -> Student | None:
    """Whom a platform's name for a file names; None if it is no such name.

    Args:
        name: its path below the folder of submissions.
        names: those of the batch.
        listed: tells which part of a name of Blackboard's is a user's with a "_" in it.
    """
    named = (names or Names()).platform_of(name)
    if named is None:
        return None
    kind, found = named
    doubts = ["its name fits two students"] if len(OF_A_NAME.findall(found.string)) > 1 else []
    own = Student(found["id"], "", kind, found["id"])
    if kind == "blackboard":
        users = _users(found, names or Names(), listed)
        user = users[0] if len(users) == 1 else found.string[: found.end("id")]
        own = own._replace(id=user, number=user)
        if len(users) > 1:
            doubts = ["its name fits two students"]
        try:
            own = own._replace(submitted=datetime.strptime(found["at"], "%Y-%m-%d-%H-%M-%S"))
        except ValueError:
            doubts.append("the time in its name is none")
    else:
        name = found["name"].replace("_", " ") if kind == "moodle" else found["name"]
        start = f"{name}_{found['id']}_"  # Moodle looks for the number behind the first "_"
        start += "assignfeedback_file_/" if kind == "moodle" else f"{found['file']}_"
        is_late = kind == "canvas" and bool(found["late"])
        own = own._replace(name=found["name"], upload=start, is_late=is_late)
        if not own.id.isdecimal():  # graded anonymously: nobody of a gradebook
            own = own._replace(id=f"{own.name}_{own.id}", name="")
    return own._replace(doubts=tuple(doubts))


def _users(found: re.Match[str], names: Names, listed: Roster | None) -> list[str]:
    """The users whom a name of Blackboard's may mean: a title may have a "_", as a user may."""
    parts, likely = found.string[: found.end("id")].split("_"), names.user_of(found)
    users = ["_".join(parts[k:]) for k in range(1, len(parts))]
    known = [user for user in users if listed and listed.fitting(Student(user, "", "blackboard"))]
    return [likely] if likely and (likely in known or not known) else known or [found["id"]]


def who_is_who(
    submissions: Iterable[str],
    left_out: Iterable[str] = (),
    roster: Sequence[Student] = (),
    handed_in_as: Mapping[str, str] | None = None,
    names: Names | None = None,
) -> Class:
    """Find the student of each submission.

    In a roster they are found as `Roster` says. What fits two is told to fit nobody: also a file
    whose name fits one and its folder another, and, where the roster is not the platform's own,
    one whose number there fits one and its name another.

    Args:
        submissions: names of files below the folder, as a batch has them.
        left_out: names of files that are not graded.
        roster: see `read_roster`.
        handed_in_as: what a file is called whose name here says more, or writes a letter out; its
            student is looked for by that.
        names: those of the batch; else what stands in the first arguments.
    """
    listed = Roster(roster)
    real = {name: (handed_in_as or {}).get(name, name) for name in submissions}
    left = {name: (handed_in_as or {}).get(name, name) for name in left_out}
    names = names or Names([*real.values(), *left.values()])
    students: dict[str, Student] = {}
    strangers: list[str] = []
    sources: dict[str, set[str]] = {}  # by what files are a student's
    plain = _plain_ids(real, names)
    places = _Places([*real.values(), *left.values()], names, listed)
    for name, real_name in real.items():
        own = student_from(name, names, listed) or Student(plain[name])
        found, source = places.find(real_name)
        if found:
            own = _as_listed(own, found, listed)
        elif roster:
            strangers.append(name)
            if own.id in listed:  # whom it is not of
                key = names.student_of(name)
                own = own._replace(id=name if key in listed else key)
        students[name] = own
        sources.setdefault(own.id, set()).add(source)
    named = {own.id: own for own in reversed(students.values()) if own.platform}
    for name, own in students.items():
        if not own.platform and own.id in named:  # a file that was put under a number
            _, name_there, platform, number, upload, *_ = named[own.id]
            own = own._replace(name=name_there, platform=platform, number=number, upload=upload)
        if len(sources[own.id]) > 1:
            own = own._replace(doubts=(*own.doubts, f"files of several names are {own.id}'s"))
        students[name] = own
    instead: dict[str, list[str]] = {}
    for name, real_name in left.items():
        found, _ = places.find(real_name)
        if found:
            instead.setdefault(found.id, []).append(name)
    there = {student.id for student in students.values()}
    missing = [(s, ", ".join(instead.get(s.id, []))) for s in roster if s.id not in there]
    return Class(students, missing, strangers)


class _Places:
    """Finds whom of those listed a file is of, by its name and by where it lies.

    Args:
        paths: of all files of the batch.
        names: those of the batch.
        listed: who may be found.
    """

    def __init__(self, paths: Sequence[str], names: Names, listed: Roster) -> None:
        self._names, self._listed = names, listed
        others: dict[str, set[str]] = {}  # by folder, whom the files in it name
        for path in paths:
            *folders, file = _outside_of_archives(path)
            own: set[str] = set()
            if folders and not names.platform_of(path):
                stem = without_copy_mark(file)
                own = self._whole(stem) or listed.inside(stem)
            for k in range(1, len(folders) + 1):
                others.setdefault("/".join(folders[:k]), set()).update(own)
        fits = {folder: self._whole(folder.rpartition("/")[2]) for folder in others}
        beside = Counter(folder.rpartition("/")[0] for folder in others if fits[folder])
        # They may be a section's, an assistant's or a year's, and are called as somebody is.
        self._shared = {
            folder
            for folder, found in others.items()
            if len(found - fits[folder]) > 1
            or (YEAR.search(folder) and beside[folder.rpartition("/")[0]] == 1)
        }

    def find(self, path: str) -> tuple[Student | None, str]:
        """The student, and by what the file is theirs: its name, or a folder."""
        named = student_from(path, self._names, self._listed)
        fits, source = self._listed.fitting(named) if named else set(), ""
        if not named or (named.platform == "canvas" and not fits):
            fits, source = self._by_path(path, looks_inside=not named)
        else:  # which a student may have called so, in a folder of theirs
            fits = fits.union(*map(self._whole, self._outside_of_what_is_named(path)))
        found = self._listed[next(iter(fits))] if len(fits) == 1 else None
        return found, source or self._names.student_of(path)

    def _outside_of_what_is_named(self, path: str) -> list[str]:
        """The folders outside of the part that a platform has named, but for short numbers."""
        named = self._names.platform_of(path)
        parts = path.split("/")
        place = parts.index(named[1].string) if named and named[1].string in parts else 0
        return [folder for folder in parts[:place] if not YEAR.fullmatch(folder)]

    def _by_path(self, path: str, *, looks_inside: bool) -> tuple[set[str], str]:
        """Whom it fits, and the outermost folder that does.

        What no platform has named may lie in a section's folder, or in one of the student's.
        """
        *folders, file = _outside_of_archives(path)
        stem = without_copy_mark(file)
        # What a platform has called so, or a student below that, is not looked into.
        inside = self._listed.inside if looks_inside else lambda part: set[str]()
        of_folders: dict[str, set[str]] = {}
        for k, folder in enumerate(folders, start=1):
            # Weeks, sections and exercises have such numbers, and some rosters.
            if not WEEK.fullmatch(folder) and (fits := self._whole(folder) or inside(folder)):
                of_folders["/".join(folders[:k])] = fits
        is_shared = not self._shared.isdisjoint(of_folders)
        own = set() if folders and WEEK.fullmatch(stem) else self._whole(stem)
        both = " ".join([*folders, stem][-2:])
        if not own and not of_folders and not re.search(r"\d", both):  # a folder for each last name
            own = self._listed.called(Student(both))
        if not own and (is_shared or all(map(YEAR.search, of_folders))):
            own = inside(stem)
        elif not own and looks_inside:
            own = self._listed.numbered_in(stem)
        if is_shared and not own:
            return set(), ""
        return own.union(*of_folders.values()), next(iter(of_folders), "")

    def _whole(self, part: str) -> set[str]:
        """Whom a part of a path fits: "jdoe 2" may be jdoe2's, or the second of jdoe's."""
        fits, second = self._listed.fitting(Student(part)), SECOND.fullmatch(part)
        if not second or self._listed.exactly(part):
            return fits
        return fits | self._listed.fitting(Student(second[1]))


def _as_listed(own: Student, found: Student, listed: Roster) -> Student:
    doubts = own.doubts
    # A platform's own table knows whose its numbers are, and what they were called first.
    is_its_own = exported_by(found.row) == own.platform
    if own.name and found.name and not is_its_own and found.id not in listed.called(own):
        doubts = (*doubts, "in the roster its number has another name")
    return own._replace(
        id=found.id,
        name=found.name or own.name,
        submitted=own.submitted or found.submitted,
        row=found.row,
        doubts=doubts,
    )


def _plain_ids(submissions: Iterable[str], names: Names) -> dict[str, str]:
    """For files that no platform has named: their name, or where that is several's, the path."""
    whose = {name: names.student_of(name) for name in submissions}
    paths = {key: name[:-4] if _is_zip(name) else name for key, name in whose.items()}
    ids = {path: path.rpartition("/")[2] for path in paths.values()}
    for longer in (lambda path: path.replace("/", " "), lambda path: path):
        times = Counter(ids.values())
        ids = {path: own if times[own] == 1 else longer(path) for path, own in ids.items()}
    return {name: ids[path] for name, path in paths.items()}


def _outside_of_archives(name: str) -> list[str]:
    """The parts of a path, without what a student has called so in an archive."""
    parts = name.split("/")
    inside = next((k for k, part in enumerate(parts, start=1) if _is_zip(part)), len(parts))
    return parts[:inside]


def _is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")
