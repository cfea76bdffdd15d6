"""What in a batch needs a human eye, each in a few words."""

from lessons_lib.grading.classroom.late import Late
from lessons_lib.grading.classroom.roster import Student
from lessons_lib.grading.remarks import PLACE
from lessons_lib.grading.report import Report

OF_STATUS = {
    "timeout": "took too long",
    "memory": "too much memory",
    "crashed": "crashed",
    "infrastructure_error": "not graded",
}


def to_look_at(report: Report, student: Student, late: Late) -> list[str]:
    """Why somebody should look at a submission; an empty list if nobody needs to."""
    reasons: dict[str, None] = dict.fromkeys(student.doubts)
    if late.is_unclear(student):
        reasons["its time has no zone"] = None
    if not report.results:
        reasons["no exercise in it"] = None
    for result in report.results:
        if result.message.startswith("The file cannot be read: "):
            reasons["unreadable"] = None
        if result.status in OF_STATUS:
            reasons[OF_STATUS[result.status]] = None
        for place in PLACE.finditer(result.message):
            broken = place["what"].endswith("read it") or place["what"] == "failed"
            reasons["broken cell or statement" if broken else "statement left out"] = None
    return list(reasons)
