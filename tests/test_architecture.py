"""Imports run one way, as docs/architecture.md says."""

import ast
from pathlib import Path

import pytest

import lessons_lib

PACKAGE = Path(lessons_lib.__file__).parent

# What each part of the package may import from it, beside itself.
ALLOWED = {
    "files": set(),
    "functions": set(),
    "gradients": set(),
    "cells": {"functions"},
    "layers": {"functions", "cells"},
    "models": {"functions", "layers", "files"},
    "interop": {"layers", "models"},
    "text": {"functions", "layers", "files"},
    "training": {"functions", "gradients", "layers", "models", "text", "files"},
    "plots": {"files"},
    "diagrams": {"plots"},
    "grading": {"files", "exercises"},  # only the registry, which imports the lessons when asked
    "exercises": {"functions", "cells", "grading"},
}
ALLOWED["experiments"] = set(ALLOWED) - {"plots", "grading", "exercises"}
ALLOWED["widgets"] = {"plots", "experiments", "functions", "cells"}
ALLOWED["cli"] = set(ALLOWED)
ALLOWED["__main__"] = {"cli"}
ALLOWED["__init__"] = set()


def imported_parts(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("lessons_lib."):
                yield name.split(".")[1]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix()
)
def test_imports_run_one_way(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert set(imported_parts(path)) <= ALLOWED[part] | {part}


def test_only_the_registry_reaches_for_the_lessons():
    reaching = {
        path.name
        for path in (PACKAGE / "grading").glob("*.py")
        if "exercises" in imported_parts(path)
    }
    assert reaching <= {"registry.py"}
