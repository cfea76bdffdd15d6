"""Training models and comparing them."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import (
    PRESET_NAMES,
    CorpusName,
    SettingsOption,
    best_possible,
    bits_per_byte,
    completed_from,
    default_preset,
    draw_as_usual,
    lanes,
    load_model,
    make_recipe,
    report,
    said_by_system,
)
from lessons_lib.cli.durations import parse_duration, show_duration
from lessons_lib.cli.engines import (
    CompileOption,
    DeviceOption,
    EngineOption,
    MixedOption,
    find_engine,
)
from lessons_lib.cli.output import say, say_next, show_markdown
from lessons_lib.cli.telling import Telling
from lessons_lib.cli.texts import (
    Asked,
    EncodingOption,
    MinCountOption,
    SharesOption,
    Text,
    TextName,
    TokensOption,
    VocabSizeOption,
    files_of,
    is_named,
    known_tokens,
    named,
    own,
)
from lessons_lib.shown import shown

if TYPE_CHECKING:
    import numpy as np

    from lessons_lib.models import LanguageModel
    from lessons_lib.training import Recipe

TIME_IS_UP, CTRL_C = 124, 130  # exit statuses: as `timeout` and as shells have them

PresetOption = Annotated[
    str | None,
    typer.Option(
        help="a recipe: lesson, char, small, book, better or best  [by corpus]",
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
    """Around a run: whatever has stopped it, say how to go on."""
    from lessons_lib.training import Interrupted, TimeLimitReached

    try:
        yield
    except Interrupted as stopped:
        say(f"{stopped}: {way_on}", err=True)
        raise typer.Exit(TIME_IS_UP if isinstance(stopped, TimeLimitReached) else CTRL_C) from None
    except KeyboardInterrupt:  # the second Ctrl-C
        if not _is_begun_below(folder):
            way_on = "nothing is begun yet; give the same command again"
        else:
            way_on = f"to go on from the last checkpoint, {way_on}"
        say(f"stopped at once; {way_on}", err=True)
        raise typer.Exit(CTRL_C) from None
    except OSError as error:  # a full disk, above all
        how = f"; when that is mended, {way_on}" if _is_begun_below(folder) else ""
        raise OSError(f"{said_by_system(error)}{how}") from None


def _is_begun_below(folder: Path) -> bool:
    from lessons_lib.files import walk
    from lessons_lib.training.folders import RECIPE

    return any(RECIPE in names for _, _, names in walk(folder))


def train(
    corpus: TextName,
    out: Annotated[
        Path | None, typer.Option(help="folder of the run  [runs/CORPUS-PRESET]")
    ] = None,
    preset: PresetOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in the folder")
    ] = False,
    from_: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="start with the weights of another run"),
    ] = None,
    tokens: TokensOption = None,
    split: SharesOption = None,
    min_count: MinCountOption = None,
    vocab_size: VocabSizeOption = None,
    encoding: EncodingOption = "utf-8",
    sample_every: Annotated[
        int | None,
        typer.Option(min=1, metavar="STEPS", help="let it write a line after so many steps"),
    ] = None,
    time_limit: TimeLimitOption = None,
    engine: EngineOption = "numpy",
    device: DeviceOption = None,
    mixed_precision: MixedOption = False,
    compiled: CompileOption = False,
    settings: SettingsOption = None,
) -> None:
    """Train a language model on a corpus of the course, or on a text of your own.

    Stop it with Ctrl-C or let its time run out: with --resume it goes on as if it had not stopped,
    with the recipe that it has; --set epochs=N makes it longer.
    """
    from lessons_lib.training import Run
    from lessons_lib.training.run import locked
    from lessons_lib.training.stopping import stop_request

    seconds = parse_duration(time_limit) if time_limit else float("inf")
    make, about_engine = find_engine(engine, device, mixed_precision, compiled)
    asked = Asked(tokens, split, min_count, vocab_size, encoding)
    is_own = not is_named(corpus, asked)
    source = files_of(corpus, encoding).path.resolve().stem if is_own else corpus
    folder = out or Path("runs") / f"{source}-{preset or default_preset(source)}"
    going_on = _is_begun(folder, resume, is_own)
    start = None if going_on else from_
    preset, recipe = _recipe(folder if going_on else start, preset, source, settings)
    known = known_tokens(start) if start else None
    show = sys.stderr.isatty()
    with _stoppable(folder, "give the same command with --resume"), locked(folder):
        # Ctrl-C while the text is read waits for the first step: then there is a checkpoint.
        with stop_request(float("inf"), notice=show) as stop:
            text = own(corpus, folder, asked, known, going_on) if is_own else named(corpus)
            weights = _weights(start, recipe, text) if start else {}
            best = best_possible(text.name, text.corpus.valid)
            say(shown(f"{preset or 'a recipe'} on {text.name}, in {folder}", keep=""))
            if about_engine:
                say(about_engine)
            telling = Telling(recipe, text.corpus, text.tokens, best, sample_every, stop)
            metadata = text.tokens.metadata()
            about = (preset, metadata, weights, str(start or ""), make)
            run = Run(text.name, text.corpus, recipe, folder, *about)
            model = run.train(
                resume=resume,
                time_limit=seconds,
                on_epoch=telling.epoch,
                on_step=telling.step,
                show_progress=show,
            )
        _conclude(model, text, folder, best)
    name = quote(str(folder))
    say_next(f"`lessons evaluate {name}` shows where it loses, `lessons sample {name}` writes.")


def _is_begun(folder: Path, resume: bool, is_own: bool) -> bool:
    """Whether there is a run to go on with; ValueError if that is not what was asked for."""
    from lessons_lib.training.folders import RECIPE

    begun = (folder / RECIPE).exists()
    if begun and not resume:
        raise ValueError(
            f"folder: {folder} holds a run; continue it with --resume, or choose another folder "
            "with --out"
        )
    if resume and is_own and not begun:
        raise ValueError(
            f"--resume: found no run in {folder}; give the whole command again, without --resume"
        )
    return begun


def _recipe(
    like: Path | None, preset: str | None, source: str, settings: list[str] | None
) -> "tuple[str, Recipe]":
    """The recipe and its name: the preset's, or else that of another run, with what is set."""
    from lessons_lib.training import Recipe, read_run
    from lessons_lib.training.folders import RECIPE

    if preset is None and like is not None and (like / RECIPE).exists():
        found = read_run(like)
        return found.preset, Recipe(**found.recipe).with_settings(settings or [])
    preset = preset or default_preset(source)
    return preset, make_recipe(preset, settings)


