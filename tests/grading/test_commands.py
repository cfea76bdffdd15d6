"""The commands that check and grade: what they print, their exit status, errors of one line."""

import csv
import shutil
from pathlib import Path

import nbformat
import pytest

from lessons_lib.course import exercises
from lessons_lib.grading.isolation.policy import reached
from tests.notebooks.course import LESSONS

EXAMPLE = Path(__file__).parents[2] / "examples" / "cs231n_assignment.py"
HEAD = "import numpy as np\nfrom lessons_lib.functions import sigmoid\n\n"


def answers(*names):
    return HEAD + "\n\n".join(exercises.find(name).source for name in names)


def test_check_a_file(lessons, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(answers("lstm_gates", "lstm_step"))
    status, out, err = lessons("check", path)
    assert (status, err) == (0, "")
    level = reached("auto")
    warned = " It may read and write what you may: check what you trust." * (level == "basic")
    assert out.splitlines()[0].endswith(f"is run, with {level} isolation.{warned}")
    assert out.splitlines()[-1] == "4 of 4 points"

    path.write_text(answers("lstm_gates", "lstm_step").replace("f * c_prev", "c_prev"))
    status, out, err = lessons("check", path)
    assert (status, err) == (1, "")
    assert "lstm_step: not right yet, 0 of 2 points." in out and "Hint: " in out
    assert out.splitlines()[-1] == "2 of 4 points"


def test_check_what_is_no_submission(lessons, tmp_path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    for name, words in (("none.py", "there is no file"), ("empty.py", "defines no exercise")):
        status, _, err = lessons("check", tmp_path / name)
        assert status == 2 and words in err
        assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["latin.py", "05_lstm_gates.ipynb", "no.txt", "folder"])
def test_check_what_cannot_be_read(lessons, tmp_path, name):
    (tmp_path / "latin.py").write_bytes("é".encode("latin-1"))
    (tmp_path / "05_lstm_gates.ipynb").write_text("")
    (tmp_path / "no.txt").write_text("")
    (tmp_path / "folder").mkdir()
    status, _, err = lessons("check", tmp_path / name)
    if name == "05_lstm_gates.ipynb":  # work of which is known what it was to be
        assert (status, err) == (1, "")
    else:
        assert status == 2 and err.startswith("lessons: ") and err.count("\n") == 1


def test_progress(lessons, tmp_path):
    (tmp_path / "further").mkdir()
    for path in LESSONS[4:6]:
        shutil.copy(path, tmp_path)
    for name in ("04_choosing_a_threshold", "07_gru_gates_at_work"):  # the second asks by hand
        shutil.copy(LESSONS[0].parent / "further" / f"{name}.ipynb", tmp_path / "further")
    path = tmp_path / "05_lstm_gates.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.source.startswith("def lstm_gates("):
            cell.source = exercises.find("lstm_gates").source
        elif cell.source.startswith("def lstm_step("):
            cell.source = exercises.find("lstm_step").source.replace("np.tanh(c)", "c")
    nbformat.write(notebook, path)
    status, out, err = lessons("progress", tmp_path)
    assert (status, err) == (0, "")
    assert f" is run, with {reached('auto')} isolation." in out
    lines = [line.split() for line in out.splitlines()]
    assert ["04_gradient_clipping", "0", "of", "3", "0", "of", "2", "solved"] in lines
    assert ["05_lstm_gates", "3", "of", "7", "1", "of", "3", "solved"] in lines
    assert ["lstm_gates", "2", "of", "2", "solved"] in lines
    assert ["lstm_step", "1", "of", "2", "not", "right", "yet"] in lines
    assert ["lstm_unroll", "0", "of", "3", "-"] in lines
    assert not any(line[:1] in (["07_gru_gates_at_work"], ["gru_step"]) for line in lines)
    assert lines[-2:] == [
        ["lessons", "3", "of", "10", "points"],
        ["companions", "0", "of", "1", "points"],
    ]

    status, out, err = lessons("progress", tmp_path / "nowhere")
    assert (status, out) == (2, "") and "there is no lesson in" in err


def test_grade(lessons, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.py").write_text(
        "import numpy as np\n"
        "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n"
        "    return np.tanh(x @ Wx + prev_h @ Wh + b), None\n"
    )
    out_folder = tmp_path / "out"
    command = ["grade", tmp_path / "in", "--exercises", EXAMPLE, "--out", out_folder]
    status, out, err = lessons(*command, "--isolation", "basic", "--seed", "7")
    assert (status, err) == (0, "")
    assert "Warning: a submission could read what you may, the references too.\n" in out
    assert out.splitlines()[0].split() == ["2", "of", "16.75", "ada.py"]
    assert out.splitlines()[1].startswith("1 graded with basic isolation; grades.csv is in ")
    with (out_folder / "grades.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["score"], row["rnn_step_forward"], row["seed"]) == ("2", "2", "7")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.py", "--out", "out"], "PATH: there is no file or folder nowhere.py"),
        (["a.py", "--out", "out", "--require", "weak"], "--require: expected strong, got 'weak'"),
        (["a.py", "--out", "out", "--isolation", "some"], "isolation: expected auto, strong"),
        (["a.py", "--out", "out", "--exercises", "b.py"], "--exercises: there is no file b.py"),
        (["a.py", "--out", "out", "--seed", "-1"], "--seed"),
        (["a.py", "--out", "out", "--require", "strong", "--isolation", "basic"], "--isolation: "),
        (["a.py"], "--out"),
    ],
)
def test_bad_use_of_grade(lessons, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(answers("lstm_gates"))
    status, out, err = lessons("grade", *arguments)
    assert (status, out) == (2, "") and words in err
    assert err.count("\n") == 1


def test_matrix(lessons):
    status, out, err = lessons("matrix", "--exercises", EXAMPLE, "--seeds", "2")
    assert (status, err) == (0, "")
    header, _, *rows = out.splitlines()
    assert header.startswith(
        "| exercise | right versions | wrong versions | refused on all 2 seeds"
    )
    assert rows[-1].startswith("| all 8 | ")
    _, _, wrong, refused, hinted = rows[-1].strip("| ").split(" | ")
    assert wrong == refused == hinted
