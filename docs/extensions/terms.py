"""The glossary's terms, read from its table, and an anchor for each of its rows."""

import re
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx

GLOSSARY = "docs/glossary"


class Term(NamedTuple):
    """A row of the glossary."""

    forms: list[str]  # as texts have it: "LSTM", "long short-term memory"
    anchor: str
    korean: str


def read_terms(glossary: nodes.document) -> list[Term]:
    """The terms of the glossary's page."""
    found = []
    for row in glossary.findall(nodes.row):
        if row["ids"]:
            english, korean = (entry.astext() for entry in row.children[:2])
            found.append(Term(forms(english), row["ids"][0], korean))
    return found


def forms(term: str) -> list[str]:
    """What a term's cell names: "LSTM (long short-term memory)" are two forms of one term."""
    return [form.strip() for form in re.split(r", | \(|\)", term) if form.strip()]


def add_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Let links lead to a term's row."""
    if app.env.docname == GLOSSARY:
        for body in doctree.findall(nodes.tbody):
            for row in body.findall(nodes.row):
                row["ids"].append("term-" + nodes.make_id(forms(row[0].astext())[0]))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", add_anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
