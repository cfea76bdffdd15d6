"""What a submission may import of this package: plain functions, and none of the answers."""

import ast
import shutil
from collections.abc import Collection
from pathlib import Path

GRADING_FOLDER = Path(__file__).parent.parent
BUILDING_BLOCKS = ("functions.py", "cells.py", "gradients.py")
WORKERS_OWN = (
    "wording.py",
    "exercise/cases.py",
    "exercise/containers.py",
    "isolation/running.py",
    "isolation/wire.py",
    "isolation/worker.py",
)

# Notebooks import these beside their exercises; in grading they do nothing.
# A lesson goes on with "your function if it passed": here always with the submission's.
GRADING = '''
class Report:
    """Says nothing: the grader checks."""

    score = max_score = 0
    results = ()


def check(*arguments, **named):
    """Does nothing: the grader checks."""
    return Report()


hint = reveal = case = check
'''


def fill_box(folder: Path, modules: Collection[str], taken: Collection[str]) -> None:
    """Write the package that a submission sees.

    Args:
        folder: an empty folder; `lessons_lib` is made in it.
        modules: which of `BUILDING_BLOCKS` it has.
        taken: functions that it has not, because they are asked for.
    """
    package = folder / "lessons_lib"
    (package / "grading").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "grading" / "__init__.py").write_text(GRADING)
    for name in WORKERS_OWN:
        copy = package / "grading" / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(GRADING_FOLDER / name, copy)
    for name in modules:
        source = (GRADING_FOLDER.parent / name).read_text(encoding="utf-8")
        (package / name).write_text(without(source, taken), encoding="utf-8")


def without(source: str, names: Collection[str]) -> str:
    """A module's source without some of its functions, and without annotations of shapes."""
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name in names)
        and not (isinstance(node, ast.ImportFrom) and node.module == "jaxtyping")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)
