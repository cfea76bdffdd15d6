"""The figure of what a network remembers moves by pointer, tap and keys, and says what it shows."""

from pathlib import Path

import numpy as np
import pytest

from lessons_lib.course.lstm_gradient.remembering import Reading
from lessons_lib.course.lstm_gradient.remembering_page import Page, Stop, Way
from tests.browser.chromium import CHROMIUM, FLAGS, MARKS

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
pytestmark = MARKS

WORDS = ["Tom", "sat", "</script>", "saw", "Tom"]
SPELL = ["Tom", "sat", "</script>", "saw", "Ben"]


def reading(swap: float) -> Reading:
    T = 4
    values = np.zeros((T, T))
    values[3, 0] = swap
    likeliest = np.array([[1, 0, 2], [2, 0, 1], [3, 0, 1], [0, 4, 1]])
    p = np.tile([0.6, 0.3, 0.1], (T, 1))
    return Reading(np.array([0.6, 0.6, 0.6, 0.6]), likeliest, p, values, values / 10)


@pytest.fixture
def figure(tmp_path: Path):
    page = Page(
        WORDS,
        [0, 1, 2, 0],
        np.array([0.5, 0.5, 0.5, 1.0]),
        {"GRU": reading(-7.04)},
        {"GRU": reading(0.0)},
        [Stop("near", 1), Stop("far", 3)],
        ("Tom", "Ben"),
        {"GRU": Way(np.array([5.0, 4.9, -6.0]), -0.4)},
        SPELL,
    )
    file = tmp_path / "page.html"
    head = (
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    )
    file.write_text(f"{head}{page._repr_html_()}", encoding="utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 375, "height": 800})
        wrong: list[str] = []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(file.as_uri())
        yield tab
        assert not wrong
        browser.close()


def test_every_way_to_move_it(figure):
    about, said = figure.locator(".about"), figure.locator("section .said")
    expect(about).to_contain_text("Predicted: “</script>”. It is decided by the word before, “sat”")
    figure.get_by_role("button", name="2 far").click()
    expect(about).to_contain_text("It is decided by “Tom”, 4 words before")
    expect(said.nth(0)).to_have_text(
        "Largest: Tom \N{MINUS SIGN}7.0. “Tom”: \N{MINUS SIGN}7.0 nats."
    )
    expect(said.nth(1)).to_have_text(
        "Largest: Tom \N{MINUS SIGN}0.7. “Tom”: \N{MINUS SIGN}0.7 nats."
    )
    legend = figure.locator(".legend span").nth(0)
    expect(legend).to_have_text("\N{MINUS SIGN}8.0")
    figure.get_by_label("shade by share of the largest").check()
    expect(legend).to_have_text("-100 %")
    figure.get_by_label("shade by share of the largest").uncheck()
    words = figure.locator(".text").nth(0).locator("span")
    expect(words.nth(0)).to_have_class(" decider")
    colour = words.nth(0).evaluate("word => getComputedStyle(word).backgroundColor")
    assert colour.startswith("rgba(0, 114, 178")

    slider = figure.get_by_role("slider", name="predicted word")
    slider.press("ArrowLeft")
    expect(about).to_contain_text("Predicted: “saw”")
    expect(slider).to_have_attribute("aria-valuetext", "saw, word 4 of 5")
    figure.locator(".remembering").focus()
    figure.keyboard.press("ArrowRight")
    expect(about).to_contain_text("Predicted: “Tom”")
    words.nth(1).click()
    expect(about).to_contain_text("Predicted: “sat”")
    words.nth(4).hover()
    expect(about).to_contain_text("Predicted: “Tom”")
    figure.get_by_label("before training").check()
    expect(said.nth(0)).to_have_text("Largest: none reaches 0.1. “Tom”: 0.0 nats.")

    figure.get_by_role("slider", name="how far").press("End")
    expect(figure.locator(".way")).to_contain_text("GRU: \N{MINUS SIGN}6.0, the tangent 4.6")
    expect(figure.locator("table")).to_have_count(0)  # it is for pages without scripts
    width = "document.documentElement.scrollWidth <= innerWidth"
    assert figure.evaluate(width), "wider than a phone"
