"""A table of runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import draw_as_usual
from lessons_lib.cli.durations import show_duration
from lessons_lib.cli.output import say, say_next, show_table
from lessons_lib.shown import shown

if TYPE_CHECKING:
    from lessons_lib.training import RunSummary

_HEADINGS = (
    "run",
    "corpus",
    "preset",
    "model",
    "parameters",
    "epochs",
    "valid",
    "test",
    "time",
    "bits/byte",
)
MOST_LINES, MOST_PANELS = 20, 6  # in a figure
_RIGHT = _HEADINGS[4:]  # numbers line up on the right


def runs(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="runs in it and below it are shown")
    ] = Path("runs"),
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="draw all learning curves to a PNG file")
    ] = None,
) -> None:
    """Show the training runs below a folder: what they are and how far they came.

    Ordered by corpus and by the best perplexity in validation. A * after a preset says that some of
    its settings were changed.
    """
    from lessons_lib.training import find_runs

    found = find_runs(
        folder, on_damage=lambda text: say(f"left out: {shown(text, keep='')}", err=True)
    )
    # Perplexities of different tokens do not compare, bits per byte do.
    columns = len(_HEADINGS) if any(run.bits_per_byte for run in found) else len(_HEADINGS) - 1
    rows = [_row(run, folder)[:columns] for run in found]
    show_table(_HEADINGS[:columns], rows, right=_RIGHT)
    if plot:
        _draw(found, folder, plot)
        say(f"learning curves are in {plot}")
    say_next("`lessons evaluate DIR` shows where a model loses.")


def _row(run: "RunSummary", below: Path) -> tuple[str, ...]:
    from lessons_lib.training import PRESETS

    recipe = run.recipe
    changed = run.preset in PRESETS and PRESETS[run.preset].as_dict() != recipe
    layers = f"{recipe['num_layers']} x " if recipe["num_layers"] > 1 else ""
    return (
        _name(run, below),
        run.corpus,
        run.preset + "*" * changed or "-",
        f"{recipe['cell']} {layers}{recipe['hidden_size']}",
        f"{run.num_params:,}" if run.num_params else "-",
        f"{run.epochs:.3g}/{recipe['epochs']}",
        f"{run.valid_perplexity:.3f}" if run.valid_perplexity else "-",
        f"{run.test_perplexity:.3f}" if run.test_perplexity else "-",
        show_duration(run.seconds),
        f"{run.bits_per_byte:.3f}" if run.bits_per_byte else "-",
    )


def _name(run: "RunSummary", below: Path) -> str:
    name = run.folder.relative_to(below).as_posix()
    return run.folder.resolve().name if name == "." else name


def _draw(found: "list[RunSummary]", below: Path, plot: Path) -> None:
    draw_as_usual()
    from lessons_lib.plots import learning_curves, save_figure

    panels: dict[str, dict[str, list[tuple[float, ...]]]] = {}
    left_out = 0
    for run in found:  # of each corpus the best ones first
        points = [
            (r["epoch"], r["valid_perplexity"]) for r in run.records if "valid_perplexity" in r
        ]
        if points:
            corpus, name = (_drawn(text) for text in (run.corpus, _name(run, below)))
            panel = panels.get(corpus, {})
            if len(panel) == MOST_LINES or (not panel and len(panels) == MOST_PANELS):
                left_out += 1
                continue
            panels.setdefault(corpus, panel)[name] = list(zip(*points, strict=True))
    if not panels:
        raise ValueError(f"--plot: none of the runs in {below} has come to the end of an epoch")
    if left_out:
        say(f"{left_out} more are not drawn: {MOST_PANELS} corpora are, {MOST_LINES} runs of each")
    save_figure(learning_curves(panels), plot)


def _drawn(text: str) -> str:
    """A name as a figure may have it, which takes what stands between dollars for a formula."""
    return shown(text, keep="").replace("$", r"\$")
