"""Arguments that several commands have, and what they do with them."""

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.output import say

if TYPE_CHECKING:
    import numpy as np

    from lessons_lib.models import LanguageModel
    from lessons_lib.text.tokens import Tokens
    from lessons_lib.training import Recipe


def completed_from(*values: str) -> Callable[[str], list[str]]:
    """What Tab offers after the first letters of one of these values."""
    return lambda incomplete: [value for value in values if value.startswith(incomplete)]


# Named here too, since --help and Tab must not wait for the modules that have them.
CORPUS_NAMES = ("village", "shakespeare", "shakespeare-words", "ptb")
PRESET_NAMES = ("lesson", "char", "small", "book", "better", "best")
PLATFORM_NAMES = ("nbgrader", "otter", "gradescope", "github", "student")
CorpusName = Annotated[
    str,
    typer.Argument(
        metavar="CORPUS",
        help="village, shakespeare, shakespeare-words or ptb",
        autocompletion=completed_from(*CORPUS_NAMES),
    ),
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change the preset")
]
CheckpointPath = Annotated[
    Path, typer.Argument(metavar="CHECKPOINT", help="a run's folder, or a saved model")
]


def default_preset(corpus: str) -> str:
    """The recipe made for a corpus."""
    made_for = {"village": "lesson", "shakespeare": "char"}
    return made_for.get(corpus, "book" if corpus in CORPUS_NAMES else "small")


def make_recipe(preset: str, settings: list[str] | None) -> "Recipe":
    from lessons_lib.training import PRESETS

    if preset not in PRESETS:
        raise ValueError(f"--preset: expected one of {', '.join(PRESETS)}, got {preset!r}")
    return PRESETS[preset].with_settings(settings or [])


def lesson_names(wanted: Iterable[str]) -> list[str]:
    """Lessons by their number, 05, or their name; a companion has no number of its own."""
    from lessons_lib.course.lessons import FURTHER, LESSONS

    numbers = {lesson.name.partition("_")[0]: lesson.name for lesson in LESSONS}
    names = {lesson.name: lesson.name for lesson in (*LESSONS, *FURTHER)}
    for one in wanted:
        if one.zfill(2) not in numbers and one not in names:
            raise ValueError(
                f"--lesson: expected a number up to {max(numbers)} or a name, got {one}"
            )
    return [names.get(one) or numbers[one.zfill(2)] for one in wanted]


def lesson_files(names: Iterable[str]) -> dict[str, Path]:
    """The notebooks of lessons; they come with the course's files, not with the package."""
    from lessons_lib.course.lessons import FURTHER, LESSONS

    folder = Path(__file__).resolve().parents[2] / "notebooks"
    files = {lesson.name: folder / lesson.file for lesson in (*LESSONS, *FURTHER)}
    return {name: files[name] for name in names}


def load_model(checkpoint: Path) -> "tuple[LanguageModel, Tokens | None]":
    """A model, from its file or from the folder of its run, and how its text becomes tokens.

    A run that is not finished has the model that did best so far.
    """
    from lessons_lib.models import LanguageModel
    from lessons_lib.text.own import tokens_of
    from lessons_lib.training.run import MODEL

    path = checkpoint
    if checkpoint.is_dir():
        path = checkpoint / MODEL
        if path.is_symlink():
            raise ValueError(f"CHECKPOINT: {path} is a link, which may lead anywhere")
    model = LanguageModel.load(path)
    if "vocabulary" not in model.metadata:
        return model, None
    try:
        tokens = tokens_of(model.metadata)
    except ValueError as error:
        raise ValueError(f"CHECKPOINT: {path}: {error}") from None
    if len(tokens.vocab) != (V := model.config["vocab_size"]):
        raise ValueError(f"CHECKPOINT: {path} knows {V} tokens and names {len(tokens.vocab)}")
    return model, tokens


def best_possible(corpus: str, ids: "np.ndarray") -> float | None:
    """The oracle's perplexity, where there is an oracle."""
    if corpus != "village":
        return None
    from lessons_lib.text import oracle_log_probs

    return math.exp(-oracle_log_probs(ids).mean())


def lanes(corpus: str) -> int:
    """The oracle reads a text from beginning to end, and so do those that are compared with it."""
    return 1 if corpus == "village" else 10


def report(
    split: str,
    corpus: str,
    ids: "np.ndarray",
    tokens: "Tokens | None",
    perplexity: float,
    num_bytes: int | None = None,
) -> None:
    """Print a perplexity, beside what makes it comparable.

    That is the best possible one where it is known, bits per character where tokens are characters,
    and bits per byte where the text's size in bytes is given: it holds for tokens of any kind.
    """
    line = f"{split} perplexity {perplexity:.3f} over {len(ids) - 1} tokens"
    best = best_possible(corpus, ids)
    if best:
        line += f", best possible {best:.3f} (x {perplexity / best:.3f})"
    if tokens is not None and tokens.vocab.is_character_level:
        line += f", {math.log2(perplexity):.3f} bits per character"
    if num_bytes:
        line += f", {bits_per_byte(perplexity, ids, num_bytes):.3f} bits per byte"
    say(line)


def bits_per_byte(perplexity: float, ids: "np.ndarray", num_bytes: int) -> float:
    """What a model takes to write a text, shared out over the text's bytes as UTF-8."""
    return math.log2(perplexity) * (len(ids) - 1) / num_bytes


@contextlib.contextmanager
def away_from_here() -> Iterator[None]:
    """To import a package that looks for files in the current folder, which may be a stranger's.

    So matplotlib reads a matplotlibrc there, which could have TeX run, and up to 3.10.8 Python;
    and libraries that PyTorch brings are searched there for others.
    """
    folder = Path(__file__).parent
    if os.name != "posix":
        with contextlib.chdir(folder):
            yield
        return
    # By descriptor: the folder may have been deleted, or be closed to who is in it.
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    try:
        os.chdir(folder)
        yield
    finally:
        os.fchdir(here)
        os.close(here)


def draw_as_usual() -> None:
    """Draw by matplotlib's own settings; to be called before anything that imports it."""
    with away_from_here():
        import matplotlib

    matplotlib.rcdefaults()


def said_by_system(error: OSError) -> str:
    """Which file, and what is wrong with it, without the number that the system has for that."""
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}"
