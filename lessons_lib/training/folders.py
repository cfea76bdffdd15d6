"""What a run keeps in its folder, beside the model and the checkpoint."""

import json
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from lessons_lib.files import write_atomically
from lessons_lib.training.checkpoints import load_checkpoint
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

    @property
    def epochs(self) -> float:
        """Epochs done."""
        return self.records[-1]["epoch"] if self.records else 0.0

    @property
    def seconds(self) -> float:
        """Time spent, over all resumptions."""
        return self.records[-1]["seconds"] if self.records else 0.0


def claim(
    folder: Path,
    corpus_name: str,
    recipe: Recipe,
    *,
    resume: bool,
    preset: str = "",
    num_params: int | None = None,
) -> None:
    """Write recipe.json, or hold what is asked for against the one that is there.

    Raises:
        ValueError: if the folder holds a run and resume is False, a run of another recipe or
            corpus, or a damaged recipe.json.
    """
    path = folder / RECIPE
    asked = {"corpus": corpus_name} | recipe.as_dict()
    if path.exists():
        if not resume:
            raise ValueError(
                f"folder: {folder} holds a run; continue it with --resume (resume=True) or "
                "choose another folder"
            )
        found = _read_recipe(path)
        before = {"corpus": found["corpus"]} | found["recipe"]
        changed = [name for name, value in asked.items() if before.get(name) != value]
        if not changed:
            return
        lowered = [
            name for name in changed if name in MAY_BE_LOWERED and asked[name] < before[name]
        ]
        if changed != lowered or _is_finished(folder):
            values = ", ".join(f"{name}={before.get(name)!r}" for name in changed)
            raise ValueError(
                f"folder: the run in {folder} was begun with {values}; resume it with the same, or "
                "choose another folder"
            )
        preset = found.get("preset", "")
    written = {
        "corpus": corpus_name,
        "preset": preset,
        "num_params": num_params,
        "recipe": recipe.as_dict(),
    }
    write_atomically(path, json.dumps(written, indent=2).encode() + b"\n")


def read_metrics(folder: str | PathLike[str]) -> list[Record]:
    """All records of a run, in order; a last line that was cut off while written is left out."""
    records = []
    path = Path(folder) / METRICS
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def write_results(folder: str | PathLike[str], test_perplexity: float) -> None:
    """Note in results.json of a run's folder what its finished model reached on the test text."""
    content = json.dumps({"test_perplexity": test_perplexity}, indent=2)
    write_atomically(Path(folder) / RESULTS, content.encode() + b"\n")


def read_run(folder: str | PathLike[str]) -> RunSummary:
    """What the folder of a run tells of it.

    Args:
        folder: one that `train` wrote to; the run may still be going on.

    Raises:
        FileNotFoundError: if it holds no run.
        ValueError: if recipe.json or results.json is damaged.
    """
    folder = Path(folder)
    if not (folder / RECIPE).is_file():
        raise FileNotFoundError(f"folder: expected a run, found no {RECIPE} in {folder}")
    found = _read_recipe(folder / RECIPE)
    records = read_metrics(folder)
    valid = [r["valid_perplexity"] for r in records if "valid_perplexity" in r]
    test = None
    if (folder / RESULTS).is_file():
        try:
            results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
            test = float(results["test_perplexity"])
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"folder: {folder / RESULTS} is damaged, remove it") from None
    return RunSummary(
        folder,
        found["corpus"],
        found.get("preset", ""),
        found["recipe"],
        found.get("num_params"),
        records,
        min(valid, default=None),
        test,
    )


def find_runs(folder: str | PathLike[str]) -> list[RunSummary]:
    """The runs in a folder and below it, by corpus and validation perplexity, the lowest first.

    Runs that have none yet come last.

    Raises:
        FileNotFoundError: if there is no such folder, or no run in it.
        ValueError: if a run's file is damaged.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"folder: expected a folder with runs, found no folder {folder}")
    runs = [read_run(path.parent) for path in sorted(folder.rglob(RECIPE))]
    if not runs:
        raise FileNotFoundError(f"folder: found no run in {folder}; `lessons train` makes them")
    return sorted(runs, key=lambda run: (run.corpus, run.valid_perplexity or float("inf")))


def _is_finished(folder: Path) -> bool:
    checkpoint = folder / CHECKPOINT
    return checkpoint.exists() and bool(load_checkpoint(checkpoint)[1].get("finished"))


def _read_recipe(path: Path) -> dict[str, Any]:
    """recipe.json; settings that did not exist when it was written have their defaults."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found | {"corpus": found["corpus"], "recipe": Recipe().as_dict() | found["recipe"]}
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"folder: {path} is damaged, choose another folder") from None
