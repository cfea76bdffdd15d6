"""What instructors are told is so: the plan, notes for teaching, the assignment, how to cite."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from lessons_lib.course import exercises
from lessons_lib.course.lessons import FURTHER, LESSONS, Lesson
from lessons_lib.grading.exercise.registry import EXERCISES
from tests.test_docs import ROOT, code_blocks

GUIDE = ROOT / "docs" / "instructor-guide.md"


def test_the_plan_has_the_minutes_and_points_of_the_course():
    text = GUIDE.read_text(encoding="utf-8").partition("## A module of two weeks")[2]
    table = re.findall(r"^\| (.*) \|$", text.partition("\n\nLesson 00")[0], flags=re.MULTILINE)
    *sessions, last = (row.split(" | ") for row in table[1:])
    taught, totals = [], [0.0, 0.0]
    for _, number, tasks, *said in sessions:
        (lesson,) = (one for one in LESSONS if one.name.startswith(f"{number}_"))
        asked = [e for e in exercises.all() if e.lesson == lesson.name]
        assert re.findall(r"`(\w+)`", tasks) == [one.name for one in asked]
        found = [lesson.minutes, sum(one.points for one in asked)]
        assert [float(number) for number in said] == found
        assert lesson.minutes <= 90
        taught.append(lesson)
        totals = [total + number for total, number in zip(totals, found, strict=True)]
    assert taught == list(LESSONS[1:9])
    assert [float(number) for number in re.findall(r"[\d.]+", " ".join(last))] == totals
    assert f"{LESSONS[0].minutes} minutes in which" in text


def tasks(lesson: Lesson) -> list[str]:
    return [one.name for one in exercises.all() if one.lesson == lesson.name]


def test_the_notes_for_teaching_have_each_lesson_and_nothing_that_is_not_there():
    text = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (\d\d .*)\n", text, flags=re.MULTILINE)[1:]
    for lesson, title, section in zip(LESSONS, parts[::2], parts[1::2], strict=True):
        notebook = json.loads((ROOT / "notebooks" / lesson.file).read_text(encoding="utf-8"))
        assert notebook["cells"][0]["source"][0] == f"# {title.replace(' ', ' · ', 1)}\n"
        head = section.partition("**Afterwards")[0]
        by_hand = [q.name for q in EXERCISES.asked_by_hand().values() if q.lesson == lesson.name]
        assert re.findall(r"`(\w+)`", head) == tasks(lesson) + by_hand
        points = sum(exercises.find(name).points for name in tasks(lesson))
        worth = f"{points:g} point{'' if points == 1 else 's'}:"
        assert f"{lesson.minutes} minutes, {worth}" in head

        companions = [one for one in FURTHER if one.name[:2] == lesson.name[:2]]
        link = r"further/(\w+)\.ipynb\)\s+\((\d+)\s+minutes([^)]*)\)"
        named = {
            name: (int(minutes), re.findall(r"`(\w+)`", rest))
            for name, minutes, rest in re.findall(link, section)
        }
        assert named == {one.name: (one.minutes, tasks(one)) for one in companions}

        mistakes, _, questions = section.partition("| open question of |")
        asked = re.findall(r"^\| `(\w+)`: ", questions, flags=re.MULTILINE)
        assert asked == [one.name for one in companions if one.name != "09_three_projects"]
        rows = re.findall(r'^\| `(\w+)`: `(\w+)` \| "(.*?)" \|', mistakes, flags=re.MULTILINE)
        assert {name for name, *_ in rows} == set(tasks(lesson))
        for name, mistake, said in rows:
            known = {one.name: one.hint for one in exercises.find(name).misconceptions}
            assert said in known[mistake], (name, mistake)


@pytest.mark.slow
def test_the_guides_own_assignment_refuses_its_mistakes(tmp_path):
    assignment, mistake = (block for block in code_blocks(GUIDE) if "masked_mean" in block)
    (tmp_path / "homework2.py").write_text(f'"""Homework 2."""\n{assignment}\n\n{mistake}')
    command = [sys.executable, "-m", "lessons_lib", "matrix", "--exercises", "homework2.py"]
    result = subprocess.run(
        [*command, "--seeds", "100"], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "| masked_mean | 1 | 2 | 2 | 2 |" in result.stdout
    assert "float32" not in result.stdout, "the reference keeps the dtype"
    (tmp_path / "anna.py").write_text(
        "import numpy as np\n\n\n"
        "def masked_mean(hs, mask):\n"
        "    kept = mask.astype(hs.dtype)\n"
        '    return np.einsum("tnh,tn->nh", hs, kept) / kept.sum(axis=0)[:, None]\n'
    )
    exercises_file = ["--exercises", "homework2.py", "--out"]
    lessons = [sys.executable, "-m", "lessons_lib"]
    for command, said in (
        (["export", "student", *exercises_file, "handout"], "2 files for student"),
        (["grade", "anna.py", *exercises_file, "graded"], "2 of 2      anna.py"),
    ):
        result = subprocess.run([*lessons, *command], cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        assert said in result.stdout


def test_one_version_is_named_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, date = re.findall(r"^## \[(\d[\w.]*)\] - (\S+)$", changelog, flags=re.MULTILINE)[0]
    assert (citation["version"], citation["date-released"]) == (version, date)
    assert project["version"] == version
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] == project["description"]
    assert citation["authors"] == project["authors"]
    assert " AND ".join(citation["license"]) == project["license"]
    guide = GUIDE.read_text(encoding="utf-8").replace("\n", " ")
    assert citation["title"] in guide
    assert f"{citation['authors'][0]['name']} ({date[:4]})" in guide
