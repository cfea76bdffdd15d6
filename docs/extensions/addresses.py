"""What a page tells others of itself: a description, a picture, its place in the sitemap.

The site's own address is `html_baseurl`, from one setting (conf.py). Where none is known, pages
have no canonical address, no picture and no sitemap, since these need a whole address.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200  # what a search engine or a card shows of a description
PICTURE = "gates.png"  # the first page's, for pages that have none
NO_PAGES = ("search", "404")


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the template a page's description, and the address of its picture."""
    context["description"] = first_paragraph(doctree) if doctree else ""
    context["site_address"] = app.config.html_baseurl
    context["picture"] = ""
    if app.config.html_baseurl:
        uris = [image["uri"] for image in doctree.findall(nodes.image)] if doctree else []
        file = next((app.builder.images[one] for one in uris if one in app.builder.images), PICTURE)
        context["picture"] = urljoin(app.config.html_baseurl, f"_images/{file}")


def first_paragraph(doctree: nodes.document) -> str:
    """The first sentences of a page, up to a whole word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 20:
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
    return ""


def write_sitemap(app: Sphinx, error: Exception | None) -> None:
    """List the addresses of all pages for search engines."""
    if error or app.builder.format != "html" or not app.config.html_baseurl:
        return
    folder = Path(app.outdir)
    pages = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html"))]
    lines = [
        f"<url><loc>{escape(urljoin(app.config.html_baseurl, page))}</loc></url>"
        for page in pages
        if not page.startswith(NO_PAGES)
    ]
    text = "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *lines,
            "</urlset>\n",
        ]
    )
    (folder / "sitemap.xml").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_sitemap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
