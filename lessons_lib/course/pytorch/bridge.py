"""Our layers beside PyTorch's own numbers, which are stored, so that PyTorch is not needed."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from lessons_lib.files import data_path
from lessons_lib.interop import from_torch
from lessons_lib.layers import GRU, RNN, RecurrentLayer

CELLS = ("rnn", "lstm", "gru")
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

Arrays = dict[str, np.ndarray]


def load_case(cell: str, num_layers: int = 1) -> Arrays:
    """One forward and backward pass of PyTorch, by the names that data/parity/README.md describes.

    Args:
        cell: "rnn", "lstm" or "gru".
        num_layers: 1 or 2.
    """
    plural = "s" if num_layers > 1 else ""
    path = data_path("parity", f"{cell}_{num_layers}_layer{plural}.safetensors")
    return safetensors.numpy.load_file(path)


def state_dict_of(case: Mapping[str, np.ndarray], layer: int = 0) -> Arrays:
    """The weights of one layer of a stack, named as those of a one-layer module.

    Args:
        case: arrays with names such as "weight_ih_l1".
        layer: 0 for the lowest.
    """
    return {f"{name}_l0": case[f"{name}_l{layer}"] for name in NAMES}


def compute(case: Mapping[str, np.ndarray], num_layers: int = 1) -> Arrays:
    """Compute all that PyTorch computed with our layers: outputs, final states, every gradient.

    Args:
        case: from `load_case`.
        num_layers: of the case.

    Returns:
        The results by PyTorch's names and in its shapes.
    """
    letters = "hc" if "c_0" in case else "h"
    layers: list[Any] = [from_torch(state_dict_of(case, k)) for k in range(num_layers)]
    hs, finals = case["x"], []
    for k, layer in enumerate(layers):
        state = tuple(case[f"{letter}_0"][k] for letter in letters)
        hs, final = layer.forward(hs, _as_layer_wants(state))
        finals.append(_as_tuple(final))
    found = {"output": hs}
    for place, letter in enumerate(letters):
        found[f"{letter}_n"] = np.stack([final[place] for final in finals])

    dhs = case["loss_weight.output"]
    dstarts: list[tuple[np.ndarray, ...]] = []
    for k, layer in reversed(list(enumerate(layers))):
        dfinal = tuple(case[f"loss_weight.{letter}_n"][k] for letter in letters)
        dhs, dstart = layer.backward(dhs, _as_layer_wants(dfinal))
        dstarts.insert(0, _as_tuple(dstart))
        found |= {f"grad.{name}_l{k}": g for name, g in _gradients(layer).items()}
    found["grad.x"] = dhs
    for place, letter in enumerate(letters):
        found[f"grad.{letter}_0"] = np.stack([dstart[place] for dstart in dstarts])
    return found


def _as_layer_wants(state: tuple[np.ndarray, ...]) -> np.ndarray | tuple[np.ndarray, ...]:
    return state if len(state) > 1 else state[0]


def _as_tuple(state: np.ndarray | tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    return state if isinstance(state, tuple) else (state,)


def _gradients(layer: RecurrentLayer) -> Arrays:
    """A layer's gradients in PyTorch's layout; our one bias stands for each of the two."""
    bias_ih, bias_hh = ("bx", "bh") if isinstance(layer, GRU) else ("b", "b")
    g = layer.grads
    values = (g["Wx"].T, g["Wh"].T, g[bias_ih], g[bias_hh])
    return dict(zip(NAMES, (np.array(value) for value in values), strict=True))


class Differences(NamedTuple):
    """The largest absolute difference between our numbers and PyTorch's."""

    outputs: float
    final_states: float
    gradients: float


def differences(case: Mapping[str, np.ndarray], num_layers: int = 1) -> Differences:
    """Compare everything that `compute` computes with what PyTorch computed.

    Args:
        case: from `load_case`.
        num_layers: of the case.
    """
    by_name = {
        name: float(np.abs(value - case[name]).max())
        for name, value in compute(case, num_layers).items()
    }
    return Differences(
        by_name["output"],
        max(by_name[name] for name in by_name if name.endswith("_n")),
        max(by_name[name] for name in by_name if name.startswith("grad.")),
    )


