"""Links to the papers that lessons name, by the list in docs/papers.toml."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from linking import replace, texts

FILE = Path(__file__).resolve().parent.parent / "papers.toml"
PLACES = {"doi": "https://doi.org/", "arxiv": "https://arxiv.org/abs/", "url": ""}


class Paper(NamedTuple):
    """A paper, and where it is."""

    first: str  # the first author
    year: int
    title: str
    address: str

    def is_called(self, words: str) -> bool:
        """Whether these words are its title, perhaps without what follows the colon."""
        title = self.title.casefold()
        said = words.translate({0x201C: '"', 0x201D: '"', 0x2019: "'"}).casefold()
        return title == said or title.startswith(f"{said}:")

    def link(self, words: str = "") -> nodes.reference:
        return nodes.reference("", words, refuri=self.address, internal=False)


def read_papers() -> list[Paper]:
    """All papers of the list."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["paper"]
    papers = []
    for entry in entries:
        (kind,) = entry.keys() & PLACES.keys()
        address = PLACES[kind] + entry[kind]
        papers.append(Paper(entry["first"], entry["year"], entry["title"], address))
    return papers


def link_papers(doctree: nodes.document) -> None:
    """Link each title, and "Elman (1990)" where no title follows."""
    papers = read_papers()
    for title in list(doctree.findall(nodes.emphasis)):
        for paper in papers:
            if paper.is_called(title.astext()):
                title.parent.replace(title, link := paper.link())
                link += title
    said = doctree.astext()  # most lessons name few of them
    for paper in (one for one in papers if one.first in said and f"({one.year})" in said):
        others = r"(?: and [^.;()]*?| et al\.|, [^.;()]*?)?"
        named = re.compile(rf"\b{re.escape(paper.first)}{others} \({paper.year}\)(?!, $)")
        for text in texts(doctree):
            replace(text, named, paper.link)
