"""Training language models: recipes, optimizers, the loop, runs on disk, perplexity."""

from lessons_lib.training.evaluation import exp_loss, perplexity, token_losses
from lessons_lib.training.folders import (
    RunSummary,
    find_runs,
    read_metrics,
    read_run,
    write_results,
)
from lessons_lib.training.loop import StepResult, Trainer
from lessons_lib.training.optimizers import SGD, Adam
from lessons_lib.training.presets import PRESETS
from lessons_lib.training.recipes import Recipe
from lessons_lib.training.run import Run
from lessons_lib.training.stopping import Interrupted, TimeLimitReached

__all__ = [
    "PRESETS",
    "SGD",
    "Adam",
    "Interrupted",
    "Recipe",
    "Run",
    "RunSummary",
    "StepResult",
    "TimeLimitReached",
    "Trainer",
    "exp_loss",
    "find_runs",
    "perplexity",
    "read_metrics",
    "read_run",
    "token_losses",
    "write_results",
]
