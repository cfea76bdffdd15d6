"""Our numbers are PyTorch's, the stored ones and those of the cells that run it live."""

import contextlib
import io

import nbformat
import numpy as np
import pytest
import safetensors.numpy

from lessons_lib.course.pytorch import bridge
from lessons_lib.files import data_path
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
    assert max(bridge.differences(case, num_layers)) < 1e-12


def test_differences_look_at_outputs_states_and_gradients():
    case = bridge.load_case("lstm")
    for name, place in (("output", 0), ("c_n", 1), ("grad.weight_hh_l0", 2), ("grad.c_0", 2)):
        spoilt = case | {name: case[name] + 0.5}
        found = bridge.differences(spoilt)
        assert found[place] == pytest.approx(0.5)
        assert sum(found) == pytest.approx(0.5)


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
    [("10_from_numpy_to_pytorch.ipynb", 2), ("further/10_carrying_weights_elsewhere.ipynb", 1)],
)
def test_the_cells_with_pytorch_find_everything_equal(file, cells):
    pytest.importorskip("torch")
    notebook = nbformat.read(NOTEBOOKS / file, as_version=4)
    namespace: dict[str, object] = {}
    live = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(cell.source.replace("%matplotlib inline", ""), namespace)
        if is_skipped(cell):
            live += 1
            lines = printed.getvalue().splitlines()
            assert lines and all(line.endswith(": True") for line in lines), lines
    assert live == cells
