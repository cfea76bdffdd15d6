"""The `lessons` command as a whole: help, errors of one line, lessons and texts."""

import bz2
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lessons_lib import cli
from lessons_lib.text.corpora import fetch


def test_data_commands(tmp_path, lessons, monkeypatch):
    monkeypatch.setenv("LESSONS_DATA_HOME", str(tmp_path))
    status, out, _ = lessons("data", "list")
    assert status == 0
    heading, village, shakespeare, words, ptb, home = out.splitlines()
    assert heading.split() == ["name", "where", "text"]
    assert words.split()[:2] == ["shakespeare-words", "to"]
    assert village.split()[:2] == ["village", "here"]
    assert shakespeare.split()[:3] == ["shakespeare", "to", "fetch,"]
    assert "not free" in ptb
    assert home == f"data home: {tmp_path}"
    status, out, _ = lessons("data", "build", "--out", tmp_path / "village")
    assert status == 0
    for shipped in fetch("village"):
        built = (tmp_path / "village" / shipped.name.removesuffix(".bz2")).read_bytes()
        packed = shipped.suffix == ".bz2"
        assert built == (bz2.decompress if packed else bytes)(shipped.read_bytes())


def test_list_and_solution(lessons):
    status, out, _ = lessons("list")
    assert status == 0 and "lstm_step" in out and "points" in out
    status, out, _ = lessons("solution", "lstm_step")
    assert status == 0 and out.startswith("def lstm_step(")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help(lessons, arguments):
    status, out, err = lessons(*arguments)
    assert status == 0 and err == ""
    for command in "list solution train evaluate sample compare runs convert data".split():
        assert f"\n  {command} " in out


def test_help_imports_nothing_that_takes_time():
    script = (
        "import sys, lessons_lib.cli; "
        "assert not {'numpy', 'matplotlib', 'tqdm', 'pooch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "No such command 'trian'"),
        (["data"], "Missing command"),
        (["train"], "Missing argument 'CORPUS'"),
        (
            ["train", "gutenberg"],
            "name: expected one of village, shakespeare, shakespeare-words, ptb",
        ),
        (["train", "village", "--preset", "huge"], "--preset: expected one of lesson, book"),
        (["train", "village", "--set", "lr=fast"], "--set lr: expected a number, got 'fast'"),
        (["train", "village", "--set", "hidden=5"], "--set: expected NAME=VALUE"),
        (["train", "village", "--colour"], "No such option: --colour"),
        (
            ["train", "village", "--time-limit", "soon"],
            "--time-limit: expected a time such as 2h, 1h30m or 90s, got 'soon'",
        ),
        (["evaluate", "nowhere", "village"], "found no file nowhere"),
        (["sample", "nowhere"], "found no file nowhere"),
        (["solution", "lstm_stop"], "lstm_step"),
        (["data", "fetch", "gutenberg"], "name: expected one of"),
        (["compare", "gutenberg"], "name: expected one of"),
        (["compare", "village", "--cells", "rnn,elman"], "--cells: expected some of rnn,gru,lstm"),
        (["compare", "village", "--cells", "rnn,rnn"], "each once, got 'rnn,rnn'"),
        (["runs", "nowhere"], "expected a folder with runs, found no folder nowhere"),
        (["runs", "."], "found no run in .; `lessons train` makes them"),
        (["convert", "nowhere.npz", "--out", "x"], "FILE: found no file nowhere.npz"),
    ],
)
def test_errors_are_one_line(lessons, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = lessons(*arguments)
    assert status == 2
    assert err.startswith("lessons: ") and err.count("\n") == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other pipes")
def test_nobody_reads_on():
    """`lessons list | head -1` ends quietly."""
    child = subprocess.Popen(
        [sys.executable, "-m", "lessons_lib", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait() == 1


@pytest.mark.parametrize("command", [("train", "village", "--out"), ("runs",)])
def test_trouble_with_a_file_is_told_without_its_number(lessons, tmp_path, command):
    (tmp_path / "file").touch()
    status, _, err = lessons(*command, tmp_path / "file")
    assert status == 2 and str(tmp_path / "file") in err and "Errno" not in err


def test_no_name_is_a_line_of_its_own(lessons, tmp_path):
    path = tmp_path / "a\nlessons: all is well.py"
    path.write_text("")
    status, out, err = lessons("check", path)
    assert (status, out, err.count("\n")) == (2, "", 1) and "has a line end in its name" in err


@pytest.mark.parametrize(
    "name", ["--", "--help", "--exercises=mallory.py", "-x.py", "--dask=127.0.0.1"]
)
def test_a_file_that_a_shell_names_is_no_option(lessons, monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    status, out, err = lessons("grade", name, "alice.py", "--out", "graded")
    assert (status, out, err.count("\n")) == (2, "", 1) and "is a file here, and no option" in err
    status, out, err = lessons("grade", "--out", "graded", "--lesson", "77", f"./{name}")
    assert status == 2 and "--lesson: expected" in err


def test_a_fault_of_ours_shows_no_strangers_characters(lessons, monkeypatch):
    def fails(*given, **options):
        raise AssertionError("\x1b[31m")

    monkeypatch.setattr(cli, "app", fails)
    status, _, err = lessons("list")
    assert status == 1 and err.endswith("AssertionError: \\x1b[31m\n") and "\x1b" not in err


def test_a_library_beside_a_text_is_not_taken_for_pytorchs(lessons, monkeypatch, tmp_path):
    """One of PyTorch's looks for others in the current folder."""
    monkeypatch.chdir(tmp_path)
    places = []

    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "torch":
                places.append(Path.cwd())
                raise ImportError("seen")

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    status, _, err = lessons("train", "village", "--engine", "torch", "--out", "x")
    assert status == 2 and "(seen)" in err
    assert places == [Path(cli.__file__).parent] and Path.cwd() == tmp_path


def test_no_letter_ends_a_report(tmp_path):
    """Standard output may be in an encoding that has not all."""
    (tmp_path / "алиса.py").write_text("")
    code = "import sys; from lessons_lib import cli; cli.main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "check", tmp_path / "алиса.py"],
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert rb"\u0430\u043b" in done.stdout and b"defines no exercise" in done.stderr
