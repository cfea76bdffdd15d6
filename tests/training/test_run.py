"""Runs on disk: stopped in every way there is, they go on and end with the same parameters."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy

from lessons_lib.models import LanguageModel
from lessons_lib.text import Corpus, Vocabulary
from lessons_lib.training import (
    Interrupted,
    Recipe,
    Run,
    TimeLimitReached,
    folders,
    perplexity,
    read_metrics,
    run,
)
from lessons_lib.training.checkpoints import load_checkpoint, save_checkpoint

RECIPE = Recipe(
    embed_size=8,
    hidden_size=16,
    dropout=0.2,
    optimizer="adam",
    lr=1e-2,
    schedule="plateau",
    batch_size=4,
    seq_len=10,
    epochs=3,
    keep="best",
    average=0.5,
)


def make_corpus(length=2001):
    ids = np.random.default_rng(0).integers(0, 9, length)
    ids[1::2] = (ids[::2][: len(ids[1::2])] + 1) % 9  # every second token follows from the first
    return Corpus(ids, ids[:300], ids[300:600], Vocabulary(list("abcdefghi")))


def train(corpus_name, corpus, recipe, folder, preset="", **how):
    return Run(corpus_name, corpus, recipe, folder, preset).train(**how)


def checksum(folder):
    return hashlib.sha256((folder / folders.MODEL).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    train("letters", make_corpus(), RECIPE, folder)
    return folder


def test_what_a_run_leaves_behind(uninterrupted):
    model = LanguageModel.load(uninterrupted / folders.MODEL)
    assert json.loads(model.metadata["vocabulary"]) == list("abcdefghi")
    assert model.metadata["corpus"] == "letters"
    records = read_metrics(uninterrupted)
    assert [r["step"] for r in records] == [50, 100, 150]
    assert [r["epoch"] for r in records] == [1, 2, 3]
    assert records[-1]["train_loss"] < records[0]["train_loss"]
    assert all(r["valid_perplexity"] < 9 for r in records)
    assert json.loads((uninterrupted / folders.RECIPE).read_text())["recipe"] == RECIPE.as_dict()


def test_two_runs_are_bit_identical(uninterrupted, tmp_path):
    """Also where a kill has left something half written, which is swept up."""
    (tmp_path / ".checkpoint.safetensors.1a2b3c4d.tmp").write_bytes(b"half")
    train("letters", make_corpus(), RECIPE, tmp_path)
    assert checksum(tmp_path) == checksum(uninterrupted)
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_finished_run_is_left_as_it_is(uninterrupted):
    before = checksum(uninterrupted), read_metrics(uninterrupted)
    train("letters", make_corpus(), RECIPE, uninterrupted, resume=True)
    assert (checksum(uninterrupted), read_metrics(uninterrupted)) == before


CHILD = """
import sys
from tests.training.test_run import RECIPE, make_corpus
from lessons_lib.training import run
run.CHECKPOINT_SECONDS = 0.0
run.Run("letters", make_corpus(), RECIPE, sys.argv[1]).train(resume=True)
"""


def start_child(folder):
    return subprocess.Popen([sys.executable, "-c", CHILD, str(folder)], stderr=subprocess.PIPE)


def wait_until_newer(file, before, child):
    deadline = time.monotonic() + 60
    while child.poll() is None and not (file.exists() and file.stat().st_mtime_ns != before):
        assert time.monotonic() < deadline, "the run wrote no checkpoint"
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.parametrize("times", [4, pytest.param(10, marks=pytest.mark.thorough)])
def test_killed_at_random_moments(uninterrupted, tmp_path, times):
    rng = np.random.default_rng()  # truly random moments: the outcome must not depend on them
    checkpoint = tmp_path / folders.CHECKPOINT
    killed = 0
    while killed < times:
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        child = start_child(tmp_path)
        wait_until_newer(checkpoint, before, child)
        time.sleep(rng.uniform(0, 0.02))
        child.kill()
        child.communicate()
        if child.returncode == 0:
            break  # a quick machine: it was done before the kill
        assert child.returncode == -signal.SIGKILL
        killed += 1
    assert killed >= 3
    child = start_child(tmp_path)
    _, messages = child.communicate()
    assert child.returncode == 0, messages
    assert not list(tmp_path.glob("*.tmp"))
    assert checksum(tmp_path) == checksum(uninterrupted)
    expected = read_metrics(uninterrupted)
    for record in (got := read_metrics(tmp_path)) + expected:
        del record["seconds"]
    assert got == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers Ctrl-C to whole consoles")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_finishes_the_step_and_writes_a_checkpoint(
    uninterrupted, tmp_path, monkeypatch, signal_number
):
    step = run.Trainer.step

    def interrupted_step(trainer):
        if trainer.steps == 70:
            signal.raise_signal(signal_number)
        return step(trainer)

    monkeypatch.setattr(run.Trainer, "step", interrupted_step)
    before = signal.getsignal(signal_number)
    with pytest.raises(Interrupted, match="after step 71"):
        train("letters", make_corpus(), RECIPE, tmp_path)
    assert signal.getsignal(signal_number) is before
    assert load_checkpoint(tmp_path / folders.CHECKPOINT)[1]["steps"] == 71
    monkeypatch.undo()
    train("letters", make_corpus(), RECIPE, tmp_path, resume=True)
    assert checksum(tmp_path) == checksum(uninterrupted)


def test_a_run_in_slices_of_time_ends_as_in_one_go(uninterrupted, tmp_path):
    """Each slice takes at least one step, so that it gets on however short it is."""
    for step in range(1, 11):
        with pytest.raises(TimeLimitReached, match=f"after step {step} of 150, its time being up"):
            train("letters", make_corpus(), RECIPE, tmp_path, resume=True, time_limit=0)
        assert load_checkpoint(tmp_path / folders.CHECKPOINT)[1]["steps"] == step
    train("letters", make_corpus(), RECIPE, tmp_path, resume=True)
    assert checksum(tmp_path) == checksum(uninterrupted)


def test_a_loss_that_explodes_leaves_a_checkpoint_to_go_on_from(tmp_path, monkeypatch):
    """Stopped at step 60, the run is resumed from there with a tenth of the learning rate."""
    step = run.Trainer.step

    def explode(trainer):
        if trainer.steps == 60:
            for name in trainer.model.grads:
                trainer.model.params[name] = trainer.model.params[name] * np.float32(np.inf)
        return step(trainer)

    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(run.Trainer, "step", explode)
    with pytest.raises(FloatingPointError) as caught:
        train("letters", make_corpus(), RECIPE, tmp_path)
    message = str(caught.value)
    assert message.startswith("step 61: loss nan and gradient norm nan are not finite; try a lower")
    assert message.endswith("with --resume and the lower value to go on from step 60")
    monkeypatch.undo()
    slower = replace(RECIPE, lr=RECIPE.lr / 10, max_norm=0.1)
    with pytest.raises(TimeLimitReached, match="after step 61"):
        train("letters", make_corpus(), slower, tmp_path, resume=True, time_limit=0)
    with pytest.raises(ValueError, match=r"was begun with lr=0\.001, max_norm=0\.1; resume it"):
        train("letters", make_corpus(), RECIPE, tmp_path, resume=True)  # the lower one forgotten
    train("letters", make_corpus(), slower, tmp_path, resume=True)
    assert json.loads((tmp_path / folders.RECIPE).read_text())["recipe"] == slower.as_dict()
    rates = [record["lr"] for record in read_metrics(tmp_path)]
    assert rates == pytest.approx([RECIPE.lr, slower.lr, slower.lr])
    records = read_metrics(tmp_path)
    assert records[-1]["valid_perplexity"] < records[0]["valid_perplexity"]


def test_more_epochs(uninterrupted, tmp_path):
    """Two epochs and then a third end as three do; what is done is not undone."""
    train("letters", make_corpus(), replace(RECIPE, epochs=2), tmp_path)
    (tmp_path / folders.RESULTS).write_text('{"test_perplexity": 5}')
    written = json.loads((tmp_path / folders.RECIPE).read_text())
    del written["recipe"]["reset_after"]  # an older version did not know it
    (tmp_path / folders.RECIPE).write_text(json.dumps(written))
    train("letters", make_corpus(), RECIPE, tmp_path, resume=True)
    assert checksum(tmp_path) == checksum(uninterrupted)
    assert json.loads((tmp_path / folders.RECIPE).read_text())["recipe"] == RECIPE.as_dict()
    assert not (tmp_path / folders.RESULTS).exists()  # of two epochs
    with pytest.raises(ValueError, match="epochs: 3 of them are done, 1 is less"):
        train("letters", make_corpus(), replace(RECIPE, epochs=1), tmp_path, resume=True)


def test_there_is_a_model_before_the_end(tmp_path):
    """Before the first epoch's end the newest, later the best, whatever the recipe keeps."""
    last = replace(RECIPE, keep="last")
    with pytest.raises(TimeLimitReached):
        train("letters", make_corpus(), last, tmp_path, time_limit=0)
    begun = checksum(tmp_path)
    arrays, _ = load_checkpoint(tmp_path / folders.CHECKPOINT)
    model = LanguageModel.load(tmp_path / folders.MODEL)
    assert all(np.array_equal(arrays[f"params.{n}"], p) for n, p in model.params.items())

    def stop(record):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("letters", make_corpus(), last, tmp_path, resume=True, on_epoch=stop)
    assert checksum(tmp_path) != begun
    valid = read_metrics(tmp_path)[-1]["valid_perplexity"]
    assert perplexity(LanguageModel.load(tmp_path / folders.MODEL), make_corpus().valid) == valid


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda c: {"vocab": Vocabulary(list("abcdefghx"))},
            r"another vocabulary \(other tokens\)",
        ),
        (lambda c: {"train": c.train[:-1]}, r"another training text \(2,001 tokens, now 2,000\)"),
        (lambda c: {"valid": c.valid[::-1]}, r"another validation text \(other tokens\)"),
    ],
)
def test_a_run_is_not_gone_on_with_on_another_text(uninterrupted, change, said):
    corpus = make_corpus()
    with pytest.raises(ValueError, match=f"was begun with {said}; resume it with the same"):
        train("letters", corpus._replace(**change(corpus)), RECIPE, uninterrupted, resume=True)


