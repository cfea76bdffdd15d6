"""The page of a lesson in JupyterLite says what it lacks to run Python. Needs Chromium."""

import json

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, MARKS
from tools.make_lite import add_self_test

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = MARKS

PYODIDE = "https://cdn.example.org/pyodide/v1.2.3/full/"
PACKAGES = {name: {"file_name": f"{name}.whl"} for name in ("micropip", "numpy", "safetensors")}


@pytest.fixture(scope="module")
def page():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize(
    ("packages", "lacking", "said"),
    [
        (None, [], "Python itself"),
        (PACKAGES, [], "matplotlib"),
        (PACKAGES | {"matplotlib": {"file_name": "m.whl"}}, ["numpy.whl"], "numpy"),
        (PACKAGES | {"matplotlib": {"file_name": "m.whl"}}, [], None),
    ],
)
def test_the_page_says_what_it_lacks(page, tmp_path, packages, lacking, said):
    schema = tmp_path / "extensions/@jupyterlite/pyodide-kernel-extension/static/schema"
    schema.mkdir(parents=True)
    (schema / "kernel.v0.schema.json").write_text(f'{{"default": "{PYODIDE}pyodide.mjs"}}')
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "index.html").write_text("<html><body>A lesson</body></html>")
    add_self_test(tmp_path)
    asked = []

    def answer(route):
        name = route.request.url.removeprefix(PYODIDE)
        asked.append(name)
        if packages is None:
            return route.abort()
        status = 404 if name in lacking else 200
        headers = {"Access-Control-Allow-Origin": "*"}
        return route.fulfill(
            status=status, headers=headers, body=json.dumps({"packages": packages})
        )

    page.unroute_all()
    page.route(f"{PYODIDE}*", answer)
    page.goto((tmp_path / "lab" / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    alert = page.get_by_role("alert")
    if said is None:
        assert asked == [
            "pyodide-lock.json",
            "micropip.whl",
            "numpy.whl",
            "m.whl",
            "safetensors.whl",
        ]
        assert alert.count() == 0
    else:
        expected = f"but not run: {said} could not be had from cdn.example.org."
        sync_api.expect(alert).to_contain_text(expected)
