"""What each ingredient of a better model is worth, as `tools/make_ablation.py` measured it."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessons_lib.files import data_path


class Epoch(NamedTuple):
    """One pass over the training text."""

    lr: float
    train_loss: float  # mean over the pass, dropout on, in nats
    valid_perplexity: float


class VariantResult(NamedTuple):
    """What was measured of one variant; the perplexities are those of its best epoch."""

    name: str
    num_params: int
    train_perplexity: float  # dropout off, over as many tokens as the validation text has
    valid_perplexity: float
    test_perplexity: float
    epochs: tuple[Epoch, ...]

    @property
    def best_epoch(self) -> int:
        """Number, from 1, of the epoch with the lowest validation perplexity."""
        return 1 + int(np.argmin([epoch.valid_perplexity for epoch in self.epochs]))


class Ablation(NamedTuple):
    """All results, and the text behind them."""

    results: dict[str, VariantResult]  # by the variant's name
    sizes: dict[str, int]  # tokens of each part of the text, and words of its vocabulary
    unknown: dict[str, float]  # share of `<unk>` in each part


def load(path: str | Path | None = None) -> Ablation:
    """Read results that the tool wrote; by default those of the lesson."""
    path = Path(path or data_path("ablation", "ablation.json"))
    content = json.loads(path.read_text(encoding="utf-8"))
    results = {}
    for row in content["results"]:
        row["epochs"] = tuple(Epoch(*epoch) for epoch in row["epochs"])
        results[row["name"]] = VariantResult(**row)
    return Ablation(results, content["sizes"], content["unknown"])