def test_metrics_cut_off_in_the_middle_of_a_line(uninterrupted, tmp_path, monkeypatch):
    monkeypatch.setattr(run._OnDisk, "checkpoint", lambda self: None)
    with pytest.raises(RuntimeError):

        def fail(record):
            raise RuntimeError

        train("letters", make_corpus(), RECIPE, tmp_path, on_epoch=fail)
    monkeypatch.undo()
    with open(tmp_path / folders.METRICS, "a") as file:
        file.write('{"step": 12')
    train("letters", make_corpus(), RECIPE, tmp_path, resume=True)
    assert [r["step"] for r in read_metrics(tmp_path)] == [50, 100, 150]
    assert checksum(tmp_path) == checksum(uninterrupted)


def test_a_run_is_not_overwritten(uninterrupted):
    before = checksum(uninterrupted)
    with pytest.raises(ValueError, match="holds a run; continue it with --resume"):
        train("letters", make_corpus(), RECIPE, uninterrupted)
    with pytest.raises(ValueError, match=r"was begun with lr=0\.01, epochs=3; resume it"):
        other = replace(RECIPE, lr=0.5, epochs=9)
        train("letters", make_corpus(), other, uninterrupted, resume=True)
    with pytest.raises(ValueError, match="was begun with corpus='letters'"):
        train("numbers", make_corpus(), RECIPE, uninterrupted, resume=True)
    assert checksum(uninterrupted) == before


