"""The web site: it builds without a warning, and every page of it is whole and stands alone."""

import copy
import importlib
import re
import tomllib
from urllib.parse import unquote, urlsplit

import pytest
from fontTools.ttLib import TTFont
from nbformat import read

from tests.notebooks.course import LESSONS
from tests.notebooks.rules import code_cells, has_picture
from tests.site.building import NEEDS_SPHINX, REPOSITORY, ROOT, build, read_pages

pytestmark = [pytest.mark.slow, NEEDS_SPHINX]

ADDRESS = "https://someone.github.io/memory-gates/"
PUBLIC = [
    "functions",
    "cells",
    "gradients",
    "layers",
    "models",
    "influence",
    "text",
    "training",
    "interop",
]
NO_LINKS = ["a", "h1", "h2", "h3", "pre", "code", "summary", "math", "script"]
LOADED = {  # what a browser fetches by itself
    "script": "src",
    "img": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "iframe": "src",
    "embed": "src",
    "object": "data",
    'link[rel~="stylesheet"], link[rel~="icon"], link[rel~="preload"]': "href",
}


@pytest.fixture(scope="module")
def pages(site):
    return read_pages(site)


def lesson_pages(site, pages):
    """The page of every lesson and companion, by its name below `notebooks/`."""
    names = [path.relative_to(ROOT / "notebooks").with_suffix("").as_posix() for path in LESSONS]
    return {name: pages[site / "notebooks" / f"{name}.html"] for name in names}


def test_there_is_a_page_for_everything(site, pages):
    names = {path.relative_to(site).with_suffix("").as_posix() for path in pages}
    wanted = {f"docs/{path.stem}" for path in (ROOT / "docs").glob("*.md")}
    wanted |= {f"docs/api/{path.stem}" for path in (ROOT / "docs" / "api").glob("*.rst")}
    assert names >= wanted | {"index", "search", "CONTRIBUTING", "CHANGELOG"}
    assert len(lesson_pages(site, pages)) >= 11


def test_links_within_the_site_lead_somewhere(site, pages):
    anchors = {
        path: {tag["id"] for tag in page.find_all(id=True)} | {"", "top"}
        for path, page in pages.items()
    }
    followed = 0
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            target = urlsplit(link["href"])
            if target.scheme or target.netloc:
                continue
            file = (path.parent / unquote(target.path)).resolve() if target.path else path
            assert file.is_file(), f"{path.relative_to(site)}: {link['href']}"
            if file in anchors:
                assert unquote(target.fragment) in anchors[file], f"{path.name}: {link['href']}"
            followed += 1
    assert followed > 1000


def test_nothing_is_fetched_from_elsewhere(site, pages):
    for path, page in pages.items():
        for selector, attribute in LOADED.items():
            for element in page.select(selector):
                if not element.get(attribute):  # a script that stands in the page
                    continue
                target = urlsplit(element[attribute])
                if target.scheme == "data":
                    continue
                where = f"{path.relative_to(site)}: {element[attribute]}"
                assert not target.scheme and not target.netloc, where
                assert (path.parent / unquote(target.path)).is_file(), where
    for style in site.rglob("*.css"):
        loads = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", style.read_text("utf-8"))
        assert not [url for url in loads if urlsplit(url).netloc], style.name


def test_every_picture_has_a_text_and_lets_others_come_first(pages):
    count = 0
    for path, page in pages.items():
        for picture in page.select("article img"):
            text = picture.get("alt", "")
            assert len(text) > 20, f"{path.name}: {picture['src']}: {text!r}"
            early = picture.get("loading") != "lazy" or not picture.get("width")
            assert not early or picture["src"].endswith(".svg"), f"{path.name}: {picture['src']}"
            count += 1
    stored = sum(has_picture(cell) for path in LESSONS for cell in code_cells(read(path, 4)))
    assert count >= stored > 50


