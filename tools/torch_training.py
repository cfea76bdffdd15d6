"""Train a recipe with PyTorch alone (pip install torch==2.13.0).

    python -m tools.torch_training

writes data/parity/training.safetensors: what PyTorch does in 200 steps from our first weights, on
our batches and with our dropout masks. Forward and backward pass are those of `--engine torch`, and
clipping, optimizer and schedule are PyTorch's, too.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.numpy
import torch

from lessons_lib.text import TrainingBatches, load_corpus
from lessons_lib.training import PRESETS, Recipe, perplexity
from lessons_lib.training.torch_engine import TorchLanguageModel

# The recipe "better" as it is published, but for its width. At the rate 20 on this text, 40 units
# amplify rounding errors of 1e-16 until after 200 steps two runs have nothing in common; 16 units
# learn calmly.
SMALL = replace(
    PRESETS["better"],
    embed_size=16,
    hidden_size=16,
    schedule="plateau",
    average=0.0,
    dtype="float64",
)
STEPS = 200
STORED = Path(__file__).resolve().parents[1] / "data" / "parity" / "training.safetensors"


class TorchRun(NamedTuple):
    """What a run did, step by step and epoch by epoch."""

    losses: list[float]  # of each step, in nats
    norms: list[float]  # of the gradients before clipping
    rates: list[float]  # learning rate of each step
    valid_losses: list[float]  # after each epoch, in nats


def train(recipe: Recipe, train: np.ndarray, valid: np.ndarray, V: int, steps: int) -> TorchRun:
    """Train a recipe with PyTorch.

    Args:
        recipe: with SGD, at a constant rate or with a plateau.
        train: training text, integers, 1-D.
        valid: validation text.
        V: size of the vocabulary.
        steps: how many to take.
    """
    model = recipe.build(V, TorchLanguageModel)
    batches = TrainingBatches(train, recipe.batch_size, recipe.seq_len)
    # They share their memory with the model's, so that a step of the optimizer moves those.
    params = {name: torch.from_numpy(p) for name, p in model.params.items()}
    optimizer = torch.optim.SGD(params.values(), lr=recipe.lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.25, patience=0, threshold=0.0, eps=0.0
    )
    run, state = TorchRun([], [], [], []), None
    for step in range(steps):
        loss, state = model.loss(*batches.batch(step), state)
        model.backward()
        for name, p in params.items():
            p.grad = torch.from_numpy(model.grads[name])
        norm = torch.nn.utils.clip_grad_norm_(params.values(), recipe.max_norm)
        run.losses.append(loss)
        run.norms.append(norm.item())
        run.rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if (step + 1) % len(batches) == 0:
            run.valid_losses.append(math.log(perplexity(model, valid)))
            if recipe.schedule == "plateau":
                plateau.step(run.valid_losses[-1])
    return run


def small_text() -> tuple[np.ndarray, np.ndarray, int]:
    """Training and validation text of the stored run, and the size of its vocabulary."""
    village = load_corpus("village")
    return village.train[:7001], village.valid[:1000], len(village.vocab)


def main() -> None:
    """Write what PyTorch did with the small recipe."""
    run = train(SMALL, *small_text(), STEPS)
    arrays = {name: np.array(values) for name, values in run._asdict().items()}
    version = torch.__version__.split("+")[0]  # without the kind of build
    STORED.write_bytes(safetensors.numpy.save(arrays, {"made_with": f"torch {version}"}))


if __name__ == "__main__":
    main()
