"""Subwords (byte-level BPE): pieces of words that write any text, made by the library `tokenizers`.

Source: Sennrich et al. (2016), "Neural machine translation of rare words with subword units"; over
bytes: Radford et al. (2019), "Language models are unsupervised multitask learners".
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lessons_lib.text.tokens import Tokens, composed
from lessons_lib.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# The character that stands for each byte in a token: itself where it can be seen, and one of those
# from 256 on where it cannot, so that a blank is "Ġ".
_SEEN = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
_BYTES = {chr(byte): byte for byte in _SEEN} | {
    chr(256 + place): byte
    for place, byte in enumerate(byte for byte in range(256) if byte not in _SEEN)
}
LONGEST_RUN = 1_000  # characters without a blank: learning takes the square of their number


def train_subwords(texts: Iterable[str], vocab_size: int, min_count: int) -> "Subwords":
    """Make a vocabulary of the 256 bytes and of what is most often found side by side.

    Args:
        vocab_size: tokens at most; 256 at least.
        min_count: two tokens that stand together less often are not joined.
    """
    library = _library()
    if vocab_size < len(_BYTES):
        raise ValueError(f"--vocab-size: expected {len(_BYTES)} or more, got {vocab_size}")
    tokenizer = _tokenizer({}, [])
    long_run = re.compile(rf"\S{{{LONGEST_RUN}}}")  # as base64 has, and DNA
    tokenizer.train_from_iterator(
        (long_run.sub(r"\g<0> ", text) for text in texts),
        library.trainers.BpeTrainer(
            vocab_size=vocab_size,
            min_frequency=min_count,
            initial_alphabet=sorted(_BYTES),
            max_token_length=100,
            show_progress=False,
        ),
    )
    ids = tokenizer.get_vocab()
    return read_subwords(Vocabulary(sorted(ids, key=ids.__getitem__)), tokenizer.to_str())


def read_subwords(vocab: Vocabulary, written: str) -> "Subwords":
    """Subwords from the JSON of `tokenizers`, which may be a stranger's.

    Only the merges are taken from it: a pattern or a table of somebody else's is never used.

    Raises:
        ValueError: if it is not of this kind, or does not go with the vocabulary.
    """
    try:
        model = json.loads(written)["model"]
        merges = [tuple(pair) for pair in model["merges"]]
        if model["vocab"] != {token: i for i, token in enumerate(vocab.tokens)}:
            raise ValueError("its vocabulary is not the model's")
        if not _BYTES.keys() <= set(vocab.tokens) or not all(
            character in _BYTES for token in vocab.tokens for character in token
        ):
            raise ValueError("its tokens are not made of bytes")
        if not all(len(pair) == 2 and "".join(pair) in vocab for pair in merges) or not all(
            part in vocab for pair in merges for part in pair
        ):
            raise ValueError("it joins what is no token")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the subword vocabulary is damaged ({error})") from None
    return Subwords("bpe", vocab, tuple(merges))


@dataclass(frozen=True)
class Subwords(Tokens):
    """Tokens that are pieces of words; no text is unknown to them.

    Attributes:
        merges: which two tokens become one, in this order.
    """

    merges: tuple[tuple[str, ...], ...] = ()

    def split(self, text: str) -> list[str]:
        """The tokens of a text, in which a character stands for each byte."""
        return self._tokenizer.encode(composed(text)).tokens

    def encode(self, text: str) -> np.ndarray:
        """The ids of a text, (T,)."""
        return np.array(self._tokenizer.encode(composed(text)).ids, dtype=np.int64)

    def written(self, tokens: Iterable[str]) -> Iterator[str]:
        """The text, as far as its characters are whole."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for token in tokens:
            yield decoder.decode(bytes(_BYTES[character] for character in token))
        yield decoder.decode(b"", final=True)

    def metadata(self) -> dict[str, str]:
        """What a model keeps, with the JSON that `tokenizers` reads."""
        return super().metadata() | {"tokenizer": self._tokenizer.to_str()}

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return _tokenizer({t: i for i, t in enumerate(self.vocab.tokens)}, list(self.merges))


def _tokenizer(vocab: dict[str, int], merges: Any) -> "Tokenizer":
    library = _library()
    tokenizer = library.Tokenizer(library.models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = library.decoders.ByteLevel()
    return tokenizer


def _library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise ValueError(
            "subwords need the package tokenizers: pip install 'lessons-lib[bpe]'"
        ) from None
    return tokenizers
