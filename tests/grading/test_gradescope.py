"""Gradescope gets the scores of `lessons grade`, in a form that it shows well."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from lessons_lib.course import exercises
from lessons_lib.grading import Report, Result
from lessons_lib.grading.export import gradescope_grading
from lessons_lib.grading.export.as_markdown import message
from lessons_lib.grading.export.gradescope_grading import (
    Counted,
    grade_submission,
    notes,
    results,
    what_was_graded,
)
from tests.grading.platforms import ENVIRONMENT, NAME

LESSON = "00_start_here"
SOLVED = "\n\n".join(
    ["import numpy as np", *(e.source for e in exercises.all() if e.lesson == LESSON)]
)
STUBS = "def linear(x, W, b):\n    raise NotImplementedError\n"


@pytest.fixture
def submission(tmp_path):
    """Grade files, by name, as one submission of a lesson."""

    def graded(files):
        folder = tmp_path / "submission"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        how = {"exercises": None, "isolation": "auto", "unpack_into": tmp_path / "unpacked"}
        return grade_submission(folder, LESSON, **how)

    return graded


def notebook(source):
    cell = {"cell_type": "code", "execution_count": None, "outputs": [], "source": source}
    return json.dumps({"cells": [cell | {"metadata": {}}], "metadata": {}, "nbformat": 4})


def test_the_solved_file_beside_an_untouched_notebook_counts(submission):
    counted = submission({f"{LESSON}.ipynb": notebook(STUBS), "work.py": SOLVED})
    assert (counted.report.score, counted.file) == (4, "work.py")
    said = what_was_graded(counted)
    assert "Graded: work.py." in said
    assert "- 00\\_start\\_here.ipynb: work.py of the same student counts" in said


def test_a_folder_in_a_zip_is_looked_into(submission, tmp_path):
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("homework/mine/work.py", SOLVED)
        archive.writestr("homework/essay.pdf", "")
    counted = submission({"a.zip": packed.read_bytes()})
    assert counted.report.score == 4
    assert "essay.pdf: neither a .py nor an .ipynb file" in what_was_graded(counted)


def test_a_wrong_file_goes_before_one_without_attempts(submission):
    wrong = SOLVED.replace("return ", "return 0 * ")
    counted = submission({"a.py": wrong, "z.py": STUBS})
    assert (counted.report.score, counted.file) == (0, "a.py")


def test_nobody_may_guess_with_any_number_of_files(submission, monkeypatch):
    monkeypatch.setattr(gradescope_grading, "MOST_OF_A_STUDENT", 2)
    counted = submission({"a.py": STUBS, "b.py": STUBS, "c.py": SOLVED})
    assert counted.report.score == 0
    assert counted.others["c.py"] == "there are too many files for one student"


def test_what_was_handed_in_is_named_where_nothing_can_be_graded(submission):
    counted = submission({"essay.pdf": "", "plan\n\udcff.md": ""})  # as a .zip file can bring it
    found = results(counted, "visible", 0.1)
    assert found["score"] == 0
    assert found["output"].endswith("What was handed in:\n\n- essay.pdf\n- plan\\\\n\\\\udcff.md")
    assert {test["output"].splitlines()[0] for test in found["tests"]} == {
        "**not attempted yet**, 0 of 1",
        "**not attempted yet**, 0 of 2",
    }
    assert "called" not in json.dumps(found)
    assert "Nothing was handed in." in what_was_graded(submission({}))


def test_a_result_is_a_test_with_its_hint_and_no_note():
    text = (
        "It is (3,), and not (3, 4).\n    expected  1.0\n    got       `2`\nHint: Is *tanh* there?"
    )
    report = Report([Result("f", "failed", 1.0, 2.0, text, "no_tanh")], 3, "basic")
    counted = Counted(report, "a.py", {})
    (test,) = results(counted, "visible", 0.5)["tests"]
    assert test["output"] == (
        "**not right yet**, 1 of 2\n\nIt is (3,), and not (3, 4).\n\n"
        "```\nexpected  1.0\ngot       `2`\n```\n\n**Hint:** Is \\*tanh\\* there?"
    )
    assert (test["score"], test["visibility"], test["output_format"]) == (1.0, "visible", "md")
    assert "no_tanh" not in json.dumps(results(counted, "visible", 0.5))
    assert "f: failed, no_tanh" in notes(counted) and "Basic isolation" in notes(counted)
    later = results(counted, "after_published", 0.5)
    assert later["tests"][0]["visibility"] == "after_published"
    assert later["output"].endswith("- `f`: It runs.")


def test_no_word_of_a_submission_is_markup():
    assert message("<b> [a](b) $x$ |") == r"\<b\> \[a\](b) \$x\$ \|"
    assert message("---") == r"\---" and message("+ a") == r"\+ a" and message("1. a") == r"1\. a"
    assert message("    ```\n    x") == "````\n```\nx\n````"
    # GitHub looks for these behind Markdown's back: a backslash does not stop it.
    said = message("@ada fixes #1, GH-2: https://a.b www.a.b").replace("\u200b", "…")
    assert said == r"\@…ada fixes \#…1, GH…-2: https:…//a.b www….a.b"


@pytest.fixture
def gradescope(exported, tmp_path):
    """Grade files as Gradescope does, in the folders that it has; None where no results are."""

    def graded(files, **settings):
        root = tmp_path / "autograder"
        shutil.rmtree(root, ignore_errors=True)
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        with zipfile.ZipFile(exported("gradescope") / NAME / "autograder.zip") as archive:
            archive.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root)
        (root / "venv").symlink_to(sys.prefix)
        place = root / "source" / "assignment.json"
        place.write_text(json.dumps(json.loads(place.read_text()) | settings))
        for file in files:
            shutil.copy(file, root / "submission")
        done = subprocess.run(
            ["bash", root / "run_autograder"], env=ENVIRONMENT, cwd=root, stdout=subprocess.PIPE
        )
        found = root / "results" / "results.json"
        assert (done.returncode == 0) == found.exists()
        return (json.loads(found.read_text()), done.stdout.decode()) if found.exists() else None

    return graded


# Gradescope's specification: what may stand in results.json
ALLOWED = {"score", "execution_time", "output", "output_format", "stdout_visibility", "tests"}
ALLOWED |= {"extra_data", "visibility", "test_output_format", "test_name_format", "leaderboard"}
ALLOWED_IN_TEST = {"name", "score", "max_score", "status", "output", "output_format", "visibility"}
ALLOWED_IN_TEST |= {"name_format", "number", "tags", "extra_data"}


@pytest.mark.skipif(os.name != "posix", reason="Gradescope's containers run Linux")
def test_gradescope(plain, points, gradescope):
    found, printed = gradescope([plain / "partly" / f"{NAME}.ipynb"])
    assert {test["name"]: test["score"] for test in found["tests"]} == points["partly"]
    assert found["score"] == sum(points["partly"].values())
    assert set(found) <= ALLOWED and found["stdout_visibility"] == "hidden"
    for test in found["tests"]:
        assert set(test) <= ALLOWED_IN_TEST
        assert test["status"] in ("passed", "failed") and test["visibility"] == "visible"
    assert f"seed of the arguments: {found['extra_data']['seed']}" in printed
    assert gradescope([], feedback="sometimes") is None
    assert gradescope([], assignment="another") is None
