"""Text to tokens, and tokens to text that a person likes to read."""

import re
from collections.abc import Iterable, Iterator

from lessons_lib.text.vocabulary import Vocabulary

_NO_SPACE_BEFORE = {".", ",", "?", "!", ";", ":", ")"}
_SENTENCE_ENDS = {".", "?", "!", "***", "<eos>", "\n"}
_LINE_BREAKS = {"<eos>": "\n", "\n": "\n", "***": "\n\n***\n\n"}


def readable(tokens: Iterable[str]) -> str:
    """Join tokens into text: capitals, punctuation close to its word, quotes paired.

    Args:
        tokens: words and punctuation, or single characters (which are joined as they are).
    """
    tokens = list(tokens)
    if all(len(token) == 1 for token in tokens):
        return "".join(tokens)
    return "".join(readable_pieces(tokens))


def readable_pieces(tokens: Iterable[str]) -> Iterator[str]:
    """What each token adds to the text, as soon as the token is there.

    Args:
        tokens: words and punctuation.

    Returns:
        A piece for each token; joined they are what `readable` makes of the tokens. A line break
        comes with the word after it, so that the text ends without one.
    """
    begun, held_back = False, ""
    for piece in _pieces(tokens):
        piece = held_back + piece if begun else piece.lstrip()
        shown = piece.rstrip()
        held_back = piece[len(shown) :]
        begun = begun or shown != ""
        yield shown


def _pieces(tokens: Iterable[str]) -> Iterator[str]:
    space, quoting, capital = "", False, True
    for token in tokens:
        if token in _LINE_BREAKS:
            yield _LINE_BREAKS[token]
            space, capital, quoting = "", True, False
            continue
        closes = token in _NO_SPACE_BEFORE or (token == '"' and quoting)
        yield ("" if closes else space) + (token[:1].upper() + token[1:] if capital else token)
        opens = token == "(" or (token == '"' and not quoting)
        space = "" if opens else " "
        if token == '"':
            quoting = not quoting
        capital = token in _SENTENCE_ENDS or (capital and opens) or (token == '"' and quoting)


def tokenize(text: str, vocab: Vocabulary) -> list[str]:
    """Split a text as the vocabulary's corpus is split: the way back from `readable`.

    Args:
        text: what a person wrote, such as a prompt.
        vocab: a vocabulary of characters splits the text into characters; one of words splits it
            into words and punctuation, and takes "The" for "the" where it has only the latter.

    Returns:
        Tokens; those that are not in the vocabulary are kept as they stand.
    """
    if vocab.is_character_level:
        return list(text)
    if "\n" in vocab and "-" in vocab:  # Shakespeare's words
        tokens = re.findall(r"<\w+>|[\w']+|[^\w\s]|\n", re.sub(r"\n+", "\n", text))
    else:
        tokens = re.findall(r"\*\*\*|<\w+>|[\w'-]+|[^\w\s]", text)
    return [t if t in vocab or t.lower() not in vocab else t.lower() for t in tokens]


def words_of(text: str) -> list[str]:
    """Words in small letters, punctuation marks and line ends; empty lines are left out."""
    return re.findall(r"[a-z']+|[^\sa-z]|\n", re.sub(r"\n+", "\n", text.lower()))
