"""What a run keeps in its folder, beside the model and the checkpoint."""

import json
import os
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from lessons_lib.files import read_regular, walk, write_atomically
from lessons_lib.training.checkpoints import load_checkpoint
from lessons_lib.training.identity import differences
from lessons_lib.training.recipes import Recipe

MODEL, CHECKPOINT, METRICS, RECIPE, RESULTS = (
    "model.safetensors",
    "checkpoint.safetensors",
    "metrics.jsonl",
    "recipe.json",
    "results.json",
)
# What a run may be resumed with a lower value of: the remedies when it gets out of hand.
MAY_BE_LOWERED = ("lr", "max_norm")

# What is read of a run: it may be a stranger's.
MOST_FOLDERS, MOST_NAME = 10, 200
MOST_RECIPE, MOST_METRICS = 100_000, 20_000_000  # bytes
MOST_RECORDS = 10_000  # of a run among others: the last ones
_NOTED = ("step", "epoch", "seconds")  # in each record

Record = dict[str, Any]


class RunSummary(NamedTuple):
    """A run as its folder tells of it, finished or not."""

    folder: Path
    corpus: str
    preset: str  # "" if the recipe has no name
    recipe: dict[str, Any]
    num_params: int | None  # None for runs that did not note it
    records: list[Record]  # of metrics.jsonl
    valid_perplexity: float | None  # the best so far
    test_perplexity: float | None  # of a finished run
    bits_per_byte: float | None  # the same, where texts are the user's own

    @property
    def epochs(self) -> float:
        """Epochs done."""
        return self.records[-1]["epoch"] if self.records else 0.0

    @property
    def seconds(self) -> float:
        """Time spent, over all resumptions."""
        return self.records[-1]["seconds"] if self.records else 0.0


def claim(folder: Path, asked: dict[str, Any], *, resume: bool) -> dict[str, Any] | None:
    """Hold what is asked for against the run that is in a folder.

    Args:
        folder: of the run.
        asked: what recipe.json is to say: "corpus", "preset", "num_params", "recipe", and "text",
            the `identity` of its corpus.
        resume: whether a run that is there is to be gone on with.

    Returns:
        What to write to recipe.json; None if it is right as it stands.

    Raises:
        ValueError: if the folder holds a run and resume is False, a run of another recipe,
            corpus, vocabulary or text, or a damaged recipe.json.
    """
    path = folder / RECIPE
    if not path.exists():
        return asked
    if not resume:
        raise ValueError(
            f"folder: {folder} holds a run; continue it with --resume (resume=True) or "
            "choose another folder"
        )
    found = _read_recipe(path)
    before = {"corpus": found["corpus"]} | found["recipe"]
    now = {"corpus": asked["corpus"]} | asked["recipe"]
    changed = [name for name, value in now.items() if before.get(name) != value]
    other_text = differences(found.get("text", {}), asked["text"])
    may = [name for name in changed if name == "epochs" or _is_lower(name, before, now)]
    finished_otherwise = changed != ["epochs"] and _is_finished(folder)
    if other_text or (changed and (changed != may or finished_otherwise)):
        values = [f"{name}={before.get(name)!r}" for name in changed]
        raise ValueError(
            f"folder: the run in {folder} was begun with {', '.join(values + other_text)}; resume "
            "it with the same, or choose another folder"
        )
    if not changed:
        return None
    kept = {name: found[name] for name in ("preset", "from") if name in found}
    return asked | kept


def _is_lower(name: str, before: dict[str, Any], now: dict[str, Any]) -> bool:
    return name in MAY_BE_LOWERED and now[name] < before[name]


def read_metrics(folder: str | PathLike[str]) -> list[Record]:
    """All records of a run, in order; a last line that was cut off while written is left out.

    Raises:
        ValueError: if the file is none that a run writes.
    """
    records: list[Record] = []
    path = Path(folder) / METRICS
    try:
        text = read_regular(path, MOST_METRICS).decode() if os.path.lexists(path) else ""
        for line in text.splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                break
            if not all(_is_number(record[key]) for key in (*_NOTED, *record)):
                raise TypeError
            if not abs(record["seconds"]) < 1e12:  # a loss may be infinite, where it diverged
                raise TypeError
            records.append(record)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from None
    return records


