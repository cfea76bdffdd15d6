"""The text that a command works on: a corpus by its name, or the user's own."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from lessons_lib.cli.common import CORPUS_NAMES, completed_from, load_model
from lessons_lib.cli.output import say
from lessons_lib.shown import shown

if TYPE_CHECKING:
    from lessons_lib.text import Corpus
    from lessons_lib.text.own import OwnText
    from lessons_lib.text.reading import TextFiles
    from lessons_lib.text.tokens import Tokens

TextName = Annotated[
    str,
    typer.Argument(
        metavar="CORPUS",
        help="village, shakespeare, shakespeare-words or ptb; or a text file, or a folder of them",
        autocompletion=completed_from(*CORPUS_NAMES),
    ),
]
TokensOption = Annotated[
    str | None,
    typer.Option(
        help="of your own text: characters, words or bpe (subwords)  [characters]",
        autocompletion=completed_from("characters", "words", "bpe"),
    ),
]
SharesOption = Annotated[
    str | None,
    typer.Option(
        "--split", help="percentages for training, validation and test  [90,5,5]; lines stay whole"
    ),
]
MinCountOption = Annotated[
    int | None,
    typer.Option(
        help="rarer tokens of the training part become <unk>; subwords: are not joined [2]"
    ),
]
VocabSizeOption = Annotated[
    int | None, typer.Option(help="tokens at most, the commonest  [words 10,000, bpe 2,000]")
]
EncodingOption = Annotated[str, typer.Option(help="how the text file is encoded")]


class Text(NamedTuple):
    """What is trained on or measured."""

    name: str
    corpus: "Corpus"
    tokens: "Tokens"
    own: "OwnText | None" = None


class Asked(NamedTuple):
    """What the command line says of a text of the user's own; None where it says nothing."""

    tokens: str | None
    split: str | None
    min_count: int | None
    vocab_size: int | None
    encoding: str


def named(name: str) -> Text:
    """A corpus of the course."""
    from lessons_lib.text import load_corpus
    from lessons_lib.text.own import tokens_of

    corpus = load_corpus(name)
    return Text(name, corpus, tokens_of({"corpus": name}, corpus.vocab))


def is_named(name: str, asked: Asked) -> bool:
    """Whether a corpus of the course is meant, as the course cuts it."""
    if name not in CORPUS_NAMES:
        return False
    if asked.tokens is None and (asked.split, asked.min_count, asked.vocab_size) != (None,) * 3:
        raise ValueError(
            f"--split, --min-count, --vocab-size: {name} is cut as the course has it; with "
            "--tokens it is taken as a text of your own"
        )
    return asked.tokens is None


def files_of(name: str, encoding: str) -> "TextFiles":
    """The files of a text of the user's own, or of a corpus that is one file."""
    from lessons_lib.text import CORPORA, fetch
    from lessons_lib.text.reading import TextFiles

    path = Path(name)
    if name in CORPORA:
        if len(CORPORA[name].files) != 1:
            raise ValueError(f"--tokens: {name} comes as words, in three parts")
        (path,) = fetch(name)
    elif not path.exists():
        raise ValueError(
            f"name: expected one of {', '.join(CORPUS_NAMES)}, or a text file or a folder of them, "
            f"got {name!r}"
        )
    return TextFiles(path, encoding)


def known_tokens(start: Path) -> "Tokens | None":
    """How the text of another run becomes tokens, if it says so."""
    return load_model(start)[1]


