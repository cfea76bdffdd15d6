"""The `lessons` command. Each sub-command imports what it needs, so that --help is quick."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np

    from lessons_lib.models import LanguageModel
    from lessons_lib.text import Vocabulary
    from lessons_lib.training import Recipe
    from lessons_lib.training.run import Record

app = typer.Typer(
    help="Memory Gates: recurrent networks in NumPy. Learn, train, check.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="The texts that models are trained on.")
app.add_typer(data_app, name="data")

CorpusName = Annotated[
    str,
    typer.Argument(metavar="CORPUS", help="village, shakespeare, shakespeare-words or ptb"),
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change the preset")
]
CheckpointPath = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="a run's folder, or a saved model")
]


@app.command("list")
def list_lessons() -> None:
    """List the lessons: minutes to read and to practise, exercises and their points."""
    from lessons_lib import exercises
    from lessons_lib.exercises.course import LESSONS

    for lesson in LESSONS:
        members = [exercise for exercise in exercises.all() if exercise.lesson == lesson.name]
        minutes = f"{lesson.minutes_to_read} + {lesson.minutes_to_practise} minutes"
        points = f"{sum(exercise.points for exercise in members):g} points"
        typer.echo(f"{lesson.name:<34}{minutes:<18}{points:<11}{lesson.topic}")
        for exercise in members:
            typer.echo(f"    {exercise.name:<48}{exercise.points:g}")


@app.command()
def solution(
    name: Annotated[str, typer.Argument(help="an exercise, as `lessons list` shows it")],
) -> None:
    """Print the reference implementation of an exercise."""
    from lessons_lib.grading import reveal

    reveal(name)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a notebook or a .py file")],
) -> None:
    """Check the exercises in a file, and say what is wrong where something is."""
    from lessons_lib.grading import grade as grade_file

    report = grade_file(file, isolation="basic")
    if not report.results:
        raise ValueError(f"FILE: {file} defines no exercise; `lessons list` shows their names")
    typer.echo(f"{report}\n\n{report.score:g} of {report.max_score:g} points")
    raise typer.Exit(0 if report.score == report.max_score else 1)


@app.command()
def grade(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="files or folders")],
    out: Annotated[Path, typer.Option(help="folder for grades.csv, results and feedback")],
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="submissions at once")] = 1,
    isolation: Annotated[str, typer.Option(help="auto, strong or basic")] = "auto",
    require: Annotated[
        str | None, typer.Option(help="strong: refuse to grade with anything weaker")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="draw the cases of an earlier grading")] = None,
) -> None:
    """Grade submissions, each in a process of its own that never sees an expected result.

    Give the same command again to go on with a batch that was stopped.
    """
    from tqdm import tqdm

    from lessons_lib.grading.batch import find_submissions, grade_all, load_exercises
    from lessons_lib.grading.isolation import reached

    if require not in (None, "strong"):
        raise ValueError(f"--require: expected strong, got {require!r}")
    level = reached("strong" if require else isolation)
    if exercises is not None:
        load_exercises(exercises)  # a mistake in it is found before anything is graded
    submissions = find_submissions(paths)
    with tqdm(total=len(submissions), unit=" files", disable=not sys.stderr.isatty()) as bar:
        graded = grade_all(
            submissions,
            out,
            exercises=exercises,
            isolation=level,
            jobs=jobs,
            seed=seed,
            on_graded=lambda one: bar.update(),
        )
    for name, report in graded:
        typer.echo(f"{report.score:>6g} of {report.max_score:<6g} {name}")
    lost = sum(r.status == "infrastructure_error" for g in graded for r in g.report.results)
    typer.echo(f"{len(graded)} graded with {level} isolation; grades.csv is in {out}")
    if lost:
        raise ValueError(f"{lost} results are missing; give the command again to try those anew")


@app.command()
def matrix(
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how often new cases are drawn")] = 10,
) -> None:
    """Show whether the cases of each exercise refuse its wrong versions and tell them apart."""
    from lessons_lib.exercises import all as all_exercises
    from lessons_lib.grading.batch import load_exercises
    from lessons_lib.grading.matrix import examine, table

    examined = all_exercises() if exercises is None else load_exercises(exercises)
    rows = [examine(exercise, range(seeds)) for exercise in examined]
    typer.echo(table(rows, seeds))
    raise typer.Exit(0 if all(row.is_clean for row in rows) else 1)


@app.command("export")
def export_exercises(
    target: Annotated[
        str, typer.Argument(metavar="PLATFORM", help="nbgrader, otter, gradescope, github, student")
    ],
    out: Annotated[Path, typer.Option(help="folder to write to, new or empty")],
    exercises: Annotated[
        Path | None, typer.Option(help="your own exercises, a .py file  [the course's]")
    ] = None,
    wheel: Annotated[
        Path | None, typer.Option(help="this package as a .whl, for graders without an index")
    ] = None,
) -> None:
    """Write exercises and their grader for a platform, or `student`: the stubs alone.

    There is an assignment for each lesson; docs/exporting.md says how to go on.
    """
    from lessons_lib.grading.export import export

    written = export(target, out, exercises=exercises, wheel=wheel)
    typer.echo(f"{len(written)} files for {target} are in {out}")


@app.command()
def progress(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="where the notebooks are")
    ] = Path("notebooks"),
) -> None:
    """Show which exercises of the saved notebooks are solved."""
    from lessons_lib.exercises.course import LESSONS
    from lessons_lib.grading import Result
    from lessons_lib.grading import grade as grade_file

    present = [lesson for lesson in LESSONS if (folder / f"{lesson.name}.ipynb").is_file()]
    if not present:
        raise ValueError(f"FOLDER: there is no lesson in {folder}")
    marks = {"passed": "solved", "not_attempted": "-"}

    def row(name: str, results: list[Result], said: str) -> str:
        score, most = sum(r.score for r in results), sum(r.max_score for r in results)
        return f"{name:<34}{f'{score:g} of {most:g}':>12}  {said}".rstrip()

    every: list[Result] = []
    for lesson in present:
        results = grade_file(folder / f"{lesson.name}.ipynb", isolation="basic").results
        solved = sum(result.status == "passed" for result in results)
        typer.echo(row(lesson.name, results, f"{solved} of {len(results)} solved"))
        for result in results:
            said = marks.get(result.status, "not right yet")
            typer.echo(row(f"    {result.exercise}", [result], said))
        every += results
    typer.echo(row("all", every, "points"))


@app.command()
def train(
    corpus: CorpusName,
    out: Annotated[
        Path | None, typer.Option(help="folder of the run  [runs/CORPUS-PRESET]")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="lesson, char, book or better")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the run in the folder")
    ] = False,
    settings: SettingsOption = None,
) -> None:
    """Train a language model: LSTM on the village, say, until it nears the best possible."""
    from lessons_lib.plots import learning_curve, save_figure
    from lessons_lib.text import load_corpus
    from lessons_lib.training import Interrupted, exp_loss, perplexity, read_metrics
    from lessons_lib.training import train as run

    preset = preset or {"village": "lesson", "shakespeare": "char"}.get(corpus, "book")
    recipe = _recipe(preset, settings)
    texts = load_corpus(corpus)
    folder = out or Path("runs") / f"{corpus}-{preset}"
    best = _best_possible(corpus, texts.valid)

    def say(record: "Record") -> None:
        valid = record["valid_perplexity"]
        line = (
            f"epoch {round(record['epoch'])}/{recipe.epochs}: perplexity "
            f"{exp_loss(record['train_loss']):.3f} in training, {valid:.3f} in validation"
        )
        typer.echo(line + (f", best possible {best:.3f} (x {valid / best:.3f})" if best else ""))

    typer.echo(f"{preset} on {corpus}, in {folder}")
    show_progress = sys.stderr.isatty()
    try:
        model = run(
            corpus, texts, recipe, folder, resume=resume, on_epoch=say, show_progress=show_progress
        )
    except Interrupted as stopped:
        typer.echo(f"{stopped}: give the same command with --resume", err=True)
        raise typer.Exit(130) from None
    records = read_metrics(folder)
    save_figure(learning_curve(records, best_possible=best), folder / "learning_curve.png")
    _report("test", corpus, texts.test, perplexity(model, texts.test, batch_size=_lanes(corpus)))
    typer.echo(f"{records[-1]['seconds']:.0f} s; model, metrics and learning curve are in {folder}")


@app.command()
def evaluate(
    checkpoint: CheckpointPath,
    corpus: CorpusName,
    split: Annotated[str, typer.Option(help="train, valid or test")] = "test",
) -> None:
    """Measure a trained model's perplexity on a text."""
    import numpy as np

    from lessons_lib.text import load_corpus
    from lessons_lib.training import exp_loss, token_losses

    if split not in ("train", "valid", "test"):
        raise ValueError(f"--split: expected train, valid or test, got {split!r}")
    model, vocab = _load(checkpoint)
    texts = load_corpus(corpus)
    if vocab is not None and vocab.tokens != texts.vocab.tokens:
        raise ValueError(f"CORPUS: {checkpoint} was not trained on the vocabulary of {corpus}")
    ids = getattr(texts, split)
    losses = token_losses(model, ids, batch_size=_lanes(corpus))
    _report(split, corpus, ids, exp_loss(losses.mean(dtype=np.float64)))
    if corpus == "village":
        from lessons_lib.experiments.village import by_distance

        typer.echo("tokens back to the deciding word, share of the text, nats above the optimum:")
        for row in by_distance(ids, losses):
            typer.echo(f"  {row.label:>7}  {row.share:6.1%}  {row.excess:.3f}")


