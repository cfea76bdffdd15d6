"""The site's pages in a real browser, without a network: as wide as a phone, a tablet and a desk.

Needs Chromium and Python's `playwright`. `LESSONS_SCREENSHOTS` names a folder for the pictures.
"""

import io
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, folder_for_pictures
from tests.notebooks.course import LESSONS
from tests.site.building import NEEDS_SPHINX
from tests.site.looking import (
    AXE,
    AXE_ON_COLOURS,
    COLOURS,
    CUT_CODE,
    CUT_MATHS,
    NO_CUE,
    SMALL_CODE,
    TOO_WIDE,
    UNSET_MATHS,
)

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed")
pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")

pytestmark = [*MARKS, NEEDS_SPHINX]

WIDTHS = (375, 768, 1280)
ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "api").rglob("*.rst")))
NOTEBOOKS = [path.relative_to(ROOT).with_suffix("").as_posix() for path in LESSONS]
PAGES = [
    *("index", "search", "CONTRIBUTING", "CHANGELOG"),
    *(path.relative_to(ROOT).with_suffix("").as_posix() for path in DOCUMENTS),
    *NOTEBOOKS,
]
# What axe looks at in colour every time, beside a lesson; all the rest every night.
EVERY_TIME = [("index", "dark"), ("docs/glossary", "light"), ("docs/api/layers", "dark")]
IN_COLOUR = [
    one if one in EVERY_TIME else pytest.param(*one, marks=pytest.mark.thorough)
    for one in product(PAGES, ("light", "dark"))
]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tab(browser):
    """One tab without a network for all pages, and what went wrong in it."""
    context = browser.new_context(offline=True)
    page, wrong = context.new_page(), []
    # A picture that another takes the place of, before it has come, is not missed.
    given_up = "net::ERR_ABORTED"
    page.on("requestfailed", lambda r: r.failure == given_up or wrong.append(r.url))
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page, wrong
    context.close()


