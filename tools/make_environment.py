"""Write environment.yml, for conda and Binder, from pyproject.toml; `make constraints` does."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# conda-forge's `matplotlib` brings a whole desktop toolkit; `matplotlib-base` does not.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
NOT_IN_BROWSERS = "; platform_system != 'Emscripten'"  # conda makes no environment there
# Binder's builder wants one minor version, given like this.
TOP = """\
# For conda and for Binder: conda env create -f environment.yml
# Made by tools/make_environment.py from pyproject.toml: core, lab and dev.
name: memory-gates
channels:
  - conda-forge
dependencies:
  - python=3.12
  - pip
"""
END = """\
  # the course's own package, from this folder
  - pip:
      - -e .
"""


def environment(project: dict) -> str:
    """The text of environment.yml.

    Args:
        project: the table [project] of pyproject.toml.
    """
    extras = project["optional-dependencies"]
    groups = {"core": project["dependencies"], "lab": extras["lab"], "dev": extras["dev"]}
    text = TOP
    for name, requirements in groups.items():
        text += f"  # {name}\n" + "".join(f"  - {conda_spec(one)}\n" for one in requirements)
    return text + END


def conda_spec(requirement: str) -> str:
    """A requirement as conda writes it: the package's name there, and the same bounds."""
    found = re.fullmatch(r"([\w-]+)([<>=!~.,\d]*)", requirement.removesuffix(NOT_IN_BROWSERS))
    if found is None:
        raise ValueError(f"pyproject.toml: conda has no form for {requirement!r}")
    name, bounds = found.groups()
    return CONDA_NAMES.get(name, name) + bounds


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (ROOT / "environment.yml").write_text(environment(project), encoding="utf-8")