@pytest.mark.parametrize("name", [folders.CHECKPOINT, folders.RECIPE])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b'{"a": 1}', safetensors.numpy.save({}, {"values": "[1]"})],
)
def test_damaged_files_are_named(uninterrupted, tmp_path, name, content):
    for file in uninterrupted.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}.* damaged|{name} is of another run"):
        train("letters", make_corpus(), RECIPE, tmp_path, resume=True)


@pytest.mark.parametrize("name", ["steps", "best", "seconds", "loss_sum", "lr", "recipe_lr"])
def test_a_checkpoint_whose_numbers_are_none(uninterrupted, tmp_path, name):
    arrays, values = load_checkpoint(uninterrupted / folders.CHECKPOINT)
    (tmp_path / folders.RECIPE).write_bytes((uninterrupted / folders.RECIPE).read_bytes())
    save_checkpoint(tmp_path / folders.CHECKPOINT, arrays, {**values, name: {"a": "b"}})
    with pytest.raises(ValueError, match="is of another run"):
        train("letters", make_corpus(), RECIPE, tmp_path, resume=True)


@pytest.mark.parametrize("part", ["params.output.b", "optimizer.", "averaged.", "state.0"])
def test_a_checkpoint_of_other_shapes(uninterrupted, tmp_path, part):
    arrays, values = load_checkpoint(uninterrupted / folders.CHECKPOINT)
    name = next(name for name in arrays if name.startswith(part))
    arrays[name] = arrays[name].ravel()[:1]  # it would be broadcast
    (tmp_path / folders.RECIPE).write_bytes((uninterrupted / folders.RECIPE).read_bytes())
    save_checkpoint(tmp_path / folders.CHECKPOINT, arrays, values)
    with pytest.raises(ValueError, match="is of another run"):
        train("letters", make_corpus(), RECIPE, tmp_path, resume=True)


def test_early_stopping_keeps_the_best(tmp_path):
    """Validation text that contradicts the training text gets worse from the start."""
    corpus = make_corpus()
    backwards = corpus._replace(valid=corpus.valid[::-1].copy())
    recipe = replace(RECIPE, epochs=50, patience=2, lr=0.05, schedule="constant", dropout=0.0)
    model = train("letters", backwards, recipe, tmp_path)
    valid = [r["valid_perplexity"] for r in read_metrics(tmp_path)]
    assert len(valid) < 50
    assert min(valid) == valid[-3]
    assert np.isclose(perplexity(model, backwards.valid), min(valid), rtol=1e-6)


def test_training_in_a_thread(tmp_path):
    """Signals belong to the main thread; elsewhere a run does without them."""
    thread = threading.Thread(
        target=train, args=("letters", make_corpus(), replace(RECIPE, epochs=1), tmp_path)
    )
    thread.start()
    thread.join()
    assert (tmp_path / folders.MODEL).exists()
