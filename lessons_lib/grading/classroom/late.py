"""What coming late costs: counted in days, kept apart from the points."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lessons_lib.grading.classroom.roster import Student, time_of
from lessons_lib.grading.report import Report

DAY = 86_400.0  # seconds
POLICY = re.compile(
    r"(?P<percent>\d+(?:\.\d+)?) ?% (?:a|per) day(?:, at most (?P<most>\d+)(?: days?)?)?"
)


class Late(NamedTuple):
    """A late policy.

    As in Canvas's own, a day that has begun counts whole, and its share is of the points that could
    be earned; nobody gets less than 0. A mark LATE without a time counts as one day.

    Attributes:
        due: when submissions were to be in; None if only Canvas's mark tells who is late.
        percent: of the points to earn, for each day; 0 only counts the days.
        most_days: that are counted.
    """

    due: datetime | None = None
    percent: float = 0.0
    most_days: int | None = None

    def days(self, student: Student) -> int:
        """Days that a student's work was late; 0 for work that came in time."""
        if self.due and student.submitted and not self.is_unclear(student):
            return max(0, math.ceil((student.submitted - self.due).total_seconds() / DAY))
        return int(student.is_late)

    def is_unclear(self, student: Student) -> bool:
        """Whether only one of the two times has a zone, so that they cannot be compared."""
        times = [time.tzinfo is None for time in (self.due, student.submitted) if time]
        return len(set(times)) == 2

    def taken_off(self, days: int, score: float, max_score: float) -> float:
        """Points that so many days cost."""
        counted = days if self.most_days is None else min(days, self.most_days)
        return min(score, round(counted * self.percent / 100 * max_score, 6))

    def left(self, days: int, score: float, max_score: float) -> float:
        """Points that are left then."""
        return round(score - self.taken_off(days, score, max_score), 6)

    def worth(self, report: Report, student: Student) -> tuple[float, int]:
        """The points that are left of a student's, and minus the days: what counts has most."""
        days = self.days(student)
        return self.left(days, report.score, report.max_score), -days


def late_in_words(days: int, taken_off: float) -> str:
    """What a student is told of it."""
    return f"Late by {days} day{'s' * (days > 1)}: {taken_off:g} points are taken off."


def late_policy(due: str | None, late: str | None, students: Sequence[Student]) -> Late:
    """The policy that an instructor has written down.

    Args:
        due: a time, such as 2026-03-05 23:59.
        late: such as "10% a day, at most 3".
        students: whose times are compared with it.

    Raises:
        ValueError: if one of the two cannot be read, or times with and without a zone meet; not
            for the time in a file's name, which stops nobody else's grading.
    """
    policy = Late()
    if late is not None:
        found = POLICY.fullmatch(late.strip())
        if found is None or float(found["percent"]) > 100:
            raise ValueError(f'--late: expected such as "10% a day, at most 3", got {late!r}')
        most = None if found["most"] is None else int(found["most"])
        policy = Late(None, float(found["percent"]), most)
    if due is None:
        return policy
    if ":" not in due and "T" not in due:  # a day would be over when it begins
        raise ValueError(f"--due: expected a time as 2026-03-05 23:59, got {due!r}")
    policy = policy._replace(due=time_of(due, "--due"))
    for student in students:
        if student.submitted and student.platform != "blackboard" and policy.is_unclear(student):
            raise ValueError(
                f"--due: expected a time zone in both {due} and {student.submitted.isoformat()} "
                f"of {student.id}, or in none"
            )
    return policy
