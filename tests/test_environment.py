"""The files that describe the environment agree with each other, and with what the docs say."""

import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools.make_environment import conda_spec, environment

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# What .[lab,dev] installs.
WANTED = [Requirement(text) for text in PROJECT["dependencies"] + EXTRAS["lab"] + EXTRAS["dev"]]
SYSTEMS = [
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
]


def test_conda_gets_what_pip_gets():
    """The file is as the tool makes it: `python tools/make_environment.py` mends it."""
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == environment(PROJECT)
    *names, own = yaml.safe_load(text)["dependencies"]
    assert own == {"pip": ["-e ."]}
    # Binder's builder wants one minor version, given like this.
    python = re.fullmatch(r"python=(3\.\d+)", names[0])
    assert python and SpecifierSet(PROJECT["requires-python"]).contains(python[1])
    assert len(names) == len({re.split("[<>=]", name)[0] for name in names}) == 2 + len(WANTED)


def test_what_conda_has_no_form_for_is_refused():
    assert conda_spec("matplotlib>=3.10,<4") == "matplotlib-base>=3.10,<4"
    with pytest.raises(ValueError, match=r"conda has no form for .*python_version"):
        conda_spec("numpy>=2; python_version < '3.12'")


def test_constraints_hold_one_fitting_version_of_everything():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    for pin in pins:
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)) and pin.url is None, pin
        assert pin.name != "torch", "whoever wants torch chooses the build"
    for python, system in product(("3.11", "3.12", "3.13", "3.14"), SYSTEMS):
        machine = {"python_version": python, "python_full_version": f"{python}.9", **system}
        here = [pin for pin in pins if not pin.marker or pin.marker.evaluate(machine)]
        for wanted in WANTED:
            found = [pin for pin in here if canonicalize_name(pin.name) == wanted.name]
            assert len(found) == 1, f"{wanted} on {machine}: {found}"
            version = str(found[0].specifier).removeprefix("==")
            assert wanted.specifier.contains(version), f"{wanted}: {version}"


def test_the_version_is_written_in_one_place():
    assert importlib.metadata.version("lessons-lib") == PROJECT["version"]
    copies = [
        path
        for path in (ROOT / "lessons_lib").rglob("*.py")
        if PROJECT["version"] in path.read_text(encoding="utf-8")
    ]
    assert not copies


def test_what_the_docs_make_can_be_made():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        if page.name != "CHANGELOG.md":
            text = page.read_text(encoding="utf-8")
            named = set(re.findall(r"(?:`|^ *)make ([a-z-]+)\b", text, re.MULTILINE))
            assert named <= targets, page


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
