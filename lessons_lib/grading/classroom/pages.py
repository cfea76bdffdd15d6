"""Pages to read: the class at a glance, and one for each submission.

They are static and ask no network for anything. What a stranger wrote is hostile here as well: the
templates escape every text, and a Content-Security-Policy allows a page's own style and script by
their digests and nothing else.
"""

import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lessons_lib.files import writing_atomically
from lessons_lib.grading.batch.keeping import file_name
from lessons_lib.grading.batch.tables import Graded
from lessons_lib.grading.classroom.code import code_of
from lessons_lib.grading.classroom.item_statistics import Statistics, statistics
from lessons_lib.grading.classroom.late import Late, late_in_words
from lessons_lib.grading.classroom.students import Class
from lessons_lib.grading.classroom.to_look_at import to_look_at
from lessons_lib.grading.isolation.submission import UnreadableError, read_submission
from lessons_lib.grading.report import Report, Result
from lessons_lib.shown import shown

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {
    "passed": "passed",
    "partly": "partly right",
    "wrong": "not right",
    "left": "not attempted",
    "broken": "did not run",
}
MOST_BINS, HEIGHT, WIDTH = 11, 130, 200  # of the histogram, and of a bar of shares
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src {}; script-src {}"


class Remark(NamedTuple):
    """Two whose code is near to each other's.

    Attributes:
        first, second: who they are, in words.
        share: of the code, 0 to 1.
        page: name of the page with both sources.
        of: names of the submissions.
    """

    first: str
    second: str
    share: float
    page: str
    of: tuple[str, ...]


class Pages:
    """Writes the pages of a class.

    Args:
        title: the assignment.
        who: who is in the class.
        late: what coming late costs.
        copies: remarks for the instructor; see `look_for_copies`.
    """

    def __init__(self, title: str, who: Class, late: Late, copies: Sequence[Remark]) -> None:
        self._title, self._who, self._late, self._copies = title, who, late, copies
        self._near = {name for copy in copies for name in copy.of}
        self._without_page: set[str] = set()
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: shown(value, "\n\t") if type(value) is str else value,
        )
        self._style = (TEMPLATES / "style.css").read_text(encoding="utf-8")

    def write(
        self, out: Path, rows: Sequence[Graded], paths: Mapping[str, Path], left_out: int
    ) -> None:
        """Write `index.html` and `pages/` into the folder of results; older pages go.

        Args:
            out: the folder.
            rows: the submissions that count.
            paths: where each of them lies, for its code.
            left_out: how many files have no grade.
        """
        (out / "pages").mkdir(exist_ok=True)
        older = {path.name for path in (out / "pages").glob("*.html")}
        for row in rows:
            one = self._about(row)
            older.discard(one["page"])
            try:
                page = "".join(self.student(row, paths[row.name]))
            except Exception as error:  # whatever one has handed in, all others get theirs
                self._without_page.add(row.name)
                said = f"{type(error).__name__}: {error}"
                page = "".join(self._page("broken.html", one=one, error=said))
            (out / "pages" / one["page"]).write_text(page, encoding="utf-8")
        for name in older:
            (out / "pages" / name).unlink(missing_ok=True)
        with writing_atomically(out / "index.html") as file:
            for part in self.overview(rows, left_out):
                file.write(part.encode())

    def student(self, row: Graded, path: Path) -> Iterator[str]:
        """The page on a submission, as HTML in parts."""
        try:
            pieces = read_submission(path).pieces
        except (UnreadableError, OSError):
            pieces = []
        results = [
            {
                "headline": result.headline,
                "parts": list(_parts(result.message)),
                "code": code_of(pieces, result.exercise, result.message),
            }
            for result in row.report.results
        ]
        days, report = self._late.days(self._who.students[row.name]), row.report
        taken_off = self._late.taken_off(days, report.score, report.max_score)
        return self._page(
            "student.html",
            one=self._about(row),
            report=report,
            results=results,
            late=late_in_words(days, taken_off) if days else "",
        )

    def overview(self, rows: Sequence[Graded], left_out: int) -> Iterator[str]:
        """The page on the class, as HTML in parts."""
        try:
            found = statistics(rows)
        except ValueError:  # nobody could be graded
            found = None
        seen = _Seen()
        look = []
        for row in rows:
            seen.add(row.report)
            one = self._about(row)
            if one["look"]:
                look.append((one["page"], one["label"], one["look"]))
        return self._page(
            "overview.html",
            script=(TEMPLATES / "table.js").read_text(encoding="utf-8"),
            number=len(rows),
            students=map(self._about, rows),
            isolation=" and ".join(sorted(seen.isolation)),
            left_out=left_out,
            missing=self._who.missing,
            copies=self._copies,
            statistics=found,
            bins=_bins(seen.scores, found.possible) if found else [],
            look=look,
            kinds=KINDS,
            exercises=_exercises(seen.kinds, found),
            misconceptions=seen.misconceptions(),
        )

    def _about(self, row: Graded) -> dict[str, Any]:
        student, results = self._who.students[row.name], row.report.results
        look = to_look_at(row.report, student, self._late)
        return {
            "page": f"{file_name(row.name)}.html",
            "label": student.name or student.id,
            "id": student.id,
            "points": row.report.score,
            "possible": row.report.max_score,
            "days": self._late.days(student),
            "passed": sum(result.status == "passed" for result in results),
            "look": look
            + ["near to another"] * (row.name in self._near)
            + ["no page"] * (row.name in self._without_page),
            "file": row.name,
        }

    def _page(self, template: str, script: str = "", **names: Any) -> Iterator[str]:
        allowed = POLICY.format(_digest(self._style), _digest(script) if script else "'none'")
        return self._environment.get_template(template).generate(
            policy=allowed,
            style=Markup(self._style),
            script=Markup(script),
            title=self._title,
            version=version("lessons-lib"),
            **names,
        )

    def pair(self, **names: Any) -> str:
        """The page with two sources side by side, as HTML."""
        return "".join(self._page("pair.html", **names))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _parts(message: str) -> Iterable[tuple[str, str]]:
    """A message in paragraphs, hints, and indented lines that hold numbers or code."""
    lines = message.splitlines()
    for indented, group in itertools.groupby(lines, lambda line: line[:1] == " "):
        if indented:
            yield "code", "\n".join(line.removeprefix("    ") for line in group)
            continue
        for line in group:
            is_hint = line.startswith("Hint: ")
            yield ("hint", line.removeprefix("Hint: ")) if is_hint else ("text", line)


