"""Our numbers against PyTorch's: stored ones always, drawn ones where torch is installed."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings

from lessons_lib.files import data_path
from lessons_lib.interop import from_torch, language_model_from_torch
from tests.measured import record
from tests.strategies import KINDS, LayerCase, make_layer, run_cells, run_layer, sizes

OUTPUT_TOLERANCE = 1e-12
GRADIENT_TOLERANCE = 1e-10

each_cell = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
each_depth = pytest.mark.parametrize("num_layers", [1, 2])


STORED = [
    *itertools.product(["rnn", "lstm", "gru"], [1, 2], [False]),
    *itertools.product(["rnn", "lstm", "gru"], [2], [True]),
]


def load(cell, num_layers, packed):
    plural = "s" if num_layers > 1 else ""
    name = f"{cell}_{num_layers}_layer{plural}{'_packed' if packed else ''}.safetensors"
    folder = Path(__file__).parent / "parity_files" if packed else data_path("parity")
    return safetensors.numpy.load_file(folder / name)


def assert_close(ours, theirs, tolerance, name):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, name
    error = float(np.abs(ours - theirs).max(initial=0))
    what = "outputs" if tolerance == OUTPUT_TOLERANCE else "gradients"
    record(f"absolute error of {what} against PyTorch", error)
    assert error <= tolerance, f"{name}: absolute error {error:.1e}"


def ours_of_layer(cell, arrays, k, x, dhs, run):
    """Run layer k of a stack on x, with gradients arriving as dhs and on its final state."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    letters = "hc" if cell == "lstm" else "h"
    case = LayerCase(
        params=from_torch({f"{name}_l0": arrays[f"{name}_l{k}"] for name in names}).params,
        x=x,
        state=tuple(arrays[f"{letter}_0"][k] for letter in letters),
        dhs=dhs,
        dstate=tuple(arrays[f"loss_weight.{letter}_n"][k] for letter in letters),
        lengths=arrays.get("lengths"),
    )
    return run(KINDS[cell], case)


def through_layer(kind, case):
    return run_layer(make_layer(kind, case), case)


def check_against(cell, num_layers, arrays, run):
    """Compare a stack of our layers, or of our cells, with everything PyTorch computed."""
    nothing = np.zeros_like(arrays["output"])
    inputs = [arrays["x"]]
    for k in range(num_layers):
        inputs.append(ours_of_layer(cell, arrays, k, inputs[-1], nothing, run)["hs"])
    assert_close(inputs[-1], arrays["output"], OUTPUT_TOLERANCE, "output")

    dhs = arrays["loss_weight.output"]
    for k in reversed(range(num_layers)):
        results = ours_of_layer(cell, arrays, k, inputs[k], dhs, run)
        dhs = results["dx"]
        for letter in "hc" if cell == "lstm" else "h":
            last, d0 = arrays[f"{letter}_n"][k], arrays[f"grad.{letter}_0"][k]
            assert_close(results[letter], last, OUTPUT_TOLERANCE, f"{letter}_n of layer {k}")
            assert_close(results[f"d{letter}"], d0, GRADIENT_TOLERANCE, f"d{letter}_0, layer {k}")
        biases = ("dbx", "dbh") if cell == "gru" else ("db", "db")  # our one bias stands for both
        for name, gradient in {
            "weight_ih": results["dWx"].T,
            "weight_hh": results["dWh"].T,
            "bias_ih": results[biases[0]],
            "bias_hh": results[biases[1]],
        }.items():
            theirs = arrays[f"grad.{name}_l{k}"]
            assert_close(gradient, theirs, GRADIENT_TOLERANCE, f"gradient of {name}_l{k}")
    assert_close(dhs, arrays["grad.x"], GRADIENT_TOLERANCE, "gradient of x")


@pytest.mark.parametrize(("cell", "num_layers", "packed"), STORED)
def test_the_stored_numbers(cell, num_layers, packed):
    arrays = load(cell, num_layers, packed)
    assert packed == (len(set(arrays.get("lengths", [7]))) > 1)
    check_against(cell, num_layers, arrays, through_layer)
    if not packed:
        check_against(cell, num_layers, arrays, run_cells)


@pytest.mark.slow
def test_the_stored_numbers_are_what_the_script_makes():
    pytest.importorskip("torch")
    from tools import make_parity_data

    assert make_parity_data.STORED == STORED
    for seed, (cell, num_layers, packed) in enumerate(STORED):
        stored = load(cell, num_layers, packed)
        made = make_parity_data.reference(cell, num_layers, seed=seed, packed=packed)
        assert made.keys() == stored.keys()
        for name, value in made.items():
            np.testing.assert_allclose(value, stored[name], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.slow
@each_cell
@each_depth
@pytest.mark.parametrize(
    "run", [through_layer, run_cells, "packed"], ids=["layers", "cells", "packed"]
)
@given(size=sizes(largest=9))
@settings(max_examples=10)
def test_drawn_numbers(cell, num_layers, run, size):
    pytest.importorskip("torch")
    from tools.make_parity_data import reference

    arrays = reference(cell, num_layers, **size._asdict(), packed=run == "packed")
    check_against(cell, num_layers, arrays, through_layer if run == "packed" else run)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@each_depth
@pytest.mark.parametrize("tied", [False, True])
def test_a_language_model_taken_over_from_torch(kind, num_layers, tied):
    torch = pytest.importorskip("torch")
    T, N, V, H = 6, 3, 11, 5
    D = H if tied else 4

    class Model(torch.nn.Module):  # the names of PyTorch's word_language_model
        def __init__(self):
            super().__init__()
            self.encoder = torch.nn.Embedding(V, D)
            self.rnn = getattr(torch.nn, kind)(D, H, num_layers)
            self.decoder = torch.nn.Linear(H, V)
            if tied:
                self.decoder.weight = self.encoder.weight

    torch.manual_seed(0)
    theirs = Model().double()
    ids, targets = np.random.default_rng(1).integers(0, V, (2, T, N))
    logits = theirs.decoder(theirs.rnn(theirs.encoder(torch.from_numpy(ids)))[0])
    their_loss = torch.nn.functional.cross_entropy(
        logits.reshape(T * N, V), torch.from_numpy(targets.reshape(T * N))
    )
    their_loss.backward()
    entries = theirs.state_dict(keep_vars=True)
    gradients = language_model_from_torch({name: p.grad for name, p in entries.items()}).params

    model = language_model_from_torch(theirs.state_dict())
    assert model.config["cell"] == kind.lower() and model.config["tie_weights"] is tied
    assert_close(model.forward(ids)[0], logits.detach().numpy(), OUTPUT_TOLERANCE, "logits")
    assert_close(model.loss(ids, targets)[0], their_loss.item(), OUTPUT_TOLERANCE, "loss")
    model.backward()
    assert model.grads.keys() == gradients.keys()
    for name, gradient in gradients.items():
        # Two biases become one, their sum; so the two gradients, which are equal, come as a sum.
        biases = 2 if name.startswith("rnn.") and name.endswith(".b") else 1
        assert_close(model.grads[name], gradient / biases, GRADIENT_TOLERANCE, name)
