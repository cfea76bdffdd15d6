"""Make data/weights/ again: train the shipped models, and write weights.json beside them.

    python tools/make_weights.py              train them; stop and go on as you like
    python tools/make_weights.py --measure    only measure the files that are there

Training elsewhere gives other weights of the same quality, since float32 rounds differently there.
The lessons' stored outputs then need `make refresh`, and the README the new table of the village.
Weights of Shakespeare are rounded to 20 binary digits, a millionth: so a wheel packs them better.
"""

import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessons_lib.cli.common import lanes
from lessons_lib.files import data_path, write_atomically
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus
from lessons_lib.training import perplexity
from lessons_lib.training.folders import MODEL, RECIPE

RUNS = "runs/weights"
VILLAGE = f"lessons compare village --preset lesson --out {RUNS}/village"
SHAKESPEARE = (
    "lessons train shakespeare --preset char --set num_layers=2 --set embed_size=96 "
    "--set hidden_size=96 --set tie_weights=true --set dropout=0.1 --set epochs=8 "
    f"--out {RUNS}/shakespeare-char"
)
SEED = 0  # that of every preset


class Shipped(NamedTuple):
    """A model in data/weights: the text that it knows, what makes it, and where that puts it."""

    corpus: str
    command: str
    folder: str


SHIPPED = {
    "village-rnn": Shipped("village", VILLAGE, f"{RUNS}/village/rnn"),
    "village-gru": Shipped("village", VILLAGE, f"{RUNS}/village/gru"),
    "village-lstm": Shipped("village", VILLAGE, f"{RUNS}/village/lstm"),
    "shakespeare-char": Shipped("shakespeare", SHAKESPEARE, f"{RUNS}/shakespeare-char"),
}


def train(command: str) -> None:
    """Run a `lessons` command that ends in its folder, or go on with it where it was stopped."""
    _, *arguments = shlex.split(command)
    if Path(arguments[-1], RECIPE).exists():  # `compare` goes on by itself
        arguments.append("--resume")
    done = subprocess.run([sys.executable, "-m", "lessons_lib", *arguments])
    if done.returncode:
        sys.exit(done.returncode)  # the command has said why


def round_weights(path: Path, digits: int = 20) -> None:
    """Round the float32 parameters of a saved model to so many binary digits of 24."""
    model = LanguageModel.load(path)
    for name, value in model.params.items():
        fractions, exponents = np.frexp(value)  # value = fraction * 2 ** exponent, in float32
        scale = np.float32(2**digits)
        model.params[name] = np.ldexp(np.round(fractions * scale) / scale, exponents)
    model.save(path)


def describe(name: str, shipped: Shipped) -> dict[str, object]:
    """What weights.json says of a file."""
    path = data_path("weights", f"{name}.safetensors")
    model = LanguageModel.load(path)
    test = load_corpus(shipped.corpus).test
    return {
        "corpus": shipped.corpus,
        "command": shipped.command,
        "seed": SEED,
        "parameters": model.num_params,
        "test_perplexity": round(perplexity(model, test, batch_size=lanes(shipped.corpus)), 4),
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def main() -> None:
    """Train and copy, unless only measuring is asked for; then describe every file."""
    weights = data_path("weights")
    if "--measure" not in sys.argv:
        for command in dict.fromkeys(shipped.command for shipped in SHIPPED.values()):
            train(command)
        for name, shipped in SHIPPED.items():
            shutil.copyfile(Path(shipped.folder, MODEL), weights / f"{name}.safetensors")
        round_weights(weights / "shakespeare-char.safetensors")
        comparison = data_path("village", "comparison.json")
        shutil.copyfile(Path(RUNS, "village", "comparison.json"), comparison)
    found = {name: describe(name, shipped) for name, shipped in SHIPPED.items()}
    write_atomically(weights / "weights.json", json.dumps(found, indent=2).encode() + b"\n")
    for name, entry in found.items():
        print(f"{name}: test perplexity {entry['test_perplexity']}, {entry['bytes']} bytes")


if __name__ == "__main__":
    main()
