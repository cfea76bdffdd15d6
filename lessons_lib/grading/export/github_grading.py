"""Runs in GitHub Actions after `lessons grade`: its results as JUnit XML and as a job summary."""

import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lessons_lib.files import write_atomically

Record = dict[str, Any]


def main() -> None:
    """Write junit.xml into the folder that `lessons grade --out` wrote, print a summary."""
    folder = Path(sys.argv[1])
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "results").glob("*.json"))
    ]
    write_atomically(folder / "junit.xml", junit(records))
    sys.stdout.write(summary(records))


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


def summary(records: list[Record]) -> str:
    """A table in Markdown: a row for each submission, a column for each exercise."""
    names = list(dict.fromkeys(r["exercise"] for record in records for r in record["results"]))
    rows = [["submission", "score", *names], ["---"] * (2 + len(names))]
    for record in records:
        results = {result["exercise"]: result for result in record["results"]}
        cells = [_cell(results[name]) if name in results else "" for name in names]
        score = f"{record['score']:g} of {record['max_score']:g}"
        rows.append([_markdown(record["submission"]), score, *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _kind(result: Record) -> str | None:
    """JUnit's word for a verdict; None for a pass."""
    kinds = {"passed": None, "failed": "failure", "not_attempted": "skipped"}
    return kinds.get(result["status"], "error")


def _cell(result: Record) -> str:
    said = "" if result["status"] in ("passed", "failed") else f" ({result['status']})"
    return f"{result['score']:g}{said}"


def _xml(text: str) -> str:
    """Without the characters that XML does not allow."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def _markdown(name: str) -> str:
    """A name that cannot end its cell, and is neither a link nor a tag."""
    return re.sub(r"([\\`*_{}\[\]<>|!#@&])", r"\\\1", name)


if __name__ == "__main__":
    main()
