"""The web site: it builds without a warning, and every page of it is whole and stands alone."""

import importlib
import re
from urllib.parse import unquote, urlsplit

import pytest
from nbformat import read

from tests.notebooks.course import LESSONS
from tests.notebooks.rules import code_cells, has_picture
from tests.site.building import NEEDS_SPHINX, REPOSITORY, ROOT, build, read_pages

pytestmark = [pytest.mark.slow, NEEDS_SPHINX]

DASH = " \N{EN DASH} "  # between a type and what it says
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


def test_every_picture_has_a_text(pages):
    count = 0
    for path, page in pages.items():
        for picture in page.select("article img"):
            text = picture.get("alt", "")
            assert len(text) > 20, f"{path.name}: {picture['src']}: {text!r}"
            count += 1
    stored = sum(has_picture(cell) for path in LESSONS for cell in code_cells(read(path, 4)))
    assert count >= stored > 50


def test_a_lesson_can_be_downloaded_and_opened_elsewhere(site, pages):
    for name, page in lesson_pages(site, pages).items():
        links = {link.text: link["href"] for link in page.select(".lesson-links a")}
        copy = (site / "notebooks" / name).parent / links.pop("Download the notebook")
        assert copy.read_bytes() == (ROOT / "notebooks" / f"{name}.ipynb").read_bytes()
        notebook = f"notebooks/{name}.ipynb"
        assert links == {
            "Open in Binder": f"https://mybinder.org/v2/gh/{REPOSITORY}/main"
            f"?urlpath=lab/tree/{notebook}",
            "Open in Colab": "https://colab.research.google.com/github/"
            f"{REPOSITORY}/blob/colab/{notebook}",
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
    assert "mybinder.org" not in page
    assert "GITHUB_REPOSITORY=owner/name make site" in result.stdout


def test_the_front_page_leads_to_the_whole_course(site, pages):
    page = pages[site / "index.html"]
    links = {link.text: link["href"] for link in page.select(".lesson-links a")}
    home = f"https://github.com/{REPOSITORY}"
    assert links.pop("Open the course in Binder").startswith("https://mybinder.org/v2/gh/")
    assert links == {
        "Source on GitHub": home,
        "Download everything (zip)": f"{home}/archive/refs/heads/main.zip",
    }
