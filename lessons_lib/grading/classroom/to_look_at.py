"""What in a batch needs a human eye, each in a few words."""

from lessons_lib.grading.remarks import PLACE
from lessons_lib.grading.report import Report

OF_STATUS = {
    "timeout": "took too long",
    "memory": "too much memory",
    "crashed": "crashed",
    "infrastructure_error": "not graded",
}


def to_look_at(report: Report) -> list[str]:
    """Why somebody should look at a submission; an empty list if nobody needs to."""
    if not report.results:
        return ["no exercise in it"]
    reasons: dict[str, None] = {}
    for result in report.results:
        if result.message.startswith("The file cannot be read: "):
            reasons["unreadable"] = None
        if result.status in OF_STATUS:
            reasons[OF_STATUS[result.status]] = None
        for place in PLACE.finditer(result.message):
            broken = place["what"].endswith("read it") or place["what"] == "failed"
            reasons["broken cell or statement" if broken else "statement left out"] = None
    return list(reasons)
