"""A training run in a folder: metrics, checkpoints, the model, and going on where it stopped.

The training itself is `Trainer.run` in `lessons_lib.training.loop`.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from tqdm import tqdm

from lessons_lib.files import write_atomically
from lessons_lib.models import LanguageModel
from lessons_lib.text import Corpus
from lessons_lib.text.batches import let_go
from lessons_lib.training.checkpoints import load_checkpoint, number, save_checkpoint
from lessons_lib.training.evaluation import exp_loss
from lessons_lib.training.folders import (
    CHECKPOINT,
    METRICS,
    MODEL,
    RECIPE,
    RESULTS,
    Record,
    claim,
    read_metrics,
)
from lessons_lib.training.identity import identity
from lessons_lib.training.loop import StepResult, Trainer
from lessons_lib.training.recipes import Recipe
from lessons_lib.training.stopping import stop_request

CHECKPOINT_SECONDS = 30.0
RECORD_STEPS = 100
SHOWN_STEPS = 10  # so that the bar has a loss soon


@dataclass(frozen=True)
class Run:
    """A training run in a folder that keeps all there is to know about it.

    The folder gets recipe.json; metrics.jsonl with a record every 100 steps and one for each epoch;
    checkpoint.safetensors every 30 seconds and after each epoch; and model.safetensors, the model
    that the recipe keeps. A run that was stopped, killed or ran out of disk goes on from its last
    checkpoint and ends with the very parameters that it would have had.

    Attributes:
        corpus_name: kept with the model, so that evaluating and sampling know its text.
        corpus: the text.
        recipe: what to do.
        folder: where; it is made if need be.
        preset: the recipe's name, kept with it.
        metadata: more to keep with the model, such as how its text becomes tokens.
        start: parameters by name to start with, where they are not to be drawn.
        start_name: where they come from, kept with the recipe.
        make: what makes the model, as for `Recipe.build`: the engine. A run may be gone on with by
            another one.
    """

    corpus_name: str
    corpus: Corpus
    recipe: Recipe
    folder: str | PathLike[str]
    preset: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    start: Mapping[str, np.ndarray] = field(default_factory=dict)
    start_name: str = ""
    make: Callable[..., LanguageModel] = LanguageModel

    def train(
        self,
        *,
        resume: bool = False,
        time_limit: float = math.inf,
        on_epoch: Callable[[Record], None] = lambda record: None,
        on_step: Callable[[Trainer], None] = lambda trainer: None,
        show_progress: bool = False,
    ) -> LanguageModel:
        """Train to the end, from the beginning or from the last checkpoint.

        Args:
            resume: go on with the run that is in the folder (or begin, if it had not come that
                far); it may be given more epochs, and a lower lr or max_norm from there on.
            time_limit: stop after the step in which this many seconds have passed since the call.
            on_epoch: called with each epoch's record.
            on_step: called after each step; it must leave the trainer as it is.
            show_progress: show a progress bar on standard error.

        Returns:
            The model that the recipe keeps.

        Raises:
            ValueError: if the folder holds a run and resume is False, or a run of another recipe,
                vocabulary or text; or if it is in use by another process.
            FloatingPointError: if loss or gradient stop being finite; the last checkpoint is kept.
            Interrupted: on Ctrl-C or SIGTERM, after the checkpoint is written.
            TimeLimitReached: an Interrupted, when the time is up.
            OSError: if the folder cannot be written.
        """
        folder = Path(self.folder)
        with locked(folder):
            trainer, disk = self._claim_folder(folder, resume)
            try:
                self._go(trainer, disk, time_limit, on_epoch, on_step, show_progress)
            except FloatingPointError as error:
                way_back = "give the same command with --resume and the lower value to go on"
                message = f"{error}; {way_back} from step {disk.saved_steps}"
                raise FloatingPointError(message) from None
            return LanguageModel.load(folder / MODEL)

    def _claim_folder(self, folder: Path, resume: bool) -> tuple[Trainer, "_OnDisk"]:
        recipe = self.recipe
        model = recipe.build(len(self.corpus.vocab), self.make)
        model.metadata = {
            "corpus": self.corpus_name,
            "vocabulary": json.dumps(self.corpus.vocab.tokens, ensure_ascii=False),
        } | dict(self.metadata)
        asked = {
            "corpus": self.corpus_name,
            "preset": self.preset,
            "num_params": model.num_params,
            "recipe": recipe.as_dict(),
            "text": identity(self.corpus),
        }
        if self.start_name:
            asked["from"] = self.start_name
        begins = not (folder / RECIPE).exists()
        to_write = claim(folder, asked, resume=resume)
        for unfinished in folder.glob(".*.tmp"):  # left by a kill in the middle of a write
            unfinished.unlink()
        trainer = Trainer(model, self.corpus.train, recipe)
        disk = _OnDisk(trainer, folder, self.start if begins else {})
        if trainer.finished and to_write:
            raise ValueError(
                f"folder: the run in {folder} is finished after "
                f"{trainer.steps / trainer.steps_per_epoch:.3g} epochs, as its epochs and its "
                f"patience ({recipe.patience}) say; more epochs are given by --set epochs=N"
            )
        if to_write:
            (folder / RESULTS).unlink(missing_ok=True)  # of fewer epochs
            write_atomically(folder / RECIPE, json.dumps(to_write, indent=2).encode() + b"\n")
        return trainer, disk

    def _go(
        self,
        trainer: Trainer,
        disk: "_OnDisk",
        time_limit: float,
        on_epoch: Callable[[Record], None],
        on_step: Callable[[Trainer], None],
        show_progress: bool,
    ) -> None:
        """The loop, with what has to happen between two steps."""
        tokens = self.recipe.batch_size * self.recipe.seq_len
        with (
            stop_request(time_limit, notice=show_progress) as stop,
            tqdm(
                total=trainer.total_steps * tokens,
                initial=trainer.steps * tokens,
                unit="tok",
                unit_scale=True,
                disable=not show_progress,
                dynamic_ncols=True,
                bar_format="{percentage:3.0f}%|{bar}| {rate_fmt}, {remaining} left{postfix}",
            ) as bar,
        ):
            for result, valid in trainer.run(self.corpus.valid, show_progress):
                disk.count(result)
                bar.update(tokens)
                epoch_ends = valid is not None
                if epoch_ends or trainer.steps % RECORD_STEPS == 0:
                    record = disk.record(result, valid)
                    if epoch_ends:
                        with tqdm.external_write_mode():
                            on_epoch(record)
                if trainer.steps % SHOWN_STEPS == 0 or epoch_ends:
                    perplexity = f"{exp_loss(result.loss):.4g}"
                    bar.set_postfix(loss=f"{result.loss:.3f}", perplexity=perplexity)
                with tqdm.external_write_mode():
                    on_step(trainer)
                stopping = bool(stop)
                if epoch_ends or stopping or disk.checkpoint_is_due:
                    disk.checkpoint()
                    let_go(self.corpus.train)
                if stopping and not trainer.finished:
                    raise stop.error(f"stopped after step {trainer.steps} of {trainer.total_steps}")


class _OnDisk:
    """What a run's folder keeps of its trainer; reads the checkpoint if there is one.

    Args:
        start: parameters that a new run starts with, by name; they are kept at once.

    Attributes:
        seconds: spent so far, over all resumptions.
        loss_sum, loss_count: of the steps since the last record.
        saved_steps: at the last checkpoint.
    """

    def __init__(self, trainer: Trainer, folder: Path, start: Mapping[str, np.ndarray]) -> None:
        self.trainer, self.folder = trainer, folder
        self.seconds = self.loss_sum = self.loss_count = 0.0
        if start:
            for name, value in start.items():
                for arrays in filter(None, (trainer.model.params, trainer.averaged)):
                    arrays[name][...] = value
            self.checkpoint()
        if (folder / CHECKPOINT).exists():
            self._restore()
        else:
            write_atomically(folder / METRICS, b"")
        self.saved_steps = trainer.steps
        self.saved_at = time.monotonic()
        self._started = self.saved_at - self.seconds

    def count(self, result: StepResult) -> None:
        """Count a step into the next record."""
        self.loss_sum += result.loss
        self.loss_count += 1
        self.seconds = time.monotonic() - self._started

    def record(self, result: StepResult, valid: float | None) -> Record:
        """Note in the metrics what came since the last record; after an epoch, keep the model."""
        trainer = self.trainer
        record = {
            "step": trainer.steps,
            "epoch": trainer.steps / trainer.steps_per_epoch,
            "train_loss": self.loss_sum / self.loss_count,
            "lr": result.lr,
            "norm": result.norm,
            "seconds": round(self.seconds, 3),
        }
        self.loss_sum = self.loss_count = 0.0
        if valid is not None:
            record["valid_perplexity"] = valid
            # Until the recipe's end there is always a model to look at: the best so far.
            if trainer.stale == 0 or (trainer.recipe.keep == "last" and trainer.finished):
                self._keep_model()
        with open(self.folder / METRICS, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        return record

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the last one is so old that a kill would cost too much."""
        return time.monotonic() - self.saved_at > CHECKPOINT_SECONDS

    def checkpoint(self) -> None:
        """Write all that going on depends on."""
        arrays, values = self.trainer.save()
        values |= {name: getattr(self, name) for name in _COUNTS}
        values["recipe_lr"] = self.trainer.recipe.lr
        save_checkpoint(self.folder / CHECKPOINT, arrays, values)
        if math.isinf(self.trainer.best):  # not validated yet: the newest is the best
            self._keep_model()
        self.saved_steps, self.saved_at = self.trainer.steps, time.monotonic()

    def _keep_model(self) -> None:
        with self.trainer.with_averages() as model:
            model.save(self.folder / MODEL)

    def _restore(self) -> None:
        arrays, values = load_checkpoint(self.folder / CHECKPOINT)
        trainer = self.trainer
        try:
            trainer.restore(arrays, values)
            for name in _COUNTS:
                setattr(self, name, number(values, name))
            # 1 unless the run is resumed with another learning rate.
            values.setdefault("recipe_lr", trainer.recipe.lr)
            trainer.schedule.lr *= trainer.recipe.lr / number(values, "recipe_lr")
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            raise ValueError(f"checkpoint: {self.folder / CHECKPOINT} is of another run") from None
        if trainer.steps > trainer.total_steps:
            done = trainer.steps / trainer.steps_per_epoch
            raise ValueError(
                f"epochs: {done:.3g} of them are done, {trainer.recipe.epochs} is less"
            )
        # Steps after the checkpoint are taken again, and so recorded again.
        kept = [r for r in read_metrics(self.folder) if r["step"] <= trainer.steps]
        write_atomically(
            self.folder / METRICS, "".join(json.dumps(r) + "\n" for r in kept).encode()
        )


_COUNTS = ("seconds", "loss_sum", "loss_count")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder, and keep other runs out of it; may be nested.

    Raises:
        ValueError: if another run is in it.
        OSError: if it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0, is_singleton=True):
            yield
    except Timeout:
        raise ValueError(f"folder: {folder} is in use by another run") from None
