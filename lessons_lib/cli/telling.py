"""What `lessons train` says while it trains."""

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lessons_lib.cli.durations import show_duration
from lessons_lib.cli.output import say

if TYPE_CHECKING:
    from lessons_lib.text import Corpus
    from lessons_lib.text.tokens import Tokens
    from lessons_lib.training import Recipe, Trainer
    from lessons_lib.training.folders import Record
    from lessons_lib.training.stopping import StopRequest


@dataclass
class Telling:
    """Says a line after each epoch, and lets the model write one after so many steps.

    Attributes:
        tokens: how ids become text.
        best: the best perplexity there can be, where it is known.
        sample_every: steps between two lines of the model; None has none.
        stop: has heard a Ctrl-C that came before the first step.
    """

    recipe: "Recipe"
    corpus: "Corpus"
    tokens: "Tokens"
    best: float | None
    sample_every: int | None
    stop: "StopRequest"

    def epoch(self, record: "Record") -> None:
        """Say how an epoch went."""
        from lessons_lib.training import exp_loss

        epoch, valid = round(record["epoch"]), record["valid_perplexity"]
        loss, seconds = record["train_loss"], record["seconds"]
        line = f"epoch {epoch}/{self.recipe.epochs}: perplexity {exp_loss(loss):.3f} "
        line += f"(loss {loss:.3f}) in training, {valid:.3f} in validation"
        if self.best:
            line += f", best possible {self.best:.3f} (x {valid / self.best:.3f})"
        line += f", {len(self.corpus.train) * epoch / seconds:,.0f} tokens/s"
        left = seconds / epoch * (self.recipe.epochs - epoch)
        say(line + (f", {show_duration(left)} to go" if left else ""))

    def step(self, trainer: "Trainer") -> None:
        """After each step: pass on a Ctrl-C that came too early, or print what the model writes."""
        if self.stop.signalled:
            self.stop.signalled = False
            signal.raise_signal(signal.SIGINT)
        if self.sample_every and trainer.steps % self.sample_every == 0:
            say(f"step {trainer.steps}: {self._line(trainer)}")

    def _line(self, trainer: "Trainer") -> str:
        """What the model writes, the same whenever this step is taken."""
        import numpy as np

        from lessons_lib.text import generate

        rng = np.random.default_rng([self.recipe.seed, trainer.steps])
        begin, _ = self.tokens.beginning()
        vocab, length = self.tokens.vocab, 80 if self.tokens.kind == "characters" else 20
        drawn = list(generate(trainer.model, vocab.encode(begin), length, rng))
        return " ".join("".join(self.tokens.written(vocab.decode(drawn))).split())