def own(name: str, folder: Path, asked: Asked, known: "Tokens | None", going_on: bool) -> Text:
    """A text of the user's own, read into a run's folder, or as it was read before.

    Args:
        known: the tokens of the run whose weights are taken over.
        going_on: whether the folder's run is gone on with.

    Raises:
        ValueError: if that run has another text, or the same cut in another way.
    """
    from tqdm import tqdm

    from lessons_lib.text.own import Choices, open_text, prepare
    from lessons_lib.text.reading import TextFiles

    files = files_of(name, asked.encoding)
    given = {k: v for k, v in asked._asdict().items() if v is not None and k != "encoding"}
    if "split" in given:
        given["shares"] = _shares(given.pop("split"))
    if going_on:
        found = open_text(folder)
        _check_same(found.made_from, files, given, folder)
    else:
        kept = None
        if known is not None:
            given.setdefault(
                "tokens", known.kind if known.kind in ("characters", "bpe") else "words"
            )
            kept = known if known.kind == given["tokens"] == "bpe" else None
        choices = Choices(**given)
        passes = 4 - (kept is not None)  # its length, its vocabulary, its ids, its checksum
        with tqdm(
            total=passes * files.size,
            desc="reading",
            unit="B",
            unit_scale=True,
            disable=not sys.stderr.isatty(),
            leave=False,
        ) as bar:
            files = TextFiles(files.path, files.encoding, lambda count: bar.update(count) and None)
            found = prepare(files, folder, choices, kept)
        _say_of(found)
        _say_of_licence(files)
    return Text(found.name, found.corpus, found.tokens, found)


def encoded(name: str, encoding: str, tokens: "Tokens") -> Any:
    """The ids of a whole text in a model's tokens, (T,), and its size in bytes."""
    import numpy as np

    dtype = np.min_scalar_type(len(tokens.vocab))
    parts, num_bytes = [], 0
    for piece in files_of(name, encoding).pieces():
        parts.append(tokens.encode(piece).astype(dtype))
        num_bytes += len(piece.encode(errors="surrogatepass"))
    ids = np.concatenate(parts) if parts else np.zeros(0, dtype)
    if len(ids) < 2:
        raise ValueError(f"CORPUS: expected 2 tokens at least in {name}, got {len(ids)}")
    return ids, num_bytes


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(share) for share in text.split(","))
    except ValueError:
        raise ValueError(
            f"--split: expected three percentages such as 90,5,5, got {text!r}"
        ) from None


def _check_same(
    made_from: dict[str, Any], files: "TextFiles", given: dict[str, Any], folder: Path
) -> None:
    """Refuse to go on with a text that has changed, or is to be cut in another way."""
    names = {"shares": "split"}
    other = [
        f"--{names.get(name, name).replace('_', '-')} {_as_typed(then)} (now {_as_typed(now)})"
        for name, now in given.items()
        if (then := made_from.get(names.get(name, name)))
        != (list(now) if name == "shares" else now)
    ]
    if made_from.get("sha256") != files.sha256():
        other.append(f"another text ({made_from.get('path')} as it was then)")
    if other:
        raise ValueError(
            f"folder: the run in {folder} was begun with {', '.join(other)}; resume it with the "
            "same, or choose another folder"
        )


def _as_typed(value: Any) -> str:
    return ",".join(f"{v:g}" for v in value) if isinstance(value, list | tuple) else str(value)


def _say_of(found: "OwnText") -> None:
    from lessons_lib.text import UNKNOWN
    from lessons_lib.text.own import count_unknown

    vocab, corpus = found.corpus.vocab, found.corpus
    sizes = " + ".join(f"{len(ids):,}" for ids in corpus[:3])
    line = f"{found.name}: {sizes} tokens, {len(vocab):,} of them different"
    if UNKNOWN in vocab:
        share = [count_unknown(ids, vocab) / len(ids) for ids in (corpus.train, corpus.valid)]
        line += f"; {UNKNOWN} is {share[0]:.2%} in training, {share[1]:.2%} in validation"
    say(line)


def _say_of_licence(files: "TextFiles") -> None:
    """Name a file whose end is not its author's: in a novel that is most of the test part."""
    from lessons_lib.files import open_regular

    for path in files.files:
        with open_regular(path.resolve()) as file:
            file.seek(max(0, path.stat().st_size - 50_000))
            if b"*** END OF TH" in file.read():
                name = shown(path.name, keep="")
                say(
                    f"{name} ends with Project Gutenberg's licence, which is trained on and "
                    "measured like the text itself; better cut it off, and the lines before "
                    "*** START OF"
                )
                return
