"""Whose a file is, and which of a student's files counts.

The rule: files are one student's that lie in the same folder of Moodle's (`Jane
Doe_123_assignsubmission_file_`), or bear the same name and number of Canvas's
(`doejane_123_456_homework.ipynb`), or the same user of Blackboard's
(`Homework_jdoe_attempt_2026-03-05-10-15-00_a.ipynb`), or lie in the same archive, or are called the
same in the same folder but for the mark of a copy. What a platform writes stands first in a name
and the end is the student's: the first form counts, and none inside of an archive. Of those that
answer the same exercise the one with most points counts; of equal ones that with more attempts,
then that which is no copy, then the later. Those that answer different ones count together.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from lessons_lib.grading.batch.tables import Graded

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_\w+")
# The parts of Canvas's ContentZipper; who is graded anonymously has letters for a number.
CANVAS = re.compile(
    r"(?P<name>[^\s/]*?)_(?P<late>LATE_)?(?P<id>\d{3,})_(?P<file>\d{3,})_.+", re.IGNORECASE
)
CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<name>anon)_(?P<id>[A-Za-z0-9]{5})_(?P<file>\d{3,})_.+"
)
BLACKBOARD = re.compile(r".+?_(?P<id>[^_]+)_attempt_(?P<at>\d{4}(?:-\d\d){5})(?:_.+|\.\w+)?")
LONG_NUMBER = 5  # digits: those of Canvas's are longer than those of courses and years
GRADED = (".py", ".ipynb", ".zip")
GRADEBOOK = "gradebook"  # with which Blackboard's name of a class's archive begins
LONGEST = 255  # characters of a file's name; a member of an archive may be called by more
COPY = re.compile(  # of browsers, Windows, Macs, Jupyter and Dropbox
    r"(?:[ _-]*\(\d{1,2}\)"
    r"|[ _\u2013-]+(?:copy|kopie?|kopia|copi[ae]|cópia) ?\d{0,2}(?: \(\d{1,2}\))?"
    r"|[ _]*\((?:[^()]* )?conflicted copy[^()]*\))$|^copy of ",
    re.IGNORECASE,
)

NOTHING: Mapping[str, bool] = MappingProxyType({})
OWN = "own"  # no platform has named the files
NAMED_BY = ("canvas", "moodle", "blackboard", OWN)

Named = tuple[str, re.Match[str]]  # a platform, and the parts of a name


def _forms_of(part: str) -> Iterator[Named]:
    """The platforms that may have called a file or a folder so."""
    canvas = CANVAS_ANONYMOUS.match(part) or CANVAS.match(part)
    if canvas:  # which leaves letters, their marks, digits and "_" of a name
        letters = canvas["name"].replace("_", "")
        if all(c.isalnum() or unicodedata.category(c)[0] == "M" for c in letters):
            yield "canvas", canvas
    for platform, form in (("moodle", MOODLE), ("blackboard", BLACKBOARD)):
        if found := form.match(part):
            yield platform, found


def is_surely_canvas(found: re.Match[str]) -> bool:
    """Whether a name is no task's of a course in a year, such as "CS_101_2026_hw.py"."""
    if found["late"] or found.re is CANVAS_ANONYMOUS:
        return True
    return min(len(found["id"]), len(found["file"])) >= LONG_NUMBER


def _on_canvas(first: str, parts: list[str]) -> Iterator[tuple[str, str, re.Match[str]]]:
    """The folder, the name and its parts of what Canvas may have called so, outside archives."""
    for k, part in enumerate(parts):
        if found := dict(_forms_of(part)).get("canvas"):
            yield "/".join([first, *parts[:k]]), part, found
        if part.lower().endswith(".zip"):
            return


def is_sure(platform: str, found: re.Match[str]) -> bool:
    """Whether a name is a student's whatever others are called."""
    return platform != "canvas" or is_surely_canvas(found)


