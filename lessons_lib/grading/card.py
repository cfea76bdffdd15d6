"""A verdict as a card, for a notebook in JupyterLab: a word, a sign and a colour say the same."""

from html import escape
from typing import NamedTuple

from lessons_lib.grading.as_html import body
from lessons_lib.grading.result import Progress, Result


class _Look(NamedTuple):
    sign: str
    word: str
    colour: str  # white words on it can be read, and it can be seen on white and on black


PASSED = _Look("✓", "Passed", "#00795a")
PARTLY = _Look("½", "Partly", "#8a5a00")
NOT_YET = _Look("✗", "Not yet", "#b8430a")
UNTOUCHED = _Look("○", "Not attempted", "#666666")


def card(result: Result, progress: Progress | None = None) -> str:
    """HTML of a result, and below it how far the lesson is."""
    look = _look_of(result)
    chip = (
        f'<span style="background: {look.colour}; color: #fff; padding: 0.1em 0.5em; '
        f'border-radius: 3px"><span aria-hidden="true">{look.sign}</span> {look.word}</span>'
    )
    parts = [
        f'<div role="status" style="border: 1px solid {look.colour}; border-left-width: 6px; '
        'border-radius: 4px; padding: 0.5em 1em; margin: 0.2em 0; max-width: 50em">',
        f"<p>{chip} <strong>{escape(result.headline)}</strong></p>",
        body(result.message),
        _below(progress) if progress else "",
        "</div>",
    ]
    return "".join(parts).replace("<p>", '<p style="margin: 0.3em 0">')


def _look_of(result: Result) -> _Look:
    if result.status in ("passed", "not_attempted"):
        return PASSED if result.status == "passed" else UNTOUCHED
    return PARTLY if result.score else NOT_YET


def _below(progress: Progress) -> str:
    said = f"{progress.solved} of {progress.asked} exercises of {progress.lesson} solved"
    bar = f'<progress max="{progress.asked}" value="{progress.solved}" aria-hidden="true">'
    then = escape(progress.then) if progress.solved == progress.asked else ""
    return f"<p><small>{bar}</progress> {escape(said)}. {then}</small></p>"
