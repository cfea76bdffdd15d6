"""A dial of a lesson as a figure of the page: its pictures are drawn when the site is built.

The notebook's own cell is run with a recorder in place of ipywidgets, so the page shows what the
lesson shows. Only what the cell needs is run: the statements above it that make its names.
"""

import ast
import html
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from docutils import nodes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from sphinx.application import Sphinx

from lessons_lib import widgets

CALL = re.compile(r"^\w+_dials?\(", flags=re.MULTILINE)


class Slider(NamedTuple):
    """What a reader moves."""

    name: str
    values: list[Any]
    labels: list[str]
    start: int  # the value that it begins with


class Dial(NamedTuple):
    """Sliders, and what draws a figure for their values."""

    draw: Callable[..., None]
    sliders: dict[str, Slider]  # by the name of draw's argument


def record(cells: Sequence[str]) -> Dial:
    """Run the last of these cells, and what it needs of the others, up to its dial."""
    dials: list[Dial] = []

    def interact(draw: Callable[..., None], **controls: Any) -> None:
        dials.append(Dial(draw, {name: slider(control) for name, control in controls.items()}))

    with mock.patch.object(widgets.ipywidgets, "interact", interact):
        exec(compile(needed(cells), "<dial>", "exec"), {})
    (dial,) = dials
    return dial


def needed(cells: Sequence[str]) -> ast.Module:
    """The statements of the last cell, and those before it that make what it uses."""
    parts = [ast.parse(re.sub(r"^%.*$", "", cell, flags=re.MULTILINE)).body for cell in cells]
    kept, wanted = list(parts[-1]), names(parts[-1], ast.Load)
    for statement in reversed([one for part in parts[:-1] for one in part]):
        if names([statement], ast.Store) & wanted:
            kept.insert(0, statement)
            wanted |= names([statement], ast.Load)
    return ast.Module(kept, type_ignores=[])


def names(statements: Sequence[ast.stmt], context: type) -> set[str]:
    """The names that are read (Load), or made (Store), an import's and a function's among them."""
    found = set()
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        elif isinstance(node, ast.alias) and context is ast.Store:
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.FunctionDef) and context is ast.Store:
            found.add(node.name)
    return found


def slider(control: Any) -> Slider:
    """What a slider of ipywidgets can be set to."""
    if hasattr(control, "options"):
        options = [one if isinstance(one, tuple) else (str(one), one) for one in control.options]
        labels, values = map(list, zip(*options, strict=True))
    else:
        count = round((control.max - control.min) / control.step) + 1
        values = [round(control.min + k * control.step, 6) for k in range(count)]
        labels = [format(value, control.readout_format) for value in values]
    return Slider(control.description, values, labels, values.index(control.value))


def thinned(sliders: Sequence[Slider], most: int) -> list[Slider]:
    """The same sliders with fewer positions, so that `most` pictures are enough if they can be."""
    kept = list(sliders)
    for parts in range(max(len(one.values) for one in sliders), 0, -1):
        kept = [every(one, math.ceil((len(one.values) - 1) / parts)) for one in sliders]
        if math.prod(len(one.values) for one in kept) <= most:
            break
    return kept


def every(one: Slider, step: int) -> Slider:
    """A slider with its two ends, its start, and each step-th position from there."""
    last = len(one.values) - 1
    places = [k for k in range(last + 1) if k in (0, last) or (k - one.start) % step == 0]
    values, labels = [one.values[k] for k in places], [one.labels[k] for k in places]
    return Slider(one.name, values, labels, places.index(one.start))


def pictures(dial: Dial, sliders: Sequence[Slider]) -> Iterator[Figure]:
    """A figure for each position; the last slider moves fastest."""
    for values in product(*(one.values for one in sliders)):
        shown: list[Figure] = []
        with mock.patch.object(widgets, "display", shown.append):
            dial.draw(**dict(zip(dial.sliders, values, strict=True)))
        (figure,) = shown
        yield figure


def described(figure: Figure) -> str:
    """A figure in words: its titles, and where each line begins and ends."""
    said = []
    for axes in figure.axes:
        lines = []
        for line in axes.get_lines():
            label, ys = str(line.get_label()), line.get_ydata()
            if len(ys) > 2 and not label.startswith("_"):
                lines.append(f"{label} from {ys[0]:.2g} to {ys[-1]:.2g}")
        if axes.get_title() or lines:
            said.append(": ".join(filter(None, [axes.get_title(), ", ".join(lines)])))
    return ". ".join(said)


def twin(cells: Sequence[str], folder: Path, address: str, name: str, most: int) -> str:
    """The dial of the last cell as HTML, with its pictures written to a folder."""
    dial = record(cells)
    sliders = thinned(list(dial.sliders.values()), most)
    start = 0
    for one in sliders:
        start = start * len(one.values) + one.start
    said = []
    for k, figure in enumerate(pictures(dial, sliders)):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        drawn.save(folder / f"{name}-{k}.webp", lossless=True, method=2)
        said.append(described(figure))
    width, height = map(round, figure.get_size_inches() * figure.dpi)
    controls = "".join(
        f'<label><span>{html.escape(one.name)}</span><input type="range" min="0" '
        f'max="{len(one.values) - 1}" value="{one.start}" aria-valuetext="{one.labels[one.start]}">'
        f"<output>{one.labels[one.start]}</output></label>"
        for one in sliders
    )
    data = {"labels": [one.labels for one in sliders], "said": said, "pictures": f"{address}{name}"}
    as_json = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="dial"><div class="sliders">{controls}</div>'
        f'<img src="{address}{name}-{start}.webp" width="{width}" height="{height}" '
        f'alt="What the sliders above show: {html.escape(said[start])}">'
        f'<figcaption aria-live="polite">{html.escape(said[start])}</figcaption>'
        f'<script type="application/json">{as_json}</script></figure>'
    )


def add_twins(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put a twin below each cell that shows a dial."""
    if app.builder.format != "html" or not page.startswith("notebooks/"):
        return
    folder = Path(app.outdir) / "_images"
    address = app.builder.get_relative_uri(page, "index").replace("index.html", "_images/")
    cells: list[str] = []
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") != "cell_code_source":
            continue
        cells.append(cell.astext())
        if CALL.search(cells[-1]):
            folder.mkdir(parents=True, exist_ok=True)
            name = f"dial-{page.rpartition('/')[2]}-{len(cells)}"
            cell.parent += nodes.raw(
                "", twin(cells, folder, address, name, app.config.dial_pictures), format="html"
            )


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("dial_pictures", 25, "html", int)  # at most, for each dial
    app.add_js_file("dials.js", loading_method="defer")
    app.connect("doctree-resolved", add_twins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
