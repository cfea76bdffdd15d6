"""What a check found: one Result for each exercise, and the Report that holds them."""

import shutil
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Literal

from lessons_lib.grading.as_html import as_html

Status = Literal[
    "passed",
    "failed",
    "not_attempted",
    "error",
    "timeout",
    "memory",
    "crashed",
    "infrastructure_error",
]

WIDTH = 80  # of the text, in characters, if the terminal has as many

VERDICTS: dict[Status, str] = {
    "passed": "passed",
    "failed": "not right yet",
    "not_attempted": "not attempted yet",
    "error": "did not run",
    "timeout": "took too long",
    "memory": "needed too much memory",
    "crashed": "crashed",
    "infrastructure_error": "could not be checked",
}


@dataclass(frozen=True)
class Result:
    """The verdict on one exercise.

    Attributes:
        exercise: the exercise's name.
        status: "passed", "failed" (it returned something wrong), "error" (it could not be called,
            or raised), "not_attempted", …
        score: points earned.
        max_score: points to earn.
        message: what was found, in words, over one or more lines.
        hint: identifier of the misconception that was recognised, or None.
    """

    exercise: str
    status: Status
    score: float
    max_score: float
    message: str
    hint: str | None = None

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        unit = "point" if self.max_score == 1 else "points"
        verdict = f"{self.exercise}: {VERDICTS[self.status]}"
        if not self.max_score:  # a question by hand, or nothing that could be graded
            return f"{verdict}."
        return f"{verdict}, {self.score:g} of {self.max_score:g} {unit}."

    @property
    def details(self) -> str:
        """The message, wrapped."""
        return "\n".join(wrapped(line) for line in self.message.splitlines())

    def __str__(self) -> str:
        return "\n".join([self.headline, *([self.details] if self.message else [])])


@dataclass
class Report:
    """The results of one check, in the order of the exercises.

    Attributes:
        results: one for each exercise.
        seed: of the cases, if they were drawn anew; the same seed gives the same cases.
        isolation: what confined the submission, "strong" or "basic"; None if it ran here.
    """

    results: list[Result]
    seed: int | None = None
    isolation: str | None = None
    _shown_in_cell: int | None = field(default=None, init=False, compare=False)

    @property
    def score(self) -> float:
        """Points earned over all exercises."""
        return sum((result.score for result in self.results), 0.0)

    @property
    def max_score(self) -> float:
        """Points to earn over all exercises."""
        return sum((result.max_score for result in self.results), 0.0)

    def __str__(self) -> str:
        return "\n\n".join(str(result) for result in self.results)

    def __repr__(self) -> str:
        return f"<Report: {self.score:g} of {self.max_score:g} points>"

    def show(self) -> None:
        """Print the report; in a notebook, what is wrong is shown with tables and colour."""
        if _is_notebook() and any(result.message for result in self.results):
            for result in self.results:
                _show_in_notebook(result)
        else:
            print(self)
        self._shown_in_cell = _current_cell()

    def _ipython_display_(self) -> None:
        # `check(f)` at the end of a cell has just printed its report; a cell showing it a second
        # time would only be noise. In any other cell the report is displayed.
        if self._shown_in_cell != _current_cell():
            self.show()


def _current_cell() -> int | None:
    """The number of the notebook cell that is running; None outside IPython."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    shell = get_ipython()
    return None if shell is None else shell.execution_count


def _is_notebook() -> bool:
    """Whether there is a front end that shows HTML: IPython in a terminal has no kernel."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _show_in_notebook(result: Result) -> None:
    from IPython.display import display

    if result.status in ("passed", "not_attempted"):
        print(result)
        return
    print(result.headline)
    display({"text/plain": result.details, "text/html": as_html(result.message)}, raw=True)


def wrapped(line: str) -> str:
    """Sentences are wrapped; indented lines hold numbers or code and stay as they are."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    return line if line.startswith(" ") else textwrap.fill(line, min(WIDTH, columns))
