"""Which exercises a file answers, if nobody says."""

import re
import statistics
from os import PathLike
from pathlib import Path

from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.registry import EXERCISES
from lessons_lib.grading.isolation.submission import Submission

_DEFINED = re.compile(r"^(?:async +)?(?:def +)?(\w+)(?: *\(| *=[^=])", flags=re.MULTILINE)
_CHECKED = re.compile(r"\bcheck\((\w+)")


def asked_of(path: str | PathLike[str], submission: Submission) -> list[Exercise]:
    """The exercises that a file answers, if nobody says which.

    Those of the lesson in its name; of a notebook by another name, the lesson of which it defines
    or checks more than half the exercises; else the exercises that it defines.
    """
    if of_lesson := asked_by_name(path):
        return of_lesson
    source = "\n".join(text for _, text in submission.pieces)
    defined = set(_DEFINED.findall(source))
    every = EXERCISES.all()
    if submission.is_notebook:
        known = defined | set(_CHECKED.findall(source))
        share = {
            e.lesson: statistics.fmean(o.name in known for o in _of_lesson(e.lesson)) for e in every
        }
        lesson = max(share, key=lambda name: share[name], default="")
        if share.get(lesson, 0) > 0.5:
            return _of_lesson(lesson)
    return [exercise for exercise in every if exercise.name in defined]


def asked_by_name(path: str | PathLike[str]) -> list[Exercise]:
    """The exercises of the lesson in a file's name: "doe_05_lstm_gates (1).ipynb"."""
    stem = Path(path).stem
    # Those with questions by hand alone, too: 07_gru_gates_at_work is not lesson 07_gru.
    lessons = {exercise.lesson for exercise in EXERCISES.all()}
    lessons |= {question.lesson for question in EXERCISES.asked_by_hand().values()}
    named = {
        lesson
        for lesson in lessons
        if re.search(rf"(?<![^\W_]){re.escape(lesson)}(?![^\W_])", stem)
    }
    return _of_lesson(max(named, key=len)) if named else []


def _of_lesson(lesson: str) -> list[Exercise]:
    return [e for e in EXERCISES.all() if e.lesson == lesson]
