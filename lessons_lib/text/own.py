"""A text of the user's own as a corpus: its tokens on disk, its vocabulary, what it was made from.

The ids lie in one file that is read where it lies, so a text may be larger than the memory.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lessons_lib.files import check_regular, read_regular, write_atomically, writing_atomically
from lessons_lib.text.batches import let_go
from lessons_lib.text.corpora import CORPORA, Corpus
from lessons_lib.text.reading import TextFiles
from lessons_lib.text.subwords import read_subwords, train_subwords
from lessons_lib.text.tokens import SPLITS, Tokens
from lessons_lib.text.vocabulary import UNKNOWN, Vocabulary, code_points

TEXT, IDS, TOKENIZER = "text.json", "text.ids", "tokenizer.json"
KINDS = ("characters", "words", "bpe")
VOCAB_SIZE = {"characters": 100_000, "words": 10_000, "bpe": 2_000}
MOST_TEXT, MOST_IDS = 100_000_000, 10**13  # bytes
MOST_COUNTED = 2_000_000  # different words that are counted at once
LONGEST_WORD = 100  # characters of a word that is counted
LONGEST_TOKEN = 1_000  # characters of a stranger's: a few million would flood a terminal
MOST_LEARNED = 8_000_000  # bytes that subwords are learned from; each takes up to 64 of memory
_BLOCK = 1 << 20  # ids at a time
SPLIT_NAMES = ("train", "valid", "test")


@dataclass(frozen=True)
class Choices:
    """What decides how a text becomes tokens.

    Attributes:
        tokens: "characters", "words" or "bpe".
        shares: percentages for training, validation and test; no line is broken.
        min_count: tokens that are rarer in the training part become `<unk>`.
        vocab_size: tokens at most, the commonest; 0 stands for VOCAB_SIZE.

    Raises:
        ValueError: if a choice is out of range.
    """

    tokens: str = "characters"
    shares: tuple[float, ...] = (90.0, 5.0, 5.0)
    min_count: int = 2
    vocab_size: int = 0

    def __post_init__(self) -> None:
        if self.tokens not in KINDS:
            raise ValueError(f"--tokens: expected one of {', '.join(KINDS)}, got {self.tokens!r}")
        if len(self.shares) != 3 or not (
            min(self.shares) > 0 and abs(sum(self.shares) - 100) < 1e-6
        ):
            raise ValueError(
                "--split: expected three percentages above 0 that make 100, such as 90,5,5, got "
                + ",".join(f"{share:g}" for share in self.shares)
            )
        if self.min_count < 1 or self.vocab_size < 0:
            raise ValueError("--min-count, --vocab-size: expected 1 or more")
        if not self.vocab_size:
            object.__setattr__(self, "vocab_size", VOCAB_SIZE[self.tokens])


class OwnText(NamedTuple):
    """A text of the user's own, ready to train on."""

    name: str
    corpus: Corpus
    tokens: Tokens
    num_bytes: dict[str, int]  # of each part, as UTF-8
    made_from: dict[str, Any]  # path, sha256 of the files, encoding, choices


def prepare(
    source: TextFiles, folder: Path, choices: Choices, tokens: Tokens | None = None
) -> OwnText:
    """Read a text, make its vocabulary from the training part, and keep its ids in a folder.

    Args:
        folder: gets text.json, text.ids and for subwords tokenizer.json.
        tokens: a vocabulary to use; None makes one.

    Raises:
        ValueError: if the text is not in its encoding, or too short for three parts.
        OSError: if it cannot be read, or the folder cannot be written.
    """
    shares = tuple(share / 100 for share in choices.shares)
    if not source.length:
        raise ValueError(f"{source.path}: there is no text in it")
    tokens = tokens or make_tokens(_to_learn_from(source, shares, choices.tokens), choices)
    dtype = np.min_scalar_type(len(tokens.vocab) - 1)
    counts, num_bytes = [0, 0, 0], [0, 0, 0]
    with writing_atomically(folder / IDS) as file:
        for part, piece in source.parts(shares):
            ids = tokens.encode(piece)
            file.write(ids.astype(dtype).tobytes())
            counts[part] += len(ids)
            num_bytes[part] += len(piece.encode(errors="surrogatepass"))
        for name, count in zip(("training", "validation", "test"), counts, strict=True):
            if count < 2:
                raise ValueError(
                    f"{source.path}: {count} tokens are left for {name}, where 2 are the least: "
                    "the text is short, or its lines are long, and no line is broken; other shares "
                    "may help, such as --split 60,20,20"
                )
    if "tokenizer" in (metadata := tokens.metadata()):
        write_atomically(folder / TOKENIZER, metadata["tokenizer"].encode())
    name = source.path.resolve().name[:90]
    written = {
        "name": f"own {name}" if name in CORPORA else name,
        "made_from": {
            "path": str(source.path.resolve()),
            "sha256": source.sha256(),
            "encoding": source.encoding,
            "tokens": choices.tokens,
            "split": list(choices.shares),
            "min_count": choices.min_count,
            "vocab_size": choices.vocab_size,
        },
        "ids": str(dtype),
        "counts": counts,
        "bytes": num_bytes,
        "tokens": metadata,
    }
    write_atomically(folder / TEXT, json.dumps(written, ensure_ascii=False).encode())
    return open_text(folder)


