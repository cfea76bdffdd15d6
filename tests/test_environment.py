"""The files that describe the environment agree with each other, and with what the docs say."""

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# What .[lab,dev] installs.
WANTED = [Requirement(text) for text in PROJECT["dependencies"] + EXTRAS["lab"] + EXTRAS["dev"]]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA_SPECS = [spec for spec in CONDA["dependencies"] if isinstance(spec, str)]
# conda-forge's `matplotlib` brings a whole desktop toolkit; `matplotlib-base` does not.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
CONSTRAINTS = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
SYSTEMS = {
    "Linux": {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    "macOS": {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    "Windows": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
}


@pytest.mark.parametrize("requirement", WANTED, ids=str)
def test_conda_gets_the_same_package_with_the_same_bound(requirement: Requirement):
    name = CONDA_NAMES.get(requirement.name, requirement.name)
    bounds = [spec.version for spec in map(MatchSpec, CONDA_SPECS) if spec.name.normalized == name]
    assert list(map(str, bounds)) == [str(requirement.specifier)]


@pytest.mark.parametrize("spec", CONDA_SPECS)
def test_conda_gets_no_other_package(spec: str):
    known = {CONDA_NAMES.get(requirement.name, requirement.name) for requirement in WANTED}
    assert MatchSpec(spec).name.normalized in known | {"python", "pip"}


def test_conda_installs_this_package_on_a_supported_python():
    assert CONDA["channels"] == ["conda-forge"]
    assert CONDA["dependencies"][-1] == {"pip": ["-e ."]}
    # Binder's builder wants one minor version, given like this.
    (python,) = (spec for spec in CONDA_SPECS if spec.startswith("python="))
    assert re.fullmatch(r"python=3\.\d+", python)
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_a_constraint_is_one_version_and_no_address(line: str):
    pin = Requirement(line)
    assert re.fullmatch(r"==[\w.]+", str(pin.specifier))
    assert pin.url is None and "/" not in line
    assert canonicalize_name(pin.name) != "torch", "whoever wants torch chooses the build"


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_constraints_hold_one_fitting_version_of_everything(python: str, system: str):
    machine = {"python_version": python, "python_full_version": f"{python}.9", **SYSTEMS[system]}
    pins = [
        pin
        for pin in map(Requirement, CONSTRAINTS)
        if not pin.marker or pin.marker.evaluate(machine)
    ]
    for requirement in WANTED:
        found = [pin for pin in pins if canonicalize_name(pin.name) == requirement.name]
        assert len(found) == 1, f"{requirement}: {found}"
        version = str(found[0].specifier).removeprefix("==")
        assert requirement.specifier.contains(version), f"{requirement}: {version}"


def test_parity_is_tested_with_one_version_of_torch():
    assert EXTRAS["parity"] == ["torch==2.13.0"]


def test_the_version_is_written_in_one_place():
    assert importlib.metadata.version("lessons-lib") == PROJECT["version"]
    copies = [
        path
        for path in (ROOT / "lessons_lib").rglob("*.py")
        if PROJECT["version"] in path.read_text(encoding="utf-8")
    ]
    assert not copies


DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_what_the_docs_make_can_be_made(document: Path):
    text = document.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^ *)make ([a-z-]+)\b", text, re.MULTILINE))
    assert named <= targets


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_what_can_be_made():
    listing = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("lab", "test", "refresh", "lint", "clean"):
        assert re.search(rf"^  make {target} +\w", listing, re.MULTILINE), listing


PRIVATE = {
    "a home folder": re.compile(r"/(home|Users)/\w+/|/root/\w|[A-Z]:\\Users\\\w"),
    "a package index": re.compile(
        r"pypi\.org/simple|files\.pythonhosted\.org|download\.pytorch\.org|conda\.anaconda\.org"
    ),
}


def test_no_file_names_a_home_folder_or_a_package_index():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listing.stdout.split("\0")):
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, an array, or removed and not yet committed
        found += [f"{name}: {what}" for what, pattern in PRIVATE.items() if pattern.search(text)]
    assert not found
