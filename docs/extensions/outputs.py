"""Tables and signatures as HTML that screen readers take well."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def mend(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Let no table announce a heading that is empty."""
    for raw in doctree.findall(nodes.raw):
        if raw.get("format") == "html" and "<th" in raw.astext():
            mended = re.sub(r"<th[^>]*>\s*</th>", "<td></td>", raw.astext())
            raw.replace_self(nodes.raw("", mended, format="html"))
    for head in doctree.findall(nodes.thead):
        for entry in head.findall(nodes.entry):
            if not entry.astext().strip():
                entry += nodes.inline("", "row", classes=["visually-hidden"])


def mend_signatures(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Sphinx writes the lines of a long signature as a list of meanings without their words."""

    def as_lines(found: re.Match[str]) -> str:
        lines = found[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
        return f"<span>{lines}</span>"

    pattern = r"<dl>\s*((?:<dd>(?:(?!<d[dlt]).)*?</dd>\s*)+)</dl>"
    context["body"] = re.sub(pattern, as_lines, context.get("body", ""), flags=re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mend_signatures)
    app.connect("doctree-resolved", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