def count_unknown(ids: np.ndarray, vocab: Vocabulary) -> int:
    """How many of a text's ids stand for `<unk>`; the text may be larger than the memory."""
    total, unknown = 0, vocab.encode([UNKNOWN])[0]
    for start in range(0, len(ids), _BLOCK):
        total += int(np.count_nonzero(ids[start : start + _BLOCK] == unknown))
        let_go(ids)
    return total


def is_prepared(folder: Path) -> bool:
    """Whether a folder holds a text that `prepare` has finished."""
    return os.path.lexists(folder / TEXT)


def open_text(folder: Path) -> OwnText:
    """A text that was prepared in a folder, which may be a stranger's.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if its files are damaged, or links, or do not go together.
    """
    path = folder / TEXT
    try:
        found = json.loads(read_regular(path, MOST_TEXT))
        tokens = tokens_of(found["tokens"])
        dtype = {"uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32}[found["ids"]]
        counts, num_bytes = found["counts"], found["bytes"]
        made_from, name = dict(found["made_from"]), found["name"]
        if (
            not isinstance(name, str)
            or len(name) > 100
            or not all(isinstance(n, int) and 1 < n < MOST_IDS for n in (*counts, *num_bytes))
        ):
            raise TypeError
        path = folder / IDS
        check_regular(path, MOST_IDS)
        if path.stat().st_size != sum(counts) * np.dtype(dtype).itemsize:
            raise ValueError("its size is not what text.json says")
        ids = np.memmap(path, dtype, mode="r")
        train, valid, test = np.split(ids, np.cumsum(counts)[:-1])
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such file; the text must be given") from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(f"{path} is damaged ({str(error)[:300]})") from None
    corpus = Corpus(train, valid, test, tokens.vocab)
    return OwnText(name, corpus, tokens, dict(zip(SPLIT_NAMES, num_bytes, strict=True)), made_from)


def make_tokens(texts: Iterator[str], choices: Choices) -> Tokens:
    """The vocabulary of a training text, with `<unk>` at its end; subwords need none."""
    if choices.tokens == "bpe":
        return train_subwords(texts, choices.vocab_size, choices.min_count)
    counts = _count_characters(texts) if choices.tokens == "characters" else _count_words(texts)
    common = (token for token, count in counts.most_common() if count >= choices.min_count)
    kept = [token for token in common if token != UNKNOWN][: choices.vocab_size - 1]
    return Tokens(choices.tokens, Vocabulary([*kept, UNKNOWN]))


def tokens_of(metadata: Mapping[str, Any], vocab: Vocabulary | None = None) -> Tokens:
    """What `Tokens.metadata` has kept with a model or a text.

    Models of before there were kinds are known by their corpus.

    Args:
        metadata: names and texts, which may be a stranger's.
        vocab: the vocabulary; None reads it.

    Raises:
        ValueError: if it is damaged.
    """
    try:
        vocab = vocab or Vocabulary(json.loads(metadata["vocabulary"]))
        if max(map(len, vocab.tokens)) > LONGEST_TOKEN:
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("the vocabulary is damaged") from None
    kind = metadata.get("tokens") or metadata.get("corpus")
    if kind == "bpe":
        return read_subwords(vocab, metadata.get("tokenizer", ""))
    if kind not in SPLITS:
        kind = "characters" if vocab.is_character_level else "village"
    return Tokens(kind, vocab)


def _to_learn_from(source: TextFiles, shares: tuple[float, ...], kind: str) -> Iterator[str]:
    """The training part; of a long one some pieces from all over it are enough for subwords."""
    training = (piece for _, piece in takewhile(lambda found: found[0] == 0, source.parts(shares)))
    every = math.ceil(source.size * shares[0] / MOST_LEARNED) if kind == "bpe" else 1
    return islice(training, 0, None, every)


def _count_characters(texts: Iterator[str]) -> Counter[str]:
    counts = np.zeros(0, np.int64)
    for text in texts:
        found = np.bincount(code_points(text))
        if len(found) > len(counts):
            counts, found = found, counts
        counts[: len(found)] += found
    return Counter({chr(code): int(counts[code]) for code in np.flatnonzero(counts)})


def _count_words(texts: Iterator[str]) -> Counter[str]:
    """Counts of the words; where too many differ, those that are rarest so far are forgotten.

    What is longer than any word, such as a line of base64, is not counted.
    """
    counts: Counter[str] = Counter()
    floor = 1
    for text in texts:
        counts.update(word for word in SPLITS["words"](text) if len(word) <= LONGEST_WORD)
        while len(counts) > MOST_COUNTED:
            counts = Counter({word: count for word, count in counts.items() if count > floor})
            floor *= 2
    return counts
