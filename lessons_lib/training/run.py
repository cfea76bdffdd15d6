"""A training run in a folder: metrics, checkpoints, resuming, validation, early stopping."""

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tqdm import tqdm

from lessons_lib.files import write_atomically
from lessons_lib.models import LanguageModel
from lessons_lib.text import Corpus
from lessons_lib.training.checkpoints import load_checkpoint, save_checkpoint
from lessons_lib.training.evaluation import exp_loss, perplexity
from lessons_lib.training.loop import Trainer
from lessons_lib.training.recipes import Recipe

MODEL, CHECKPOINT, METRICS, RECIPE = (
    "model.safetensors",
    "checkpoint.safetensors",
    "metrics.jsonl",
    "recipe.json",
)
CHECKPOINT_SECONDS = 30.0
RECORD_STEPS = 100

Record = dict[str, Any]


class Interrupted(Exception):
    """The run was stopped from outside and its checkpoint is written."""


def train(
    corpus_name: str,
    corpus: Corpus,
    recipe: Recipe,
    folder: str | PathLike[str],
    *,
    resume: bool = False,
    on_epoch: Callable[[Record], None] = lambda record: None,
    show_progress: bool = False,
) -> LanguageModel:
    """Train a language model in a folder that keeps all there is to know about the run.

    The folder gets recipe.json; metrics.jsonl with a record every 100 steps and one for each epoch;
    checkpoint.safetensors every 30 seconds and after each epoch; and model.safetensors, the model
    that the recipe keeps. A run that was stopped, killed or ran out of disk goes on from its last
    checkpoint and ends with the very parameters that it would have had.

    Args:
        corpus_name: kept with the model, so that evaluating and sampling know its text.
        corpus: the text.
        recipe: what to do.
        folder: where; it is made if need be.
        resume: go on with the run that is in the folder (or begin, if it had not come that far).
        on_epoch: called with each epoch's record.
        show_progress: show a progress bar on standard error.

    Returns:
        The model that the recipe keeps.

    Raises:
        ValueError: if the folder holds a run and resume is False, or a run of another recipe or
            corpus; or if it is in use by another process.
        FloatingPointError: if loss or gradient stop being finite.
        Interrupted: on Ctrl-C or SIGTERM, after the checkpoint is written.
        OSError: if the folder cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            _claim(folder, corpus_name, recipe, resume)
            for unfinished in folder.glob(".*.tmp"):  # left by a kill in the middle of a write
                unfinished.unlink()
            run = _Run(corpus_name, corpus, recipe, folder)
            run.go(on_epoch, show_progress)
            return LanguageModel.load(folder / MODEL)
    except Timeout:
        raise ValueError(f"folder: {folder} is in use by another run") from None


def read_metrics(folder: str | PathLike[str]) -> list[Record]:
    """All records of a run, in order; a last line that was cut off while written is left out."""
    records = []
    path = Path(folder) / METRICS
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def _claim(folder: Path, corpus_name: str, recipe: Recipe, resume: bool) -> None:
    """Write recipe.json, or hold what is asked for against the one that is there."""
    path = folder / RECIPE
    asked = {"corpus": corpus_name, "recipe": recipe.as_dict()}
    if not path.exists():
        write_atomically(path, json.dumps(asked, indent=2).encode() + b"\n")
        return
    if not resume:
        raise ValueError(
            f"folder: {folder} holds a run; continue it with --resume (resume=True) or "
            "choose another folder"
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        before = {"corpus": found["corpus"]} | found["recipe"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"folder: {path} is damaged, choose another folder") from None
    now = {"corpus": corpus_name} | recipe.as_dict()
    changed = [
        f"{name}={before.get(name)!r}" for name, value in now.items() if before.get(name) != value
    ]
    if changed:
        raise ValueError(
            f"folder: the run in {folder} was begun with {', '.join(changed)}; resume it with the "
            "same, or choose another folder"
        )


class _Run:
    def __init__(self, corpus_name: str, corpus: Corpus, recipe: Recipe, folder: Path) -> None:
        self.recipe, self.folder, self.valid = recipe, folder, corpus.valid
        self.model = recipe.build(len(corpus.vocab))
        self.model.metadata = {
            "corpus": corpus_name,
            "vocabulary": json.dumps(corpus.vocab.tokens, ensure_ascii=False),
        }
        self.trainer = Trainer(self.model, corpus.train, recipe)
        # What else a run has to remember: everything here goes into the checkpoint.
        self.best = math.inf  # lowest validation perplexity
        self.stale = 0  # epochs since
        self.seconds = 0.0  # spent so far, over all resumptions
        self.loss_sum = self.loss_count = 0.0  # since the last record
        self.finished = False
        if (folder / CHECKPOINT).exists():
            self._restore()
        else:
            write_atomically(folder / METRICS, b"")

    def go(self, on_epoch: Callable[[Record], None], show_progress: bool) -> None:
        trainer = self.trainer
        per_epoch = trainer.steps_per_epoch
        started = saved = time.monotonic()
        before = self.seconds
        tokens = self.recipe.batch_size * self.recipe.seq_len
        with (
            _stop_request() as stop,
            tqdm(
                total=per_epoch * self.recipe.epochs * tokens,
                initial=trainer.steps * tokens,
                unit="tok",
                unit_scale=True,
                disable=not show_progress,
                dynamic_ncols=True,
            ) as bar,
        ):
            while not self.finished:
                result = trainer.step()
                self.loss_sum += result.loss
                self.loss_count += 1
                self.seconds = before + time.monotonic() - started
                bar.update(tokens)

                epoch_ends = trainer.steps % per_epoch == 0
                if epoch_ends or trainer.steps % RECORD_STEPS == 0:
                    record = {
                        "step": trainer.steps,
                        "epoch": trainer.steps / per_epoch,
                        "train_loss": self.loss_sum / self.loss_count,
                        "lr": result.lr,
                        "norm": result.norm,
                        "seconds": round(self.seconds, 3),
                    }
                    self.loss_sum = self.loss_count = 0.0
                    bar.set_postfix(perplexity=f"{exp_loss(record['train_loss']):.4g}")
                    if epoch_ends:
                        record["valid_perplexity"] = self._validate()
                    self._append(record)
                    if epoch_ends:
                        with tqdm.external_write_mode():
                            on_epoch(record)
                if epoch_ends or stop.is_set() or time.monotonic() - saved > CHECKPOINT_SECONDS:
                    self._checkpoint()
                    saved = time.monotonic()
                if stop.is_set() and not self.finished:
                    raise Interrupted(f"stopped after step {trainer.steps}; the run can be resumed")

    def _validate(self) -> float:
        """At the end of an epoch: validate, keep the model if need be, see if it is time."""
        valid = perplexity(self.model, self.valid)
        if not math.isfinite(valid):
            raise FloatingPointError(
                f"step {self.trainer.steps}: the validation perplexity is not finite; "
                "try a lower learning rate (lr)"
            )
        improved = valid < self.best
        self.best = min(self.best, valid)
        self.stale = 0 if improved else self.stale + 1
        self.trainer.schedule.validated(improved)
        epoch = self.trainer.steps // self.trainer.steps_per_epoch
        out_of_patience = 0 < self.recipe.patience <= self.stale
        self.finished = epoch >= self.recipe.epochs or out_of_patience
        to_be_kept = improved if self.recipe.keep == "best" else self.finished
        if to_be_kept:
            self.model.save(self.folder / MODEL)
        return valid

    def _append(self, record: Record) -> None:
        with open(self.folder / METRICS, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _checkpoint(self) -> None:
        arrays, values = self.trainer.save()
        values |= {name: getattr(self, name) for name in _REMEMBERED}
        save_checkpoint(self.folder / CHECKPOINT, arrays, values)

    def _restore(self) -> None:
        arrays, values = load_checkpoint(self.folder / CHECKPOINT)
        try:
            self.trainer.restore(arrays, values)
            for name in _REMEMBERED:
                setattr(self, name, values[name])
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"checkpoint: {self.folder / CHECKPOINT} is of another run") from None
        # Steps after the checkpoint are taken again, and so recorded again.
        kept = [r for r in read_metrics(self.folder) if r["step"] <= self.trainer.steps]
        write_atomically(
            self.folder / METRICS, "".join(json.dumps(r) + "\n" for r in kept).encode()
        )


_REMEMBERED = ("best", "stale", "seconds", "loss_sum", "loss_count", "finished")


@contextmanager
def _stop_request() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, so that the step under way is finished first.

    A second Ctrl-C stops at once.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event  # only the main thread may handle signals
        return

    def request(number: int, frame: Any) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
