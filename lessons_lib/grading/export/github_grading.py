"""Runs in GitHub Actions after `lessons grade`: tables of its results, and places of mistakes.

    python -m lessons_lib.grading.export.github_grading GRADED COLLECTED

JUnit XML, a summary of the job, commit and time in `grades.csv`, annotations in the log.
"""

import csv
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lessons_lib.files import read_regular, real_place, write_atomically
from lessons_lib.grading.batch.tables import MARK, as_csv
from lessons_lib.grading.export.as_markdown import escaped
from lessons_lib.grading.export.github_collecting import Line, annotation
from lessons_lib.grading.isolation.submission import MOST_BYTES, UnreadableError, read_submission
from lessons_lib.grading.remarks import PLACE
from lessons_lib.grading.report import VERDICTS

Record = dict[str, Any]
RAISED_AT = re.compile(r"^    in \w+, line \d+: +(?P<source>\S.*)$", re.MULTILINE)


def main() -> None:
    """Report on the folder that `lessons grade --out` wrote and the one that was collected.

    The exit status is 1 if a line of the roster failed, so that the job is seen to have.
    """
    graded, collected = Path(sys.argv[1]), Path(sys.argv[2])
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((graded / "results").glob("*.json"))
    ]
    lines = read_lines(collected.with_suffix(".csv"))
    graded.mkdir(exist_ok=True)  # the step before may have failed
    write_atomically(graded / "junit.xml", junit(records))
    if lines and (graded / "grades.csv").is_file():
        text = (graded / "grades.csv").read_text(encoding="utf-8-sig")
        write_atomically(graded / "grades.csv", with_commits(text, lines).encode())
    with open(os.environ.get("GITHUB_STEP_SUMMARY", os.devnull), "a", encoding="utf-8") as file:
        file.write(summary(records, lines))
    for record in records:
        for note in annotations(record, collected):
            print(note)
    failed = [line for line in lines if line.state not in ("collected", "no file")]
    if failed or not records:
        sys.exit(f"report: {len(records)} graded; {len(failed)} lines of the roster failed")


def read_lines(table: Path) -> list[Line]:
    """What became of the lines of the roster; none if collecting did not come so far."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [Line(**row) for row in csv.DictReader(file)]


def with_commits(grades: str, lines: list[Line]) -> str:
    """`grades.csv` with commit and time of what was graded, and a row where nothing could be."""
    reader = csv.DictReader(io.StringIO(grades))
    rows = {row["submission"].rpartition("/")[0]: row for row in reader}
    columns = [name for name in reader.fieldnames or () if name not in ("commit", "committed")]
    exercises = [name for name in columns if f"{name} status" in columns]
    most = next((row["max_score"] for row in rows.values()), "")
    for line in lines:
        row = rows.setdefault(line.repository, {"student": line.repository, "max_score": most})
        if line.state != "collected":
            row |= {f"{name} status": line.state for name in exercises}
        if line.state == "no file":  # a line that failed has no score, since nobody knows it
            row |= {"score": "0"} | dict.fromkeys(exercises, "0")
        row |= {"commit": line.commit, "committed": line.committed}
    columns += ["commit", "committed"]
    return MARK + as_csv([columns, *([row.get(c, "") for c in columns] for row in rows.values())])


def annotations(record: Record, collected: Path) -> list[str]:
    """Where in the file of a submission a mistake stands, for those of its results that say so."""
    path = collected / record["submission"]
    found = []
    for result in record["results"]:
        line = _line(result["message"], path)
        if line is not None:
            title = f"{result['exercise']}: {VERDICTS[result['status']]}"
            found.append(annotation("notice", result["message"], title=title, file=path, line=line))
    return found


def _line(message: str, path: Path) -> int | None:
    """The line of a notebook's file on which the place that a message names stands."""
    try:
        pieces = dict(read_submission(real_place(path)).pieces)
        text = read_regular(path, MOST_BYTES).decode(errors="replace")
    except (OSError, UnreadableError):
        return None
    source = None
    if raised := RAISED_AT.search(message):
        source = raised["source"]
    elif place := PLACE.search(message):
        lines = pieces.get(place["label"], "").split("\n")
        source = "".join(lines[int(place["line"]) - 1 : int(place["line"])]).strip()
    if not source:
        return None
    for written in (json.dumps(source), json.dumps(source, ensure_ascii=False)):
        for number, line in enumerate(text.splitlines(), start=1):
            if written[1:-1] in line:
                return number
    return None


def junit(records: list[Record]) -> bytes:
    """A test suite for each submission, a test case for each exercise."""
    root = ElementTree.Element("testsuites")
    for record in records:
        results = record["results"]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(record["submission"]),
            tests=str(len(results)),
            failures=str(sum(_kind(result) == "failure" for result in results)),
            errors=str(sum(_kind(result) == "error" for result in results)),
            skipped=str(sum(_kind(result) == "skipped" for result in results)),
        )
        properties = ElementTree.SubElement(suite, "properties")
        for key in ("score", "max_score", "seed", "isolation"):
            ElementTree.SubElement(properties, "property", name=key, value=str(record[key]))
        for result in results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=_xml(record["submission"]), name=result["exercise"]
            )
            if kind := _kind(result):
                verdict = f"{result['status']}, {result['score']:g} of {result['max_score']:g}"
                found = ElementTree.SubElement(case, kind, message=verdict)
                found.text = _xml(result["message"])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def summary(records: list[Record], lines: list[Line] | None = None) -> str:
    """In Markdown: a row for each submission, a column for each exercise; what is missing."""
    names = list(dict.fromkeys(r["exercise"] for record in records for r in record["results"]))
    rows = [["submission", "score", *names], ["---"] * (2 + len(names))]
    for record in records:
        results = {result["exercise"]: result for result in record["results"]}
        cells = [_cell(results[name]) if name in results else "" for name in names]
        score = f"{record['score']:g} of {record['max_score']:g}"
        rows.append([escaped(record["submission"]), score, *cells])
    if not records:
        rows = [["Nothing was graded: see the steps before."], ["---"]]
    missing = [line for line in lines or () if line.state != "collected"]
    text = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    if missing:
        text += "\n| not graded | why |\n| --- | --- |\n"
        text += "".join(f"| {escaped(o.repository)} | {escaped(o.state)} |\n" for o in missing)
    return text


def _kind(result: Record) -> str | None:
    """JUnit's word for a verdict; None for a pass."""
    kinds = {"passed": None, "failed": "failure", "not_attempted": "skipped"}
    return kinds.get(result["status"], "error")


def _cell(result: Record) -> str:
    sign = "✓" if result["status"] == "passed" else "½" if result["score"] else "✗"
    return f"{sign} {result['score']:g} {VERDICTS[result['status']]}"


def _xml(text: str) -> str:
    """Without the characters that XML does not allow."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


if __name__ == "__main__":
    main()