def test_no_formula_is_left_as_it_was_written(site, pages):
    count, shown = 0, set()
    for name, page in lesson_pages(site, pages).items():
        for formula in page.select(".math"):
            shown.update("".join("".join(formula.math.semantics.find_all(string=True)).split()))
            assert formula.math.annotation.get_text().strip(), name
            assert not formula.find("merror"), name
            count += 1
        article = copy.copy(page.select_one("article"))
        for part in article.select("pre, code, script, .math, table, .stuck"):
            part.decompose()
        text = article.get_text()
        assert not re.search(r"\$|\\\\[a-z]|\*\w", text), f"{name}: not set"
    assert count > 1000
    font = set(map(chr, TTFont(site / "_static" / "mathematics.woff").getBestCmap()))
    assert shown | {"\N{SQUARE ROOT}"} <= font | set(
        "\N{FUNCTION APPLICATION}\N{INVISIBLE SEPARATOR}"
    )


def test_a_lesson_weighs_little(site, pages):
    for name, page in lesson_pages(site, pages).items():
        here = (site / "notebooks" / name).parent
        files = {
            (here / unquote(urlsplit(tag[attribute]).path)).resolve()
            for selector, attribute in LOADED.items()
            for tag in page.select(selector)
            if tag.get(attribute) and not tag[attribute].startswith("data:")
        }
        files |= {(site / "notebooks" / f"{name}.html"), site / "_static" / "mathematics.woff"}
        assert sum(file.stat().st_size for file in files) <= 900_000, name
        assert all(len(script.text) < 20_000 for script in page.select("script")), name


def test_what_is_mentioned_is_a_link(site, pages):
    lessons = lesson_pages(site, pages)
    mentions = re.compile(r"\b[Ll]essons? \d\d\b")
    bare = []
    for name, page in lessons.items():
        own = name[:2] if "/" not in name else "none"
        for text in page.find("article").find_all(string=mentions):
            plain = set(re.findall(r"[Ll]essons? (\d\d)", text)) - {own}
            if plain and not text.find_parent(NO_LINKS) and not text.find_parent(class_="stuck"):
                bare.append(f"{name}: {text}")
    assert bare == []
    words = {link.get_text() for page in lessons.values() for link in page.select("article a")}
    assert {"lesson 02", "Lesson 06", "07"} <= words
    links = lessons["further/09_stacked_layers"].select("article a.internal")
    assert "../05_lstm_gates.html#exercise-lstm_step" in {link["href"] for link in links}
    (term,) = lessons["05_lstm_gates"].select("a.term[href$='#term-forget-gate']")
    assert term["href"] == "../docs/glossary.html#term-forget-gate"
    assert term["title"].startswith("망각 게이트")


def test_every_source_has_its_address(site, pages):
    papers = tomllib.loads((ROOT / "docs" / "papers.toml").read_text("utf-8"))["paper"]
    form = {"doi": r"10\.\d{4,9}/\S+", "arxiv": r"\d{4}\.\d{4,5}", "url": r"https://\S+"}
    for paper in papers:
        (kind,) = paper.keys() & form.keys()
        assert re.fullmatch(form[kind], paper[kind]), paper
    places = {"doi": "https://doi.org/", "arxiv": "https://arxiv.org/abs/", "url": ""}
    unused = {places[k] + paper[k] for paper in papers for k in paper.keys() & form.keys()}
    for name, page in lesson_pages(site, pages).items():
        for section in page.select("section#sources, section#papers-and-sources"):
            for item in section.select("li"):
                dated = re.search(r"\(\d{4}\)", item.get_text())  # not a program's documentation
                assert not dated or item.select("a.external"), f"{name}: {item.get_text()}"
        unused -= {link["href"] for link in page.select("article a.external")}
    assert not unused


def test_a_page_says_what_it_is_about(site, pages):
    for name, page in lesson_pages(site, pages).items():
        said = {
            tag.get("name") or tag["property"]: tag["content"]
            for tag in page.select("meta[content]")
            if tag.get("name") or tag.get("property")
        }
        assert 20 < len(said["description"]) <= 202
        assert said["description"][:20] in page.find("article").get_text().replace("\n", " ")
        assert said["og:description"] == said["description"]
        address = f"{ADDRESS}notebooks/{name}.html"
        assert said["og:url"] == page.select_one("link[rel=canonical]")["href"] == address
        assert (site / said["og:image"].removeprefix(ADDRESS)).is_file()
    sitemap = (site / "sitemap.xml").read_text("utf-8")
    assert sitemap.count("<loc>") > 80
    assert f"<loc>{ADDRESS}notebooks/05_lstm_gates.html</loc>" in sitemap
    assert "/search.html" not in sitemap
    assert pages[site / "404.html"].base["href"] == ADDRESS


