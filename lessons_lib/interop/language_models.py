"""Whole language models from the parameters that other packages keep."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from lessons_lib.interop.layers import as_array, reorder_blocks
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
    dtype: npt.DTypeLike | None = None,
) -> LanguageModel:
    """Make a language model from its parameters in the order in which they are used.

    That is how Deep Learning from Scratch 2 keeps them: `Rnnlm.params` and `BetterRnnlm.params`,
    with gates="fgio". The model that comes out has the same probabilities as the one that the
    parameters are from, if that has our equations: docs/conventions.md.

    Args:
        arrays: the embedding (V, D); then for each layer Wx (D, kH), Wh (H, kH) and b (kH,), or two
            biases, or one matrix (D + H, kH) with Wx above Wh, and b; then the output weights
            (H, V) and the output bias (V,). float16 becomes float32.
        cell: "rnn" (k = 1), "gru" (k = 3, the reset gate after the product; a lone bias is that of
            the input) or "lstm" (k = 4; two biases are added).
        gates: the order of the blocks, such as "fgio" for an LSTM or "zrn" for a GRU; "" stands for
            ours, "ifgo" and "rzn".
        num_layers: recurrent layers.
        transposed: every matrix but the embedding is turned: (kH, D), (kH, H), (V, H).
        dtype: float32 or float64; None keeps that of the embedding.

    Returns:
        The model, without dropout. Its weights are tied if the output weights are the embedding's.

    Raises:
        ValueError, TypeError: if the arrays do not fit together, or an argument is out of range.
    """
    if cell not in GATES:
        raise ValueError(f"cell: expected one of {', '.join(GATES)}, got {cell!r}")
    gates = gates or GATES[cell]
    if sorted(gates) != sorted(GATES[cell]):
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
        found = _layer_params(layer, cell, gates)
        params |= {f"rnn.{k}.{name}": value for name, value in found.items()}
    return _build(params, cell, num_layers, dtype)


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
        state_dict: arrays or torch tensors by PyTorch's names.
        embedding: name of the `torch.nn.Embedding`.
        rnn: name of the `torch.nn.RNN` (with tanh), `LSTM` or `GRU`, of any number of layers.
        output: name of the `torch.nn.Linear`.
        dtype: float32 or float64; None keeps that of the embedding.

    Returns:
        The model, without dropout. Its weights are tied if the output weights are the embedding's.

    Raises:
        TypeError: if state_dict is no mapping.
        ValueError: if names are missing or not known, or shapes do not fit together.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"state_dict: expected a mapping, got {type(state_dict).__name__}")
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


def _layer_params(layer: list[np.ndarray], cell: str, gates: str) -> dict[str, np.ndarray]:
    """One layer's parameters by our names, in our order of the blocks."""
    blocks, columns = max(1, len(gates)), layer[-1].size
    H = columns // blocks
    if len(layer) == 2:  # Wx above Wh
        layer = [layer[0][:-H], layer[0][-H:], layer[1]]
    shapes = [array.shape for array in layer]
    expected = [(len(layer[0]), columns), (H, columns), *[(columns,)] * (len(layer) - 2)]
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
    if cell == "gru":
        bx, bh = biases if len(biases) == 2 else (biases[0], np.zeros_like(biases[0]))
        return {"Wx": Wx, "Wh": Wh, "bx": bx, "bh": bh}
    return {"Wx": Wx, "Wh": Wh, "b": sum(biases[1:], biases[0])}


def _build(
    params: dict[str, np.ndarray], cell: str, num_layers: int, dtype: npt.DTypeLike | None
) -> LanguageModel:
    """The model of these parameters; the sizes are those of the embedding and of Wh."""
    embedding, Wh = params["embedding.W"], params["rnn.0.Wh"]
    if embedding.ndim != 2:
        raise ValueError(f"arrays: expected an embedding (V, D), got shape {embedding.shape}")
    V, D = embedding.shape
    tied = np.array_equal(params["output.W"], embedding.T)
    if tied:
        del params["output.W"]
    found = np.dtype(np.float32) if embedding.dtype == np.float16 else embedding.dtype
    settings = ModelSettings(
        D,
        len(Wh),
        cell,
        num_layers,
        tie_weights=tied,
        dtype=found if dtype is None else dtype,
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
