"""Training language models: recipes, optimizers, the loop, runs on disk, perplexity."""

from lessons_lib.training.evaluation import exp_loss, perplexity, token_losses
from lessons_lib.training.loop import StepResult, Trainer
from lessons_lib.training.optimizers import SGD, Adam
from lessons_lib.training.presets import PRESETS
from lessons_lib.training.recipes import Recipe
from lessons_lib.training.run import Interrupted, read_metrics, train

__all__ = [
    "PRESETS",
    "SGD",
    "Adam",
    "Interrupted",
    "Recipe",
    "StepResult",
    "Trainer",
    "exp_loss",
    "perplexity",
    "read_metrics",
    "token_losses",
    "train",
]
