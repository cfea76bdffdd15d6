"""Links put into the running text of a page, where its words match a pattern."""

import re
from collections.abc import Callable, Iterable

from docutils import nodes
from sphinx.application import Sphinx

Link = Callable[[str], nodes.inline | nodes.reference | None]  # from the words that are found
NO_LINKS = (nodes.reference, nodes.title, nodes.raw, nodes.FixedTextElement, nodes.math)


def texts(doctree: nodes.document) -> list[nodes.Text]:
    """The running text of a page: what a link may be put into."""
    return [
        text
        for text in doctree.findall(nodes.Text)
        if not any(isinstance(parent, (*NO_LINKS, nodes.literal)) for parent in ancestors(text))
    ]


def ancestors(node: nodes.Node) -> Iterable[nodes.Node]:
    while (node := node.parent) is not None:
        yield node


def replace(text: nodes.Text, pattern: re.Pattern[str], link: Link) -> None:
    """Put links where the pattern matches and `link` gives one."""
    pieces: list[nodes.Node] = []
    end = 0
    for found in pattern.finditer(text):
        if (made := link(found[0])) is not None:
            pieces += [nodes.Text(text[end : found.start()]), made]
            end = found.end()
    if pieces:
        text.parent.replace(text, [*pieces, nodes.Text(text[end:])])


def reference(app: Sphinx, page: str, target: str, words: str, anchor: str = "") -> nodes.reference:
    address = app.builder.get_relative_uri(page, target) if target != page else ""
    return nodes.reference(
        "", words, refuri=address + (f"#{anchor}" if anchor else ""), internal=True
    )
