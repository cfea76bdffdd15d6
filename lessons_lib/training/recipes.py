"""Recipes: everything that decides what a training run does."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from lessons_lib.layers.base import check_size
from lessons_lib.layers.feedforward import check_probability
from lessons_lib.models import MOST_BYTES, LanguageModel, ModelSettings, count_parameters
from lessons_lib.training.optimizers import OPTIMIZERS
from lessons_lib.training.schedules import SCHEDULES

# Share of an LSTM's learning rate that another cell bears, by optimizer. On words of tiny
# Shakespeare, with SGD's rate of 20 the RNN's loss rose above that of guessing; with 10 it ended
# two epochs of "book" at a validation perplexity of 140, with 4 at 76. The GRU learned in jumps
# with 20 and was ahead with 10 for "book", "better" and "best" alike. With Adam, on the village,
# the RNN did better with a share of 0.2 than with 0.5.
LR_SHARES = {
    "sgd": {"lstm": 1.0, "gru": 0.5, "rnn": 0.2},
    "adam": {"lstm": 1.0, "gru": 1.0, "rnn": 0.2},
}


@dataclass(frozen=True)
class Recipe(ModelSettings):
    """What a run does, from the first weight to the last step.

    It has the settings of `LanguageModel`, from cell to dtype, and says how the model is trained.

    Attributes:
        embed_scale: standard deviation of the embedding's first values.
        forget_bias: first value of an LSTM's forget-gate bias.
        optimizer: "sgd" or "adam".
        lr: learning rate at the start.
        weight_decay: each step shrinks the parameters by this share of the learning rate.
        schedule: "constant", "plateau" (divide by 4 when validation stalls) or "cosine".
        max_norm: the gradients' global norm is clipped to this.
        batch_size: lanes of text read side by side.
        seq_len: time steps of each batch: where backpropagation is truncated.
        reset_prob: for each lane and batch, the probability of starting afresh from a state of
            zeros. Where the text has no beginnings of its own a model meets that state nowhere
            else, and would not know how to start.
        epochs: passes over the training text.
        patience: stop after this many epochs without a better validation perplexity; 0 never stops.
        keep: "best" keeps the weights of the best validation perplexity, "last" the final ones.
        average: validate, and keep, weights that are averaged over about this many epochs, the
            newest with most weight, as a high rate that never falls wants it; 0 averages nothing.
        seed: of the one generator behind weights and dropout.

    Raises:
        ValueError, TypeError: if a value is out of range or of the wrong type.
    """

    embed_size: int = 100
    hidden_size: int = 100
    embed_scale: float = 0.01
    forget_bias: float = 0.0
    optimizer: str = "sgd"
    lr: float = 20.0
    weight_decay: float = 0.0
    schedule: str = "constant"
    max_norm: float = 0.25
    batch_size: int = 20
    seq_len: int = 35
    reset_prob: float = 0.0
    epochs: int = 4
    patience: int = 0
    keep: str = "last"
    average: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_choice("optimizer", self.optimizer, OPTIMIZERS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        _check_choice("keep", self.keep, ("best", "last"))
        for name in ("batch_size", "seq_len", "epochs"):
            self._set(name, check_size(getattr(self, name), name))
        for field in fields(self):  # NumPy's numbers become Python's, which JSON can hold
            value = getattr(self, field.name)
            self._set(field.name, value.item() if isinstance(value, np.generic) else value)
        for name in ("patience", "seed"):
            if not isinstance(getattr(self, name), int):
                raise TypeError(f"{name}: expected a whole number, got {getattr(self, name)!r}")
        for name in ("embed_scale", "lr", "max_norm"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name}: expected a number above 0, got {getattr(self, name)}")
        for name in ("patience", "seed", "weight_decay", "average"):
            if not 0 <= getattr(self, name) < float("inf"):
                value = getattr(self, name)
                raise ValueError(f"{name}: expected 0 or more, and no infinity, got {value}")
        check_probability(self.reset_prob, "reset_prob")

    def build(
        self, vocab_size: int, make: Callable[..., LanguageModel] = LanguageModel
    ) -> LanguageModel:
        """The untrained model, with its first weights drawn from the seed.

        Args:
            vocab_size: V.
            make: what makes it; `lessons_lib.training.torch_engine` has another one.
        """
        settings = {field.name: getattr(self, field.name) for field in fields(ModelSettings)}
        _check_memory(vocab_size, ModelSettings(**settings))
        model = make(vocab_size, **settings, rng=np.random.default_rng(self.seed))
        W = model.params["embedding.W"]
        W *= W.dtype.type(self.embed_scale * 100)
        if self.cell == "lstm":
            H = self.hidden_size
            for k in range(self.num_layers):
                model.params[f"rnn.{k}.b"][H : 2 * H] = self.forget_bias
        return model

    def for_cell(self, cell: str, hidden_size: int) -> "Recipe":
        """The recipe for another cell and size.

        The cell gets a learning rate that it can bear, and a tied embedding the size of the hidden
        state.
        """
        embed_size = hidden_size if self.tie_weights else self.embed_size
        return replace(
            self, cell=cell, hidden_size=hidden_size, embed_size=embed_size, lr=self._lr_for(cell)
        )

    def _lr_for(self, cell: str) -> float:
        shares = LR_SHARES[self.optimizer]
        return self.lr * (shares[cell] / shares[self.cell])

    def with_settings(self, settings: Iterable[str]) -> "Recipe":
        """A copy with some values changed.

        Another cell gets the learning rate that `for_cell` gives it, unless lr is set as well.

        Args:
            settings: texts of the form "name=value", such as "lr=1.0" or "cell=gru".

        Raises:
            ValueError: if a name or a value is not one that a recipe can have.
        """
        values: dict[str, Any] = {}
        types = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for setting in settings:
            name, _, text = setting.partition("=")
            if name not in types:
                raise ValueError(
                    f"--set: expected NAME=VALUE, NAME one of {', '.join(types)}, got {setting!r}"
                )
            values[name] = _parse(name, text, types[name])
        recipe = replace(self, **values)
        return recipe if "lr" in values else replace(recipe, lr=self._lr_for(recipe.cell))

    def as_dict(self) -> dict[str, Any]:
        """All values by name."""
        return asdict(self)


def _check_memory(vocab_size: int, settings: ModelSettings) -> None:
    """Refuse what no file may hold before memory is taken: a recipe may be a stranger's."""
    layers = replace(settings, num_layers=1), replace(settings, num_layers=2)  # the rest is alike
    one, two = (count_parameters(vocab_size, s) for s in layers)
    size = (one + (settings.num_layers - 1) * (two - one)) * np.dtype(settings.dtype).itemsize
    if size > MOST_BYTES:
        raise ValueError(
            f"hidden_size, embed_size, num_layers: expected a model of at most {MOST_BYTES:,} "
            f"bytes, got {size:,}"
        )


def _check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {value!r}")


def _parse(name: str, text: str, kind: type) -> Any:
    try:
        return {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        raise ValueError(f"--set {name}: expected {expected}, got {text!r}") from None