class Names:
    """Whose the files of a batch are, by what they are called.

    What looks like a student's name and numbers of Canvas's may be a task's: "CS_101_2026". So it
    is believed as far as the whole batch bears it out: each number has one name there, and no more
    than few files begin with the same. An instructor who knows better says so.

    Args:
        names: paths below the folder of submissions, of files that are not graded, too.
        behind: what some of them begin with that an instructor has called so, with its "/"; and
            whether what follows may be a whole download of Canvas's.
        by: who has named the files, one of `NAMED_BY`; None: their form tells.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        behind: Mapping[str, bool] = NOTHING,
        by: str | None = None,
    ) -> None:
        self.by = by
        self._behind = behind
        self._mixed: set[str] = set()  # folders with files that no platform has called so
        self._beside: dict[str, set[str]] = {}  # the words before Canvas's numbers in a folder
        self._of_blackboard: dict[str, set[tuple[str, ...]]] = {}  # titles and users in parts
        of_files: dict[str, set[str]] = {}  # the words by the second of the numbers
        paths = [self._parts(name) for name in names if name.lower().endswith(GRADED)]
        for first, parts in paths:
            if len(parts) == 1 and not self.may_name(parts[0]):
                self._mixed.add(first)
            for found in filter(None, map(BLACKBOARD.match, parts)):
                title = tuple(found.string[: found.end("id")].split("_"))
                self._of_blackboard.setdefault(title[0], set()).add(title)
            for folder, _, found in _on_canvas(first, parts):
                self._beside.setdefault(folder, set()).add(found["name"].casefold())
                of_files.setdefault(found["file"], set()).add(found["name"].casefold())
        self._terms = {number for number, words in of_files.items() if len(words) > 1}

        titles: dict[str, set[str]] = {}  # files by the numbers that they begin with
        by_word: dict[str, dict[str, set[str]]] = {}  # and by the word and the number
        weak: set[str] = set()
        for first, parts in paths:
            for folder, part, found in _on_canvas(first, parts):
                word, own = found["name"].casefold(), found["id"]
                file = f"{folder}/{without_copy_mark(part)}"
                by_word.setdefault(word, {}).setdefault(own, set()).add(file)
                if len(own) < LONG_NUMBER or any(map(str.isdigit, word)):
                    weak.add(word)
                if BLACKBOARD.fullmatch(part) or not is_surely_canvas(found):
                    titles.setdefault(part[: found.end("file")], set()).add(file)
                is_file = part == parts[-1]
                if is_file or self._may_be_unpacked(found, folder):
                    break  # what lies in it is named by the student
        self._titles = {title for title, files in titles.items() if len(files) > 1}
        numbers = {word: sum(map(len, ids.values())) for word, ids in by_word.items()}
        self._tasks = {
            (word, own)
            for word, ids in by_word.items()
            if numbers[word] >= (3 if word in weak else 5)
            and sum(numbers.values()) <= 1.1 * numbers[word]
            and word != "anon"
            for own, files in ids.items()
            if len(files) > 2 or word in weak
        }
        words: dict[str, set[str]] = {}
        for word, ids in by_word.items():
            for own in ids:
                words.setdefault(own, set()).add(word)
        self._shared = {own for own, several in words.items() if len(several) > 1}

    def _parts(self, name: str) -> tuple[str, list[str]]:
        """What the instructor has called so, and the parts of the path behind it."""
        first = next((start for start in self._behind if start and name.startswith(start)), "")
        return first, name[len(first) :].split("/")

    def _forms_of(self, part: str) -> Iterator[Named]:
        return (named for named in _forms_of(part) if self.by in (None, named[0]))

    def may_name(self, part: str) -> bool:
        """Whether a platform may have called a file or a folder so."""
        return any(self._forms_of(part))

    def platform_of(self, name: str) -> Named | None:
        """Which platform has named a file, by its path, and the parts of that name."""
        first, parts = self._parts(name)
        for k, part in enumerate(parts):  # from outside
            is_zip = part.lower().endswith(".zip")
            is_folder = k < len(parts) - 1 and not is_zip
            folder = "/".join([first, *parts[:k]])
            found = [
                (platform, match)
                for platform, match in self._forms_of(part)
                if platform != "canvas" or self._is_a_students(match, folder, first, is_folder)
            ]
            if found:
                return min(found, key=lambda one: one[1].start("id"))
            if is_zip:  # what is in it is named by the student
                break
        return None

    def _is_a_students(
        self, canvas: re.Match[str], folder: str, first: str, is_folder: bool
    ) -> bool:
        title, word = canvas.string[: canvas.end("file")], canvas["name"].casefold()
        if self.by and not is_folder:  # of a folder it says as little
            return word != GRADEBOOK
        if title in self._titles or canvas["id"] in self._shared:
            return False
        if (word, canvas["id"]) in self._tasks or word == GRADEBOOK:
            return False
        if is_folder:
            return self._may_be_unpacked(canvas, folder)
        if is_surely_canvas(canvas):
            return True
        # All files of Canvas's archive are called by it, and lie in no folder.
        return folder == first and self._behind.get(first, True) and first not in self._mixed

    def _may_be_unpacked(self, canvas: re.Match[str], folder: str) -> bool:
        """Whether a folder may be a student's archive that was unpacked among others'."""
        several = len(self._beside.get(folder, ())) > 1 and canvas["file"] not in self._terms
        return several and is_surely_canvas(canvas) and canvas["name"].casefold() != GRADEBOOK

    def is_refused(self, name: str) -> bool:
        """Whether the name of a file looks like a platform's and is not taken for one."""
        _, parts = self._parts(name)
        zips = [k for k, part in enumerate(parts, start=1) if part.lower().endswith(".zip")]
        outside = parts[: zips[0]] if zips else parts
        return any(map(self.may_name, outside)) and self.platform_of(name) is None

    def user_of(self, blackboard: re.Match[str]) -> str | None:
        """The user in a name of Blackboard's: behind the title, which all of an assignment have.

        None if there is only one such name: a title may have a "_" as well.
        """
        *before, last = blackboard.string[: blackboard.end("id")].split("_")
        several = self._of_blackboard.get(before[0], set())
        if len(several) < 2:
            return None
        columns = enumerate(zip(*several, strict=False))
        alike = next((k for k, some in columns if len({*some}) > 1), 1)
        return "_".join([*before, last][alike:])

    def student_of(self, name: str) -> str:
        """Who handed a file in, by its path below the folder of submissions; see the module."""
        if named := self.platform_of(name):
            platform, found = named
            if platform == "blackboard":  # a user's name may have a "_": all before the time
                return found.string[: found.start("at") - 1]
            return f"{found['name']}_{found['id']}"
        parts = name.split("/")
        for k, part in enumerate(parts[:-1], start=1):
            if part.lower().endswith(".zip"):
                return "/".join(parts[:k])
        return "/".join([*parts[:-1], without_copy_mark(parts[-1])])


