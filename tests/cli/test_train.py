"""`lessons train`: what it tells, and that a long run is safe whatever stops it."""

import errno
import itertools
import json
import os
import signal
from types import SimpleNamespace

import pytest
from filelock import FileLock

from lessons_lib.cli.durations import parse_duration, show_duration
from lessons_lib.training import PRESETS, run, stopping
from lessons_lib.training.checkpoints import load_checkpoint
from tests.cli.quick import QUICK
from tests.cli.terminal import Terminal


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
        "results.json",
    }
    assert (folder / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    reached = json.loads((folder / "results.json").read_text())["test_perplexity"]
    assert f"test perplexity {reached:.3f} over" in test
    assert json.loads((folder / "recipe.json").read_text())["preset"] == "lesson"


def test_train_tells_how_long_it_will_take(tmp_path, lessons, short_village):
    status, out, _ = lessons(
        "train", "village", "--out", tmp_path / "r", *QUICK[:-2], "--set", "epochs=2"
    )
    assert status == 0
    _, first, second, *_ = out.splitlines()
    assert first.startswith("epoch 1/2") and first.endswith(" s to go")
    assert second.startswith("epoch 2/2") and "to go" not in second


@pytest.fixture
def whole(tmp_path, lessons, short_village):
    """The model of a short run that is never stopped."""
    assert lessons("train", "village", "--out", tmp_path / "whole", *QUICK)[0] == 0
    return (tmp_path / "whole" / "model.safetensors").read_bytes()


def test_a_time_limit_stops_at_a_checkpoint(whole, tmp_path, lessons, monkeypatch):
    """Stopped and resumed, the run ends with the model of the one that was never stopped."""
    command = ("train", "village", "--out", tmp_path / "r", *QUICK)
    with monkeypatch.context() as patch:  # a clock that goes on by a second at each look
        patch.setattr(stopping, "time", SimpleNamespace(monotonic=itertools.count().__next__))
        status, _, err = lessons(*command, "--time-limit", "4s")
    assert status == 124
    steps = load_checkpoint(tmp_path / "r" / "checkpoint.safetensors")[1]["steps"]
    assert 0 < steps < 8
    assert err == (
        f"stopped after step {steps} of 8, its time being up; the run can be resumed: give the "
        "same command with --resume\n"
    )
    status, _, _ = lessons(*command, "--resume", "--time-limit", "1h")
    assert status == 0
    assert (tmp_path / "r" / "model.safetensors").read_bytes() == whole
    (tmp_path / "r" / "metrics.jsonl").write_text("")
    status, _, err = lessons(*command, "--resume")
    assert status == 2 and "no epoch has an end in them" in err


def test_durations():
    given = {"2h": 7200, "30m": 1800, "90s": 90, "1h30m": 5400, "0.5H": 1800, "1h1s": 3601}
    assert {text: parse_duration(text) for text in given} == given
    for text in ("", "2", "h", "0s", "-1h", "30m1h", "2 h", "1e3s", "2h tomorrow"):
        with pytest.raises(ValueError, match=r"--time-limit: expected a time such as 2h"):
            parse_duration(text)
    shown = [show_duration(seconds) for seconds in (0.4, 59.6, 61, 3600, 3 * 3600 + 125)]
    assert shown == ["0 s", "1 min 0 s", "1 min 1 s", "1 h 0 min", "3 h 2 min"]


def test_all_presets_are_in_the_help(lessons):
    _, out, _ = lessons("train", "--help")
    said = out[out.index("--preset") :]
    assert all(preset in said[: said.index("--resume")] for preset in PRESETS)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_progress_bar_and_ctrl_c_in_a_terminal(tmp_path):
    arguments = ("train", "village", "--out", str(tmp_path / "r"), *QUICK[:-2])
    terminal = Terminal("-m", "lessons_lib", *arguments, "--set", "epochs=50")
    terminal.read_until(lambda shown: b"perplexity=" in shown)
    terminal.child.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    shown = terminal.shown
    assert b"tok/s" in shown and b" left, loss=" in shown
    assert b"stopping after this step; Ctrl-C again stops at once" in shown
    assert b"the run can be resumed" in shown and b"--resume" in shown
    assert b"Traceback" not in shown
    assert (tmp_path / "r" / "checkpoint.safetensors").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers Ctrl-C to whole consoles")
def test_ctrl_c_twice(tmp_path, lessons, monkeypatch, short_village):
    """The second is not kept waiting by the step; the checkpoint before it stays good."""
    step = run.Trainer.step

    def interrupted_step(trainer):
        if trainer.steps == 5:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return step(trainer)

    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(run.Trainer, "step", interrupted_step)
    command = ("train", "village", "--out", tmp_path / "r", *QUICK)
    status, _, err = lessons(*command)
    assert status == 130
    assert err == (
        "stopped at once; to go on from the last checkpoint, give the same command with --resume\n"
    )
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "r" / "checkpoint.safetensors")[1]["steps"] == 5


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_disk(whole, tmp_path, lessons):
    """No file may grow beyond 40 kB, so the checkpoint does not fit; later there is room."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    command = ["train", "village", "--out", tmp_path / "r", *QUICK]
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))
    try:
        status, _, err = lessons(*command)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 2
    assert err.count("\n") == 1 and "could not write the file" in err
    assert os.strerror(errno.EFBIG) in err
    assert err.endswith("when that is mended, give the same command with --resume\n")
    assert not list((tmp_path / "r").glob("*.tmp"))
    assert lessons(*command, "--resume")[0] == 0
    assert (tmp_path / "r" / "model.safetensors").read_bytes() == whole


def test_a_second_run_in_the_same_folder(tmp_path, lessons):
    with FileLock(tmp_path / ".lock"):
        status, _, err = lessons("train", "village", "--out", tmp_path, *QUICK)
    assert (status, err) == (2, f"lessons: folder: {tmp_path} is in use by another run\n")