@app.command()
def compare(
    corpus: Annotated[str, typer.Argument(metavar="CORPUS", help="village")],
    out: Annotated[Path, typer.Option(help="folder of the runs")] = Path("runs/compare"),
    preset: Annotated[str, typer.Option(help="the recipe of the LSTM")] = "lesson",
    settings: SettingsOption = None,
) -> None:
    """Compare RNN, GRU and LSTM of equal size with the oracle and with counting models.

    Runs that are in the folder are gone on with, so the command can be stopped and given again.
    """
    from lessons_lib.experiments.village import compare as run_comparison
    from lessons_lib.experiments.village import table
    from lessons_lib.files import write_atomically
    from lessons_lib.text import load_corpus

    if corpus != "village":
        raise ValueError(f"CORPUS: expected village, whose optimum is known, got {corpus!r}")
    rows = run_comparison(
        load_corpus(corpus),
        _recipe(preset, settings),
        out,
        on_row=lambda row: print(f"{row.name}: perplexity {row.perplexity:.3f}", file=sys.stderr),
        show_progress=sys.stderr.isatty(),
    )
    write_atomically(out / "comparison.json", json.dumps([row._asdict() for row in rows]).encode())
    typer.echo(table(rows))


@app.command()
def bench(
    repeat: Annotated[int, typer.Option(min=1, help="how often each candidate is timed")] = 20,
) -> None:
    """Time the layers beside PyTorch, if it is installed, and their matrix products alone."""
    from lessons_lib.experiments.speed import measure, table

    typer.echo(table(measure(repeat=repeat)))


