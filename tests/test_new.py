"""`lessons new`: what it writes can be tried, handed out and graded as it stands."""

import csv
import re
import subprocess
import sys

import pytest


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def homework(lessons, tmp_path, monkeypatch):
    status, out, err = lessons("new", "homework-1")
    assert (status, err) == (0, "")
    folder = tmp_path / "homework-1"
    written = {str(path) for path in folder.rglob("*") if path.is_file()}
    assert set(out.splitlines()[:-1]) == written
    monkeypatch.chdir(folder)
    return folder


def test_the_commands_of_its_readme_work(lessons, homework):
    readme = (homework / "README.md").read_text()
    assert readme.startswith("# homework-1\n")
    commands = re.findall(r"^lessons (.*?) +#", readme, flags=re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["matrix", "export", "grade"]
    for command in commands:
        status, out, err = lessons(*command.split())
        assert (status, err) == (0, ""), command
        if command.startswith("matrix"):
            assert "| last_states | 1 | 2 | 2 | 2 |" in out
    assert {p.name for p in (homework / "handout").iterdir()} == {
        "homework-1.py",
        "homework-1.ipynb",
    }
    with open(homework / "graded" / "grades.csv", newline="") as file:
        scores = {row["submission"]: row["score"] for row in csv.DictReader(file)}
    assert scores == {"padded.py": "0", "right.py": "2"}
    (feedback,) = (homework / "graded" / "feedback").glob("padded*")
    assert "Hint: You take the last step of the batch." in feedback.read_text()


def test_its_code_is_in_good_style(homework):
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--select", "E,F,B,UP,W"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", "--line-length", "100", "."],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["my homework", ".", "-1", ".hidden", "Übung"])
def test_a_name_that_no_platform_takes(lessons, tmp_path, name):
    status, out, err = lessons("new", "--", str(tmp_path / "a b" / name) if name == "." else name)
    assert (status, out) == (2, "")
    assert err.startswith("lessons: NAME: expected letters") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(lessons, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    (tmp_path / "file").touch()
    for name in ("taken", "file"):
        status, _, err = lessons("new", name)
        assert status == 2 and "expected a new or an empty folder" in err
    assert [p.name for p in (tmp_path / "taken").iterdir()] == ["mine.txt"]


def test_an_empty_folder_and_a_path_will_do(lessons, tmp_path):
    (tmp_path / "a b ü" / "hw").mkdir(parents=True)
    status, _, err = lessons("new", "a b ü/hw")
    assert (status, err) == (0, "")
    assert 'lesson="hw"' in (tmp_path / "a b ü" / "hw" / "exercises.py").read_text()
