"""How `make site` builds the web site: Sphinx reads the whole checkout, pages stay where they are.

The notebooks are shown with the outputs that are stored in them; nothing is run. Whatever a page
needs lies beside it: the built site can be read without a network.
"""

import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import new_class
from typing import Generic, TypeVar

import numpy.typing

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Memory Gates"
author = PROJECT["authors"][0]["name"]
copyright = f"2026, {author}. Code: MIT. Lessons and corpus: CC BY 4.0"  # Sphinx wants this name
version = release = PROJECT["version"]
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.linkcode",
    "sphinx_copybutton",
    "mathematics",
    "outputs",
    "terms",
    "asked",
    "dials",
    "mentions",
    "addresses",
    "late",
]
sys.path.insert(0, str(ROOT / "docs" / "extensions"))
root_doc = "index"
include_patterns = [
    "index.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/**",
    "notebooks/*.ipynb",
    "notebooks/further/*.ipynb",
    "data/*/README.md",
]
exclude_patterns = [".*", "build", "dist", "**/.ipynb_checkpoints"]

# --- lessons ---
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # they would come from elsewhere; a stored widget shows nothing anyway
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

# --- reference ---
# Behind these names stand types that are many lines long: let signatures say the names.
typing_names = {"__module__": "numpy.typing"}
numpy.typing.ArrayLike = type("ArrayLike", (), typing_names)
numpy.typing.DTypeLike = type("DTypeLike", (), typing_names)
numpy.typing.NDArray = new_class(
    "NDArray", (Generic[TypeVar("Scalar")],), exec_body=lambda names: names.update(typing_names)
)
default_role = "py:obj"  # a name in single backticks is a link where the name is known, else code
add_module_names = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 90
napoleon_use_ivar = True
napoleon_use_rtype = False

# --- pages ---
highlight_language = "none"  # what names no language is a formula or a shell's command
html_theme = "furo"
pygments_dark_style = "a11y-dark"
html_title = "Memory Gates"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["site.css"]
html_js_files = ["offline.js", ("page.js", {"defer": "defer"})]
html_search_scorer = str(ROOT / "docs" / "_static" / "scorer.js")
html_favicon = "_static/favicon.svg"
html_use_index = html_domain_indices = False  # the search finds every name
html_copy_source = True
html_show_sourcelink = False
html_math_renderer = "mathml"
html_additional_pages = {"404": "404.html"}
copybutton_exclude = ".linenos, .gp, .go"
copybutton_selector = "div.highlight pre:not(.cell_output pre)"  # not what a cell has printed


def repository() -> str:
    """OWNER/NAME on GitHub: where it builds the site, else where this checkout came from, or ""."""
    if "GITHUB_REPOSITORY" in os.environ:  # so that the pages of a fork lead to the fork
        return os.environ["GITHUB_REPOSITORY"]
    try:
        command = ["git", "-C", str(ROOT), "config", "--get", "remote.origin.url"]
        origin = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:  # no git here
        origin = ""
    found = re.fullmatch(r"(?:https://|git@)github\.com[/:]([^/]+/[^/]+?)(?:\.git)?/?", origin)
    return found[1] if found else ""


html_context = {"repository": repository()}
if not html_context["repository"]:
    print("No address on GitHub is known, so no page links to Binder or Colab.")
    print("To name one: GITHUB_REPOSITORY=owner/name make site")
else:
    owner, name = html_context["repository"].split("/")
    html_baseurl = f"https://{owner.lower()}.github.io/{name}/"
    html_theme_options = {
        "source_repository": f"https://github.com/{html_context['repository']}/",
        "source_branch": "main",
        "source_directory": "",
        "top_of_page_buttons": ["view"],
    }
html_sourcelink_suffix = ""  # a lesson's source is its notebook, under its own name, to download


def plain_text(app, what, name, obj, options, lines):
    """Take docstrings for what they are: plain text, code in backticks, formulas set off."""
    text, in_formula, after_blank = [], False, False
    for line in lines:
        in_formula = line.startswith("    ") and (in_formula or after_blank)
        if in_formula and after_blank:
            text += ["::", ""]  # a literal block
        # Stars, bars and backslashes outside of code, and a lone "D.", which would begin a list.
        escaped = re.sub(r"(`[^`]*`)|([*|\\])", lambda m: m[1] or "\\" + m[2], line)
        escaped = re.sub(r"(?<=: )([A-Z]\.)$", r"\\\1", escaped)
        if text and text[-1].strip() in ("Returns:", "Yields:"):
            # With an empty type in front, no other colon ends one.
            escaped = re.sub(r"^(\s*)", r"\1: ", escaped)
        text.append(line if in_formula else escaped)
        after_blank = not line.strip()
    lines[:] = text


def parsable_defaults(app, what, name, obj, options, signature, returns):
    """Write a dataclass's made default as "...", since "<factory>" is no Python."""
    return signature and signature.replace("<factory>", "..."), returns


def linkcode_resolve(domain, info):
    """Where the source of a described name stands on GitHub, if an address there is known."""
    if domain != "py" or not html_context["repository"]:
        return None
    described = sys.modules.get(info["module"])
    for part in info["fullname"].split("."):
        described = getattr(described, part, None)
    try:
        lines, start = inspect.getsourcelines(inspect.unwrap(described))
        file = Path(inspect.getsourcefile(inspect.unwrap(described))).relative_to(ROOT)
    except (TypeError, OSError, ValueError):  # a value, or not of this package
        return None
    place = f"{file.as_posix()}#L{start}-L{start + len(lines) - 1}"
    return f"https://github.com/{html_context['repository']}/blob/main/{place}"


def add_experiments(app, docname, source):
    """Let the page of a lesson's folder have a section for each module that measures or draws."""
    if docname.startswith("docs/api/experiments/"):
        folder = re.sub(r"^\d+_", "", docname.rpartition("/")[2])
        course = pkgutil.walk_packages(
            [str(ROOT / "lessons_lib" / "course" / folder)], f"lessons_lib.course.{folder}."
        )
        for name in (module.name for module in course if not module.ispkg):
            if not name.endswith((".exercises", ".mistakes", ".sizes", ".cases")):
                source[0] += (
                    f"\n{name}\n{'-' * len(name)}\n\n.. automodule:: {name}\n   :members:\n"
                )


def setup(app):
    app.connect("source-read", add_experiments)
    app.connect("autodoc-process-docstring", plain_text, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", parsable_defaults)