@app.command()
def sample(
    checkpoint: CheckpointPath,
    prompt: Annotated[str | None, typer.Option(help="what the text begins with")] = None,
    length: Annotated[int, typer.Option(help="tokens to write")] = 200,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token each time")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="draw from this many likeliest tokens")] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="draw from the likeliest tokens that reach this probability"),
    ] = None,
    seed: Annotated[int, typer.Option(help="the same seed writes the same text")] = 0,
) -> None:
    """Let a trained model write."""
    import numpy as np

    from lessons_lib.text import generate
    from lessons_lib.text.rendering import readable, tokenize

    model, vocab = _load(checkpoint)
    if vocab is None:
        raise ValueError(f"CHECKPOINT: {checkpoint} holds no vocabulary; `lessons train` saves one")
    start = _BEGINNINGS.get(model.metadata.get("corpus", ""), vocab.tokens[0])
    tokens = tokenize(prompt, vocab) if prompt else [start]
    rng = np.random.default_rng(seed)
    ids = generate(
        model, vocab.encode(tokens), length, rng, temperature=temperature, top_k=top_k, top_p=top_p
    )
    typer.echo(readable([*tokens, *vocab.decode(list(ids))]))


@data_app.command("list")
def data_list() -> None:
    """List the texts: what they are, whether they are here, on what terms they may be used."""
    from lessons_lib.text import CORPORA, find_data_home, is_present

    for name, info in CORPORA.items():
        here = "here" if is_present(name) else f"to fetch, {info.size / 1e6:.1f} MB"
        typer.echo(f"{name:<19}{here:<20}{info.description} ({info.licence})")
    typer.echo(f"data home: {find_data_home()}")


