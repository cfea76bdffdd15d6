"""Make data/remembering/ again: what names do to predictions, by distance, in nine networks.

    python tools/make_remembering.py

Lesson 06 shows the table that this prints. Trains two more networks of each cell (twenty minutes on
one core; stop and go on as you like) and measures them beside the shipped ones (ten minutes).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from lessons_lib.course.lstm_gradient.remembering import effects_table, name_effects
from lessons_lib.course.shared.names_asked import find_recalls
from lessons_lib.files import data_path, write_atomically
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus
from lessons_lib.training.folders import MODEL
from tools.make_weights import train

CELLS, SEEDS = ("rnn", "lstm", "gru"), (0, 1, 2)  # the first seed's networks are the shipped ones
BANDS = ((1, 4), (5, 9), (10, 19), (20, 34), (35, 59))  # words back to the name
MOST = 120  # recalls for each band: the first of the test text
RUNS = "runs/remembering"


def network(cell: str, seed: int) -> LanguageModel:
    """A network of the village, trained from a seed."""
    if seed == SEEDS[0]:
        return LanguageModel.load(data_path("weights", f"village-{cell}.safetensors"))
    return LanguageModel.load(Path(RUNS, f"seed-{seed}", cell, MODEL))


def measure(model: LanguageModel, bands=BANDS, most: int = MOST) -> list[dict[str, Any]]:
    """The effects of names in each band of distances: medians in nats, and shares.

    Args:
        model: a language model of the village.
        bands: least and largest number of words back.
        most: recalls for each band.
    """
    corpus = load_corpus("village")
    ids = np.asarray(corpus.test)
    recalls = find_recalls(ids, corpus.vocab.decode(ids), min_distance=1)
    rows = []
    for least, largest in bands:
        here = [one for one in recalls if least <= one.distance <= largest][:most]
        effects = name_effects(model, corpus.vocab, ids, here)
        found = {
            "swapped": float(np.median(effects.swapped)),
            "foretold": float(np.median(effects.foretold)),
            "brightest": float(np.mean(effects.brightest)),
            "largest": float(np.mean(effects.largest)),
        }
        found = {name: round(value, 4) for name, value in found.items()}
        rows.append({"words_back": f"{least}-{largest}", "recalls": len(here), **found})
    return rows


def main() -> None:
    """Train what is not there, measure all, write remembering.json and print the table."""
    for seed in SEEDS[1:]:
        train(f"lessons compare village --preset lesson --set seed={seed} --out {RUNS}/seed-{seed}")
    rows = []
    for cell in CELLS:
        for seed in SEEDS:
            found = measure(network(cell, seed))
            rows += [{"cell": cell, "seed": seed, **row} for row in found]
            print(cell, seed, found, flush=True)
    content = "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n"
    write_atomically(data_path("remembering", "remembering.json"), content.encode())
    print(effects_table(rows))


if __name__ == "__main__":
    main()
