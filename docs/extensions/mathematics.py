"""Mathematics as MathML, set when the site is built: no script, and a screen reader can read it.

Each formula carries its TeX as an annotation; `_static/mathematics.js` puts that on the clipboard.
A phone has no font for mathematics, so the site brings one, with no more than the signs it shows.
"""

import html
import importlib.util
import logging
import re
from pathlib import Path

from breaking import in_pieces
from docutils.nodes import SkipNode, math, math_block
from fontTools import subset
from fontTools.ttLib import TTFont
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.writers.html5 import HTML5Translator

CONVERTER = LatexToMathML(annotation=True, fancy_error=False)
# STIX Two Math, under the SIL Open Font License, comes with this package.
FONT = Path(importlib.util.find_spec("ziamath").origin).parent / "fonts/STIXTwoMath-Regular.ttf"
LETTERS = [*range(0x20, 0x7F), *range(0x370, 0x400)]
RADICAL = "\N{SQUARE ROOT}"  # drawn by the browser: no formula has it as a letter
PRIMES = range(0x2032, 0x2038)
ITALIC = [0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]  # what <mi> makes of letters


def to_mathml(tex: str, *, display: bool) -> str:
    """One formula as a MathML element.

    Raises:
        SphinxError: with the formula, if it cannot be set.
    """
    rows = re.sub(
        r"\\\\\[[\d.]+(?:pt|em|ex)\]", r"\\\\", tex.strip()
    )  # room after a row is not known
    try:
        return CONVERTER.convert_with_local_state(rows, displaystyle=display)
    except LatexError as error:
        raise SphinxError(f"this formula cannot be set: {tex.strip()!r}: {error}") from None


def characters(mathml: str) -> set[str]:
    """What a reader sees of a formula."""
    shown = re.sub(r"<annotation.*?</annotation>", "", mathml, flags=re.DOTALL)
    return {RADICAL} | set(html.unescape(re.sub("<[^>]*>", "", shown)))


def write_inline(translator: HTML5Translator, node: math) -> None:
    formula = to_mathml(node.astext(), display=False)
    translator.body.append(f'<span class="math notranslate">{formula}</span>')
    raise SkipNode


def write_block(translator: HTML5Translator, node: math_block) -> None:
    formula = in_pieces(to_mathml(node.astext(), display=True))
    start = translator.starttag(node, "div", CLASS="math notranslate")
    translator.body.append(f"{start}{formula}</div>\n")
    raise SkipNode


def write_font(app: Sphinx, error: Exception | None) -> None:
    """Cut the font down to the signs that the pages show, once they are all written."""
    if error or app.builder.format != "html":
        return
    shown: set[str] = set()
    for page in Path(app.outdir).rglob("*.html"):
        formulas = re.findall("<math.*?</math>", page.read_text("utf-8"), flags=re.DOTALL)
        shown.update(*map(characters, formulas))
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table
    options = subset.Options(flavor="woff", hinting=False, layout_features=["ssty"])
    font = TTFont(FONT)
    use_primes_for_superscripts(font)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[*map(ord, shown), *LETTERS, *ITALIC])
    cutter.subset(font)
    subset.save_font(font, Path(app.outdir) / "_static" / "mathematics.woff", options)


def use_primes_for_superscripts(font: TTFont) -> None:
    """Show a prime as it is drawn for superscripts, which Chromium does not do by itself."""
    table = font["GSUB"].table
    numbers = {
        number
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "ssty"
        for number in record.Feature.LookupListIndex
    }
    drawn = {}
    for part in (part for number in numbers for part in table.LookupList.Lookup[number].SubTable):
        part = getattr(part, "ExtSubTable", part)
        drawn |= {glyph: glyphs[0] for glyph, glyphs in getattr(part, "alternates", {}).items()}
    for characters_of in font["cmap"].tables:
        for prime in PRIMES:
            if (glyph := characters_of.cmap.get(prime)) in drawn:
                characters_of.cmap[prime] = drawn[glyph]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    app.add_css_file("mathematics.css")
    app.add_js_file("mathematics.js", loading_method="defer")
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
