"""What a page mentions becomes a link: lessons, exercises, functions, terms, papers.

All of it is done when a page is written, so notebooks say "lesson 05" and `lstm_step` as before.
"""

import re
from pathlib import PurePosixPath

from docutils import nodes
from linking import NO_LINKS, ancestors, reference, replace, texts
from papers import link_papers
from sphinx.application import Sphinx
from terms import Term, read_terms

from lessons_lib.course import exercises
from lessons_lib.course.lessons import FURTHER, LESSONS

TARGETS = {one.name[:2]: f"notebooks/{one.name}" for one in LESSONS}
NAMES = {one.name: f"notebooks/{one.file.removesuffix('.ipynb')}" for one in LESSONS + FURTHER}
# "lesson 05", "lessons 02, 06 and 07", and "(05, 06)" after a term.
LESSON = re.compile(
    r"\b[Ll]essons? \d\d(?:(?:, | and | to | or |\N{EN DASH})\d\d\b)*|(?<=\()\d\d(?:, \d\d)*(?=\))"
)
PUBLIC = re.compile(r"lessons_lib(\.(?!course)\w+)+$")


def link_all(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Make links of a page's mentions; its own headings, links and code blocks stay as they are."""
    if app.builder.format != "html":
        return
    link_names(app, doctree, page)
    link_lessons(app, doctree, page)
    if page in NAMES.values():
        link_papers(doctree)
        link_terms(app, doctree, page, app.env.memory_gates_terms)


def link_lessons(app: Sphinx, doctree: nodes.document, page: str) -> None:
    own = PurePosixPath(page).name[:2] if page in TARGETS.values() else ""

    def link(words: str) -> nodes.reference | None:
        number = words[-2:]
        if number == own or number not in TARGETS:
            return None
        return reference(app, page, TARGETS[number], words)

    def link_each(words: str) -> nodes.inline | None:
        group = nodes.inline("", words)
        replace(group[0], re.compile(r"(?:[Ll]essons? )?\d\d"), link)
        return group

    for text in texts(doctree):
        replace(text, LESSON, link_each)


def link_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Link an exercise to where it is set, and a function of the package to its description."""
    asked = {one.name: one.lesson for one in exercises.all() if one.lesson in NAMES}
    described = app.env.memory_gates_functions
    for literal in doctree.findall(nodes.literal):
        if any(isinstance(parent, NO_LINKS) for parent in ancestors(literal)):
            continue
        name = literal.astext().partition("(")[0]
        if name in asked and page.startswith(("notebooks/", "docs/teaching", "docs/instructor")):
            if NAMES[asked[name]] == page:
                continue
            link = reference(app, page, NAMES[asked[name]], "", f"exercise-{name}")
        elif name in described and described[name][0] != page:
            link = reference(app, page, *described[name])
        else:
            continue
        literal.parent.replace(literal, link)
        link += literal


def find_functions(app: Sphinx, env: object) -> None:
    """Where each public name of the package is described, by its name alone and with its module."""
    found: dict[str, tuple[str, str, str]] = {}
    for full, entry in sorted(app.env.domains["py"].objects.items()):
        if PUBLIC.match(full) and not entry.aliased:
            target = (entry.docname, "", entry.node_id)
            found[full] = target
            if full.count(".") == 2:  # not a method, whose name alone says little
                found.setdefault(full.rpartition(".")[2], target)
    app.env.memory_gates_functions = found
    app.env.memory_gates_terms = read_terms(app.env.get_doctree("docs/glossary"))


def link_terms(app: Sphinx, doctree: nodes.document, page: str, terms: list[Term]) -> None:
    """Link the first use of each term to the glossary; the Korean term shows on hovering."""
    by_form = {form.lower(): term for term in terms for form in term.forms}
    forms = "|".join(sorted(map(re.escape, by_form), key=len, reverse=True))
    pattern = re.compile(rf"\b(?:{forms})(?:s|es)?\b", flags=re.IGNORECASE)
    seen: set[str] = set()

    def link(words: str) -> nodes.reference | None:
        form = next(one for one in (words, words[:-1], words[:-2]) if one.lower() in by_form)
        term = by_form[form.lower()]
        if term.anchor in seen:
            return None
        seen.add(term.anchor)
        made = reference(app, page, "docs/glossary", words, term.anchor)
        made["classes"].append("term")
        made["reftitle"] = term.korean
        return made

    for text in texts(doctree):
        replace(text, pattern, link)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-updated", find_functions)
    app.connect("doctree-resolved", link_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
