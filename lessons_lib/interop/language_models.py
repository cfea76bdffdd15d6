"""Whole language models from the parameters that other packages keep."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.interop.arrays import as_array, plain_state_dict
from lessons_lib.interop.layers import reorder_blocks, torch_params
from lessons_lib.layers.base import check_size
from lessons_lib.models import LanguageModel, ModelSettings, parameter_shapes

# Our order of the blocks, one letter each.
GATES = {"rnn": "", "gru": "rzn", "lstm": "ifgo"}


def language_model_from_arrays(
    arrays: Sequence[Any],
    *,
    cell: str = "lstm",
    gates: str = "",
    num_layers: int = 1,
    transposed: bool = False,
    reset_after: bool | None = None,
    dtype: npt.DTypeLike | None = None,
) -> LanguageModel:
    """Make a language model from its parameters in the order in which they are used.

    That is how Deep Learning from Scratch 2 keeps them: `Rnnlm.params` and `BetterRnnlm.params`,
    with gates="fgio"; and what `get_weights` of a Keras model of Embedding, LSTM or GRU and Dense
    returns, for a GRU with gates="zrn". The model that comes out has the same probabilities as the
    one that the parameters are from, if that has our equations: docs/conventions.md.

    Args:
        arrays: the embedding (V, D); then for each layer Wx (D, kH), Wh (H, kH) and b (kH,), or two
            biases, or none, or one matrix (D + H, kH) with Wx above Wh, and b; then the output
            weights (H, V) and the output bias (V,). A GRU's two biases may be one array (2, 3H), as
            in Keras, whose order of the gates is then the default. float16 and bfloat16 become
            float32.
        cell: "rnn" (k = 1), "gru" (k = 3) or "lstm" (k = 4); two biases of RNN and LSTM are added.
        gates: the order of the blocks, such as "fgio" for an LSTM or "zrn" for a GRU; "" stands for
            ours, "ifgo" and "rzn".
        num_layers: recurrent layers.
        transposed: every matrix but the embedding is turned: (kH, D), (kH, H), (V, H).
        reset_after: whether a GRU's reset gate comes after the recurrent product, as in PyTorch and
            in Keras unless told otherwise, or before it, as in the paper and in Deep Learning from
            Scratch 2. With two biases it comes after, if None; with fewer it has to be said.
        dtype: float32 or float64; None keeps that of the embedding.

    Returns:
        The model, without dropout. Its weights are tied if the output weights are the embedding's.

    Raises:
        ValueError, TypeError: if the arrays do not fit together, or an argument is out of range.
    """
    if cell not in GATES:
        raise ValueError(f"cell: expected one of {', '.join(GATES)}, got {cell!r}")
    if sorted(gates or GATES[cell]) != sorted(GATES[cell]):
        raise ValueError(f"gates: expected the letters of {GATES[cell]!r}, got {gates!r}")
    check_size(num_layers, "num_layers")
    arrays = [as_array(value, f"arrays[{k}]") for k, value in enumerate(arrays)]
    per_layer, surplus = divmod(len(arrays) - 3, num_layers)
    if surplus or per_layer not in (2, 3, 4):
        raise ValueError(
            f"arrays: expected the embedding, 2, 3 or 4 arrays for each of {num_layers} layers, "
            f"output weights and output bias, got {len(arrays)} arrays"
        )
    embedding, *recurrent, output, output_bias = arrays
    if transposed:
        recurrent = [array.T for array in recurrent]
        output = output.T
    layers = [recurrent[k : k + per_layer] for k in range(0, len(recurrent), per_layer)]
    params = {"embedding.W": embedding, "output.W": output, "output.b": output_bias}
    for k, layer in enumerate(layers):
        keras = cell == "gru" and len(layer) == 3 and layer[2].ndim == 2 and len(layer[2]) == 2
        Wx, Wh, *biases = [*layer[:2], *layer[2]] if keras else _apart(layer, cell)
        order = gates or ("zrn" if keras else GATES[cell])
        found = _layer_params(Wx, Wh, biases, cell, order)
        params |= {f"rnn.{k}.{name}": value for name, value in found.items()}
    if cell == "gru" and reset_after is None and len(biases) < 2:
        raise ValueError(
            "reset_after: expected True or False, since a GRU with fewer than two biases can be "
            "either: False if its reset gate comes before the recurrent product (Keras with "
            "reset_after=False, Deep Learning from Scratch 2), True if after it"
        )
    return _build(params, cell, num_layers, dtype, reset_after is not False)


def language_model_from_torch(
    state_dict: Mapping[str, Any],
    *,
    embedding: str = "encoder",
    rnn: str = "rnn",
    output: str = "decoder",
    dtype: npt.DTypeLike | None = None,
) -> LanguageModel:
    """Make a language model from the state dict of one in PyTorch.

    The defaults are the names in PyTorch's own example, word_language_model. The kind of cell
    follows from the shapes.

    Args:
        state_dict: arrays or torch tensors by PyTorch's names, or a checkpoint around them;
            "module." in front of all names is left out. float16 and bfloat16 become float32.
        embedding: name of the `torch.nn.Embedding`.
        rnn: name of the `torch.nn.RNN` (with tanh), `LSTM` or `GRU`, of any number of layers.
        output: name of the `torch.nn.Linear`.
        dtype: float32 or float64; None keeps that of the embedding.

    Returns:
        The model, without dropout. Its weights are tied if the output weights are the embedding's.

    Raises:
        TypeError: if state_dict is no mapping.
        ValueError: if names are missing or not known, shapes do not fit together, or the module
            reads in both directions or has projections (proj_size).
    """
    state_dict = plain_state_dict(state_dict)
    _check_kind(state_dict, rnn)
    num_layers = 0
    names = [f"{embedding}.weight"]
    while num_layers == 0 or f"{rnn}.weight_ih_l{num_layers}" in state_dict:
        names += [
            f"{rnn}.{kind}_l{num_layers}"
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        num_layers += 1
    names += [f"{output}.weight", f"{output}.bias"]
    missing = [name for name in names if name not in state_dict and "bias" not in name]
    surplus = [name for name in state_dict if name not in names]
    if missing or surplus:
        raise ValueError(
            f"state_dict: expected {', '.join(names)}; "
            + (f"missing: {', '.join(missing)}" if missing else f"also got {', '.join(surplus)}")
        )
    arrays = {name: as_array(value, name) for name, value in state_dict.items()}
    for name in names:  # bias=False
        if name not in arrays:
            arrays[name] = np.zeros(len(arrays[name.replace("bias", "weight")]), np.float32)
    rows, H = (*arrays[f"{rnn}.weight_hh_l0"].shape, 0)[:2]
    cells = {H: "rnn", 3 * H: "gru", 4 * H: "lstm"}
    if rows not in cells:
        raise ValueError(
            f"{rnn}.weight_hh_l0: expected shape (k * H, H) with k = 1 (RNN), 3 (GRU) or 4 (LSTM), "
            f"got {arrays[f'{rnn}.weight_hh_l0'].shape}"
        )
    return language_model_from_arrays(
        [arrays[name] for name in names],
        cell=cells[rows],
        num_layers=num_layers,
        transposed=True,
        dtype=dtype,
    )


def language_model_to_torch(
    model: LanguageModel,
    *,
    embedding: str = "encoder",
    rnn: str = "rnn",
    output: str = "decoder",
) -> dict[str, np.ndarray]:
    """Lay a language model out as the state dict of one in PyTorch, the way back from there.

    A module with a `torch.nn.Embedding(V, D)`, an `RNN`, `LSTM` or `GRU(D, H, num_layers)` and a
    `Linear(H, V)` by these names loads it, and computes the same logits. Dropout is no part of it.

    Args:
        model: the model.
        embedding, rnn, output: names of the three, as for `language_model_from_torch`.

    Returns:
        Arrays by PyTorch's names: copies, of the model's dtype. Tied output weights are written
        out, so that a module that does not tie them loads them too.

    Raises:
        ValueError: if the model is a GRU with reset_after=False, which PyTorch does not have.
    """
    if model.config["cell"] == "gru" and not model.config.get("reset_after", True):
        raise ValueError("model: torch.nn.GRU has no reset_after=False, expected reset_after=True")
    params = model.params
    state_dict = {f"{embedding}.weight": np.array(params["embedding.W"], order="C")}
    for k in range(model.config["num_layers"]):
        begin = f"rnn.{k}."
        layer = {n.removeprefix(begin): p for n, p in params.items() if n.startswith(begin)}
        state_dict |= {f"{rnn}.{n}": p for n, p in torch_params(layer, k).items()}
    state_dict[f"{output}.weight"] = np.array(model.output_weights().T, order="C")
    state_dict[f"{output}.bias"] = params["output.b"].copy()
    return state_dict


def _check_kind(state_dict: Mapping[str, Any], rnn: str) -> None:
    """Refuse by name what `torch.nn` can do and no model here does."""
    for name in state_dict:
        if name.startswith(f"{rnn}.") and name.endswith("_reverse"):
            raise ValueError(
                f"state_dict: expected one direction, got {name}: what reads both ways has seen "
                "the word that a language model is to predict"
            )
        if name.startswith(f"{rnn}.weight_hr_"):
            raise ValueError(
                f"state_dict: expected no projection, got {name} (proj_size of torch.nn.LSTM), "
                "which no layer here has"
            )


def _apart(layer: list[np.ndarray], cell: str) -> list[np.ndarray]:
    """Wx, Wh and none, one or two biases, where Wx may stand above Wh in one matrix."""
    Wx, *others = layer
    if len(layer) == 2 and others[0].ndim == 1:
        H = others[0].size // max(1, len(GATES[cell]))
        return [Wx[:-H], Wx[-H:], *others]
    return layer


def _layer_params(
    Wx: np.ndarray, Wh: np.ndarray, biases: list[np.ndarray], cell: str, gates: str
) -> dict[str, np.ndarray]:
    """One layer's parameters by our names, in our order of the blocks."""
    layer = [Wx, Wh, *biases]
    blocks, columns = max(1, len(gates)), (*Wh.shape, 0, 0)[1]
    H = columns // blocks
    shapes = [array.shape for array in layer]
    expected = [(len(Wx), columns), (H, columns), *[(columns,)] * len(biases)]
    if shapes != expected or columns != blocks * H:
        raise ValueError(
            f"arrays: expected a layer of {cell.upper()} to have Wx (D, {blocks} * H), "
            f"Wh (H, {blocks} * H) and biases ({blocks} * H,), got shapes "
            f"{', '.join(map(str, shapes))}; matrices that stand the other way round need "
            "transposed=True"
        )
    Wx, Wh, *biases = (
        reorder_blocks(array, " ".join(gates), " ".join(GATES[cell])) if gates else array
        for array in layer
    )
    bias, other = [*biases, *[np.zeros(columns, Wx.dtype)] * 2][:2]
    if cell == "gru":
        return {"Wx": Wx, "Wh": Wh, "bx": bias, "bh": other}
    return {"Wx": Wx, "Wh": Wh, "b": bias + other}


def _build(
    params: dict[str, np.ndarray],
    cell: str,
    num_layers: int,
    dtype: npt.DTypeLike | None,
    reset_after: bool,
) -> LanguageModel:
    """The model of these parameters; the sizes are those of the embedding and of Wh."""
    embedding, Wh = params["embedding.W"], params["rnn.0.Wh"]
    if embedding.ndim != 2:
        raise ValueError(f"arrays: expected an embedding (V, D), got shape {embedding.shape}")
    V, D = embedding.shape
    tied = np.array_equal(params["output.W"], embedding.T)
    if tied:
        del params["output.W"]
    settings = ModelSettings(
        D,
        len(Wh),
        cell,
        num_layers,
        tie_weights=tied,
        dtype=embedding.dtype if dtype is None else dtype,
        reset_after=reset_after,
    )
    for name, shape in parameter_shapes(V, settings).items():  # before memory is taken for them
        if params[name].shape != shape:
            raise ValueError(
                f"arrays: expected {name} of shape {shape}, got {params[name].shape}; "
                "matrices that stand the other way round need transposed=True"
            )
    model = LanguageModel(V, **asdict(settings))
    for name, value in model.params.items():
        value[...] = params[name]
    return model
