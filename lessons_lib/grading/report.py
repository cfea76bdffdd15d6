"""What a check found: one Result for each exercise, and the Report that holds them."""

import os
import sys
from dataclasses import dataclass, field

from lessons_lib.grading.as_html import as_html
from lessons_lib.grading.card import card
from lessons_lib.grading.result import VERDICTS, WIDTH, Progress, Result, Status, wrapped

__all__ = ["VERDICTS", "WIDTH", "Progress", "Report", "Result", "Status", "wrapped"]


@dataclass
class Report:
    """The results of one check, in the order of the exercises.

    Attributes:
        results: one for each exercise.
        seed: of the cases, if they were drawn anew; the same seed gives the same cases.
        isolation: what confined the submission, "strong" or "basic"; None if it ran here.
        progress: how far the lesson is, where a learner checks one exercise.
    """

    results: list[Result]
    seed: int | None = None
    isolation: str | None = None
    progress: Progress | None = field(default=None, compare=False)
    _shown_in_cell: int | None = field(default=None, init=False, compare=False)

    @property
    def score(self) -> float:
        """Points earned over all exercises."""
        return sum((result.score for result in self.results), 0.0)

    @property
    def max_score(self) -> float:
        """Points to earn over all exercises."""
        return sum((result.max_score for result in self.results), 0.0)

    def is_possible(self) -> bool:
        """Whether one that somebody may have made up has what reports have."""
        return (
            self.isolation in (None, "strong", "basic")
            and (self.seed is None or type(self.seed) is int)
            and all(
                {type(result.score), type(result.max_score)} <= {int, float}
                and 0 <= result.score <= result.max_score < float("inf")
                and result.status in VERDICTS
                and {type(result.exercise), type(result.message)} == {str}
                for result in self.results
            )
        )

    def __str__(self) -> str:
        return "\n\n".join(str(result) for result in self.results)

    def __repr__(self) -> str:
        return f"<Report: {self.score:g} of {self.max_score:g} points>"

    def show(self) -> None:
        """Print the report; in a notebook, what is wrong is shown with tables and colour.

        Where a learner sits in front of it, as cards. Stored outputs have none: what runs a
        notebook for its outputs has no front end.
        """
        if _is_notebook() and _has_front_end():
            for result in self.results:
                _display(str(result), card(result, self.progress))
        elif _is_notebook() and any(result.message for result in self.results):
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


def _has_front_end() -> bool:
    """Whether a person looks at this notebook: Jupyter's server, Colab and VS Code say so."""
    from IPython import get_ipython

    if "JPY_SESSION_NAME" in os.environ or "google.colab" in sys.modules:
        return True
    return "__vsc_ipynb_file__" in getattr(get_ipython(), "user_ns", {})


def _show_in_notebook(result: Result) -> None:
    if result.status in ("passed", "not_attempted"):
        print(result)
        return
    print(result.headline)
    _display(result.details, as_html(result.message))


def _display(text: str, html: str) -> None:
    from IPython.display import display

    display({"text/plain": text, "text/html": html}, raw=True)
