"""What is written beside the code: examples run, links lead somewhere, words are right."""

import functools
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lessons_lib.course import exercises
from lessons_lib.course.lessons import LESSONS as COURSE
from lessons_lib.grading.exercise.registry import EXERCISES
from tests.notebooks.course import CORES, LESSONS

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    page
    for folder in (ROOT, ROOT / "docs", *(ROOT / "data").iterdir())
    for page in folder.glob("*.md")
)

# Words that have another one here, with which everything is said the same way.
TERMS = {
    r"cell state": "memory cell",
    r"back[- ]propagat": "backpropagat…",
    r"mini-?batch": "batch",
    r"time-?step|timestep": "time step",
    r"candidate (memory|state|cell)": "new memory",
    r"hidden vector": "hidden state",
    r"over-fit|over fit": "overfit",
    r"one hot\b": "one-hot",
    r"colou?rblind": "colour-blind",
    r"\bcolor\b|\bbehavior\b|\bneighbor": "British spelling",
    r"cross-entropy": "cross entropy",
    r"softmaxes|soft-max": "softmax",
    r"weight[- ]sharing": "weight tying",
}


@functools.cache
def prose(path: Path) -> str:
    """The text that a reader reads: of a page all but its code, of a notebook its markdown."""
    if path.suffix != ".ipynb":
        text = path.read_text(encoding="utf-8")
    else:
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchor(heading: str) -> str:
    """The fragment that a heading gets: lower case, words joined by hyphens."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


def pages_and_lessons() -> list[Path]:
    return [*PAGES, *LESSONS]


each_text = pytest.mark.parametrize(
    "path", pages_and_lessons(), ids=lambda path: path.relative_to(ROOT).as_posix()
)


@each_text
def test_links_lead_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"\w+:", target):  # another site, which is not asked
            continue
        file, _, fragment = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        assert page.exists(), f"{target}: no such file"
        if fragment and page.suffix in (".md", ".ipynb"):
            headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
            assert fragment.lower() in map(anchor, headings), f"{target}: no such heading"


@each_text
def test_terms_are_the_ones_used_everywhere(path: Path):
    text = re.sub(r"`[^`]*`|\*[^*\n]+\*(?=[:,;.])", "", prose(path))  # code, titles of papers
    for pattern, term in TERMS.items():
        found = [line for line in text.splitlines() if re.search(pattern, line, re.IGNORECASE)]
        assert not found, f"{found[0]!r}: say {term}"


def test_spelling(tmp_path: Path):
    for path in pages_and_lessons():
        name = "-".join(path.relative_to(ROOT).parts)
        words = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`]*`", "", prose(path), flags=re.DOTALL)
        (tmp_path / f"{name}.txt").write_text(words, encoding="utf-8")
    command = [sys.executable, "-m", "codespell_lib", "--builtin", "clear,rare"]
    ignored = ["--ignore-words-list", "dout,Whn"]  # names in code
    checked = [str(tmp_path), str(ROOT / "lessons_lib")]
    result = subprocess.run([*command, *ignored, *checked], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(list(tmp_path.iterdir())) == len(pages_and_lessons())


def code_blocks(path: Path) -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize(
    "path", [page for page in PAGES if code_blocks(page)], ids=lambda path: path.name
)
def test_examples_run(path: Path):
    """The blocks of a page follow each other, as a reader would type them."""
    names: dict[str, object] = {}
    with EXERCISES.unchanged():
        for block in code_blocks(path):
            exec(compile(block, str(path), "exec"), names)


def test_the_glossary_is_in_order_and_complete():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ][1:]
    assert len(rows) > 50
    terms = [row[0].lower() for row in rows]
    assert terms == sorted(terms)
    links = {f"[{lesson.name[:2]}](../notebooks/{lesson.name}.ipynb)" for lesson in COURSE}
    for term, korean, meaning, lesson in rows:
        assert re.search("[가-힣]", korean), term
        assert meaning, term
        assert lesson in links, term


def test_the_readme_lists_the_course():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    row = r"^\| \[.*?\]\(notebooks/(\w+)\.ipynb\) \|.*?\| (.*) \|$"
    found = {
        name: re.findall(r"`(\w+)`", names)
        for name, names in re.findall(row, text, flags=re.MULTILINE)
    }
    wanted = {
        lesson.name: [e.name for e in exercises.all() if e.lesson == lesson.name]
        for lesson in COURSE
    }
    assert found == wanted
    assert list(wanted) == [path.stem for path in CORES]
