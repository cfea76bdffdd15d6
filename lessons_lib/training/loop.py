"""The training loop: truncated backpropagation through time with carried state."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.gradients import global_norm
from lessons_lib.models import LanguageModel
from lessons_lib.text import TrainingBatches
from lessons_lib.training.checkpoints import flatten_state, unflatten_state
from lessons_lib.training.optimizers import OPTIMIZERS
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
        recipe: optimizer, schedule, batch shape and clipping are taken from it.

    Attributes:
        steps: steps taken so far.
        steps_per_epoch: steps in one pass over the text.

    Raises:
        TypeError, ValueError: if ids are not integers, 1-D, and enough for one batch.
    """

    def __init__(self, model: LanguageModel, ids: npt.ArrayLike, recipe: Recipe) -> None:
        self.model = model
        self.batches = TrainingBatches(ids, recipe.batch_size, recipe.seq_len)
        self.steps_per_epoch = len(self.batches)
        self.max_norm = recipe.max_norm
        self.weight_decay = recipe.weight_decay
        self.reset_prob = recipe.reset_prob
        self.optimizer = OPTIMIZERS[recipe.optimizer](model.params)
        total_steps = self.steps_per_epoch * recipe.epochs
        self.schedule = SCHEDULES[recipe.schedule](recipe.lr, total_steps)
        self.steps = 0
        self.state: tuple[Any, ...] | None = None

    def step(self) -> StepResult:
        """Take the next batch, backpropagate, clip by the global norm, move the parameters.

        Raises:
            FloatingPointError: if loss or gradient are not finite; the parameters are then as
                they were before the step.
        """
        inputs, targets = self.batches.batch(self.steps)
        if self.reset_prob and self.state is not None:
            lanes = self.model.rng.random(self.batches.batch_size) < self.reset_prob
            for part in flatten_state(self.state).values():
                part[lanes] = 0
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is reported below
            loss, state = self.model.loss(inputs, targets, self.state)
            self.model.backward()
            norm = global_norm(self.model.grads)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise FloatingPointError(
                f"step {self.steps + 1}: loss {loss} and gradient norm {norm} are not finite; "
                f"try a lower learning rate (lr) or a lower clipping threshold (max_norm)"
            )
        rate = min(1.0, self.max_norm / (norm + 1e-6))  # as in gradients.clip_grads
        lr = self.schedule.rate(self.steps)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.weight_decay:
                for p in self.model.params.values():
                    p *= p.dtype.type(1 - lr * self.weight_decay)
            self.optimizer.step(self.model.params, self.model.grads, lr, rate)
        self.state = state
        self.steps += 1
        return StepResult(loss, norm, lr)

    def save(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that the next step depends on: arrays, and values that JSON can hold."""
        arrays = {f"params.{name}": value for name, value in self.model.params.items()}
        arrays |= {f"optimizer.{name}": value for name, value in self.optimizer.arrays.items()}
        arrays |= flatten_state(self.state)
        values = {
            "steps": self.steps,
            "lr": self.schedule.lr,
            "rng": self.model.rng.bit_generator.state,
        }
        return arrays, values

    def restore(self, arrays: dict[str, np.ndarray], values: dict[str, Any]) -> None:
        """Go back to what `save` returned: every step from here on comes out the same again."""
        for name, value in self.model.params.items():
            value[...] = arrays[f"params.{name}"]
        for name, value in self.optimizer.arrays.items():
            value[...] = arrays[f"optimizer.{name}"]
        self.state = unflatten_state(arrays)
        self.steps = values["steps"]
        self.schedule.lr = values["lr"]
        self.model.rng.bit_generator.state = values["rng"]
