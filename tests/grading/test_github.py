"""The exported workflow gives the scores of `lessons grade`, and says what could not be graded."""

import csv
import json
import os
import shutil
import sys
from xml.etree import ElementTree

import pytest
import yaml

from lessons_lib.grading.export.github_collecting import Line, annotation, entries
from lessons_lib.grading.export.github_grading import annotations, junit, summary, with_commits
from lessons_lib.grading.export.github_returning import give_back, issue
from lessons_lib.grading.isolation.policy import missing_for_strong
from tests.grading.platforms import ENVIRONMENT, NAME, POINTS, SCORES, run

FILE = f"{NAME}.ipynb"
# As GitHub's command line answers: a repository, its newest commit, a file of it, or an error.
GH = """#!/usr/bin/env bash
for argument; do case "$argument" in repos/*) path="${argument#repos/}" ;; esac; done
path="${path%%\\?ref=*}"
case "$1 $path" in
    *down*) echo 'gh: Bad Gateway (HTTP 502)' >&2; exit 1 ;;
    *unborn*) echo 'gh: Git Repository is empty. (HTTP 409)' >&2; exit 1 ;;
    "issue "*) [ "$2" = list ] && cat "$HUB/issues" && exit
        cat > "$HUB/issue"; echo "$@" >> "$HUB/created"; exit ;;
    */commits/HEAD) [ -d "$HUB/${path%/commits/HEAD}" ] &&
        echo '{"sha": "c0ffee", "commit":' \
            '{"committer": {"date": "2026-03-05T10:15:00Z"}}}' && exit ;;
    */contents/*) cat "$HUB/${path/contents\\//}" 2> /dev/null && exit ;;
    *) echo "{\\"private\\": $([ -e "$HUB/$path/public" ] && echo false || echo true)}"; exit ;;
esac
echo '{"message": "Not Found"}'; echo 'gh: Not Found (HTTP 404)' >&2; exit 1
"""
posix = pytest.mark.skipif(os.name != "posix", reason="the workflow runs on Ubuntu")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A folder of repositories, which a command `gh` shows as GitHub does."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "lessons").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m lessons_lib "$@"\n'
    )
    for path in (tmp_path / "bin").iterdir():
        path.chmod(0o755)
    (tmp_path / "hub").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{ENVIRONMENT['PATH']}")
    monkeypatch.setenv("HUB", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def workflow(exported, hub, tmp_path):
    """Runs steps of the exported workflow by name, in the exported checkout."""
    shutil.copytree(exported("github"), tmp_path / "export")
    checkout = tmp_path / "export" / "grading"
    (file,) = (checkout / ".github" / "workflows").glob("*.yml")
    job = yaml.safe_load(file.read_text())["jobs"]["grade"]

    def step(name, status=0):
        (script,) = (one["run"] for one in job["steps"] if one.get("name") == name)
        if missing_for_strong():
            script = script.replace(" --require strong", "")
        return run(
            ["bash", "-e", "-c", script],
            checkout,
            status,
            **job["env"],
            HUB=str(hub),
            PATH=os.environ["PATH"],
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
        )

    step.checkout, step.summary = checkout, tmp_path / "summary.md"
    return step


ROSTER = (
    "# the class\r\nclass/right\r\n\r\nhttps://github.com/class/partly\r\n"
    "git@github.com:class/wrong.git  # in the second group\r\nclass/unattempted/\r\n"
    "class/empty\r\nclass/unborn\r\nclass/gone\r\nclass/down\r\nnobody\r\n"
)


@posix
def test_the_workflow(plain, workflow, hub):
    shutil.copytree(plain, hub / "class")
    broken = hub / "class" / "wrong" / FILE
    broken.write_text(broken.read_text().replace("np.sin(", "np.sine(", 1))
    (hub / "class" / "empty").mkdir()  # a repository without the file
    assert [path.suffix for path in (workflow.checkout.parent / "student").iterdir()] == [".ipynb"]
    (workflow.checkout / "roster.txt").write_bytes(ROSTER.encode())
    said = workflow("Collect")
    for number, title in ((9, "class/gone"), (10, "class/down"), (11, "nobody")):
        assert f"::error title={title},file=roster.txt,line={number}::" in said
    assert said.endswith(f"4 collected, 2 without {FILE}, 3 failed\n")
    workflow("Grade")
    said = workflow("Report", status=1)  # lines failed, and the job is seen to have
    suites = ElementTree.parse(workflow.checkout / "graded" / "junit.xml").getroot()
    for suite in suites:
        verdicts = [len(suite.findall(f"testcase/{k}")) for k in ("failure", "error", "skipped")]
        assert [int(suite.get(key)) for key in ("failures", "errors", "skipped")] == verdicts
        assert int(suite.get("tests")) == len(suite.findall("testcase")) == len(POINTS)
    with (workflow.checkout / "graded" / "grades.csv").open(encoding="utf-8-sig") as file:
        found = list(csv.DictReader(file))
    rows = {(row["submission"] or row["student"]).removesuffix(f"/{FILE}"): row for row in found}
    given = {who.removeprefix("class/"): row["score"] for who, row in rows.items()}
    assert given == {who: f"{score:g}" for who, score in SCORES.items()} | {
        "empty": "0",
        "unborn": "0",
        "gone": "",
        "down": "",
        "nobody": "",
    }
    assert rows["class/empty"]["rnn_forward status"] == "no file"
    assert rows["class/unattempted"]["rnn_forward status"] == "not_attempted"
    assert rows["class/right"]["commit"] == "c0ffee"
    assert rows["class/right"]["committed"] == "2026-03-05T10:15:00Z"
    table = workflow.summary.read_text()
    total = f"5 of {sum(POINTS.values()):g}"
    assert (
        f"| class/partly/assignment3.ipynb | {total} | ✓ 2 passed | ✗ 0 not attempted yet |"
        in table
    )
    assert "½ 1 not right yet" in table and "✗ 0 not attempted yet" in table
    assert "| class/empty | no file |" in table and "HTTP 502" in table
    text = broken.read_text().splitlines()
    place = next(k for k, line in enumerate(text, start=1) if "np.sine(" in line)
    assert f"collected/class/wrong/{FILE},line={place}::" in said


@posix
def test_after_a_step_that_failed(workflow):
    (workflow.checkout / "roster.txt").write_text("class/gone\n")
    assert "nothing to grade" in workflow("Collect", status=1)
    workflow("Grade", status=2)
    said = workflow("Report", status=1)
    assert "Traceback" not in said and "0 graded; 1 lines of the roster failed" in said
    assert "| class/gone |" in workflow.summary.read_text()


RESULT = {
    "exercise": "f",
    "status": "crashed",
    "score": 0,
    "max_score": 1,
    "message": "",
    "hint": None,
}
RECORD = {"score": 0, "max_score": 1, "seed": 1, "isolation": "strong", "sha256": "0123456789"}


@posix
def test_a_student_gets_an_issue_once(hub):
    (hub / "class" / "a").mkdir(parents=True)
    (hub / "class" / "b").mkdir()
    (hub / "class" / "b" / "public").touch()
    (hub / "issues").write_text("[]")
    record = RECORD | {"results": [RESULT | {"message": "No *tanh*."}]}
    title, text = issue(record, FILE)
    assert title == "assignment3: 0 of 1 points (01234567)"
    give_back("class/a", title, text)
    assert (
        (hub / "issue").read_text().startswith("### `f`\n\n**crashed**, 0 of 1\n\nNo \\*tanh\\*.")
    )
    (hub / "issues").write_text(json.dumps([{"title": title}]))
    give_back("class/a", title, text)
    assert len((hub / "created").read_text().splitlines()) == 1
    with pytest.raises(ValueError, match="the repository is public"):
        give_back("class/b", title, text)
    with pytest.raises(RuntimeError, match="HTTP 502"):
        give_back("class/down", title, text)


def test_reports_take_any_name_and_message(tmp_path):
    record = RECORD | {
        "submission": "a|b\x00<i>[x](y)",
        "results": [RESULT | {"message": "\x1b]0;\ud800]]> <b>&"}],
    }
    (suite,) = ElementTree.fromstring(junit([record]))
    assert suite.find("testcase/error").text == "?]0;?]]> <b>&"
    (row,) = summary([record]).splitlines()[2:]
    assert row.startswith(r"| a\|b") and r"\<i\>\[x\](y)" in row
    assert annotations(record | {"submission": "not there"}, tmp_path) == []


@pytest.mark.parametrize(
    ("label", "line", "found"),
    [("cell 2", 2, 5), ("cell 2", 99, None), ("cell 9", 1, None), ("cell \xb2", 1, None)],
)
def test_a_place_is_found_in_the_notebooks_file_or_nothing_is_said_of_it(
    tmp_path, label, line, found
):
    cells = [("code", ["a = 1"]), ("markdown", ["# b"]), ("code", ["x = 1\n", "y = ("])]
    cells = [{"cell_type": kind, "source": source} for kind, source in cells]
    (tmp_path / "s.ipynb").write_text(json.dumps({"cells": cells}).replace("[", "[\n"))
    message = f"In {label}, line {line}, a part is left out: Python cannot read it."
    record = RECORD | {"submission": "s.ipynb", "results": [RESULT | {"message": message}]}
    notes = annotations(record, tmp_path)
    assert len(notes) == (found is not None)
    assert not notes or f"line={found}::" in notes[0]


def test_annotations_are_lines_of_their_own():
    assert annotation("error", "50%\na", title="a,b:c") == "::error title=a%2Cb%3Ac::50%25%0Aa"


def test_a_roster_as_an_editor_saves_it():
    assert list(entries("\r\n# all\r\n a/b \r\n\n# c/d\nhttps://github.com/e/f  # g")) == [
        (3, "a/b"),
        (6, "https://github.com/e/f"),
    ]


def test_commits_are_added_once():
    grades = "student,score,max_score,f,f status,submission\nx,1,1,1,passed,c/x/a.ipynb\n"
    lines = [Line("c/x", "collected", "c0", "now"), Line("c/y", "no file")]
    once = with_commits(grades, lines)
    assert once.splitlines()[1:] == ["x,1,1,1,passed,c/x/a.ipynb,c0,now", "c/y,0,1,0,no file,,,"]
    assert (
        with_commits(once.removeprefix("\ufeff"), lines[:1]).splitlines()[:2]
        == once.splitlines()[:2]
    )
