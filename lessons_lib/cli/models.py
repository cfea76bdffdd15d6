"""Using trained models."""

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from lessons_lib.cli.common import (
    CheckpointPath,
    CorpusName,
    completed_from,
    lanes,
    load_model,
    report,
)
from lessons_lib.cli.output import say, say_next, show_table, write
from lessons_lib.shown import shown

if TYPE_CHECKING:
    import numpy as np

    from lessons_lib.text import Vocabulary
    from lessons_lib.text.sampling import DrawnToken
    from lessons_lib.training.loss_split import DistanceRow, LossRow

# Where no prompt is given: what a model reads first, and what of it is shown. One of the village
# has hardly met a state of zeros in training, and finds its way after the end of a sentence.
_BEGINNINGS = {
    "village": ([".", "***"], ["***"]),
    "shakespeare": (["\n"], []),
    "shakespeare-words": (["\n"], []),
    "ptb": (["<eos>"], []),
}


def evaluate(
    checkpoint: CheckpointPath,
    corpus: CorpusName,
    split: Annotated[
        str,
        typer.Option(
            help="train, valid or test", autocompletion=completed_from("train", "valid", "test")
        ),
    ] = "test",
) -> None:
    """Measure a trained model's perplexity on a text, and show where it loses."""
    import numpy as np

    from lessons_lib.text import load_corpus
    from lessons_lib.training import exp_loss, token_losses
    from lessons_lib.training.loss_split import by_frequency, by_position

    if split not in ("train", "valid", "test"):
        raise ValueError(f"--split: expected train, valid or test, got {split!r}")
    model, vocab = load_model(checkpoint)
    texts = load_corpus(corpus)
    if vocab is not None and vocab.tokens != texts.vocab.tokens:
        raise ValueError(f"CORPUS: {checkpoint} was not trained on the vocabulary of {corpus}")
    if model.config["vocab_size"] != len(texts.vocab):
        raise ValueError(
            f"CORPUS: {checkpoint} knows {model.config['vocab_size']} tokens, {corpus} has "
            f"{len(texts.vocab)}"
        )
    ids = getattr(texts, split)
    losses = token_losses(model, ids, batch_size=lanes(corpus))
    report(split, corpus, texts, exp_loss(losses.mean(dtype=np.float64)))
    if corpus == "village":
        from lessons_lib.training.loss_split import by_distance

        above = "nats above the optimum"
        _table("tokens back to the deciding word", by_distance(ids, losses), above)
    _table("times seen in the training text", by_frequency(ids, losses, texts.train))
    _table("tokens read since the state was zeros", by_position(model, ids))
    say_next(f"`lessons sample {checkpoint}` lets it write.")


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
    prompt: Annotated[str | None, typer.Option(help="what the text begins with")] = None,
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
    """Let a trained model write."""
    import numpy as np

    from lessons_lib.text import generate
    from lessons_lib.text.tokens import readable_pieces, tokenize

    model, vocab = load_model(checkpoint)
    if vocab is None:
        raise ValueError(f"CHECKPOINT: {checkpoint} holds no vocabulary; `lessons train` saves one")
    if prompt is not None:
        begin = first = tokenize(prompt, vocab)
    else:
        unnamed = ([vocab.tokens[0]], [vocab.tokens[0]])
        begin, first = _BEGINNINGS.get(model.metadata.get("corpus", ""), unnamed)
    drawn = generate(
        model,
        _encode_prompt(begin, vocab),
        length,
        np.random.default_rng(seed),
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
    )
    if explain:
        _explain(drawn, vocab)
        return
    written = chain(first, (vocab.tokens[token] for token in drawn))
    write(written if vocab.is_character_level else readable_pieces(written))


def _encode_prompt(tokens: list[str], vocab: "Vocabulary") -> "np.ndarray":
    """The prompt as ids; what the model does not know is named."""
    from lessons_lib.text import UNKNOWN

    kind = "characters" if vocab.is_character_level else "words"
    if not tokens:
        raise ValueError(f"--prompt: expected {kind}, got none; without --prompt the model begins")
    unknown = list(dict.fromkeys(token for token in tokens if token not in vocab))
    named = ", ".join(map(repr, unknown))
    if unknown and UNKNOWN not in vocab:
        raise ValueError(f"--prompt: expected {kind} that the model knows, got {named}")
    if unknown:
        say(f"the model does not know {named} and reads {UNKNOWN}", err=True)
    return vocab.encode(tokens)


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