def _weights(start: Path, recipe: "Recipe", text: Text) -> "dict[str, np.ndarray]":
    """The weights of another run for this text's tokens, and how many of them there are."""
    from lessons_lib.training.starting import start_from

    model, tokens = load_model(start)
    if tokens is None:
        raise ValueError(f"--from: {start} holds no vocabulary to match with")
    found = start_from(model, tokens.vocab, recipe, text.corpus.vocab)
    say(
        f"{found.known:,} of {found.known + found.new:,} tokens begin with the weights of {start}, "
        f"{found.new:,} with drawn ones; {found.left_out:,} of its tokens are not in this text"
    )
    return found.params


def _conclude(model: "LanguageModel", text: Text, folder: Path, best: float | None) -> None:
    """Measure the finished model on the test part, and keep that and the learning curve."""
    draw_as_usual()
    from lessons_lib.plots import learning_curve, save_figure  # matplotlib takes its time
    from lessons_lib.training import perplexity, read_metrics, write_results

    records = read_metrics(folder)
    if not records:
        raise ValueError(f"--out: the metrics in {folder} are damaged; no epoch has an end in them")
    save_figure(learning_curve(records, best_possible=best), folder / "learning_curve.png")
    test = text.corpus.test
    reached = perplexity(model, test, batch_size=lanes(text.name))
    num_bytes = text.own.num_bytes["test"] if text.own else None
    bits = bits_per_byte(reached, test, num_bytes) if num_bytes else None
    write_results(folder, reached, bits)
    report("test", text.name, test, text.tokens, reached, num_bytes)
    time = show_duration(records[-1]["seconds"])
    say(f"{time}; model, metrics and learning curve are in {folder}")


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
