"""What `lessons grade` does for a class beside grading, and `lessons statistics`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.output import say, say_next, show_table
from lessons_lib.shown import shown

if TYPE_CHECKING:
    from lessons_lib.grading.batch import Batch, Found, Graded
    from lessons_lib.grading.classroom.late import Late
    from lessons_lib.grading.classroom.students import Class

WIDTH = 60  # columns of a summary
MOST_TOLD = 10  # lines of a kind


def statistics(
    graded: Annotated[Path, typer.Argument(metavar="GRADED", help="the --out of `lessons grade`")],
) -> None:
    """Say how a class did: its points, and how hard and how telling each exercise was.

    Difficulty is the mean share of the points, discrimination the correlation with the points of
    all other exercises, alpha Cronbach's.
    """
    from lessons_lib.grading.batch import kept_reports
    from lessons_lib.grading.classroom.item_statistics import statistics

    found = statistics(kept_reports(graded))
    first, third = found.quartiles
    say(f"{found.students} graded, of {found.possible:g} points:")
    say(f"mean {found.mean:.2f}, median {found.median:g}, quartiles {first:g} and {third:g}")
    alpha = "not defined" if found.alpha is None else f"{found.alpha:.2f}"
    say(f"Cronbach's alpha {alpha}\n")
    show_table(
        ["exercise", "students", "difficulty", "discrimination"],
        [
            [
                item.exercise,
                f"{item.students}",
                f"{item.difficulty:.2f}",
                "-" if item.discrimination is None else f"{item.discrimination:.2f}",
            ]
            for item in found.items
        ],
        right=["students", "difficulty", "discrimination"],
    )
    say_next(f"{graded / 'index.html'} shows the class in a browser.")


def _check_code(path: Path, option: str) -> None:
    """Say before anything is graded that there is no code."""
    import tempfile

    from lessons_lib.grading.batch import find_submissions
    from lessons_lib.grading.isolation.submission import UnreadableError, read_submission

    if not path.exists():
        raise FileNotFoundError(f"{option}: there is no file or folder {path}")
    with tempfile.TemporaryDirectory() as unpacked:
        try:
            found = find_submissions([path], Path(unpacked, "files"))
        except ValueError as error:
            raise ValueError(str(error).replace("PATH", option, 1)) from None
        for name, place in found.submissions.items() if option == "--given" else ():
            try:
                read_submission(place)
            except UnreadableError as error:
                raise ValueError(f"{option}: {shown(name, '')} cannot be read: {error}") from None


class Classroom:
    """Who is in a class, when their work was due, and what is written for their instructor."""

    def __init__(
        self,
        found: "Found",
        *,
        kind: str | None,
        title: str,
        roster: Path | None,
        due: str | None,
        late: str | None,
        exercises: Path | None,
        compare: Path | None,
        given: Path | None,
    ) -> None:
        from lessons_lib.grading.classroom.gradebooks import FORMATS, check_title
        from lessons_lib.grading.classroom.late import late_policy
        from lessons_lib.grading.classroom.roster import read_roster
        from lessons_lib.grading.classroom.students import who_is_who

        if kind not in (None, *FORMATS):
            raise ValueError(f"--format: expected {', '.join(FORMATS)}, got {kind!r}")
        listed = [] if roster is None else read_roster(roster, times=due is not None)
        if kind is not None:
            check_title(kind, title, listed[0].row if listed else ())
        self.who: Class = who_is_who(
            found.submissions, found.left_out, listed, found.handed_in_as, found.names
        )
        self.late: Late = late_policy(due, late, list(self.who.students.values()))
        self._tells_late = due is not None or late is not None
        self._kind, self._title, self._found = kind, title, found
        self._exercises, self._compare, self._given = exercises, compare, given
        for path, option in ((compare, "--compare"), (given, "--given")):
            if path is not None:
                _check_code(path, option)
        self._files: dict[str, str] = {}  # what is where

    def about(self, graded: "Graded") -> Mapping[str, str]:
        """The first columns of `grades.csv`."""
        student, report = self.who.students[graded.name], graded.report
        columns = {"student": student.id, "name": student.name}
        if self._tells_late:
            days = self.late.days(student)
            taken_off = self.late.taken_off(days, report.score, report.max_score)
            columns |= {
                "days_late": f"{days}",
                "taken_off": f"{taken_off:g}",
                "score_left": f"{self.late.left(days, report.score, report.max_score):g}",
            }
        return columns

    def worth(self, graded: "Graded") -> tuple[float, int]:
        """The points that are left for lateness, and minus the days: what counts has most."""
        return self.late.worth(graded.report, self.who.students[graded.name])

    def write(self, batch: "Batch", out: Path) -> None:
        """Write what a class needs beside `grades.csv` into the folder of results."""
        from lessons_lib.grading.batch.tables import as_text, write_csv
        from lessons_lib.grading.classroom.gradebooks import Lines, gradebook, remove_gradebooks
        from lessons_lib.grading.classroom.near import look_for_copies, write_copies
        from lessons_lib.grading.classroom.pages import Pages

        self._files = {
            "index.html": "the class at a glance",
            "pages/": "a page for each, to read or print",
            "grades.csv": "points, for a spreadsheet",
        }
        remove_gradebooks(out)
        if self._kind is not None:
            found = Lines(batch.rows, self.who.students, self.late)
            names, self._without_id = gradebook(self._kind, found, self._title, out)
            for name in names:
                what = "feedback" if name.endswith(".zip") else "grades"
                self._files[name] = f"{what}, to upload to {self._kind.capitalize()}"
        if self.who.missing:
            table = [["student", "name", "files without a grade"]]
            table += [
                [as_text(student.id), student.name, files] for student, files in self.who.missing
            ]
            write_csv(out / "missing.csv", table)
            self._files["missing.csv"] = "who has no graded submission"
        else:
            (out / "missing.csv").unlink(missing_ok=True)  # of an earlier run
        paths = self._found.submissions
        near = look_for_copies(
            batch.rows, paths, self.who, self._exercises, self._compare, self._given
        )
        self._near = [remark for remark, _, _ in near]
        pages = Pages(self._title, self.who, self.late, self._near)
        write_copies(out, pages, near)
        pages.write(out, batch.rows, paths, len(batch.left_out))
        if near:
            self._files["copies/"] = "pairs side by side"
        if batch.left_out:
            self._files["left_out.csv"] = "files without a grade, and why"
        self._files |= {"feedback/": "a text for each to read", "results/": "the same as JSON"}

    def summarize(self, batch: "Batch", out: Path) -> None:
        """Print what needs a human eye, and what is where, in 60 columns."""
        from lessons_lib.grading.classroom.to_look_at import to_look_at

        look = [
            (name, to_look_at(report, self.who.students[name], self.late))
            for name, report in batch.rows
        ]
        lines = [f"{self._label(name)}: {', '.join(why)}" for name, why in look if why]
        _say_some("want a human eye", lines)
        near = [f"{one.share:.0%} {one.first} and {one.second}" for one in self._near]
        _say_some("pairs are near to each other", near)
        if near and self._given is None:
            say("  --given FILE leaves out what all were given")
        self._say_who_named()
        missing = [
            f"{student.name or student.id}: {files or 'nothing'}"
            for student, files in self.who.missing
        ]
        _say_some("of the roster without a grade", missing)
        _say_some("not in the roster", [self._label(name) for name in self.who.strangers])
        if self._kind is not None:
            _say_some(f"without an id of {self._kind.capitalize()}", self._without_id)
        if self._tells_late:
            late = [row for row in batch.rows if self.late.days(self.who.students[row.name])]
            cost = sum(float(self.about(row)["taken_off"]) for row in late)
            say(f"{len(late)} late, {cost:g} points taken off for it")
        say(f"In {out}:")
        for name, what in self._files.items():
            say(f"  {name:<20} {what}")

    def _say_who_named(self) -> None:
        """Say what was taken for a platform's names, since it may be a course's own scheme."""
        names = self._found.names
        refused = sum(map(names.is_refused, self.who.students))
        named = map(names.platform_of, self.who.students)
        forms = Counter(one[0] if one else "" for one in named)
        told = [f"{n} by {platform.capitalize()}" for platform, n in forms.items() if platform]
        if names.by or not (told or refused):
            return
        told += [f"{forms['']} by nobody else"] if forms[""] else []
        say(f"Files are named: {', '.join(told)}")
        if refused:
            say(f"  {refused} of these look like Canvas's, and are not taken so")
        say("  --named-by PLATFORM, or own, if that is wrong")

    def _label(self, name: str) -> str:
        student = self.who.students[name]
        return student.name or student.id


def _say_some(what: str, entries: Sequence[str]) -> None:
    if not entries:
        return
    say(f"{len(entries)} {what}:")
    for entry in (shown(entry, keep="") for entry in entries[:MOST_TOLD]):  # each in one line
        say(f"  {entry if len(entry) <= WIDTH - 2 else entry[: WIDTH - 3] + '…'}")
    if len(entries) > MOST_TOLD:
        say(f"  and {len(entries) - MOST_TOLD} more")
