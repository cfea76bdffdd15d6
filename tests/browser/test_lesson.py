"""A learner works through a lesson in JupyterLab, in a real browser.

Needs Chromium and Python's `playwright`. `LESSONS_SCREENSHOTS` names a folder for the pictures.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from lessons_lib.grading import grade
from tests.browser.chromium import CHROMIUM, FLAGS, MARKS, folder_for_pictures

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = MARKS

ROOT = Path(__file__).resolve().parents[2]
LESSON = "05_lstm_gates.ipynb"
PATIENCE = 180_000  # milliseconds: a busy machine must not fail a test

STEP = """def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * {shown}
    return h, c"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """`make lab` with a copy of the lesson and nobody's settings: its address, and the file."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "notebooks").mkdir()
    lesson = Path(shutil.copy(ROOT / "notebooks" / LESSON, folder / "notebooks"))
    shutil.copy(ROOT / "notebooks" / "README.md", folder / "notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(folder / name.lower()) for name in own}
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    options = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=learner",
        "--no-browser",
        "--allow-root",
    ]
    server = subprocess.Popen(
        [sys.executable, ROOT / "tools" / "start_lab.py", *options],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        said = ""
        while not re.search(rf"http://127\.0\.0\.1:{port}/\S*\?token=", said):
            line = server.stderr.readline()
            assert line, f"JupyterLab ended: {said}"
            said += line
        yield f"http://127.0.0.1:{port}", lesson
    finally:
        server.terminate()
        server.communicate(timeout=60)


@pytest.fixture
def page(tmp_path: Path):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page
        browser.close()


def bring_to_the_middle(part) -> None:
    """Scroll until the part is there: JupyterLab learns how high a cell is when it is near."""
    two_frames = (
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    place = None
    while place != (place := part.bounding_box()):
        part.evaluate("element => element.scrollIntoView({block: 'center'})")
        part.page.evaluate(two_frames)
    expect(part).to_be_in_viewport()


def test_a_learner_works_through_a_lesson(lab, page, tmp_path: Path):
    address, file = lab
    pictures = folder_for_pictures(tmp_path)
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    def cell(text: str):
        """The code cell with this text in its source."""
        editor = page.locator(".jp-InputArea-editor", has_text=text)
        return page.locator(".jp-Notebook .jp-CodeCell", has=editor)

    def write_and_check(source: str):
        """Replace the answer, run it and the check below it; returns the verdict."""
        answer = cell("def lstm_step(x, h_prev, c_prev, Wx, Wh, b):")
        answer.locator(".cm-content").click()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.insert_text(source)
        page.keyboard.press("Shift+Enter")  # runs the answer and goes to the check
        page.keyboard.press("Shift+Enter")
        return cell("check(lstm_step)").locator(".jp-OutputArea")

    def picture(name: str, of=None) -> None:
        if of is not None:
            bring_to_the_middle(of)
        page.screenshot(path=pictures / f"{name}.png")

    page.goto(f"{address}/?token=learner")
    link = page.get_by_role("link", name="05 LSTM gates")
    expect(link).to_be_visible()
    expect(page.get_by_text("official Jupyter news")).to_have_count(0)
    picture("1-all-lessons")
    link.click()
    expect(page.get_by_role("heading", name="05 · LSTM gates")).to_be_visible()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    picture("1-opened")

    page.locator('[data-command="notebook:restart-run-all"]').first.click()
    dial = cell('gate_dials(["f"], [1] + [0] * 19)')
    handle, readout = dial.locator(".noUi-handle"), dial.locator(".widget-readout")
    expect(handle).to_be_visible()
    expect(page.locator(".jp-InputPrompt", has_text="*")).to_have_count(0)
    picture("2-run", cell("check(lstm_step)"))

    figure = dial.locator(".jp-RenderedImage img")
    open_gate = figure.get_attribute("src")
    expect(handle).to_have_attribute("aria-label", "forget f")
    expect(handle).to_have_attribute("aria-valuetext", "1.00")
    expect(figure).to_have_attribute("alt", re.compile("memory cell c 1 throughout"))
    picture("3-dial", dial)
    handle.hover()
    page.mouse.down()
    place = dial.locator(".noUi-base").bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + 2, steps=5)
    page.mouse.up()
    expect(readout).to_have_text("0.50")
    expect(figure).not_to_have_attribute("src", open_gate)
    half_open = figure.get_attribute("src")
    picture("4-dragged")
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(readout).to_have_text("0.55")
    expect(handle).to_have_attribute("aria-valuetext", "0.55")
    expect(handle).to_have_css("outline-style", "solid")
    expect(figure).not_to_have_attribute("src", half_open)
    expect(figure).to_have_attribute(
        "alt", re.compile("forget f 0.55 throughout; memory cell c from 1 to 1.17e-05")
    )

    verdict = write_and_check(STEP.format(shown="c"))
    expect(verdict).to_contain_text("not right yet, 1 of 2 points")
    expect(verdict).to_contain_text("it has to be squashed to between -1 and 1")
    expect(verdict.get_by_role("status")).to_contain_text("½ Partly")
    picture("5-wrong", verdict)

    verdict = write_and_check(STEP.format(shown="np.tanh(c)"))
    expect(verdict).to_contain_text("passed, 2 of 2 points")
    expect(verdict).not_to_contain_text("Hint")
    expect(verdict.get_by_role("status")).to_contain_text("✓ Passed")
    expect(verdict).to_contain_text("1 of 3 exercises of 05_lstm_gates solved.")
    picture("6-right", verdict)

    page.keyboard.press("ControlOrMeta+S")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(0)
    (result,) = (r for r in grade(file, isolation="basic").results if r.exercise == "lstm_step")
    assert result.status == "passed"
    notebook = nbformat.read(file, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert "error" not in {output.output_type for output in outputs}
    for session in page.request.get(f"{address}/api/sessions?token=learner").json():
        page.request.delete(f"{address}/api/sessions/{session['id']}?token=learner")
    page.goto(f"{address}/lab/tree/notebooks/{LESSON}?token=learner")
    expect(dial.locator(".jp-RenderedImage img")).to_be_visible()  # as it was left
    expect(page.get_by_text("model not found")).to_have_count(0)
    picture("7-reopened", dial)
    assert errors == []
    server = address.removeprefix("http:")
    here = re.compile(f"(data|blob):|(http|ws):{server}")
    assert [url for url in asked if not here.match(url)] == []
