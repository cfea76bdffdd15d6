"""Runs in GitHub Actions after the report: opens an issue with the verdicts for each student.

python -m lessons_lib.grading.export.github_returning GRADED FILE
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lessons_lib.grading.export.as_markdown import verdict
from lessons_lib.grading.export.assignment import how_graded
from lessons_lib.grading.export.github_collecting import annotation
from lessons_lib.grading.report import Report, Result


def main() -> None:
    """Open the issues; one that is there already, of the same title, is not opened twice."""
    graded, file = Path(sys.argv[1]), sys.argv[2]
    failed = 0
    for path in sorted((graded / "results").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        repository = record["submission"].removesuffix(f"/{file}")
        try:
            give_back(repository, *issue(record, file))
        except (RuntimeError, ValueError) as error:
            failed += 1
            print(annotation("error", str(error), title=repository))
    if failed:
        sys.exit(f"give back: {failed} failed")


def issue(record: dict[str, Any], file: str) -> tuple[str, str]:
    """Title and text, in Markdown, of what a student gets. Another grading has another title."""
    results = [Result(**result) for result in record["results"]]
    report = Report(results, seed=record["seed"], isolation=record["isolation"])
    name = file.rpartition(".")[0]
    title = f"{name}: {report.score:g} of {report.max_score:g} points ({record['sha256'][:8]})"
    parts = [f"### `{result.exercise}`\n\n{verdict(result)}" for result in results]
    return title, "\n\n".join([*parts, how_graded(report)])


def give_back(repository: str, title: str, text: str) -> None:
    """Open an issue in a student's repository.

    Raises:
        ValueError: if others can read there.
        RuntimeError: if GitHub refuses.
    """
    if not json.loads(_gh("api", f"repos/{repository}"))["private"]:
        raise ValueError("the repository is public; grades are given back in private ones only")
    known = _gh("issue", "list", "--repo", repository, "--state", "all", "--json", "title")
    if title not in [one["title"] for one in json.loads(known)]:
        _gh(
            "issue", "create", "--repo", repository, "--title", title, "--body-file", "-", said=text
        )


def _gh(*arguments: str, said: str = "") -> str:
    done = subprocess.run(["gh", *arguments], input=said, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or "gh failed")
    return done.stdout


if __name__ == "__main__":
    main()
