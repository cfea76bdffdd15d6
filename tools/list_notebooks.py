"""Write the tables of notebooks/README.md anew: python tools/list_notebooks.py

What a lesson is for stands in README.md, a companion's title in its notebook, and topics and
minutes in lessons_lib.course.lessons.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

from lessons_lib.course.lessons import FURTHER, LESSONS
from lessons_lib.files import write_atomically

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PAGE = NOTEBOOKS / "README.md"
ROW = re.compile(r"^\| \[(.*?)\]\(notebooks/(\w+)\.ipynb\) \| (.*?) \|", re.MULTILINE)


def lessons() -> Iterator[str]:
    """The rows of the lessons.

    Raises:
        ValueError: if README.md lacks one.
    """
    rows = ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    said = {name: (title, what) for title, name, what in rows}
    for lesson in LESSONS:
        if lesson.name not in said:
            raise ValueError(f"README.md: expected a row of {lesson.name} in the table of lessons")
        title, what = said[lesson.name]
        yield f"| [{title}]({lesson.file}) | {what} | {lesson.minutes} |"


def companions() -> Iterator[str]:
    """The rows of the companions."""
    for one in FURTHER:
        head = nbformat.read(NOTEBOOKS / one.file, as_version=4).cells[0].source
        title = head.partition("\n")[0].removeprefix("# ")
        yield f"| [{title}]({one.file}) | {one.topic} | {one.minutes} |"


def page() -> str:
    """The page with its two tables as they should be."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in lines if not line.startswith("| [")) + "\n"
    before, between, after = kept.split("|---|---|---|\n")
    rule = "|---|---|---|"
    return "\n".join([f"{before}{rule}", *lessons(), f"{between}{rule}", *companions(), after])


def main() -> int:
    try:
        write_atomically(PAGE, page().encode())
    except ValueError as error:
        sys.exit(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
