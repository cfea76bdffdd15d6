"""The `lessons` command: what it prints, its exit status, and errors of one line."""

import hashlib
import json
import os
import signal
import subprocess
import sys

import pytest

from lessons_lib import cli
from lessons_lib.files import data_path
from lessons_lib.models import LanguageModel

if os.name != "nt":
    import pty
    import termios

QUICK = ["--set", "hidden_size=8", "--set", "embed_size=8", "--set", "epochs=1"]


@pytest.fixture
def lessons(monkeypatch, capsys):
    """Runs the command in this process; returns status, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lessons", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        return exit_.value.code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "village"
    command = [sys.executable, "-m", "lessons_lib", "train", "village", "--out", str(folder)]
    done = subprocess.run([*command, *QUICK], capture_output=True, text=True, check=True)
    assert done.stderr == ""  # no progress bar where nobody looks
    return folder, done.stdout


def test_train_tells_how_it_went(trained):
    folder, output = trained
    begin, epoch, test, end = output.splitlines()
    assert begin == f"lesson on village, in {folder}"
    assert epoch.startswith("epoch 1/1: perplexity ") and "best possible 1." in epoch
    assert test.startswith("test perplexity ") and "best possible 1." in test
    assert end.endswith(f"are in {folder}")
    assert {p.name for p in folder.iterdir()} >= {
        "checkpoint.safetensors",
        "learning_curve.png",
        "metrics.jsonl",
        "model.safetensors",
        "recipe.json",
    }
    assert (folder / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


def test_train_does_not_overwrite_and_resumes(trained, lessons):
    folder, output = trained
    before = hashlib.sha256((folder / "model.safetensors").read_bytes()).digest()
    status, _, err = lessons("train", "village", "--out", folder, *QUICK)
    assert (status, err) == (
        2,
        f"lessons: folder: {folder} holds a run; continue it with --resume (resume=True) or "
        "choose another folder\n",
    )
    status, out, err = lessons("train", "village", "--out", folder, "--resume", *QUICK)
    assert status == 0 and err == ""
    assert out.splitlines()[-2] == output.splitlines()[-2]
    assert hashlib.sha256((folder / "model.safetensors").read_bytes()).digest() == before


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_progress_bar_and_ctrl_c_in_a_terminal(tmp_path):
    terminal, child_side = pty.openpty()
    termios.tcsetwinsize(child_side, (24, 120))
    command = [
        sys.executable,
        "-m",
        "lessons_lib",
        "train",
        "village",
        "--out",
        str(tmp_path / "r"),
    ]
    child = subprocess.Popen(
        [*command, *QUICK, "--set", "epochs=50"], stdout=child_side, stderr=child_side
    )
    os.close(child_side)
    shown = b""
    while b"perplexity=" not in shown:
        shown += os.read(terminal, 1000)
    child.send_signal(signal.SIGINT)
    while True:
        try:
            shown += os.read(terminal, 1000)
        except OSError:  # the child has closed its side
            break
    assert child.wait() == 130
    os.close(terminal)
    assert b"tok/s" in shown
    assert b"the run can be resumed" in shown and b"--resume" in shown
    assert b"Traceback" not in shown
    assert (tmp_path / "r" / "checkpoint.safetensors").exists()


def test_evaluate(trained, lessons):
    folder, output = trained
    status, out, _ = lessons("evaluate", folder, "village")
    assert status == 0
    first, _, *bands = out.splitlines()
    assert first == output.splitlines()[-2]
    assert [line.split()[0] for line in bands] == "1 2-4 5-9 10-19 20-34 35-59 60+".split()
    status, out, _ = lessons(
        "evaluate", folder / "model.safetensors", "village", "--split", "valid"
    )
    assert status == 0 and out.startswith("valid perplexity")


def test_sample(trained, lessons):
    folder, _ = trained
    arguments = ("sample", folder, "--prompt", "Tom was in the", "--length", "30", "--seed", "3")
    status, out, _ = lessons(*arguments)
    assert status == 0 and out.startswith("Tom was in the ") and len(out.split()) > 20
    assert lessons(*arguments)[1] == out
    assert lessons(*arguments[:-1], "4")[1] != out
    greedy = lessons(*arguments, "--temperature", "0")[1]
    assert lessons(*arguments, "--top-k", "1")[1] == greedy
    assert lessons(*arguments, "--top-p", "1e-9")[1] == greedy
    assert lessons("sample", folder, "--length", "5")[1].startswith("***")


def test_compare(tmp_path, lessons):
    settings = ["--set", "hidden_size=32", "--set", "embed_size=16", "--set", "epochs=1"]
    status, out, _ = lessons("compare", "village", "--out", tmp_path, *settings)
    assert status == 0
    rows = [line.split("|")[1].split()[0] for line in out.splitlines()[2:8]]
    assert rows == ["oracle", "unigram", "trigram", "rnn", "gru", "lstm"]
    stored = json.loads((tmp_path / "comparison.json").read_text())
    sizes = [row["num_params"] for row in stored[3:]]
    assert max(sizes) < 1.02 * min(sizes)
    assert stored[0]["ratio"] == pytest.approx(1, abs=1e-12)
    assert all(row["perplexity"] > stored[0]["perplexity"] for row in stored[1:])


def test_data_commands(tmp_path, lessons, monkeypatch):
    monkeypatch.setenv("LESSONS_DATA_HOME", str(tmp_path))
    status, out, _ = lessons("data", "list")
    assert status == 0
    village, shakespeare, words, ptb, home = out.splitlines()
    assert words.split()[:2] == ["shakespeare-words", "to"]
    assert village.split()[:2] == ["village", "here"]
    assert shakespeare.split()[:3] == ["shakespeare", "to", "fetch,"]
    assert "not free" in ptb
    assert home == f"data home: {tmp_path}"
    status, out, _ = lessons("data", "build", "--out", tmp_path / "village")
    assert status == 0
    for split in ("train", "valid", "test"):
        built = (tmp_path / "village" / f"{split}.txt").read_bytes()
        assert built == data_path("village", f"{split}.txt").read_bytes()


def test_list_and_solution(lessons):
    status, out, _ = lessons("list")
    assert status == 0 and "lstm_step" in out and "points" in out
    status, out, _ = lessons("solution", "lstm_step")
    assert status == 0 and out.startswith("def lstm_step(")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help(lessons, arguments):
    status, out, err = lessons(*arguments)
    assert status == 0 and err == ""
    for command in ("list", "solution", "train", "evaluate", "sample", "compare", "bench", "data"):
        assert f"\n  {command} " in out


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
        (["evaluate", "nowhere", "village"], "found no file nowhere"),
        (["sample", "nowhere"], "found no file nowhere"),
        (["solution", "lstm_stop"], "lstm_step"),
        (["data", "fetch", "gutenberg"], "name: expected one of"),
        (["compare", "ptb"], "CORPUS: expected village"),
    ],
)
def test_errors_are_one_line(lessons, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, _, err = lessons(*arguments)
    assert status == 2
    assert err.startswith("lessons: ") and err.count("\n") == 1
    assert message in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--prompt", "Tom met Zorro"], "'Zorro' at position 2"),
        (["--temperature", "-1"], "temperature: expected"),
        (["--top-k", "0"], "top_k: expected"),
        (["--length", "-5"], "length: expected"),
    ],
)
def test_sampling_errors(trained, lessons, options, message):
    status, _, err = lessons("sample", trained[0], *options)
    assert status == 2 and message in err and err.count("\n") == 1


def test_a_model_without_vocabulary_and_one_of_another_text(tmp_path, lessons):
    model = LanguageModel(6, 4, 5)
    model.save(tmp_path / "model.safetensors")
    status, _, err = lessons("sample", tmp_path)
    assert status == 2 and "holds no vocabulary" in err
    model.metadata = {"corpus": "letters", "vocabulary": json.dumps(list("abcdef"))}
    model.save(tmp_path / "model.safetensors")
    status, _, err = lessons("evaluate", tmp_path, "village")
    assert status == 2 and "was not trained on the vocabulary of village" in err


def test_a_loss_that_is_not_finite(tmp_path, lessons):
    status, _, err = lessons("train", "village", "--out", tmp_path, *QUICK, "--set", "lr=1e30")
    assert status == 2 and "not finite" in err and err.count("\n") == 1
