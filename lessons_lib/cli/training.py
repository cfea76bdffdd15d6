"""Training models and comparing them."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import (
    PRESET_NAMES,
    CorpusName,
    SettingsOption,
    best_possible,
    completed_from,
    default_preset,
    lanes,
    make_recipe,
    report,
    said_by_system,
)
from lessons_lib.cli.durations import parse_duration, show_duration
from lessons_lib.cli.output import say, say_next, show_markdown

if TYPE_CHECKING:
    from lessons_lib.training.folders import Record

TIME_IS_UP, CTRL_C = 124, 130  # exit statuses: as `timeout` and as shells have them

PresetOption = Annotated[
    str | None,
    typer.Option(
        help="a recipe: lesson, char, book, better or best  [by corpus]",
        autocompletion=completed_from(*PRESET_NAMES),
    ),
]
TimeLimitOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="stop at a checkpoint after this time, such as 2h or 1h30m (exit status 124)",
    ),
]


@contextmanager
def _stoppable(folder: Path, way_on: str) -> Iterator[None]:
    """Around a run: whatever has stopped it, say how to go on.

    Args:
        folder: of the run.
        way_on: what to do, such as "give the same command again".
    """
    from lessons_lib.training import Interrupted, TimeLimitReached

    try:
        yield
    except Interrupted as stopped:
        say(f"{stopped}: {way_on}", err=True)
        raise typer.Exit(TIME_IS_UP if isinstance(stopped, TimeLimitReached) else CTRL_C) from None
    except KeyboardInterrupt:  # the second Ctrl-C
        say(f"stopped at once; to go on from the last checkpoint, {way_on}", err=True)
        raise typer.Exit(CTRL_C) from None
    except OSError as error:  # a full disk, above all
        how = f"; when that is mended, {way_on}" if folder.is_dir() else ""
        raise OSError(f"{said_by_system(error)}{how}") from None


def train(
    corpus: CorpusName,
    out: Annotated[
        Path | None, typer.Option(help="folder of the run  [runs/CORPUS-PRESET]")
    ] = None,
    preset: PresetOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in the folder")
    ] = False,
    time_limit: TimeLimitOption = None,
    settings: SettingsOption = None,
) -> None:
    """Train a language model: LSTM on the village, say, until it nears the best possible.

    Stop it with Ctrl-C or let its time run out: with --resume it goes on as if it had not stopped.
    """
    from lessons_lib.plots import learning_curve, save_figure
    from lessons_lib.text import load_corpus
    from lessons_lib.training import Run, exp_loss, perplexity, read_metrics, write_results

    seconds = parse_duration(time_limit) if time_limit else float("inf")
    preset = preset or default_preset(corpus)
    recipe = make_recipe(preset, settings)
    texts = load_corpus(corpus)
    folder = out or Path("runs") / f"{corpus}-{preset}"
    best = best_possible(corpus, texts.valid)

    def say_epoch(record: "Record") -> None:
        epoch, valid = round(record["epoch"]), record["valid_perplexity"]
        line = (
            f"epoch {epoch}/{recipe.epochs}: perplexity "
            f"{exp_loss(record['train_loss']):.3f} in training, {valid:.3f} in validation"
        )
        line += f", best possible {best:.3f} (x {valid / best:.3f})" if best else ""
        left = record["seconds"] / epoch * (recipe.epochs - epoch)
        say(line + (f", {show_duration(left)} to go" if left else ""))

    say(f"{preset} on {corpus}, in {folder}")
    with _stoppable(folder, "give the same command with --resume"):
        model = Run(corpus, texts, recipe, folder, preset).train(
            resume=resume,
            time_limit=seconds,
            on_epoch=say_epoch,
            show_progress=sys.stderr.isatty(),
        )
    records = read_metrics(folder)
    save_figure(learning_curve(records, best_possible=best), folder / "learning_curve.png")
    reached = perplexity(model, texts.test, batch_size=lanes(corpus))
    write_results(folder, reached)
    report("test", corpus, texts, reached)
    time = show_duration(records[-1]["seconds"])
    say(f"{time}; model, metrics and learning curve are in {folder}")
    say_next(f"`lessons evaluate {folder} {corpus}` shows where it loses.")


def compare(
    corpus: CorpusName,
    cells: Annotated[str, typer.Option(help="which cells, in this order")] = "rnn,gru,lstm",
    out: Annotated[
        Path | None, typer.Option(help="folder of the runs  [runs/compare-CORPUS-PRESET]")
    ] = None,
    preset: PresetOption = None,
    time_limit: TimeLimitOption = None,
    settings: SettingsOption = None,
) -> None:
    """Compare RNN, GRU and LSTM of equal size with counting models, and the best possible one.

    The preset is the LSTM's; the others get the hidden size of the same parameter count. Runs that
    are in the folder are gone on with, so the command can be stopped and given again.
    """
    from lessons_lib.files import write_atomically
    from lessons_lib.models import CELLS
    from lessons_lib.text import load_corpus
    from lessons_lib.training.comparison import compare as run_comparison
    from lessons_lib.training.comparison import table

    seconds = parse_duration(time_limit) if time_limit else float("inf")
    wanted = cells.split(",")
    if len(set(wanted)) < len(wanted) or not set(wanted) <= set(CELLS):
        raise ValueError(f"--cells: expected some of rnn,gru,lstm, each once, got {cells!r}")
    preset = preset or default_preset(corpus)
    recipe = make_recipe(preset, settings)
    texts = load_corpus(corpus)
    folder = out or Path("runs") / f"compare-{corpus}-{preset}"
    with _stoppable(folder, "give the same command again"):
        rows = run_comparison(
            corpus,
            texts,
            recipe,
            folder,
            preset=preset,
            cells=wanted,
            time_limit=seconds,
            on_row=lambda row: say(f"{row.name}: perplexity {row.perplexity:.3f}", err=True),
            show_progress=sys.stderr.isatty(),
        )
    write_atomically(
        folder / "comparison.json", json.dumps([row._asdict() for row in rows]).encode()
    )
    show_markdown(table(rows))
    say_next(f"`lessons runs {folder} --plot FILE` draws their learning curves.")
