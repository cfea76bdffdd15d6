"""RNN, GRU and LSTM of equal size on one text, beside what counting reaches and the optimum."""

import math
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessons_lib.models import count_parameters
from lessons_lib.text import Corpus, oracle_log_probs
from lessons_lib.text.ngrams import NGram
from lessons_lib.training import Recipe, Run, read_metrics, token_losses, write_results
from lessons_lib.training.loss_split import DistanceRow, by_distance


class ModelRow(NamedTuple):
    """One model's line of the comparison."""

    name: str
    num_params: int  # or counts, for the counting models
    perplexity: float
    ratio: float | None  # to the oracle's perplexity, where there is an oracle
    seconds: float  # of training
    by_distance: tuple[DistanceRow, ...]  # for the village alone


def compare(
    corpus_name: str,
    corpus: Corpus,
    recipe: Recipe,
    folder: str | PathLike[str],
    *,
    preset: str = "",
    cells: Iterable[str] = ("rnn", "gru", "lstm"),
    time_limit: float = math.inf,
    on_row: Callable[[ModelRow], None] = lambda row: None,
    show_progress: bool = False,
) -> list[ModelRow]:
    """Measure counting models and trained models of equal size on the test split.

    On the village the oracle comes first, and all read the text from beginning to end in one go;
    other texts are read in ten lanes side by side.

    Each trained model has a run of its own below the folder; runs that are there already are gone
    on with, or used as they are.

    Args:
        corpus_name: "village" for the text whose optimum is known; kept with the models.
        corpus: the text.
        recipe: the recipe of its own cell; other cells get the hidden size of the same parameter
            count.
        folder: where the runs are kept.
        preset: the recipe's name, kept with the runs.
        cells: which cells to train.
        time_limit: seconds for all that is trained in this call.
        on_row: called with each row as it is measured.
        show_progress: show a progress bar on standard error.

    Returns:
        A row for each model.

    Raises:
        TimeLimitReached: when the time is up; the same call goes on.
        Interrupted, ValueError, FloatingPointError, OSError: as `Run.train`.
    """
    V = len(corpus.vocab)
    is_village = corpus_name == "village"
    oracle = -oracle_log_probs(corpus.test) if is_village else None
    rows = []

    def add(name: str, num_params: int, losses: np.ndarray, seconds: float) -> float:
        mean = losses.mean(dtype=np.float64)
        ratio, bands = None, []
        if oracle is not None:
            ratio = float(np.exp(mean) / np.exp(oracle.mean()))
            bands = by_distance(corpus.test, losses)
        rows.append(ModelRow(name, num_params, float(np.exp(mean)), ratio, seconds, tuple(bands)))
        on_row(rows[-1])
        return rows[-1].perplexity

    if oracle is not None:
        add("oracle", 0, oracle, 0.0)
    for name, n in (("unigram", 1), ("trigram", 3)):
        counts = NGram(n, corpus.train, corpus.valid, V)
        add(name, sum(map(len, counts.counts)), counts.token_losses(corpus.test), 0.0)
    for cell in cells:
        run = Path(folder) / cell
        sized = equal_size(recipe, cell, V)
        spent = _seconds(run)
        model = Run(corpus_name, corpus, sized, run, preset).train(
            resume=True, time_limit=time_limit, show_progress=show_progress
        )
        time_limit -= _seconds(run) - spent
        losses = token_losses(model, corpus.test, batch_size=1 if is_village else 10)
        reached = add(f"{cell} {sized.hidden_size}", model.num_params, losses, _seconds(run))
        write_results(run, reached)
    return rows


def table(rows: Iterable[ModelRow]) -> str:
    """The comparison as a Markdown table; for the village also the excess loss by distance."""
    rows = list(rows)
    bands = [band.label for band in rows[0].by_distance]
    headings = ["model", "parameters", "perplexity", "seconds"]
    headings += ["to the oracle", *bands] if bands else []
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for row in rows:
        cells = [row.name, f"{row.num_params:,}", f"{row.perplexity:.3f}", f"{row.seconds:.0f}"]
        if row.ratio is not None:
            cells += [f"x {row.ratio:.3f}", *(f"{band.excess:.3f}" for band in row.by_distance)]
        lines.append(f"| {' | '.join(cells)} |")
    if bands:
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

    Returns:
        The recipe itself if it has this cell.
    """
    if cell == recipe.cell:
        return recipe
    wanted = count_parameters(vocab_size, recipe)
    sizes = range(max(1, recipe.hidden_size // 4), 4 * recipe.hidden_size)
    others = (recipe.for_cell(cell, hidden_size=H) for H in sizes)
    return min(others, key=lambda other: abs(count_parameters(vocab_size, other) - wanted))


def _seconds(run: Path) -> float:
    """What a run has taken so far."""
    records = read_metrics(run)
    return float(records[-1]["seconds"]) if records else 0.0
