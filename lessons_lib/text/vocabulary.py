"""The two-way table between tokens and ids."""

import sys
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from lessons_lib.functions import check_ids

UNKNOWN = "<unk>"


class Vocabulary:
    """A fixed list of tokens; a token's id is its place in the list.

    Args:
        tokens: the tokens in order of their ids, each once. For the characters of a string write
            `Vocabulary(sorted(set(text)))`.

    Attributes:
        tokens: tuple of all tokens, in order of their ids.
        is_character_level: whether every token is a single character, `<unk>` left aside.

    Raises:
        TypeError: if tokens is a string, or holds something that is not a string.
        ValueError: if there is no token, or one stands there twice.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        self.tokens = tuple(_check_tokens(tokens))
        if not self.tokens:
            raise ValueError("tokens: expected at least one token, got none")
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self._ids) < len(self.tokens):
            twice, count = Counter(self.tokens).most_common(1)[0]
            raise ValueError(f"tokens: expected each token once, got {twice!r} {count} times")
        self.is_character_level = all(len(token) == 1 or token == UNKNOWN for token in self.tokens)

    @classmethod
    def from_tokens(
        cls, tokens: Iterable[str], order: Literal["frequency", "appearance"] = "frequency"
    ) -> "Vocabulary":
        """Build the vocabulary of a text.

        Args:
            tokens: the text as a list of tokens, with repeats.
            order: "frequency" gives the commonest token id 0, equally common ones in order of
                first appearance; "appearance" numbers tokens as they first appear.

        Raises:
            TypeError: if tokens is a string (write `list(text)` for its characters).
            ValueError: if there is no token, or order is neither of the two.
        """
        tokens = _check_tokens(tokens)
        if order == "appearance":
            return cls(dict.fromkeys(tokens))
        if order == "frequency":
            return cls([token for token, _ in Counter(tokens).most_common()])
        raise ValueError(f'order: expected "frequency" or "appearance", got {order!r}')

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """Turn tokens into ids.

        A token that is not in the vocabulary becomes `<unk>` if the vocabulary has that token.

        Args:
            tokens: a list of tokens. A string is taken as its characters if the vocabulary is one
                of characters, and refused otherwise.

        Returns:
            int64 ids, 1-D.

        Raises:
            TypeError: if tokens is a string and the vocabulary holds words, or if a token is not
                a string.
            ValueError: if a token is not in the vocabulary and there is no `<unk>`.
        """
        if self.is_character_level and isinstance(tokens, str):
            ids = self._id_of_code[code_points(tokens)]
        else:
            tokens = _check_tokens(tokens)
            unknown_id = self._ids.get(UNKNOWN, -1)
            ids = np.array([self._ids.get(token, unknown_id) for token in tokens], dtype=np.int64)
        missing = np.flatnonzero(ids == -1)
        if missing.size:
            first = ", ".join(f"{tokens[i]!r} at position {i}" for i in missing[:3])
            more = f" and {missing.size - 3} more" if missing.size > 3 else ""
            raise ValueError(f"tokens: expected tokens of the vocabulary, got {first}{more}")
        return ids

    @cached_property
    def _id_of_code(self) -> np.ndarray:
        """The id of each character that there can be, by its code point."""
        ids = np.full(sys.maxunicode + 1, self._ids.get(UNKNOWN, -1), dtype=np.int64)
        for token, i in self._ids.items():
            if len(token) == 1:
                ids[ord(token)] = i
        return ids

    def decode(self, ids: npt.ArrayLike) -> list[str]:
        """Turn ids into tokens.

        Args:
            ids: integers from 0 to len(self) - 1, 1-D.

        Raises:
            TypeError: if ids are not integers.
            ValueError: if ids are not 1-D, or one is out of range.
        """
        ids = np.asarray(ids)
        if ids.ndim != 1:
            raise ValueError(f"ids: expected a 1-D array, got shape {ids.shape}")
        return [self.tokens[i] for i in check_ids(ids, len(self), "ids")]

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self.tokens[:4]))
        return f"Vocabulary({len(self)} tokens: {first}{', …' if len(self) > 4 else ''})"


def code_points(text: str) -> np.ndarray:
    """The numbers of a text's characters, (len(text),), as uint32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _check_tokens(tokens: Iterable[str]) -> list[str]:
    """A list of the tokens; TypeError for a lone string or a token that is not a string."""
    if isinstance(tokens, str | bytes):
        shown = repr(tokens[:20])
        raise TypeError(
            f"tokens: expected a list of tokens, got {type(tokens).__name__} {shown}; "
            "write text.split() for words or list(text) for characters"
        )
    tokens = list(tokens)
    for position, token in enumerate(tokens):
        if not isinstance(token, str):
            raise TypeError(
                f"tokens: expected strings, got {type(token).__name__} at position {position}"
            )
    return tokens