def without_copy_mark(file_name: str) -> str:
    """The stem of a file's name, without "(1)", "-Copy2" or "Copy of"."""
    stem = PurePosixPath(file_name).stem[-LONGEST:]
    while (shorter := COPY.sub("", stem)) and shorter != stem:
        stem = shorter
    return stem


def points_of(row: Graded) -> tuple[float, int]:
    """What a submission is worth where lateness costs nothing: its points, and 0 days late."""
    return row.report.score, 0


def what_counts(
    graded: Iterable[Graded],
    paths: Mapping[str, Path],
    worth: Callable[[Graded], tuple[float, int]] = points_of,
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Which of a student's files count, and for what: no exercise twice.

    Args:
        graded: all rows of the student.
        paths: where a file lies, by its name.
        worth: the points that are left of a row's for its lateness, and minus the days late.

    Returns:
        By the name of each that counts, the exercises for which it does; and why others do not.
    """
    taken: dict[str, tuple[Graded, set[str]]] = {}  # with what it answers
    left_out: dict[str, str] = {}

    def rank(row: Graded) -> tuple[float, int, int, bool, float, str]:
        path = paths[row.name]
        is_copy = without_copy_mark(path.name) != path.stem
        made = path.lstat().st_mtime if path.is_symlink() or path.exists() else 0.0
        left, days = worth(row)
        return left, len(_answered(row)), days, not is_copy, made, row.name

    for row in sorted(graded, key=rank, reverse=True):
        if not row.report.results:
            left_out[row.name] = "it defines none of the exercises"
            continue
        answered = _answered(row)
        rival = next(
            (
                other
                for other, others in taken.values()
                if answered & others or (not answered and _asked(row) & _asked(other))
            ),
            None,
        )
        if rival is None:
            taken[row.name] = row, answered
            continue
        (left, days), (others_left, others_days) = worth(row), worth(rival)
        more = "more points" if others_left > left else "as many points"
        more += " left" if days or others_days else ""
        archive = row.name[: row.name.lower().find(".zip/") + 5]  # may be a whole class's
        of = "archive" if archive[4:] and rival.name.startswith(archive) else "student"
        left_out[row.name] = f"{rival.name} of the same {of} counts; it has {more}"
    # What none of them answers is asked of one of them.
    of_another = {name: answered for name, (_, answered) in taken.items()}
    counts: dict[str, list[str]] = {}
    for name, (row, answered) in taken.items():
        elsewhere = set().union(*(own for other, own in of_another.items() if other != name))
        counts[name] = [r.exercise for r in row.report.results if r.exercise not in elsewhere]
        of_another[name] = answered | set(counts[name])
    return counts, left_out


def _answered(row: Graded) -> set[str]:
    return {r.exercise for r in row.report.results if r.status != "not_attempted"}


def _asked(row: Graded) -> set[str]:
    return {result.exercise for result in row.report.results}
