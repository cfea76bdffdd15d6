"""Which language is this name in? A classifier of rows of different lengths.

    python examples/which_language.py

The names of countries, languages and currencies in ten languages are those of the Unicode Common
Locale Data Repository, as the package `babel` ships them, which JupyterLab brings along. An LSTM
reads each name letter by letter in both directions. What it has read when the name ends, its last
*valid* state, decides: names are padded to one length, and what stands in the padding must not
count. Names for testing are of countries, languages and currencies that none of the names for
training is of.
"""

import argparse
import time

import numpy as np
from babel import Locale

from lessons_lib.functions import cross_entropy
from lessons_lib.gradients import clip_grads
from lessons_lib.layers import LSTM, Bidirectional, Embedding, Linear
from lessons_lib.training import Adam

LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hu": "Hungarian",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "tr": "Turkish",
}
PADDING = 0  # its id, and that of letters never met; the others count from 1
D, H = 16, 48  # features of a letter, hidden units of each direction
BATCH, LR, MAX_NORM = 32, 0.005, 1.0


def load_names() -> dict[str, list[tuple[str, int]]]:
    """Names in small letters with their languages' numbers, by what they name.

    A name that several of the languages share, such as "angola", is left out: nobody could tell.
    """
    names, known = {}, {}
    for number, code in enumerate(LANGUAGES):
        locale = Locale(code)
        for kind in (locale.territories, locale.languages, locale.currencies):
            for what, name in kind.items():
                if name.lower() != what.lower():  # not translated
                    names.setdefault(what, []).append((name.lower(), number))
                    known.setdefault(name.lower(), set()).add(number)
    alone = {
        what: sorted({(name, number) for name, number in some if len(known[name]) == 1})
        for what, some in names.items()
    }
    return {what: some for what, some in alone.items() if some}


def split(names: dict, share: float, rng: np.random.Generator) -> tuple[list, list]:
    """Pairs of name and language for training and for testing, of different things."""
    things = rng.permutation(sorted(names))
    first = round(share * len(things))
    parts = things[first:], things[:first]
    train, test = ([pair for what in part for pair in names[what]] for part in parts)
    return train, sorted(set(test) - set(train))  # some things share a name


class Classifier:
    """Embedding, LSTM in both directions, and a score for each language from the last states."""

    def __init__(self, letters: str, rng: np.random.Generator) -> None:
        self.ids = {letter: k for k, letter in enumerate(letters, start=1)}
        self.embedding = Embedding(1 + len(letters), D, rng=rng)
        self.lstm = Bidirectional(LSTM(D, H, rng=rng), LSTM(D, H, rng=rng))
        self.output = Linear(2 * H, len(LANGUAGES), rng=rng)
        self.layers = {"embedding": self.embedding, "lstm": self.lstm, "output": self.output}

    def forward(self, names: list[str]) -> np.ndarray:
        """Scores (N, languages)."""
        lengths = np.array([len(name) for name in names])
        ids = np.full((lengths.max(), len(names)), PADDING)  # (T, N)
        for row, name in enumerate(names):
            ids[: len(name), row] = [self.ids.get(letter, PADDING) for letter in name]
        self.hs, state = self.lstm.forward(self.embedding.forward(ids), lengths=lengths)
        (h, _), (h_reverse, _) = state  # at each name's last letter, and at its first: (N, H)
        return self.output.forward(np.concatenate([h, h_reverse], axis=1))

    def backward(self, dscores: np.ndarray) -> None:
        """Fill the layers' gradients; all of it arrives on the last states."""
        dh = self.output.backward(dscores)  # (N, 2H)
        nothing = np.zeros_like(self.hs)
        dx, _ = self.lstm.backward(nothing, ((dh[:, :H], None), (dh[:, H:], None)))
        self.embedding.backward(dx)

    def collect(self, what: str) -> dict[str, np.ndarray]:
        """The layers' "params" or "grads" in one dict."""
        return {
            f"{name}.{key}": value
            for name, layer in self.layers.items()
            for key, value in getattr(layer, what).items()
        }


def train(pairs: list, epochs: int, rng: np.random.Generator) -> Classifier:
    """Train a classifier on pairs of name and language."""
    model = Classifier("".join(sorted({letter for name, _ in pairs for letter in name})), rng)
    params = model.collect("params")
    adam = Adam(params)
    steps, total = 0, epochs * (len(pairs) // BATCH)
    for epoch in range(epochs):
        order, losses = rng.permutation(len(pairs)), []
        for start in range(0, len(pairs) - BATCH + 1, BATCH):
            names, languages = zip(*(pairs[k] for k in order[start : start + BATCH]), strict=True)
            loss, dscores = cross_entropy(model.forward(list(names)), np.array(languages))
            model.backward(dscores)
            grads = model.collect("grads")
            clip_grads(grads, MAX_NORM)
            adam.step(params, grads, LR * (1 - steps / total))
            steps += 1
            losses.append(loss)
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}", flush=True)
    return model


def predict(model: Classifier, names: list[str]) -> np.ndarray:
    """The number of the likeliest language for each name, (N,)."""
    parts = [model.forward(names[k : k + 500]).argmax(axis=1) for k in range(0, len(names), 500)]
    return np.concatenate(parts)


def main() -> None:
    """Train, and print the accuracy on names of things that were not trained on."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    pairs, test = split(load_names(), 0.2, rng)
    print(f"{len(pairs):,} names to train on, {len(test):,} to test on, {len(LANGUAGES)} languages")
    begin = time.monotonic()
    model = train(pairs, options.epochs, rng)
    names, languages = map(list, zip(*test, strict=True))
    right = predict(model, names) == languages
    commonest = np.bincount([language for _, language in pairs]).argmax()
    chance = np.mean([language == commonest for language in languages])
    print(f"accuracy {right.mean():.1%} (always the commonest language: {chance:.1%})")
    for number, language in enumerate(LANGUAGES.values()):
        of_it = np.array(languages) == number
        print(f"  {language:<10}{right[of_it].mean():7.1%} of {of_it.sum()}")
    print(f"{time.monotonic() - begin:.0f} seconds")


if __name__ == "__main__":
    main()
