"""The lessons in the browser, by JupyterLite: python tools/make_lite.py FOLDER

Python runs in the page itself (Pyodide), and what a learner writes stays in that browser. The
copies of the lessons get a first code cell that installs this package, which the site brings along,
and tries it; Pyodide and the other packages are fetched when a page is opened, and each page looks
first whether they can be had. What is missing is said in one line.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from lessons_lib.course.lessons import every_notebook

ROOT = Path(__file__).resolve().parent.parent
FIRST_CELL = """# Installs the course's package in this browser: after each start of the kernel.
import piplite

try:
    await piplite.install(["ipywidgets", "lessons-lib"])
    import matplotlib.pyplot
    from lessons_lib.layers import LSTM

    LSTM(2, 3).forward([[[0.5, -0.5]]])
    print("Ready: this lesson can be run in this browser.")
except Exception as error:  # whatever it is, the reader gets one line
    told = " ".join(f"{type(error).__name__}: {error}".split())[-200:]
    print(f"This lesson can be read here, but not run ({told}). It needs a connection.")"""

# Without Pyodide no cell can run, so it is the page that looks.
SELF_TEST = """<script type="module">
const folder = "PYODIDE";
let wanted = "Python itself";
try {
  const { packages } = await (await fetch(folder + "pyodide-lock.json")).json();
  for (wanted of ["micropip", "numpy", "matplotlib", "safetensors"]) {
    const answer = await fetch(folder + packages[wanted].file_name, { method: "HEAD" });
    if (!answer.ok) throw new Error();
  }
} catch {
  const line = document.createElement("p");
  line.role = "alert";
  line.textContent = `The lessons can be read here, but not run: ${wanted} could not be had from `
    + new URL(folder, location).host + ". Load the page again when you are online.";
  line.style = "position: fixed; bottom: 0; left: 0; right: 0; z-index: 99999; margin: 0;"
    + "padding: 0.5em 1em; background: #fff3cd; color: #222; font: 16px sans-serif";
  document.body.append(line);
}
</script>"""


def with_first_cell(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a lesson whose first code cell installs the package."""
    cell = nbformat.v4.new_code_cell(FIRST_CELL, id="install-in-browser")
    cells = notebook.cells
    first = next(place for place, other in enumerate(cells) if other.cell_type == "code")
    return nbformat.NotebookNode({**notebook, "cells": [*cells[:first], cell, *cells[first:]]})


def add_self_test(folder: Path) -> None:
    """Put the self-test into each page that starts Python."""
    (schema,) = folder.rglob("pyodide-kernel-extension/static/schema/kernel.v0.schema.json")
    address = re.search(r"https://[^\s\"']+/(?=pyodide\.m?js)", schema.read_text(encoding="utf-8"))
    if address is None:
        sys.exit(f"make_lite: expected the address of Pyodide in {schema}, found none")
    for page in folder.glob("*/index.html"):
        text = page.read_text(encoding="utf-8")
        script = SELF_TEST.replace("PYODIDE", address[0])
        page.write_text(text.replace("</body>", f"{script}</body>"), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the lessons for JupyterLite.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="written anew")
    folder = parser.parse_args().folder.resolve()
    with tempfile.TemporaryDirectory() as place:
        wheels, contents = Path(place, "wheels"), Path(place, "contents")
        contents.mkdir()
        (contents / "further").mkdir()
        for path in every_notebook(ROOT / "notebooks"):
            made = with_first_cell(nbformat.read(path, as_version=4))
            nbformat.write(made, contents / path.relative_to(ROOT / "notebooks"))
        wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", wheels, ROOT]
        subprocess.run(wheel, check=True)
        (package,) = wheels.glob("*.whl")
        build = [sys.executable, "-m", "jupyter", "lite", "build", "--contents", contents]
        build += ["--piplite-wheels", package, "--output-dir", folder, "--no-sourcemaps"]
        subprocess.run(build, cwd=place, check=True)
    add_self_test(folder)


if __name__ == "__main__":
    main()
