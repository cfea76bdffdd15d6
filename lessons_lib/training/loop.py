"""Training in one place: a step, what follows an epoch, and the loop.

It is truncated backpropagation through time with carried state. What a run keeps on disk, and how
it is stopped and resumed, stands in `lessons_lib.training.run`.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.gradients import global_norm
from lessons_lib.models import LanguageModel
from lessons_lib.text import TrainingBatches
from lessons_lib.training.checkpoints import flatten_state, number, unflatten_state
from lessons_lib.training.evaluation import perplexity
from lessons_lib.training.optimizers import OPTIMIZERS, average
from lessons_lib.training.recipes import Recipe
from lessons_lib.training.schedules import SCHEDULES


class StepResult(NamedTuple):
    """What one training step did."""

    loss: float  # mean over the batch before the step, in nats
    norm: float  # global norm of the gradients before clipping
    lr: float  # learning rate


class Trainer:
    """Trains a model on a text, one step at a time.

    Each batch goes on where the one before stopped, with the hidden state carried over, and the
    gradient is cut between them.

    Args:
        model: the model; its parameters are changed in place.
        ids: the training text, integers, 1-D.
        recipe: optimizer, schedule, batch shape, clipping and when to stop are taken from it.

    Attributes:
        steps: steps taken so far.
        steps_per_epoch: steps in one pass over the text.
        best: the lowest validation perplexity so far.
        stale: validations since then.
        finished: whether the recipe's epochs, or its patience, have been used up.

    Raises:
        TypeError, ValueError: if ids are not integers, 1-D, and enough for one batch.
    """

    def __init__(self, model: LanguageModel, ids: npt.ArrayLike, recipe: Recipe) -> None:
        self.model, self.recipe = model, recipe
        N, T = recipe.batch_size, recipe.seq_len
        if np.ndim(ids) == 1 and len(np.asarray(ids)) <= N * T:
            raise ValueError(
                f"the training text has {len(np.asarray(ids)):,} tokens, and a batch takes {N} x "
                f"{T} + 1; a longer text, or a smaller batch, such as --set batch_size=2, will do"
            )
        self.batches = TrainingBatches(ids, recipe.batch_size, recipe.seq_len)
        self.steps_per_epoch = len(self.batches)
        self.total_steps = self.steps_per_epoch * recipe.epochs
        self.optimizer = OPTIMIZERS[recipe.optimizer](model.params)
        self.schedule = SCHEDULES[recipe.schedule](recipe.lr, self.total_steps)
        self.averaged = {n: p.copy() for n, p in model.params.items()} if recipe.average else {}
        self.state: tuple[Any, ...] | None = None
        self.steps = self.stale = 0
        self.best = math.inf
        self.finished = False

    def run(
        self, valid: npt.ArrayLike, progress: bool = False
    ) -> Iterator[tuple[StepResult, float | None]]:
        """Take step after step until training is finished, and validate after each epoch.

        Args:
            valid: the validation text, integers, 1-D.
            progress: show a bar while it is measured, as for `token_losses`.

        Yields:
            What each step did; the validation perplexity if an epoch ended with it, else None.

        Raises:
            FloatingPointError: if loss, gradient or validation perplexity are not finite.
        """
        while not self.finished:
            result = self.step()
            epoch_ends = self.steps % self.steps_per_epoch == 0
            yield result, self.validate(valid, progress) if epoch_ends else None

    def step(self) -> StepResult:
        """Take the next batch, backpropagate, clip by the global norm, move the parameters.

        Raises:
            FloatingPointError: if loss or gradient are not finite; the parameters are then as
                they were before the step.
        """
        recipe, params = self.recipe, self.model.params
        inputs, targets = self.batches.batch(self.steps)
        self._forget_in_some_rows()
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is reported below
            loss, state = self.model.loss(inputs, targets, self.state)
            self.model.backward()
            norm = global_norm(self.model.grads)
        self._check_is_finite(loss, norm)
        rate = min(1.0, recipe.max_norm / (norm + 1e-6))  # as in gradients.clip_grads
        lr = self.schedule.rate(self.steps)
        with np.errstate(over="ignore", invalid="ignore"):
            if recipe.weight_decay:
                for p in params.values():
                    p *= p.dtype.type(1 - lr * recipe.weight_decay)
            self.optimizer.step(params, self.model.grads, lr, rate)
        self.state = state
        self.steps += 1
        # All alike at first, then as if over the last epochs.
        window = min(self.steps, max(1, recipe.average * self.steps_per_epoch))
        average(self.averaged, params, window)
        return StepResult(loss, norm, lr)

    def _forget_in_some_rows(self) -> None:
        """Set the carried state to 0 where chance has it, as often as the recipe says."""
        if self.recipe.reset_prob and self.state is not None:
            rows = self.model.rng.random(self.recipe.batch_size) < self.recipe.reset_prob
            for part in flatten_state(self.state).values():
                part[rows] = 0

    def _check_is_finite(self, loss: float, norm: float) -> None:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise FloatingPointError(
                f"step {self.steps + 1}: loss {loss} and gradient norm {norm} are not finite; "
                f"try a lower learning rate (lr) or a lower clipping threshold (max_norm)"
            )

    @contextmanager
    def with_averages(self) -> Iterator[LanguageModel]:
        """The model as it is validated and kept: inside a `with` block it has averaged weights."""
        params = self.model.params
        trained = {name: params[name].copy() for name in self.averaged}
        for name, value in self.averaged.items():
            params[name][...] = value
        try:
            yield self.model
        finally:
            for name, value in trained.items():
                params[name][...] = value

    def validate(self, ids: npt.ArrayLike, progress: bool = False) -> float:
        """Measure the perplexity on a text, tell the schedule, and see if training is finished.

        Raises:
            FloatingPointError: if the perplexity is not finite.
        """
        with self.with_averages() as model:
            valid = perplexity(model, ids, progress=progress)
        if not math.isfinite(valid):
            raise FloatingPointError(
                f"step {self.steps}: the validation perplexity is not finite; "
                f"try a lower learning rate (lr)"
            )
        improved = valid < self.best
        self.best = min(self.best, valid)
        self.stale = 0 if improved else self.stale + 1
        self.schedule.validated(improved)
        self.finished = self._is_done()
        return valid

    def _is_done(self) -> bool:
        out_of_patience = 0 < self.recipe.patience <= self.stale
        return self.steps >= self.total_steps or out_of_patience

    def save(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that the next step depends on: arrays, and values that JSON can hold."""
        arrays = {f"params.{name}": value for name, value in self.model.params.items()}
        arrays |= {f"optimizer.{name}": value for name, value in self.optimizer.arrays.items()}
        arrays |= {f"averaged.{name}": value for name, value in self.averaged.items()}
        arrays |= flatten_state(self.state)
        values = {name: getattr(self, name) for name in _COUNTS}
        values |= {"lr": self.schedule.lr, "rng": self.model.rng.bit_generator.state}
        return arrays, values

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        """Go back to what `save` returned: every step from here on comes out the same again.

        With a recipe of more epochs, what was finished is so no longer.

        Raises:
            KeyError, TypeError, ValueError: if it is of another training.
        """
        for what, own in (
            ("params", self.model.params),
            ("optimizer", self.optimizer.arrays),
            ("averaged", self.averaged),
        ):
            for name, value in own.items():
                if value.shape != (saved := arrays[f"{what}.{name}"]).shape:
                    raise ValueError(f"{name}: expected {value.shape}, got {saved.shape}")
                value[...] = saved
        of_state = {a.shape for name, a in arrays.items() if name.startswith("state.")}
        if not of_state <= {(self.recipe.batch_size, self.recipe.hidden_size)}:
            raise ValueError(f"state: got {of_state}")
        self.state = unflatten_state(arrays)
        for name in _COUNTS:
            setattr(self, name, number(values, name))
        self.finished = self._is_done()
        self.schedule.lr = number(values, "lr")
        self.model.rng.bit_generator.state = values["rng"]


_COUNTS = ("steps", "best", "stale", "finished")
