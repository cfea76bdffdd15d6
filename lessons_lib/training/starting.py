"""A new run that starts with the weights of another one."""

from typing import NamedTuple

import numpy as np

from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary
from lessons_lib.training.recipes import Recipe

_SIZES = ("cell", "embed_size", "hidden_size", "num_layers", "tie_weights", "reset_after")


class Start(NamedTuple):
    """Parameters to start with.

    Attributes:
        params: all parameters of the new model by name.
        known: tokens of the new vocabulary whose weights come from the old model.
        new: tokens whose weights are drawn.
        left_out: tokens of the old vocabulary that the new one does not have.
    """

    params: dict[str, np.ndarray]
    known: int
    new: int
    left_out: int


def start_from(model: LanguageModel, known: Vocabulary, recipe: Recipe, vocab: Vocabulary) -> Start:
    """The parameters of another model, its rows for each token matched by the token.

    Args:
        known: the other model's vocabulary.
        recipe: of the new run; its sizes must be the model's. What is new is drawn as it says.

    Raises:
        ValueError: if a size differs; the message names it.
    """
    wanted = recipe.as_dict()
    other = [name for name in _SIZES if wanted[name] != model.config.get(name, True)]
    if other:
        raise ValueError(
            f"--from: expected a recipe with {', '.join(f'{n}={model.config[n]}' for n in other)}, "
            f"as the other run has it, got {', '.join(f'{n}={wanted[n]}' for n in other)}"
        )
    ids = {token: i for i, token in enumerate(known.tokens)}
    pairs = [(i, ids[token]) for i, token in enumerate(vocab.tokens) if token in ids]
    here, there = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    params = recipe.build(len(vocab)).params
    for name, value in params.items():
        old = model.params[name]
        if name == "embedding.W" or name == "output.b":
            value[here] = old[there]
        elif name == "output.W":
            value[:, here] = old[:, there]
        else:
            value[...] = old
    return Start(params, len(pairs), len(vocab) - len(pairs), len(known) - len(pairs))