def _bins(scores: Mapping[int, int], possible: float) -> list[dict[str, Any]]:
    """Points in at most eleven bins of whole width, with the height of each bar."""
    width = max(1, -(-(int(possible) + 1) // MOST_BINS))
    counts: Counter[int] = Counter()
    for score, times in scores.items():
        counts[score // width] += times
    most = max(counts.values())
    return [
        {
            "label": f"{k * width}" if width == 1 else f"{k * width}–{(k + 1) * width - 1}",  # noqa: RUF001
            "count": counts[k],
            "height": HEIGHT * counts[k] / most,
        }
        for k in range(int(possible) // width + 1)
    ]


def kind_of(result: Result) -> str:
    """Which of `KINDS` a result counts as."""
    if result.status == "failed":
        return "partly" if result.score > 0 else "wrong"
    return {"passed": "passed", "not_attempted": "left"}.get(result.status, "broken")


class _Seen:
    """What the overview counts, report by report."""

    def __init__(self) -> None:
        self.isolation: set[str] = set()
        self.scores: Counter[int] = Counter()  # whole points
        self.kinds: dict[str, Counter[str]] = {}  # by exercise
        self._hints: Counter[tuple[str, str]] = Counter()
        self._words: dict[tuple[str, str], str] = {}

    def add(self, report: Report) -> None:
        """Count a report."""
        self.isolation.add(report.isolation or "no")
        self.scores[int(report.score)] += 1
        for result in report.results:
            self.kinds.setdefault(result.exercise, Counter())[kind_of(result)] += 1
            if result.hint:
                key = (result.exercise, str(result.hint))
                self._hints[key] += 1
                hints = (text for kind, text in _parts(result.message) if kind == "hint")
                self._words.setdefault(key, next(hints, ""))

    def misconceptions(self) -> list[tuple[tuple[str, str], tuple[int, str]]]:
        """Exercise and name of each, how many had it, and what they were told; most first."""
        return [(key, (count, self._words[key])) for key, count in self._hints.most_common()]


def _exercises(
    counts: Mapping[str, Counter[str]], found: Statistics | None
) -> list[dict[str, Any]]:
    items = {item.exercise: item for item in found.items} if found else {}
    rows = []
    for name, count in counts.items():
        bars, start = [], 0.0
        for kind in KINDS:
            width = WIDTH * count[kind] / count.total()
            if width:
                bars.append((kind, round(start, 2), round(width, 2)))
            start += width
        item = items.get(name)
        rows.append(
            {
                "name": name,
                "counts": count,
                "bars": bars,
                "difficulty": item and item.difficulty,
                "discrimination": item and item.discrimination,
            }
        )
    return rows
