"""The exercises on a lesson's page: where each is set, and its hints and solution to fold open.

On the page nothing can be checked, and whoever only reads is not left before "not attempted yet".
"""

import html
import re

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx

from lessons_lib.course import exercises
from lessons_lib.grading.exercise.registry import EXERCISES

ASKED = re.compile(r'\bcheck\((\w+)(?:, (?:exercise=)?"(\w+)")?\)')


def show(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark the exercises of a lesson, list them at its top, and add what helps below each."""
    if app.builder.format != "html" or not page.startswith("notebooks/"):
        return
    known = {one.name for one in exercises.all()} | set(EXERCISES.asked_by_hand())
    containers = doctree.findall(nodes.container)
    cells = [cell for cell in containers if cell.get("nb_element") == "cell_code"]
    anchors: dict[str, str] = {}
    for place, cell in enumerate(cells):
        for answer, question in ASKED.findall(cell.astext()):
            name = question or answer
            if name in known and name not in anchors:
                anchors[name] = f"exercise-{name}"
                begin_with(cells[: place + 1], answer)["ids"].append(anchors[name])
                cell.parent.insert(cell.parent.index(cell) + 1, help_with(name))
    if anchors:
        cells[0].parent.insert(cells[0].parent.index(cells[0]), jump_list(anchors))


def begin_with(cells: list[nodes.container], name: str) -> nodes.container:
    """The cell to jump to: the last with the stub, or else the last of all, which checks."""
    stub = re.compile(rf"^(?:def {name}\(|{name} = None)", flags=re.MULTILINE)
    return next((cell for cell in reversed(cells) if stub.search(cell.astext())), cells[-1])


def help_with(name: str) -> nodes.raw:
    """The hints, and behind them the solution of a function, in two steps."""
    question = EXERCISES.asked_by_hand().get(name)
    hints = (question or exercises.find(name)).hints
    said = "".join(f"<p>{with_code(hint)}</p>" for hint in hints)
    if not question:  # a question's steps are folded away in the lesson's own text
        code = highlight(exercises.find(name).source, PythonLexer(), HtmlFormatter())
        said += folded("solution", f"The solution of <code>{name}</code>", code)
    text = folded("stuck", f"Hints for <code>{name}</code>", said)
    return nodes.raw("", text, format="html")


def with_code(text: str) -> str:
    """A hint as HTML: what stands in backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def folded(kind: str, title: str, inside: str) -> str:
    return f'<details class="{kind}"><summary>{title}</summary>{inside}</details>'


def jump_list(anchors: dict[str, str]) -> nodes.raw:
    """Links to the exercises, as one line."""
    links = " ".join(
        f'<a href="#{anchor}"><code>{name}</code></a>' for name, anchor in anchors.items()
    )
    start = '<nav class="exercises" aria-label="Exercises of this lesson"><span>Exercises:</span>'
    return nodes.raw("", f"{start} {links}</nav>", format="html")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", show, priority=400)  # before what is linked
    return {"parallel_read_safe": True, "parallel_write_safe": True}
