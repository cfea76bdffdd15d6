"""Our numbers are PyTorch's, the stored ones and those of the cells that run it live."""

import contextlib
import io
import itertools

import nbformat
import numpy as np
import pytest
import safetensors.numpy

from lessons_lib.course.pytorch import bridge
from lessons_lib.files import data_path
from lessons_lib.influence import in_float64, influence
from lessons_lib.interop import to_torch
from lessons_lib.models import LanguageModel
from tools.refresh_notebooks import NOTEBOOKS, is_skipped


@pytest.mark.parametrize("cell", bridge.CELLS)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_everything_that_pytorch_computed_is_computed_and_equal(cell, num_layers):
    case = bridge.load_case(cell, num_layers)
    ours = bridge.compute(case, num_layers)
    inputs = {"x", "h_0", "c_0"}
    weights = {f"{name}_l{k}" for name in bridge.NAMES for k in range(num_layers)}
    results = {name for name in case if not name.startswith("loss_weight")} - inputs - weights
    assert set(ours) == results
    for name in results:
        np.testing.assert_allclose(ours[name], case[name], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.slow
def test_the_stored_language_model_is_what_the_tool_makes():
    pytest.importorskip("torch")
    from tools.make_bridge_data import reference

    stored = safetensors.numpy.load_file(data_path("bridge", "village_lstm.safetensors"))
    made = reference()
    assert made.keys() == stored.keys()
    for name, value in made.items():
        np.testing.assert_allclose(value, stored[name], rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "cells"),
    [("10_from_numpy_to_pytorch.ipynb", 2), ("further/10_carrying_weights_elsewhere.ipynb", 3)],
)
def test_the_cells_with_pytorch_find_everything_equal(file, cells):
    pytest.importorskip("torch")
    notebook = nbformat.read(NOTEBOOKS / file, as_version=4)
    namespace: dict[str, object] = {}
    live = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if is_skipped(cell):  # 20 steps of training for 200
            namespace["islice"] = lambda steps, most: itertools.islice(steps, 20)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            source = cell.source.replace("%matplotlib inline", "").replace("%time ", "")
            exec(source, namespace)
        if is_skipped(cell):
            live += 1
            lines = printed.getvalue().splitlines()
            assert lines and all(line.endswith(": True") for line in lines), lines
    assert live == cells


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "num_layers"), [("rnn", 2), ("lstm", 1), ("gru", 2)])
def test_the_twin_of_influence_in_pytorch(cell, num_layers):
    torch = pytest.importorskip("torch")
    notebook = nbformat.read(NOTEBOOKS / "further/10_carrying_weights_elsewhere.ipynb", 4)
    (source,) = (one.source for one in notebook.cells if "def torch_influence" in one.source)
    namespace = {"torch": torch, "np": np}
    exec(source.split("\n\n\nV, D")[0], namespace)

    rng = np.random.default_rng(4)
    ours = LanguageModel(7, 5, 6, cell=cell, num_layers=num_layers, rng=rng, dtype="float64")
    for value in ours.params.values():
        value += rng.normal(scale=0.5, size=value.shape)
    Module = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    twin = torch.nn.Module()
    twin.embedding = torch.nn.Embedding(7, 5, dtype=torch.float64)
    twin.rnn = Module(5, 6, num_layers, dtype=torch.float64)
    twin.output = torch.nn.Linear(6, 7, dtype=torch.float64)
    arrays = {"embedding.weight": ours.params["embedding.W"]}
    for k, layer in enumerate(in_float64(ours).layers):
        arrays |= {f"rnn.{name[:-1]}{k}": array for name, array in to_torch(layer).items()}
    arrays |= {"output.weight": ours.params["output.W"].T, "output.bias": ours.params["output.b"]}
    twin.load_state_dict({name: torch.tensor(array.copy()) for name, array in arrays.items()})
    ids = np.array([3, 1, 4, 1, 5, 0, 2])
    for method in ("swap", "gradient", "integrated"):
        for versus in (None, 6):
            for replacement in (None, 4):
                asked = (5, 2, versus, method, replacement)
                found = namespace["torch_influence"](twin, torch.from_numpy(ids), *asked)
                expected = influence(
                    ours, ids, 5, 2, versus=versus, method=method, replacement=replacement
                )
                # Ours adds up as many slopes as it needs to be exact to a thousandth.
                within = 1e-3 if method == "integrated" else 1e-10
                np.testing.assert_allclose(found.detach(), expected, rtol=0, atol=within)
