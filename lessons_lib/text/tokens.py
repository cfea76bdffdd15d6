"""Text to tokens, and tokens to text that a person likes to read."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lessons_lib.text.vocabulary import UNKNOWN, Vocabulary
from lessons_lib.text.words import composed, penn_words, village_words, words, words_of

_NO_SPACE_BEFORE = {*".,?!;:)…%", "n't", "'s", "'re", "'ve", "'ll", "'d", "'m"}
_SENTENCE_ENDS = {".", "?", "!", "***", "<eos>", "\n"}
_LINE_BREAKS = {"<eos>": "\n", "\n": "\n", "***": "\n\n***\n\n"}


def readable(tokens: Iterable[str]) -> str:
    """Join tokens into text: capitals, punctuation close to its word, quotes paired.

    Args:
        tokens: words and punctuation, or single characters (which are joined as they are).
    """
    tokens = list(tokens)
    if all(len(token) == 1 or token == UNKNOWN for token in tokens):
        return "".join(tokens)
    return "".join(readable_pieces(tokens))


def readable_pieces(tokens: Iterable[str], capitals: bool = True) -> Iterator[str]:
    """What each token adds to the text, as soon as the token is there.

    Args:
        tokens: words and punctuation.
        capitals: begin sentences with one, for texts in small letters.

    Returns:
        A piece for each token; joined they are what `readable` makes of the tokens. A line break
        comes with the word after it, so that the text ends without one.
    """
    begun, held_back = False, ""
    for piece in _pieces(tokens, capitals):
        piece = held_back + piece if begun else piece.lstrip()
        shown = piece.rstrip()
        held_back = piece[len(shown) :]
        begun = begun or shown != ""
        yield shown


def _pieces(tokens: Iterable[str], capitals: bool) -> Iterator[str]:
    space, quoting, capital = "", False, capitals
    for token in tokens:
        if token in _LINE_BREAKS:
            yield _LINE_BREAKS[token]
            space, capital, quoting = "", capitals, False
            continue
        category = unicodedata.category(token[-1:] or " ")
        closes = token in _NO_SPACE_BEFORE or category in ("Pe", "Pf") or (token == '"' and quoting)
        yield ("" if closes else space) + (token[:1].upper() + token[1:] if capital else token)
        opens = category in ("Ps", "Pi") or token == "$" or (token == '"' and not quoting)
        space = "" if opens else " "
        if token == '"':
            quoting = not quoting
        capital = capitals and (
            token in _SENTENCE_ENDS or (capital and opens) or (token == '"' and quoting)
        )


SPLITS: dict[str, Callable[[str], list[str]]] = {
    "characters": list,
    "words": words,
    "village": village_words,
    "shakespeare-words": words_of,
    "ptb": penn_words,
}
# What a model reads first where no prompt is given, and what of it is shown: the first of these
# that it knows. One of the village has hardly met a state of zeros in training, and finds its way
# after the end of a sentence.
_BEGINNINGS: list[tuple[list[str], list[str]]] = [
    ([".", "***"], ["***"]),
    (["<eos>"], []),
    (["\n"], []),
    (["\u010a"], []),
]


@dataclass(frozen=True)
class Tokens:
    """How a model's text becomes ids, and its ids become text again."""

    kind: str  # of SPLITS, or "bpe"
    vocab: Vocabulary

    def split(self, text: str) -> list[str]:
        """The tokens of a text; those that the vocabulary lacks are kept as they stand.

        Where it lacks a word and has it in small letters, or without a full stop, that is taken.
        """
        return [self._known(token) for token in SPLITS[self.kind](composed(text))]

    def encode(self, text: str) -> np.ndarray:
        """The ids of a text, (T,); ValueError if a token is unknown and there is no `<unk>`."""
        if self.kind == "characters":
            return self.vocab.encode(composed(text))
        if self.kind == "words":  # whose vocabulary was made of the words as they stand
            return self.vocab.encode(words(text))
        return self.vocab.encode(self.split(text))

    def written(self, tokens: Iterable[str]) -> Iterator[str]:
        """What each token adds to a text that a person reads, as soon as the token is there."""
        if self.kind == "characters":
            return iter(tokens)
        return readable_pieces(tokens, capitals=self.kind != "words")

    def beginning(self) -> tuple[list[str], list[str]]:
        """Tokens to begin with where there is no prompt, and which of them are shown."""
        first = [self.vocab.tokens[0]]
        known = (pair for pair in _BEGINNINGS if all(token in self.vocab for token in pair[0]))
        return next(known, (first, first))

    def metadata(self) -> dict[str, str]:
        """What a model keeps, so that `lessons_lib.text.tokens_of` makes this again."""
        vocabulary = json.dumps(self.vocab.tokens, ensure_ascii=False)
        return {"tokens": self.kind, "vocabulary": vocabulary}

    def _known(self, token: str) -> str:
        forms = [token, token.lower()]
        if self.kind == "ptb":
            forms.append(token.lower().rstrip("."))
        known = (form for form in forms if form in self.vocab)
        return next(known, forms[-1] if self.kind == "ptb" else token)
