"""Using trained models."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import (
    CORPUS_NAMES,
    CheckpointPath,
    completed_from,
    lanes,
    load_model,
    report,
)
from lessons_lib.cli.output import say, say_next, show_table, write
from lessons_lib.cli.texts import EncodingOption, Text, encoded, named
from lessons_lib.shown import shown

if TYPE_CHECKING:
    import numpy as np

    from lessons_lib.text import Vocabulary
    from lessons_lib.text.sampling import DrawnToken
    from lessons_lib.text.tokens import Tokens
    from lessons_lib.training.loss_split import DistanceRow, LossRow


def evaluate(
    checkpoint: CheckpointPath,
    corpus: Annotated[
        str | None,
        typer.Argument(
            metavar="CORPUS",
            help="a corpus by its name, or a text file or a folder of them  [the run's own]",
            autocompletion=completed_from(*CORPUS_NAMES),
        ),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="train, valid or test", autocompletion=completed_from("train", "valid", "test")
        ),
    ] = "test",
    encoding: EncodingOption = "utf-8",
) -> None:
    """Measure a trained model's perplexity on a text, and show where it loses.

    A text file is measured as a whole, in the model's own tokens.
    """
    import numpy as np

    from lessons_lib.training import exp_loss, token_losses
    from lessons_lib.training.loss_split import by_frequency, by_position

    if split not in ("train", "valid", "test"):
        raise ValueError(f"--split: expected train, valid or test, got {split!r}")
    model, tokens = load_model(checkpoint)
    text = _text_of(checkpoint, model.metadata.get("corpus", ""), corpus)
    train, num_bytes = None, None
    if text is None:  # a file that the run does not know
        if tokens is None:
            raise ValueError(f"CHECKPOINT: {checkpoint} holds no vocabulary to read a text with")
        name, split = str(corpus), Path(str(corpus)).name
        ids, num_bytes = encoded(name, encoding, tokens)
    else:
        name, texts, known, own = text
        if tokens is not None and tokens.vocab.tokens != texts.vocab.tokens:
            raise ValueError(f"CORPUS: {checkpoint} was not trained on the vocabulary of {name}")
        if model.config["vocab_size"] != len(texts.vocab):
            raise ValueError(
                f"CORPUS: {checkpoint} knows {model.config['vocab_size']} tokens, {name} has "
                f"{len(texts.vocab)}"
            )
        ids, train, tokens = getattr(texts, split), texts.train, known
        num_bytes = own.num_bytes[split] if own else None
    losses = token_losses(model, ids, batch_size=lanes(name), progress=True)
    report(split, name, ids, tokens, exp_loss(losses.mean(dtype=np.float64)), num_bytes)
    if name == "village":
        from lessons_lib.training.loss_split import by_distance

        above = "nats above the optimum"
        _table("tokens back to the deciding word", by_distance(ids, losses), above)
    if train is not None:
        _table("times seen in the training text", by_frequency(ids, losses, train))
    _table("tokens read since the state was zeros", by_position(model, ids, progress=True))
    say_next(f"`lessons sample {quote(str(checkpoint))}` lets it write.")


def _text_of(checkpoint: Path, trained_on: str, corpus: str | None) -> Text | None:
    """The corpus that is asked for, or that a run knows as its own; None for other files."""
    from lessons_lib.text.own import is_prepared, open_text

    if corpus is not None:
        is_file = corpus not in CORPUS_NAMES and (Path(corpus).exists() or Path(corpus).suffix)
        return None if is_file else named(corpus)
    if checkpoint.is_dir() and is_prepared(checkpoint):
        found = open_text(checkpoint)
        return Text(found.name, found.corpus, found.tokens, found)
    if trained_on in CORPUS_NAMES:
        return named(trained_on)
    raise ValueError(f"CORPUS: {checkpoint} does not know its text; name it, or give a text file")


def _table(
    what: str, rows: "Iterable[DistanceRow | LossRow]", measured: str = "nats per token"
) -> None:
    """A class of tokens in each row, and what the model loses on it."""
    headings = (what, "share of the text", measured)
    cells = [(label, f"{share:.1%}", f"{nats:.3f}") for label, share, nats, *_ in rows]
    say()
    show_table(headings, cells, right=headings)


def sample(
    checkpoint: CheckpointPath,
    begin_with: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="what the text begins with")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="the same, as an option")] = None,
    length: Annotated[int, typer.Option(help="tokens to write")] = 200,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token each time")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="draw from this many likeliest tokens")] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="draw from the likeliest tokens that reach this probability"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="the same seed writes the same text")] = 0,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="show each token's log-probability and the five likeliest"),
    ] = False,
) -> None:
    """Let a trained model write; one whose run is not finished, too."""
    import numpy as np

    from lessons_lib.text import generate

    if begin_with is not None and prompt is not None:
        raise ValueError("--prompt: expected one prompt, got two")
    prompt = begin_with if prompt is None else prompt
    model, tokens = load_model(checkpoint)
    if tokens is None:
        raise ValueError(f"CHECKPOINT: {checkpoint} holds no vocabulary; `lessons train` saves one")
    begin, first = tokens.beginning()
    if prompt is not None:
        begin = first = tokens.split(prompt)
    drawn = generate(
        model,
        _encode_prompt(begin, tokens),
        length,
        np.random.default_rng(seed),
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
    )
    if explain:
        _explain(drawn, tokens.vocab)
        return
    write(tokens.written(chain(first, (tokens.vocab.tokens[token] for token in drawn))))


def _encode_prompt(begin: list[str], tokens: "Tokens") -> "np.ndarray":
    """The prompt as ids; what the model does not know is named."""
    from lessons_lib.text import UNKNOWN

    vocab = tokens.vocab
    kind = "characters" if tokens.kind == "characters" else "words"
    if not begin:
        raise ValueError(
            f"--prompt: expected {kind}, got none; without a prompt it begins by itself"
        )
    unknown = list(dict.fromkeys(token for token in begin if token not in vocab))
    named = ", ".join(map(repr, unknown))
    if unknown and UNKNOWN not in vocab:
        raise ValueError(f"--prompt: expected {kind} that the model knows, got {named}")
    if unknown:
        say(f"the model does not know {named} and reads {UNKNOWN}", err=True)
    return vocab.encode(begin)


def _explain(drawn: "Iterable[DrawnToken]", vocab: "Vocabulary") -> None:
    """A line for each drawn token; probabilities are the model's, before temperature and cuts."""
    import numpy as np

    say(f"{'token':<16}{'log p':>9}  the five likeliest, with their probabilities")
    for token in drawn:
        log_probs = token.log_probs()
        best = np.argsort(-log_probs, kind="stable")[:5]
        others = "  ".join(f"{_visible(vocab.tokens[i])} {np.exp(log_probs[i]):.3f}" for i in best)
        line = (
            f"{_visible(vocab.tokens[token]):<16}{round(log_probs[token], 3) + 0.0:>9.3f}  {others}"
        )
        say(line, indent=27)


def _visible(token: str) -> str:
    """A token as it stands, but for blanks and line ends, which would not be seen."""
    return repr(token) if token.isspace() else shown(token)
