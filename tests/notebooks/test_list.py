"""The page that JupyterLab opens names every notebook, with the minutes of the course."""

import re

import pytest

from lessons_lib.course.lessons import FURTHER, LESSONS
from tools import list_notebooks as tool


def test_the_page_names_every_notebook():
    text = tool.PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[.+\]\((.+)\) \| .+ \| (\d+) \|$", text, re.MULTILINE)
    assert rows == [(lesson.file, str(lesson.minutes)) for lesson in (*LESSONS, *FURTHER)]
    assert text == tool.page(), "out of date: run python tools/list_notebooks.py"


def test_rows_that_are_wrong_or_missing_are_made_anew(tmp_path, monkeypatch):
    right = tool.PAGE.read_text(encoding="utf-8")
    wrong = right.replace("| 45 |", "| 46 |").replace(f"{right.splitlines()[-1]}\n", "")
    page = tmp_path / "README.md"
    page.write_text(wrong, encoding="utf-8")
    monkeypatch.setattr(tool, "PAGE", page)
    assert tool.page() == right


def test_a_lesson_that_the_readme_lacks(tmp_path, monkeypatch):
    text = (tool.ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(text.replace("| [07 ", "| 07 "), encoding="utf-8")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match=r"^README.md: expected a row of 07_gru in the table"):
        tool.main()
