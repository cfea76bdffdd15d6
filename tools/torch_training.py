"""Train a recipe here and with PyTorch side by side (pip install torch==2.13.0).

    python -m tools.torch_training

writes data/parity/training.safetensors: what PyTorch does in 200 steps from our first weights, on
our batches and with our dropout masks, which come from NumPy's generator in the order in which our
model draws them. All else is done by PyTorch's modules, loss, clipping, optimizer and schedule.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.numpy
import torch
from torch.nn.functional import cross_entropy, embedding, linear

from lessons_lib.interop import to_torch
from lessons_lib.text import IGNORE_INDEX, evaluation_batches, load_corpus
from lessons_lib.training import PRESETS, Recipe, Trainer, perplexity

# The recipe "better" in all but its width. At the rate 20 on this text, 40 units amplify rounding
# errors of 1e-16 until after 200 steps two runs have nothing in common; 16 units learn calmly.
SMALL = replace(PRESETS["better"], embed_size=16, hidden_size=16, dtype="float64")
STEPS = 200
STORED = Path(__file__).resolve().parents[1] / "data" / "parity" / "training.safetensors"


class Run(NamedTuple):
    """What a run did, step by step and epoch by epoch."""

    losses: list[float]  # of each step, in nats
    norms: list[float]  # of the gradients before clipping
    rates: list[float]  # learning rate of each step
    valid_losses: list[float]  # after each epoch, in nats
    params: dict[str, np.ndarray]  # at the end, by our names


class TorchModel(torch.nn.Module):
    """Embedding, LSTM layers with dropout around each, and output weights that may be tied."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        params = trainer.model.params
        self.table = torch.nn.Parameter(torch.tensor(params["embedding.W"]))
        self.lstms = torch.nn.ModuleList()
        for layer in trainer.model.layers:
            lstm = torch.nn.LSTM(layer.input_size, layer.hidden_size, dtype=torch.float64)
            packed = to_torch(layer)
            lstm.load_state_dict({name: torch.tensor(value) for name, value in packed.items()})
            lstm.bias_hh_l0.requires_grad_(False)  # ours has one bias, so one of theirs learns
            self.lstms.append(lstm)
        if trainer.model.tie_weights:
            self.out = self.table
        else:
            self.out = torch.nn.Parameter(torch.tensor(params["output.W"].T.copy()))
        self.bias = torch.nn.Parameter(torch.tensor(params["output.b"]))

    def forward(self, ids, masks, state):
        """Logits (T, N, V) and the new state; masks are multiplied in, one after each layer."""
        hs = embedding(ids, self.table) * masks[0]
        new_state = []
        for lstm, mask, layer_state in zip(self.lstms, masks[1:], state, strict=True):
            hs, layer_state = lstm(hs, layer_state)
            hs = hs * mask
            new_state.append(tuple(part.detach() for part in layer_state))
        return linear(hs, self.out, self.bias), new_state

    def by_our_names(self) -> dict[str, np.ndarray]:
        """The parameters as our model names and lays them out."""
        arrays = {"embedding.W": self.table, "output.b": self.bias}
        if self.out is not self.table:
            arrays["output.W"] = self.out.T
        for k, lstm in enumerate(self.lstms):
            arrays[f"rnn.{k}.Wx"] = lstm.weight_ih_l0.T
            arrays[f"rnn.{k}.Wh"] = lstm.weight_hh_l0.T
            arrays[f"rnn.{k}.b"] = lstm.bias_ih_l0 + lstm.bias_hh_l0
        return {name: tensor.detach().numpy() for name, tensor in arrays.items()}


def train_both(
    recipe: Recipe, train: np.ndarray, valid: np.ndarray, V: int, steps: int
) -> tuple[Run, Run]:
    """Train a recipe here and with PyTorch, step by step.

    Args:
        recipe: an LSTM's, in float64, trained by SGD at a constant rate or with a plateau.
        train: training text, integers, 1-D.
        valid: validation text.
        V: size of the vocabulary.
        steps: how many to take.

    Returns:
        Our run and PyTorch's.
    """
    trainer = Trainer(recipe.build(V), train, recipe)
    model = TorchModel(trainer)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(learned, lr=recipe.lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.25, patience=0, threshold=0.0, eps=0.0
    )
    ours, theirs = (Run([], [], [], [], {}) for _ in range(2))
    best, state = math.inf, [None] * recipe.num_layers
    for step in range(steps):
        masks = _next_masks(trainer, recipe)
        result = trainer.step()
        ours.losses.append(result.loss)
        ours.norms.append(result.norm)
        ours.rates.append(result.lr)

        inputs, targets = (torch.tensor(ids) for ids in trainer.batches.batch(step))
        logits, state = model(inputs, masks, state)
        loss = cross_entropy(logits.reshape(-1, V), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(learned, recipe.max_norm)
        theirs.losses.append(loss.item())
        theirs.norms.append(norm.item())
        theirs.rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()

        if trainer.steps % trainer.steps_per_epoch == 0:
            ours.valid_losses.append(math.log(perplexity(trainer.model, valid)))
            trainer.schedule.validated(ours.valid_losses[-1] < best)
            best = min(best, ours.valid_losses[-1])
            theirs.valid_losses.append(_valid_loss(model, valid, recipe.num_layers))
            if recipe.schedule == "plateau":
                plateau.step(theirs.valid_losses[-1])
    ours.params.update(trainer.model.params)
    theirs.params.update(model.by_our_names())
    return ours, theirs


def _next_masks(trainer: Trainer, recipe: Recipe) -> list[torch.Tensor | float]:
    """The masks of the coming step: after the embedding and after each layer."""
    if recipe.dropout == 0:
        return [1.0] * (recipe.num_layers + 1)
    rng = np.random.default_rng()
    rng.bit_generator.state = trainer.model.rng.bit_generator.state
    masks = []
    for size in [recipe.embed_size] + [recipe.hidden_size] * recipe.num_layers:
        kept = rng.random((recipe.seq_len, recipe.batch_size, size), np.float32) >= recipe.dropout
        masks.append(torch.tensor(kept / (1 - recipe.dropout)))
    return masks


def _valid_loss(model: TorchModel, ids: np.ndarray, num_layers: int) -> float:
    """Mean loss over every predicted token, in nats, with the lanes of `perplexity`."""
    state, total = [None] * num_layers, 0.0
    with torch.no_grad():
        for inputs, targets in evaluation_batches(ids, 10, 35):
            logits, state = model(torch.tensor(inputs), [1.0] * (num_layers + 1), state)
            total += cross_entropy(
                logits.reshape(-1, logits.shape[-1]),
                torch.tensor(targets).reshape(-1),
                ignore_index=IGNORE_INDEX,
                reduction="sum",
            ).item()
    return total / (len(ids) - 1)


def small_text() -> tuple[np.ndarray, np.ndarray, int]:
    """Training and validation text of the stored run, and the size of its vocabulary."""
    village = load_corpus("village")
    return village.train[:7001], village.valid[:1000], len(village.vocab)


def main() -> None:
    """Write what PyTorch did with the small recipe."""
    _, theirs = train_both(SMALL, *small_text(), STEPS)
    arrays = {name: np.array(getattr(theirs, name)) for name in Run._fields if name != "params"}
    version = torch.__version__.split("+")[0]  # without the kind of build
    STORED.write_bytes(safetensors.numpy.save(arrays, {"made_with": f"torch {version}"}))


if __name__ == "__main__":
    main()
