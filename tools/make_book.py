"""The lessons as one book to print: python tools/make_book.py SITE BOOK.pdf

SITE is what `make site` has built. The pages are put behind one another, with a table of contents
in front and all folded answers at the end, and Chromium prints them. It prints twice: where a
chapter begins is known only when the book has been set once.
"""

import argparse
import shutil
import sys
from pathlib import Path
from urllib.parse import urldefrag

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import sync_playwright
from pypdf import PdfReader
from pypdf.generic import Destination

from lessons_lib.course.lessons import LESSONS

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
NUMBER = '<div style="width: 100%; font-size: 9px; text-align: center" class="pageNumber"></div>'
HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Memory Gates</title>
{styles}
</head><body data-theme="light"><article class="book">
<h1>Memory Gates</h1><p>Recurrent networks in NumPy: the lessons, without their companions. To do
the exercises, get the course: everything here can be run. Text: CC BY 4.0. Code: MIT.</p>
<h2>Contents</h2><table class="overview"><tbody></tbody></table></article></body></html>"""


def chapter(site: Path, name: str) -> Tag:
    """A lesson's article, with anchors that are its own in the whole book."""
    page = BeautifulSoup((site / "notebooks" / f"{name}.html").read_text("utf-8"), "html.parser")
    article = page.select_one("article")
    for tag in article.select(".lesson-links, .exercises, .headerlink, .stuck, script"):
        tag.decompose()
    for tag in article.find_all(id=True):
        tag["id"] = f"{name}-{tag['id']}"
    for image in article.find_all("img", src=True):
        image["src"] = image["src"].removeprefix("../")
        image.attrs.pop("loading", None)
    chapters = {f"{lesson.name}.html": lesson.name for lesson in LESSONS} | {"": name}
    for link in article.find_all("a", href=True):
        file, anchor = urldefrag(link["href"])
        if file in chapters:
            link["href"] = f"#{chapters[file]}" + (f"-{anchor}" if anchor else "")
        elif "://" not in file:
            link.unwrap()  # to a page that is not in the book
    article.name, article["id"] = "section", name
    article.attrs.pop("role", None)
    article["class"] = "chapter"
    return article


def move_answers(book: BeautifulSoup) -> None:
    """Put what is folded away behind the last chapter, under its question."""
    section = book.new_tag("section", attrs={"class": "chapter answers"})
    section.append(heading(book, "h1", "Answers"))
    for part in book.select("section.chapter"):
        folded = part.select("details:not(details details)")
        if folded:
            section.append(heading(book, "h2", part.h1.get_text()))
        for details in folded:
            question = details.summary.extract()
            question.name, question["class"] = "p", "question"
            details.name = "div"
            section.append(question)
            section.append(details.extract())
    book.article.append(section)


def heading(book: BeautifulSoup, kind: str, text: str) -> Tag:
    tag = book.new_tag(kind)
    tag.string = text
    return tag


def fill_contents(book: BeautifulSoup, pages: dict[str, int]) -> None:
    """A line for each chapter, with the page that it begins on."""
    body = book.select_one(".overview tbody")
    body.clear()
    for part in book.select("section.chapter"):
        row = book.new_tag("tr")
        title = part.h1.get_text()
        row.append(heading(book, "td", title))
        row.append(heading(book, "td", str(pages.get(title, 0))))
        body.append(row)


def first_pages(file: Path) -> dict[str, int]:
    """The page of each heading, by the outline that Chromium makes of them."""
    reader, found = PdfReader(file), {}

    def read(entries: list) -> None:
        for entry in entries:
            if isinstance(entry, Destination):
                found.setdefault(entry.title, reader.get_destination_page_number(entry) + 1)
            else:
                read(entry)

    read(reader.outline)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the lessons as one book.")
    parser.add_argument("site", type=Path, metavar="SITE", help="the folder that `make site` made")
    parser.add_argument("file", type=Path, metavar="BOOK.pdf")
    arguments = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("make_book: expected Chromium or Chrome, found none: install one of them")
    first = BeautifulSoup((arguments.site / "index.html").read_text("utf-8"), "html.parser")
    styles = "".join(map(str, first.select("link[rel=stylesheet], head style")))
    book = BeautifulSoup(HEAD.format(styles=styles), "html.parser")
    for lesson in LESSONS:
        book.article.append(chapter(arguments.site, lesson.name))
    move_answers(book)
    source = arguments.site / "book.html"
    pages: dict[str, int] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        for _ in range(2):
            fill_contents(book, pages)
            source.write_text(str(book), encoding="utf-8")
            tab.goto(source.resolve().as_uri(), wait_until="load")
            tab.pdf(
                path=arguments.file,
                format="A4",
                margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=NUMBER,
                outline=True,
                tagged=True,
            )
            pages = first_pages(arguments.file)
        browser.close()
    source.unlink()
    print(f"{arguments.file}: {len(PdfReader(arguments.file).pages)} pages")


if __name__ == "__main__":
    main()
