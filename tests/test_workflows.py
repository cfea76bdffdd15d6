"""What runs on GitHub: it fits the project, may do little, and asks for what is there."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from lessons_lib import cli

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def load(path: Path) -> Any:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in content.items()}  # YAML 1.1


def steps(workflow: Any) -> list[Any]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def commands(workflow: Any) -> list[str]:
    return [line for step in steps(workflow) for line in step.get("run", "").splitlines()]


def test_every_supported_python_is_tested_on_every_system():
    matrix = load(FOLDER / "tests.yml")["jobs"]["tests"]["strategy"]["matrix"]
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert matrix["python"] == supported
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert PROJECT["requires-python"] == f">={supported[0]}"


def test_the_oldest_and_the_newest_packages_are_tested():
    oldest = load(FOLDER / "tests.yml")["jobs"]["oldest"]["steps"]
    assert any("--resolution lowest-direct" in step.get("run", "") for step in oldest)
    assert {"python-version": "3.11"} in [step.get("with") for step in oldest]
    weekly = load(FOLDER / "weekly.yml")
    assert "schedule" in weekly["on"]
    newest = weekly["jobs"]["newest"]["steps"]
    assert any("pip install --upgrade" in step.get("run", "") for step in newest)
    assert not any("constraints.txt" in step.get("run", "") for step in newest)


@each_workflow
def test_a_workflow_may_read_and_a_job_says_what_it_needs_beyond(path: Path):
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    allowed = {
        "tests publish-site": {"pages": "write", "id-token": "write"},
        "release publish": {"id-token": "write"},
        "colab notebooks": {"contents": "write"},
    }
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {}) == allowed.get(f"{path.stem} {name}", {})
        assert job["timeout-minutes"] <= 120
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_actions_have_a_version_or_are_here(path: Path):
    for step in steps(load(path)):
        action = step.get("uses", "")
        if action.startswith("./"):
            assert (ROOT / action / "action.yml").is_file()
        elif action:
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v\d+)", action), action


@each_workflow
def test_no_command_is_made_from_what_others_write(path: Path):
    """A title or a tag in `${{ }}` would be run by the shell; in a variable it is not."""
    for step in steps(load(path)):
        assert "${{" not in step.get("run", "")


@each_workflow
def test_commands_ask_for_what_is_there(path: Path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    extras = set(PROJECT["optional-dependencies"])
    for command in commands(load(path)):
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


def test_the_release_is_published_by_trust_and_only_when_it_was_tried():
    jobs = load(FOLDER / "release.yml")["jobs"]
    assert jobs["publish"]["needs"] == "build"
    (publishing,) = (s for s in jobs["publish"]["steps"] if "pypi-publish" in s["uses"])
    assert "with" not in publishing  # neither a user nor a password


def test_code_is_checked_before_a_commit_by_the_versions_that_make_lint_has():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    pins = {
        pin.name: str(pin.specifier).removeprefix("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
        for pin in [Requirement(line)]
    }
    versions = {repo["repo"].rsplit("/")[-1]: repo["rev"] for repo in hooks["repos"]}
    assert versions["ruff-pre-commit"] == f"v{pins['ruff']}"
    assert versions["codespell"] == f"v{pins['codespell']}"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms(path: Path):
    form = load(path)
    assert {"name", "description", "body"} <= set(form)
    fields = [field["id"] for field in form["body"]]
    assert len(fields) == len(set(fields))
    assert any(field.get("validations", {}).get("required") for field in form["body"])


def test_a_fault_is_told_with_what_the_doctor_says():
    assert len(FORMS) == 3
    assert any("lessons doctor" in path.read_text(encoding="utf-8") for path in FORMS)
