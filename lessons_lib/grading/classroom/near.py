"""Look for copies in a batch and write both sources side by side; a remark, never a point."""

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lessons_lib.grading.batch import Graded, find_submissions
from lessons_lib.grading.classroom.code import Listing, Piece, cut
from lessons_lib.grading.classroom.copies import (
    MOST_CODE,
    Code,
    Fingerprints,
    Pair,
    fingerprints,
    near_pairs,
)
from lessons_lib.grading.classroom.pages import Pages, Remark
from lessons_lib.grading.classroom.students import Class
from lessons_lib.grading.export.assignment import Assignment, exercises_in
from lessons_lib.grading.export.student import module
from lessons_lib.grading.isolation.submission import UnreadableError, read_submission
from lessons_lib.shown import shown

MOST_PAIRS = 200  # that get a page
MOST_LINES = 2_000  # of a submission, on it


def look_for_copies(
    rows: Sequence[Graded],
    paths: Mapping[str, Path],
    who: Class,
    exercises: Path | None,
    compare: Path | None,
    given: Path | None = None,
) -> list[tuple[Remark, list[Piece], list[Piece]]]:
    """Pairs that are near to each other, most alike first, with their sources.

    Args:
        rows: the submissions that count.
        paths: where each of them lies.
        who: who is in the class; a student's own files are not compared.
        exercises: an instructor's file, whose references are compared, too; None for the course's.
        compare: a folder or an archive of earlier years, or of other work.
        given: a file, folder or archive that all were given, beside the stubs.
    """
    with tempfile.TemporaryDirectory() as unpacked:
        wanted = _assignments(exercises)
        others = {f"the reference of {one.name}": [_reference(one)] for one in wanted}
        places: dict[str, Path] = {}
        if compare is not None:
            found = find_submissions([compare], Path(unpacked, "files"))
            # No submission has a name with two blanks in it: none is taken for earlier work.
            here = {path.resolve() for path in paths.values()}  # which lie in no earlier year
            places = {
                f"{compare.name}:  {name}": path
                for name, path in found.submissions.items()
                if path.resolve() not in here
            }
        handed_out = [_stubs(wanted)]
        if given is not None:
            found = find_submissions([given], Path(unpacked, "given"))
            handed_out += [fingerprints(_pieces(p)).hashes for p in found.submissions.values()]
        codes = {row.name: fingerprints(_pieces(paths[row.name])) for row in rows}
        of_others = {name: fingerprints(pieces) for name, pieces in others.items()}
        of_others |= {name: fingerprints(_pieces(path)) for name, path in places.items()}
        same = {name: student.id for name, student in who.students.items()}

        def sources(name: str) -> list[Piece]:
            return others[name] if name in others else _pieces(places.get(name) or paths[name])

        found_pairs = []
        asked = {r.name: tuple(one.exercise for one in r.report.results) for r in rows}
        pairs = near_pairs(codes, of_others, np.concatenate(handed_out), same, asked)
        for number, pair in enumerate(shared_fairly(pairs, same), 1):
            first, second = (_label(name, who) for name in (pair.first, pair.second))
            names = tuple(name for name in (pair.first, pair.second) if name in codes)
            remark = Remark(first, second, pair.share, f"{number}.html", names)
            found_pairs.append((remark, sources(pair.first), sources(pair.second)))
        return found_pairs


def shared_fairly(pairs: Iterable[Pair], same: Mapping[str, str]) -> list[Pair]:
    """The pairs that get a page, so that nobody's files keep others' from being seen.

    Of each two students the best pair is taken, and every student's best before anybody's second.

    Args:
        pairs: most alike first.
        same: whose each submission is; what is not in it stands for itself.
    """
    times: Counter[str] = Counter()
    best: dict[frozenset[str], tuple[int, Pair]] = {}
    for pair in pairs:
        two = frozenset(same.get(name, f"other {name}") for name in (pair.first, pair.second))
        if two not in best:
            best[two] = max(times[one] for one in two), pair
            times.update(two)
    taken = sorted(best.values(), key=lambda found: found[0])[:MOST_PAIRS]
    return sorted((pair for _, pair in taken), key=lambda pair: -pair.share)


def write_copies(
    out: Path, pages: Pages, found: Sequence[tuple[Remark, list[Piece], list[Piece]]]
) -> None:
    """Write `copies/`, a page for each pair, into the folder of results; older ones go."""
    shutil.rmtree(out / "copies", ignore_errors=True)
    if found:
        (out / "copies").mkdir()
    for remark, first, second in found:
        ours, theirs = fingerprints(first), fingerprints(second)
        codes = [_listings(first, ours, theirs), _listings(second, theirs, ours)]
        text = pages.pair(first=remark.first, second=remark.second, share=remark.share, codes=codes)
        (out / "copies" / remark.page).write_text(text, encoding="utf-8")


def _listings(pieces: Sequence[Piece], own: Code, other: Code) -> list[tuple[str, Listing]]:
    """Lines of a source, marked where a run of tokens begins that stands in the other, too."""
    marked = set(own.lines[np.isin(own.hashes, other.hashes)].tolist())
    found: list[tuple[str, Listing]] = []
    at, left = 0, MOST_CODE
    for label, source in pieces:
        lines = source[:left].split("\n")[: MOST_LINES - at]
        numbered = [(k + 1, cut(text), at + k in marked) for k, text in enumerate(lines)]
        found.append((shown(label, ""), numbered))
        at, left = at + len(lines), left - len(source) - 1
        if left < 0 or at >= MOST_LINES:
            found.append(("What may follow is not shown here; the file has it.", []))
            break
    return found


def _pieces(path: Path) -> list[Piece]:
    try:
        return read_submission(path).pieces
    except (UnreadableError, OSError):
        return []


def _assignments(file: Path | None) -> list[Assignment]:
    every = exercises_in(file)
    lessons = dict.fromkeys(exercise.lesson for exercise in every)
    return [Assignment(name, "", tuple(e for e in every if e.lesson == name)) for name in lessons]


def _reference(assignment: Assignment) -> Piece:
    return assignment.name, "\n\n".join(exercise.source for exercise in assignment.exercises)


def _stubs(wanted: Sequence[Assignment]) -> Fingerprints:
    """What stands in the stubs that students were given."""
    hashes = [np.empty(0, np.uint64)]
    for one in wanted:
        with contextlib.suppress(ValueError):  # this package cannot have made their stubs
            hashes.append(fingerprints([("", module(one).decode())]).hashes)
    return np.concatenate(hashes)


def _label(name: str, who: Class) -> str:
    student = who.students.get(name)
    return name.replace(":  ", ": ") if student is None else student.name or student.id