def test_the_reference_leads_to_its_source(site, pages):
    page = pages[site / "docs" / "api" / "cells.html"]
    link = page.find(id="lessons_lib.cells.lstm_step").find("a", string=re.compile("source"))
    file, _, lines = link["href"].partition("#")
    assert file == f"https://github.com/{REPOSITORY}/blob/main/lessons_lib/cells.py"
    first, last = map(int, re.findall(r"\d+", lines))
    source = (ROOT / "lessons_lib" / "cells.py").read_text("utf-8").splitlines()
    assert any(line.startswith("def lstm_step(") for line in source[first - 1 : last])
    sizes = [len(pages[file].select("dt.sig")) for file in (site / "docs/api").rglob("*.html")]
    assert 40 < max(sizes) < 120, "one page for all: nobody reads it"


def test_a_lesson_can_be_downloaded_and_opened_elsewhere(site, pages):
    for name, page in lesson_pages(site, pages).items():
        links = {link.text: link["href"] for link in page.select(".lesson-links a")}
        copied = (site / "notebooks" / name).parent / links.pop("Download the notebook")
        assert copied.read_bytes() == (ROOT / "notebooks" / f"{name}.ipynb").read_bytes()
        notebook = f"notebooks/{name}.ipynb"
        assert links == {
            "Open in Binder": f"https://mybinder.org/v2/gh/{REPOSITORY}/main"
            f"?urlpath=lab/tree/{notebook}",
            "Open in Colab": "https://colab.research.google.com/github/"
            f"{REPOSITORY}/blob/colab/{notebook}",
            "Open in JupyterLite": f"{ADDRESS}lite/lab/index.html?path={name}.ipynb",
        }


@pytest.mark.parametrize("name", [*PUBLIC, "grading"])
def test_every_public_name_is_in_the_reference(pages, name):
    module = importlib.import_module(f"lessons_lib.{name}")
    public = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
        and callable(value)
        and not name.startswith("_")
    ]
    described = {
        tag["id"]
        for path, page in pages.items()
        if path.parent.name == "api"
        for tag in page.select("dt[id]")
    }
    values = {"CORPORA", "IGNORE_INDEX", "UNKNOWN", "PRESETS"}  # not described one by one
    hidden = {"RNNCache", "LSTMCache", "GRUCache", "RecurrentLayer"}  # nobody makes one
    missing = {f"lessons_lib.{name}.{one}" for one in set(public) - values - hidden} - described
    assert not missing


@pytest.mark.thorough  # the whole site a second time
def test_without_a_repository_a_lesson_can_still_be_downloaded(tmp_path):
    result = build(tmp_path, repository="")
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "site" / "notebooks" / "05_lstm_gates.html").read_text(encoding="utf-8")
    assert "Download the notebook" in page
    assert not re.search(r'mybinder|Binder|Colab|lite/lab|rel="canonical"|og:image', page)
    assert "Binder" not in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not (tmp_path / "site" / "sitemap.xml").exists()
    assert "GITHUB_REPOSITORY=owner/name make site" in result.stdout


def test_the_front_page_leads_to_the_whole_course(site, pages):
    page = pages[site / "index.html"]
    links = {link.text: link["href"] for link in page.select(".lesson-links a")}
    home = f"https://github.com/{REPOSITORY}"
    binder = links.pop("Open the course in Binder, with nothing to install")
    assert binder.startswith("https://mybinder.org/v2/gh/")
    assert links == {
        "Source on GitHub": home,
        "Download everything (zip)": f"{home}/archive/refs/heads/main.zip",
    }