def write_results(
    folder: str | PathLike[str], test_perplexity: float, bits_per_byte: float | None = None
) -> None:
    """Note in results.json of a run's folder what its finished model reached on the test text."""
    found = {"test_perplexity": test_perplexity, "bits_per_byte": bits_per_byte}
    content = json.dumps({k: v for k, v in found.items() if v is not None}, indent=2)
    write_atomically(Path(folder) / RESULTS, content.encode() + b"\n")


def read_run(folder: str | PathLike[str]) -> RunSummary:
    """What the folder of a run tells of it.

    Args:
        folder: one that `train` wrote to; the run may still be going on.

    Raises:
        FileNotFoundError: if it holds no run.
        ValueError: if one of its files is damaged, or a link, or too large.
    """
    folder = Path(folder)
    if not os.path.lexists(folder / RECIPE):
        raise FileNotFoundError(f"folder: expected a run, found no {RECIPE} in {folder}")
    found = _read_recipe(folder / RECIPE)
    records = read_metrics(folder)
    valid = [r["valid_perplexity"] for r in records if "valid_perplexity" in r]
    test = bits = None
    if os.path.lexists(folder / RESULTS):
        try:
            results = json.loads(read_regular(folder / RESULTS, MOST_RECIPE))
            test = float(results["test_perplexity"])
            bits = float(results["bits_per_byte"]) if "bits_per_byte" in results else None
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise _damaged(folder / RESULTS, error) from None
    return RunSummary(
        folder,
        found["corpus"],
        found.get("preset", ""),
        found["recipe"],
        found.get("num_params"),
        records,
        min(valid, default=None),
        test,
        bits,
    )


def find_runs(
    folder: str | PathLike[str], on_damage: Callable[[str], None] | None = None
) -> list[RunSummary]:
    """The runs in a folder and below it, by corpus and validation perplexity, the lowest first.

    Runs that have none yet come last. Links are not followed.

    Args:
        folder: where to look, ten folders deep.
        on_damage: called with what is wrong with a run, which is left out then.

    Raises:
        FileNotFoundError: if there is no such folder, or no run in it, or none that is sound.
        ValueError: if a run's file is damaged, and there is no `on_damage`.
    """
    top = Path(folder)
    if not top.is_dir():
        raise FileNotFoundError(f"folder: expected a folder with runs, found no folder {folder}")
    runs = []
    for root, folders, files in walk(top, MOST_FOLDERS):
        folders.sort()
        if RECIPE not in files:
            continue
        try:
            run = read_run(root)
            runs.append(run._replace(records=run.records[-MOST_RECORDS:]))
        except ValueError as error:
            if on_damage is None:
                raise
            on_damage(str(error))
    if not runs:
        raise FileNotFoundError(f"folder: found no run in {folder}; `lessons train` makes them")
    return sorted(runs, key=lambda run: (run.corpus, run.valid_perplexity or float("inf")))


def _is_finished(folder: Path) -> bool:
    checkpoint = folder / CHECKPOINT
    return checkpoint.exists() and bool(load_checkpoint(checkpoint)[1].get("finished"))


def _read_recipe(path: Path) -> dict[str, Any]:
    """recipe.json; settings that did not exist when it was written have their defaults."""
    try:
        found = json.loads(read_regular(path, MOST_RECIPE))
        recipe = Recipe(**found["recipe"]).as_dict()
        texts = (found["corpus"], found.get("preset", ""))
        if {type(text) for text in texts} != {str} or max(map(len, texts)) > MOST_NAME:
            raise TypeError
        sizes = [recipe[name] for name in ("num_layers", "hidden_size", "epochs")]
        if not all(map(_is_number, [*sizes, found.get("num_params") or 0])):
            raise TypeError
        for size, checksum in dict(found.get("text", {})).values():
            if not _is_number(size) or not isinstance(checksum, str):
                raise TypeError
        return found | {"recipe": recipe}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, error) from None


def _is_number(value: Any) -> bool:
    """Whether it is a number that a table can show: not one of a thousand digits."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**15)


def _damaged(path: Path, error: Exception) -> ValueError:
    """What is said of a run's file that cannot be believed."""
    why = error.strerror if isinstance(error, OSError) else "it is damaged"
    return ValueError(f"folder: {path}: {why}; remove it, or choose another folder")
