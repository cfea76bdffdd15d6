"""A training run in a folder: metrics, checkpoints, resuming, validation, early stopping."""

import json
import math
import time
from collections.abc import Callable
from os import PathLike
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from lessons_lib.files import write_atomically
from lessons_lib.models import LanguageModel
from lessons_lib.text import Corpus
from lessons_lib.training.checkpoints import load_checkpoint, save_checkpoint
from lessons_lib.training.evaluation import exp_loss, perplexity
from lessons_lib.training.folders import CHECKPOINT, METRICS, MODEL, Record, claim, read_metrics
from lessons_lib.training.loop import StepResult, Trainer
from lessons_lib.training.recipes import Recipe
from lessons_lib.training.stopping import Interrupted, TimeLimitReached, stop_request

CHECKPOINT_SECONDS = 30.0
RECORD_STEPS = 100


def train(
    corpus_name: str,
    corpus: Corpus,
    recipe: Recipe,
    folder: str | PathLike[str],
    *,
    preset: str = "",
    resume: bool = False,
    time_limit: float = math.inf,
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
        preset: the recipe's name, kept with it.
        resume: go on with the run that is in the folder (or begin, if it had not come that far);
            it may be given a lower lr or max_norm from there on.
        time_limit: stop after the step in which this many seconds have passed since the call.
        on_epoch: called with each epoch's record.
        show_progress: show a progress bar on standard error.

    Returns:
        The model that the recipe keeps.

    Raises:
        ValueError: if the folder holds a run and resume is False, or a run of another recipe or
            corpus; or if it is in use by another process.
        FloatingPointError: if loss or gradient stop being finite; the last checkpoint is kept.
        Interrupted: on Ctrl-C or SIGTERM, after the checkpoint is written.
        TimeLimitReached: an Interrupted, when the time is up.
        OSError: if the folder cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            model = recipe.build(len(corpus.vocab))
            claim(
                folder,
                corpus_name,
                recipe,
                resume=resume,
                preset=preset,
                num_params=model.num_params,
            )
            for unfinished in folder.glob(".*.tmp"):  # left by a kill in the middle of a write
                unfinished.unlink()
            run = _Run(model, corpus_name, corpus, recipe, folder)
            run.go(on_epoch, show_progress, time_limit)
            return LanguageModel.load(folder / MODEL)
    except Timeout:
        raise ValueError(f"folder: {folder} is in use by another run") from None


class _Run:
    def __init__(
        self,
        model: LanguageModel,
        corpus_name: str,
        corpus: Corpus,
        recipe: Recipe,
        folder: Path,
    ) -> None:
        self.model, self.recipe, self.folder, self.valid = model, recipe, folder, corpus.valid
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
        self.saved_steps = 0  # at the last checkpoint
        if (folder / CHECKPOINT).exists():
            self._restore()
        else:
            write_atomically(folder / METRICS, b"")

    def go(
        self, on_epoch: Callable[[Record], None], show_progress: bool, time_limit: float
    ) -> None:
        trainer = self.trainer
        per_epoch = trainer.steps_per_epoch
        started = saved = time.monotonic()
        before = self.seconds
        tokens = self.recipe.batch_size * self.recipe.seq_len
        with (
            stop_request(notice=show_progress) as stop,
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
                result = self._step()
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
                    seconds_per_step = self.seconds / trainer.steps
                    left = (per_epoch * self.recipe.epochs - trainer.steps) * seconds_per_step
                    bar.set_postfix(
                        perplexity=f"{exp_loss(record['train_loss']):.4g}", ends=_clock(left)
                    )
                    if epoch_ends:
                        record["valid_perplexity"] = self._validate()
                    self._append(record)
                    if epoch_ends:
                        with tqdm.external_write_mode():
                            on_epoch(record)
                now = time.monotonic()
                time_is_up = now - started >= time_limit
                stopping = stop.is_set() or time_is_up
                if epoch_ends or stopping or now - saved > CHECKPOINT_SECONDS:
                    self._checkpoint()
                    saved = time.monotonic()
                if stopping and not self.finished:
                    done = f"stopped after step {trainer.steps} of {per_epoch * self.recipe.epochs}"
                    if stop.is_set():
                        raise Interrupted(f"{done}; the run can be resumed")
                    raise TimeLimitReached(f"{done}, its time being up; the run can be resumed")

    def _step(self) -> StepResult:
        try:
            return self.trainer.step()
        except FloatingPointError as error:
            raise FloatingPointError(f"{error}; {self._way_back()}") from None

    def _validate(self) -> float:
        """At the end of an epoch: validate, keep the model if need be, see if it is time."""
        valid = perplexity(self.model, self.valid)
        if not math.isfinite(valid):
            raise FloatingPointError(
                f"step {self.trainer.steps}: the validation perplexity is not finite; "
                f"try a lower learning rate (lr); {self._way_back()}"
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

    def _way_back(self) -> str:
        return (
            f"give the same command with --resume and the lower value to go on from step "
            f"{self.saved_steps}"
        )

    def _append(self, record: Record) -> None:
        with open(self.folder / METRICS, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _checkpoint(self) -> None:
        arrays, values = self.trainer.save()
        values |= {name: getattr(self, name) for name in _REMEMBERED}
        values["recipe_lr"] = self.recipe.lr
        save_checkpoint(self.folder / CHECKPOINT, arrays, values)
        self.saved_steps = self.trainer.steps

    def _restore(self) -> None:
        arrays, values = load_checkpoint(self.folder / CHECKPOINT)
        try:
            self.trainer.restore(arrays, values)
            for name in _REMEMBERED:
                setattr(self, name, values[name])
            # 1 unless the run is resumed with another learning rate.
            self.trainer.schedule.lr *= self.recipe.lr / values.get("recipe_lr", self.recipe.lr)
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"checkpoint: {self.folder / CHECKPOINT} is of another run") from None
        self.saved_steps = self.trainer.steps
        # Steps after the checkpoint are taken again, and so recorded again.
        kept = [r for r in read_metrics(self.folder) if r["step"] <= self.trainer.steps]
        write_atomically(
            self.folder / METRICS, "".join(json.dumps(r) + "\n" for r in kept).encode()
        )


_REMEMBERED = ("best", "stale", "seconds", "loss_sum", "loss_count", "finished")


def _clock(seconds: float) -> str:
    """The time of day so many seconds from now, and the day if that is not today."""
    then = time.localtime(time.time() + seconds)
    today = time.localtime()
    return time.strftime("%H:%M" if then[:3] == today[:3] else "%a %H:%M", then)
