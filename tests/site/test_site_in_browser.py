"""The site's pages in a real browser, without a network: light, dark, and as wide as a phone.

Needs Chromium and Python's `playwright`. `LESSONS_SCREENSHOTS` names a folder for the pictures.
"""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, folder_for_pictures
from tests.notebooks.course import LESSONS
from tests.site.building import NEEDS_SPHINX

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [*MARKS, NEEDS_SPHINX]

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "api").glob("*.rst")))
NOTEBOOKS = [path.relative_to(ROOT).with_suffix("").as_posix() for path in LESSONS]
PAGES = [
    *("index", "search", "CONTRIBUTING"),
    *(path.relative_to(ROOT).with_suffix("").as_posix() for path in DOCUMENTS),
    *NOTEBOOKS,
]

# What reaches beyond the right edge of the screen and cannot be moved sideways in its place.
TOO_WIDE = """() => {
    const edge = document.documentElement.clientWidth + 1;
    const moves = e => getComputedStyle(e).overflowX != "visible";
    const inside = e => e.tagName == "ARTICLE" ? false : moves(e) || inside(e.parentElement);
    return [...document.querySelectorAll("article *")]
        .filter(e => e.getBoundingClientRect().right > edge)
        .filter(e => !inside(e.parentElement))
        .map(e => e.outerHTML.slice(0, 80));
}"""
UNSET_MATHS = """() => [...document.querySelectorAll(".math")]
    .filter(e => !e.querySelector("mjx-container svg") || e.querySelector("[data-mjx-error]"))
    .map(e => e.outerHTML.slice(0, 200))"""
# Beside formulas that are wider than their place: a backslash that is shown, as in "max\\_norm".
CUT_MATHS = """() => [...document.querySelectorAll("mjx-container[display=true]")]
    .filter(e => e.scrollWidth > e.clientWidth + 1)
    .concat([...document.querySelectorAll("[data-mml-node=mtext] [data-c='5C']")])
    .map(e => e.closest(".math").outerHTML.slice(0, 80))"""
CUT_CODE = """() => [...document.querySelectorAll(".cell_input pre")]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 80))"""
SMALL_CODE = """() => [...document.querySelectorAll("td code")]
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.textContent)"""
# Lightness of text and page, 0 to 1, and what a figure stands on.
COLOURS = """() => {
    const light = (e, property) => {
        const [r, g, b] = getComputedStyle(e)[property].match(/[\\d.]+/g).map(Number);
        return (0.3 * r + 0.6 * g + 0.1 * b) / 255;
    };
    return {text: light(document.querySelector("article p"), "color"),
            page: light(document.body, "backgroundColor"),
            code: light(document.querySelector(".cell_input") ?? document.body, "backgroundColor"),
            figure: light(document.querySelector("article img"), "backgroundColor")};
}"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_page(browser, site):
    """Open a page from the disk, without a network: the page and what went wrong with it."""
    contexts = []

    def open_it(name, size, scheme):
        context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)
        contexts.append(context)
        page, wrong = context.new_page(), []
        page.on("requestfailed", lambda request: wrong.append(request.url))
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_function("!window.MathJax || window.MathJax.startup?.promise")
        page.evaluate("window.MathJax?.startup.promise.then(() => null)")
        return page, wrong

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return folder_for_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_on_a_phone_and_no_code_is_cut_on_a_desk(open_page, name):
    page, wrong = open_page(name, PHONE, "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(UNSET_MATHS) == []
    assert page.evaluate(SMALL_CODE) == []
    for width in (1280, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(CUT_CODE) == []
        assert page.evaluate(CUT_MATHS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert wrong == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_lesson_can_be_read_in_light_and_dark(open_page, pictures, size, scheme):
    page, wrong = open_page("notebooks/05_lstm_gates", size, scheme)
    colours = page.evaluate(COLOURS)
    assert abs(colours["text"] - colours["page"]) > 0.6
    assert abs(colours["text"] - colours["code"]) > 0.6
    assert (colours["page"] < 0.2) == (scheme == "dark")
    assert scheme == "light" or colours["figure"] == 1, "a figure is drawn on white"
    assert wrong == []
    device = "desk" if size is DESK else "phone"
    for top in (0, 3000):
        page.evaluate(f"window.scrollTo(0, {top})")
        page.screenshot(path=pictures / f"site-lesson-{device}-{scheme}-{top}.png")
    page.context.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address(site):
    """The site on a server, since what a search shows of a page is not read from a disk."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_search_finds_a_lesson(browser, address, pictures):
    page, asked = browser.new_page(viewport=DESK), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}index.html")
    page.locator(".sidebar-search").fill("forget gate")
    page.locator(".sidebar-search").press("Enter")
    found = page.locator("#search-results li", has_text="05 · LSTM gates").first
    sync_api.expect(found.locator("p.context")).to_contain_text("gate")
    page.screenshot(path=pictures / "site-search.png")
    assert asked
    assert all(url.startswith(address) for url in asked)
    page.close()