def _both_biases_the_sum(case: Arrays) -> Arrays:
    b = case["bias_ih_l0"] + case["bias_hh_l0"]
    return case | {"bias_ih_l0": b, "bias_hh_l0": b}


def _blocks_i_f_o_g(case: Arrays) -> Arrays:
    moved = {}
    for name in NAMES:
        i, f, g, o = np.split(case[f"{name}_l0"], 4)
        moved[f"{name}_l0"] = np.concatenate([i, f, o, g])
    return case | moved


def _reshaped(case: Arrays) -> Arrays:
    weights = {name: case[name] for name in ("weight_ih_l0", "weight_hh_l0")}
    # from_torch transposes, so that these come out as W.reshape in place of W.T
    return case | {name: W.reshape(W.shape[::-1]).T for name, W in weights.items()}


def _biases_merged(case: Arrays) -> Arrays:
    b = case["bias_ih_l0"] + case["bias_hh_l0"]
    return case | {"bias_ih_l0": b, "bias_hh_l0": 0 * b}


MISTAKES: dict[str, tuple[str, Callable[[Arrays], Arrays]]] = {
    "LSTM: both biases set to their sum": ("lstm", _both_biases_the_sum),
    "LSTM: bias_hh left out": ("lstm", lambda case: case | {"bias_hh_l0": 0 * case["bias_hh_l0"]}),
    "LSTM: blocks in the order i, f, o, g": ("lstm", _blocks_i_f_o_g),
    "LSTM: reshape in place of transpose": ("lstm", _reshaped),
    "GRU: the two biases merged": ("gru", _biases_merged),
}
RESET_BEFORE = "GRU: reset gate before the product"


def outputs_with(mistake: str) -> tuple[np.ndarray, np.ndarray]:
    """Our outputs after a conversion that is not right, and PyTorch's.

    Args:
        mistake: one of MISTAKES, or RESET_BEFORE.
    """
    if mistake == RESET_BEFORE:
        case = load_case("gru")
        layer = from_torch(state_dict_of(case))
        assert isinstance(layer, GRU)
        layer.reset_after = False
        return layer.forward(case["x"], case["h_0"][0])[0], case["output"]
    cell, spoil = MISTAKES[mistake]
    case = load_case(cell)
    return compute(spoil(dict(case)))["output"], case["output"]


class BiasRuns(NamedTuple):
    """The loss at each update of three trainings that differ in the bias only, (updates,)."""

    one_bias: npt.NDArray[np.float64]
    two_biases: npt.NDArray[np.float64]
    one_bias_twice_the_lr: npt.NDArray[np.float64]


def train_biases(*, num_updates: int = 60, lr: float = 0.1) -> BiasRuns:
    """Train an RNN to follow another one, with one bias, with two, and with a faster one.

    The same first weights and sequences each time; plain gradient descent; two biases start at 0
    and receive the same gradient, as in PyTorch.

    Args:
        num_updates: how many steps to take.
        lr: learning rate.
    """
    return BiasRuns(
        _follow(num_updates, lr, [lr]),
        _follow(num_updates, lr, [lr, lr]),
        _follow(num_updates, lr, [2 * lr]),
    )


def _follow(num_updates: int, lr: float, bias_rates: list[float]) -> npt.NDArray[np.float64]:
    """Losses of one training, with a bias for each of the learning rates."""
    rng = np.random.default_rng(0)
    teacher, student = (RNN(3, 5, rng=rng, dtype=np.float64) for _ in range(2))
    teacher.params["b"][...] = 1.0
    biases = [np.zeros(5) for _ in bias_rates]
    losses = []
    for _ in range(num_updates):
        x = rng.normal(size=(10, 20, 3))
        wanted, _ = teacher.forward(x)
        student.params["b"][...] = sum(biases)
        hs, _ = student.forward(x)
        miss = hs - wanted
        losses.append(float((miss**2).mean()))
        student.backward(2 * miss / miss.shape[1] / miss.shape[0])
        for name in ("Wx", "Wh"):
            student.params[name] -= lr * student.grads[name]
        for b, rate in zip(biases, bias_rates, strict=True):
            b -= rate * student.grads["b"]
    return np.array(losses)