def open_page(tab, site, name, width=1280, scheme="light"):
    page, wrong = tab
    wrong.clear()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((site / f"{name}.html").as_uri())
    page.evaluate("document.fonts.ready.then(() => null)")
    return page


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return folder_for_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_at_three_widths(tab, site, name):
    page = open_page(tab, site, name, WIDTHS[0])
    assert page.evaluate(UNSET_MATHS) == []
    for width in WIDTHS:
        become(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for wrong in (TOO_WIDE, NO_CUE, CUT_MATHS, SMALL_CODE):
            assert page.evaluate(wrong) == []
        if width == WIDTHS[0]:
            page.evaluate(axe.AXE_SCRIPT)
            assert page.evaluate(AXE) == []
    assert page.evaluate(CUT_CODE) == []
    if page.locator(".toc-tree").count():
        assert page.locator(".toc-tree").bounding_box()["x"] < WIDTHS[-1], "the contents are shown"
    assert tab[1] == []


def become(page, width):
    """Let a page be as wide as that, and wait until it has been laid out."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


@pytest.mark.parametrize(("name", "scheme"), IN_COLOUR)
def test_a_page_is_open_to_all_at_three_widths(tab, site, name, scheme):
    page = open_page(tab, site, name, WIDTHS[0], scheme)
    page.evaluate(axe.AXE_SCRIPT)
    for width in WIDTHS:
        become(page, width)
        assert page.evaluate(AXE) == []
        assert page.evaluate(AXE_ON_COLOURS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
def test_a_lesson_can_be_read_in_light_and_dark(tab, site, pictures, width, scheme):
    page = open_page(tab, site, "notebooks/05_lstm_gates", width, scheme)
    colours = page.evaluate(COLOURS)
    assert abs(colours["text"] - colours["page"]) > 0.6
    assert abs(colours["text"] - colours["code"]) > 0.6
    assert (colours["page"] < 0.2) == (scheme == "dark")
    assert scheme == "light" or colours["figure"] == 1, "a figure is drawn on white"
    page.evaluate(axe.AXE_SCRIPT)
    assert page.evaluate(AXE_ON_COLOURS) == []
    assert tab[1] == []
    for top in (0, 3000):
        page.evaluate(f"window.scrollTo(0, {top})")
        page.screenshot(path=pictures / f"site-lesson-{width}-{scheme}-{top}.png")


def test_a_dial_turns_on_the_page(tab, site):
    page = open_page(tab, site, "notebooks/07_gru")
    dial = page.locator("figure.dial")
    picture, said = dial.locator("img"), dial.locator("figcaption")
    before = picture.get_attribute("src"), said.text_content()
    slider = dial.get_by_label("update z")
    slider.press("ArrowRight")
    sync_api.expect(slider).to_have_attribute("aria-valuetext", "1.00")
    sync_api.expect(dial.locator("output").nth(1)).to_have_text("1.00")
    sync_api.expect(said).not_to_have_text(before[1])
    assert picture.get_attribute("src") != before[0]
    assert said.text_content() in picture.get_attribute("alt")
    loaded = "image => image.complete && image.naturalWidth > 100"
    page.wait_for_function(loaded, arg=picture.element_handle())
    slider.press("ArrowLeft")
    assert (picture.get_attribute("src"), said.text_content()) == before
    assert tab[1] == []


def test_a_hint_comes_before_the_solution(tab, site):
    page = open_page(tab, site, "notebooks/05_lstm_gates", 375)
    page.get_by_role("link", name="lstm_step", exact=True).first.click()
    assert page.url.endswith("#exercise-lstm_step")
    solution = page.locator("details.solution", has_text="def lstm_step(")
    sync_api.expect(solution).to_be_hidden()
    page.get_by_text("Hints for lstm_step", exact=True).click()
    sync_api.expect(page.get_by_text("The solution of lstm_step", exact=True)).to_be_visible()
    page.get_by_text("The solution of lstm_step", exact=True).click()
    sync_api.expect(solution.locator("pre")).to_be_visible()


def test_what_is_copied(tab, site):
    page = open_page(tab, site, "notebooks/05_lstm_gates")
    page.wait_for_selector(".copybtn[aria-label]")
    assert page.locator(".cell_output .copybtn").count() == 0
    assert page.locator(".copybtn:not([aria-label='Copy this code'])").count() == 0
    copied = page.evaluate("""() => {
        const formula = [...document.querySelectorAll("div.math")].at(0);
        getSelection().selectAllChildren(formula);
        const clipboardData = new DataTransfer();
        const event = new ClipboardEvent("copy", {clipboardData, bubbles: true});
        formula.dispatchEvent(event);
        return event.clipboardData.getData("text/plain");
    }""")
    assert copied.startswith("$$\n\\begin{aligned}\ni_t&=\\sigma(")


def test_a_lesson_on_paper(tab, site):
    page = open_page(tab, site, "notebooks/05_lstm_gates")
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    text = "\n".join(sheet.extract_text() for sheet in sheets)
    assert "Skip to content" not in text
    body, _, answers = text.rpartition("\nAnswers")
    assert "squashes the memory itself" in answers, "what is folded away"
    assert "squashes the memory itself" not in body


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


def test_the_search_shows_lessons_first(browser, address, pictures):
    page, asked = browser.new_page(viewport={"width": 1280, "height": 900}), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}index.html")
    page.locator(".sidebar-search").fill("forget gate")
    page.locator(".sidebar-search").press("Enter")
    found = page.locator("#search-results li", has_text="05 · LSTM gates").first
    sync_api.expect(found.locator("p.context")).to_contain_text("gate")
    sync_api.expect(page.locator("#search-summary, .search-summary").first).to_be_visible()
    first = page.locator("#search-results li a").first.get_attribute("href")
    assert "notebooks/0" in first or "notebooks/1" in first
    page.screenshot(path=pictures / "site-search.png")
    assert asked
    assert all(url.startswith(address) for url in asked)
    page.close()
