"""The pages for an instructor and a student: what stands there, and hostile texts in a browser."""

import re

import pytest

from lessons_lib.grading.batch import Graded, find_submissions
from lessons_lib.grading.classroom.code import code_of
from lessons_lib.grading.classroom.late import Late
from lessons_lib.grading.classroom.pages import Pages, Remark, kind_of
from lessons_lib.grading.classroom.roster import Student
from lessons_lib.grading.classroom.students import who_is_who
from lessons_lib.grading.report import Report, Result
from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, folder_for_pictures

LIVE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'
NAMES = ["<img src=x onerror=alert(3)>.py", "a' onfocus=alert(4) autofocus='.py", "\u202egnp.py"]
SOURCE = f"""
import numpy as np

@np.vectorize
def f(x):
    # {LIVE}
    return helper(x)

def helper(x):
    return x / "</pre><script>alert(5)</script>"
"""
RAISED = """It raised TypeError: </p><script>alert(6)</script>
    in helper, line 10:  return x / "</pre><script>alert(5)</script>"
Hint: javascript:alert(7)"""
RESULTS = [
    Result("f", "error", 0.0, 2.0, RAISED, hint="</td><svg onload=alert(8)>"),
    Result("g", "failed", 1.0, 2.0, "Right: a. Not yet: b."),
    Result("h", "passed", 2.0, 2.0, ""),
    Result("k", "not_attempted", 0.0, 1.0, ""),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Pages of a class whose names, sources and messages all want to be live."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "in").mkdir()
    for name in [*NAMES, "zoe.py"]:
        (folder / "in" / name).write_text(SOURCE)
    found = find_submissions([folder / "in"])
    rows = [Graded(name, Report(RESULTS[k % 3 :], 7, "strong")) for k, name in enumerate(found[0])]
    roster = [Student("5", LIVE, row={"id": "5"})]
    who = who_is_who(list(found.submissions), roster=roster)
    copies = [Remark(LIVE, "b", 0.9, "1.html", (rows[0].name,))]
    (folder / "out").mkdir()
    pages = Pages(LIVE, who, Late(), copies)
    pages.write(folder / "out", rows, found.submissions, left_out=2)
    codes = [code_of([(LIVE, SOURCE)], "f", RAISED)] * 2
    (folder / "out" / "copies").mkdir()
    pair = pages.pair(first=LIVE, second="b", share=0.9, codes=codes)
    (folder / "out" / "copies" / "1.html").write_text(pair)
    return folder / "out"


def test_what_the_overview_says(written):
    text = (written / "index.html").read_text()
    assert "4 submissions that count, graded with strong isolation" in text
    assert "2 files have no grade" in text and "nothing handed in" in text
    assert "and b</a>: 90%" in text and "near to another" in text
    cells = re.search(r'<th scope="row">f</th>.*?</tr>', text, re.DOTALL)[0]
    assert re.findall(r'<td class="n">(\d+)</td>', cells) == ["0", "0", "0", "0", "2"]
    talk = re.search(r"To talk about.*?</tbody>", text, re.DOTALL)[0]
    assert '<td class="n">2</td><td>f</td>' in talk and "javascript:alert(7)" in talk


def test_the_line_is_marked():
    ((label, lines), (_, elsewhere)) = code_of([("a.py", SOURCE)], "f", RAISED)
    assert label == "a.py" and [line[0] for line in lines] == [4, 5, 6, 7]
    assert [line[0] for line in elsewhere if line[2]] == [10]
    message = "In cell 2, line 2, a part failed.\n    NameError"
    cells = [("cell 1", "f = 1\ng = 2"), ("cell 2", "f = (3,\n 4\n)\ng = f")]
    ((label, lines),) = code_of(cells, "f", message)
    assert label == "cell 2" and lines == [(1, "f = (3,", False), (2, " 4", True), (3, ")", False)]
    assert code_of(cells, "h", "") == []
    for nowhere in (0, -1, 99):  # a worker that was taken over says what it likes
        said = f"    in f, line {nowhere}:  g\nIn cell 1, line {nowhere}, a part failed."
        assert code_of([("cell 1", "")], "f", said) == []
    ((_, ((_, text, _),)),) = code_of([("a.py", "f = 1" + "0" * 10_000_000)], "f", "")
    assert len(text) < 1_100 and text.endswith(" … and 9,999,005 characters more")


def test_only_what_is_a_definition_to_python_is_shown():
    ends = "\u2028\x0b\x0c\x1c\x85"
    comment = "".join(f"{end}def f(x):{end}    return 2" for end in ends)
    source = f"'''\n% of all'''\ndef f(x):\n    return 1\n# {comment}\n"
    source += "'''\ndef f(x):\n    return 3\n'''\n"
    ((_, lines),) = code_of([("a.py", source)], "f", "")
    assert [text for _, text, _ in lines if "#" not in text] == ["def f(x):", "    return 1"]


def test_one_page_that_cannot_be_made_loses_no_other(tmp_path, monkeypatch):
    def fails_on_g(pieces, name, message):
        return [] if name == "f" else 1 / 0

    monkeypatch.setattr("lessons_lib.grading.classroom.pages.code_of", fails_on_g)
    rows = [Graded(f"{k}.py", Report([Result(k, "passed", 1.0, 1.0, "")])) for k in "gf"]
    paths = {row.name: tmp_path / row.name for row in rows}
    Pages("HW", who_is_who(list(paths)), Late(), []).write(tmp_path, rows, paths, 0)
    broken, fine = ((next((tmp_path / "pages").glob(f"{k}.py*"))).read_text() for k in "gf")
    assert "could not be made: ZeroDivisionError" in broken and "1 of 1 points" in fine
    assert "no page" in (tmp_path / "index.html").read_text()


def test_kinds():
    statuses = ("crashed", "timeout", "infrastructure_error")
    assert [kind_of(result) for result in RESULTS] == ["broken", "partly", "passed", "left"]
    assert {kind_of(Result("f", s, 0.0, 1.0, "")) for s in statuses} == {"broken"}
    assert kind_of(Result("f", "failed", 0.0, 1.0, "")) == "wrong"


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def opened(context, file):
    """A page, what it said, and what it asked for."""
    page, said, asked = context.new_page(), [], []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    return page, said, asked


CUT = """[...document.querySelectorAll(".wide, pre")]
    .filter(box => box.scrollWidth > box.clientWidth)
    .map(box => [box.outerHTML.slice(0, 80), box.scrollWidth, box.clientWidth])"""


@pytest.mark.parametrize("width", [1280, 375])
@MARKS[0]
@MARKS[1]
def test_in_a_browser(browser, written, tmp_path, width):
    """Nothing of theirs is live, nothing is asked of a network, all is accessible and fits."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, offline=True)
    # axe is a script of the test's own, which the policy keeps out like any other.
    free = browser.new_context(viewport=size, offline=True, bypass_csp=True)
    pictures = folder_for_pictures(tmp_path)
    student = next((written / "pages").iterdir())
    for file in (written / "index.html", student, written / "copies" / "1.html"):
        page, said, asked = opened(context, file)
        assert asked == [file.as_uri()] and said == []
        own = 1 if file.name == "index.html" else 0
        assert page.locator("script").count() == own
        assert page.locator("img, iframe, object, embed, form, [onerror], [onload]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert "49" not in page.title() and "{{ 7 * 7 }}" in page.title()
        # Should a template forget to escape, the policy still keeps the script out.
        page.evaluate("document.body.append(document.createElement('script'))")
        page.evaluate("document.querySelector('body > script:last-child').text = 'alert(9)'")
        assert all("Content Security Policy" in text for text in said) and said
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 680, "height": 900})  # a sheet of A4 between its margins
        assert page.evaluate(CUT) == [], "on paper nobody can move it"
        name = f"class-{file.parent.name if file is student else file.stem}-{width}"
        page.screenshot(path=pictures / f"{name}-print.png", full_page=True)
        page.close()
        again, _, _ = opened(free, file)
        found = axe.run(again).response["violations"]
        assert [(one["id"], [n["html"] for n in one["nodes"]]) for one in found] == []
        again.screenshot(path=pictures / f"{name}.png", full_page=True)
        again.close()
    context.close()
    free.close()


@MARKS[0]
@MARKS[1]
def test_the_table_is_sorted_and_searched_by_keyboard(browser, written):
    page = browser.new_page(offline=True)
    page.goto((written / "index.html").as_uri())
    names = page.locator("#students tbody tr:visible td:first-child")
    page.locator("#students th button", has_text="points").focus()
    page.keyboard.press("Enter")
    first = page.locator("#students tbody tr:visible td:nth-child(3)").all_text_contents()
    assert first == sorted(first, key=float) and len(set(first)) > 1
    page.keyboard.press("Enter")
    again = page.locator("#students tbody tr:visible td:nth-child(3)").all_text_contents()
    assert again == first[::-1]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("points")
    page.get_by_label("Search").fill("ZOE")
    assert names.all_text_contents() == ["zoe"]
    assert page.get_by_role("status").inner_text() == "1 of 4"
    page.close()
