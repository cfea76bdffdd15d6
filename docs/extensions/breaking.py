"""Display formulas in pieces, so that a narrow page can break them where their author would.

A formula has one shape for all pages. Where it is wider than its place, `_static/page.js` names it
`broken`, and `_static/mathematics.css` lets its parts flow like words: first those that stand apart
(cells of a table, and what \\quad separates), then, in one that is still too wide, before = and +
and -.
"""

from itertools import pairwise
from xml.etree import ElementTree as ET

APART = ("1em", "2em")  # \quad and \qquad
BREAKS = set("=≤≥<>≈←→⇒+\N{MINUS SIGN}")  # a line may begin with one of these
OPENING, CLOSING = set("([{⟨"), set(")]}⟩")


def in_pieces(mathml: str) -> str:
    """The same formula with `<mrow class="part">` around what stands apart, and pieces in it.

    It looks as it did before: rows in a row change nothing.
    """
    formula = ET.fromstring(mathml.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}"))
    shown = formula.find("semantics")[0]
    if shown.tag == "mtable":
        for cell in shown.findall("mtr/mtd"):
            divide(cell)
    elif shown.tag == "mrow":
        divide(shown)
    return ET.tostring(formula, encoding="unicode")


def divide(row: ET.Element) -> None:
    """Put the children of a row or a cell into parts, in place."""
    children, part = list(row), None
    row[:] = []
    for child in children:
        if child.tag == "mspace" and child.get("width") in APART:
            row.append(child)
            part = None
            continue
        if part is None:
            part = ET.SubElement(row, "mrow", {"class": "part"})
        part.append(child)
    for part in row.findall("mrow[@class='part']"):
        part[:] = pieces(list(part))


def pieces(children: list[ET.Element]) -> list[ET.Element]:
    """The children of a part in rows, each but the first with a sign to break at in front."""
    rows, depth, before = [ET.Element("mrow")], 0, None
    for child in children:
        sign = child.text if child.tag == "mo" else ""
        depth += (sign in OPENING) - (sign in CLOSING)
        if sign in BREAKS and depth == 0 and ends_a_term(before) and child.get("lspace") != "0":
            child.set("form", "infix")  # or it would be taken for the sign of what follows
            rows.append(ET.Element("mrow"))
        rows[-1].append(child)
        before = child
    for first, second in pairwise(rows):
        # A sign with nothing but words is all operator to a browser: its room would be left out.
        if not (has_a_term(first) and has_a_term(second)):
            second[:] = [*first, *second]
            first[:] = []
    return [row for row in rows if len(row)]


def has_a_term(row: ET.Element) -> bool:
    return any(child.tag not in {"mo", "mtext", "mspace"} for child in row)


def ends_a_term(element: ET.Element | None) -> bool:
    """Whether a sign behind this is one between two terms: not the = of +=, nor a minus of one."""
    if element is None or element.tag == "mspace":
        return False
    return element.tag != "mo" or element.text in CLOSING or element.get("form") == "postfix"