@data_app.command("fetch")
def data_fetch(name: Annotated[str, typer.Argument(help="shakespeare or ptb")]) -> None:
    """Download a text into the data home, and check it."""
    from lessons_lib.text import fetch

    for path in fetch(name):
        typer.echo(path)


@data_app.command("build")
def data_build(
    out: Annotated[Path | None, typer.Option(help="folder to write to  [the shipped data]")] = None,
) -> None:
    """Write the village corpus again, byte for byte."""
    from lessons_lib.files import data_path, write_atomically
    from lessons_lib.text.village import build

    folder = out or data_path("village")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in build().items():
        write_atomically(folder / name, text.encode())
        typer.echo(folder / name)


def _recipe(preset: str, settings: list[str] | None) -> "Recipe":
    from lessons_lib.training import PRESETS

    if preset not in PRESETS:
        raise ValueError(f"--preset: expected one of {', '.join(PRESETS)}, got {preset!r}")
    return PRESETS[preset].with_settings(settings or [])


# What a text begins with where no prompt is given.
_BEGINNINGS = {"village": "***", "shakespeare": "\n", "shakespeare-words": "\n", "ptb": "<eos>"}


def _load(checkpoint: Path) -> "tuple[LanguageModel, Vocabulary | None]":
    """A model, from its file or from the folder of its run, and its vocabulary if it has one."""
    from lessons_lib.models import LanguageModel
    from lessons_lib.text import Vocabulary
    from lessons_lib.training.run import MODEL

    model = LanguageModel.load(checkpoint / MODEL if checkpoint.is_dir() else checkpoint)
    tokens = model.metadata.get("vocabulary")
    return model, Vocabulary(json.loads(tokens)) if tokens else None


def _best_possible(corpus: str, ids: "np.ndarray") -> float | None:
    """The oracle's perplexity, where there is an oracle."""
    if corpus != "village":
        return None
    from lessons_lib.text import oracle_log_probs

    return math.exp(-oracle_log_probs(ids).mean())


def _lanes(corpus: str) -> int:
    """The oracle reads a text from beginning to end, and so do those that are compared with it."""
    return 1 if corpus == "village" else 10


def _report(split: str, corpus: str, ids: "np.ndarray", perplexity: float) -> None:
    line = f"{split} perplexity {perplexity:.3f} over {len(ids) - 1} tokens"
    best = _best_possible(corpus, ids)
    if best:
        line += f", best possible {best:.3f} (x {perplexity / best:.3f})"
    if corpus == "shakespeare":
        line += f", {math.log2(perplexity):.3f} bits per character"
    typer.echo(line)


def _complain(error: Exception) -> int:
    """One line on standard error, and the exit status of bad usage."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    print("lessons:", " ".join(message.split()) or type(error).__name__, file=sys.stderr)
    return 2


def main() -> None:
    """Run the command; say what went wrong in one line, without a traceback."""
    try:
        status = app(sys.argv[1:] or ["--help"], prog_name="lessons", standalone_mode=False)
    except typer.Exit as error:
        status = error.exit_code
    except (typer.TyperException, ValueError, TypeError, OSError, ArithmeticError) as error:
        status = _complain(error)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status if isinstance(status, int) else 0)
