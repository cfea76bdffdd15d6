"""How far models stay from the best possible prediction of the village, and where they lose."""

from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lessons_lib.experiments.ngrams import NGram
from lessons_lib.text import Corpus, dependency_distances, oracle_log_probs
from lessons_lib.training import Recipe, read_metrics, token_losses, train

# Distances back to the deciding token, from … to.
DISTANCES = ((1, 1), (2, 4), (5, 9), (10, 19), (20, 34), (35, 59), (60, None))


class DistanceRow(NamedTuple):
    """The tokens that are decided a certain number of tokens back."""

    label: str  # the distances, such as "10-19"
    share: float  # of all tokens
    excess: float  # mean loss above the oracle's, in nats per token
    recall: float  # mean probability (geometric) of the tokens that the oracle is certain of


class ModelRow(NamedTuple):
    """One model's line of the comparison."""

    name: str
    num_params: int
    perplexity: float
    ratio: float  # to the oracle's perplexity
    seconds: float  # of training
    by_distance: tuple[DistanceRow, ...]


def by_distance(ids: npt.ArrayLike, losses: npt.ArrayLike) -> list[DistanceRow]:
    """Split a model's shortfall on village text by how far back the deciding token lies.

    Args:
        ids: village text, 1-D, from the beginning of a scene.
        losses: the model's loss for each token but the first, in nats, (len(ids) - 1,).

    Returns:
        A row for each band of distances.
    """
    oracle = -oracle_log_probs(ids)
    distances = dependency_distances(ids)
    losses = np.asarray(losses)
    certain = oracle < 1e-9
    rows = []
    for low, high in DISTANCES:
        band = (distances >= low) & (distances <= (high or np.inf))
        rows.append(
            DistanceRow(
                f"{low}" if low == high else f"{low}-{high}" if high else f"{low}+",
                float(band.mean()),
                float((losses - oracle)[band].mean()),
                float(np.exp(-losses[band & certain].mean())),
            )
        )
    return rows


def compare(
    corpus: Corpus,
    recipe: Recipe,
    folder: str | PathLike[str],
    *,
    cells: Iterable[str] = ("rnn", "gru", "lstm"),
    on_row: Callable[[ModelRow], None] = lambda row: None,
    show_progress: bool = False,
) -> list[ModelRow]:
    """Measure the oracle, counting models and trained models of equal size on the test split.

    All of them read the text from beginning to end in one go.

    Each trained model has a run of its own below the folder; runs that are there already are gone
    on with, or used as they are.

    Args:
        corpus: the village.
        recipe: for the LSTM; the other cells get the hidden size of the same parameter count.
        folder: where the runs are kept.
        cells: which cells to train.
        on_row: called with each row as it is measured.
        show_progress: show a progress bar on standard error.

    Returns:
        A row for each model.
    """
    V = len(corpus.vocab)
    rows = []

    def add(name: str, num_params: int, losses: np.ndarray, seconds: float) -> None:
        best = np.exp(-oracle_log_probs(corpus.test).mean())
        reached = float(np.exp(losses.mean(dtype=np.float64)))
        bands = tuple(by_distance(corpus.test, losses))
        rows.append(ModelRow(name, num_params, reached, float(reached / best), seconds, bands))
        on_row(rows[-1])

    add("oracle", 0, -oracle_log_probs(corpus.test), 0.0)
    for name, n in (("unigram", 1), ("trigram", 3)):
        counts = NGram(n, corpus.train, corpus.valid, V)
        add(name, sum(map(len, counts.counts)), counts.token_losses(corpus.test), 0.0)
    for cell in cells:
        run = Path(folder) / cell
        sized = equal_size(recipe, cell, V)
        model = train("village", corpus, sized, run, resume=True, show_progress=show_progress)
        seconds = read_metrics(run)[-1]["seconds"]
        add(
            f"{cell} {sized.hidden_size}",
            model.num_params,
            token_losses(model, corpus.test, batch_size=1),
            seconds,
        )
    return rows


def table(rows: Iterable[ModelRow]) -> str:
    """The comparison as a Markdown table: perplexity, and the excess loss by distance."""
    rows = list(rows)
    bands = [band.label for band in rows[0].by_distance]
    lines = [
        f"| model | parameters | perplexity | to the oracle | {' | '.join(bands)} |",
        "|---" * (4 + len(bands)) + "|",
    ]
    for row in rows:
        excess = " | ".join(f"{band.excess:.3f}" for band in row.by_distance)
        lines.append(
            f"| {row.name} | {row.num_params:,} | {row.perplexity:.3f} | x {row.ratio:.3f} "
            f"| {excess} |"
        )
    lines.append(
        "\nLast columns: nats above the oracle per token, by tokens back to the deciding word."
    )
    return "\n".join(lines)


def equal_size(recipe: Recipe, cell: str, vocab_size: int) -> Recipe:
    """The recipe for another cell, with the hidden size that gives the nearest parameter count.

    Args:
        recipe: the recipe to match.
        cell: "rnn", "lstm" or "gru".
        vocab_size: V.
    """
    wanted = _count_params(recipe, vocab_size)
    sizes = range(max(1, recipe.hidden_size // 4), 4 * recipe.hidden_size)
    same = (recipe.for_cell(cell, hidden_size=H) for H in sizes)
    return min(same, key=lambda r: abs(_count_params(r, vocab_size) - wanted))


def _count_params(recipe: Recipe, vocab_size: int) -> int:
    blocks = {"rnn": 1, "gru": 3, "lstm": 4}[recipe.cell]
    biases = 2 if recipe.cell == "gru" else 1
    D, H = recipe.embed_size, recipe.hidden_size
    inputs = [D] + [H] * (recipe.num_layers - 1)
    recurrent = sum(blocks * H * (size + H + biases) for size in inputs)
    return vocab_size * D + recurrent + (0 if recipe.tie_weights else H * vocab_size) + vocab_size
