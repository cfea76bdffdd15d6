"""Our numbers are PyTorch's, wrong conversions are not, and two biases learn twice as fast."""

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


@pytest.mark.parametrize("mistake", [*bridge.MISTAKES, bridge.RESET_BEFORE])
def test_wrong_conversions_run_and_give_other_numbers(mistake):
    ours, theirs = bridge.outputs_with(mistake)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() > 0.3


def test_two_biases_train_as_one_with_twice_the_learning_rate():
    runs = bridge.train_biases(num_updates=30)
    np.testing.assert_allclose(runs.two_biases, runs.one_bias_twice_the_lr, rtol=1e-12)
    assert runs.two_biases[0] == runs.one_bias[0]
    assert np.abs(runs.two_biases - runs.one_bias).max() > 0.01
    assert all(run[-1] < 0.25 * run[0] for run in runs)


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
def test_the_cells_with_pytorch_of_the_lesson_find_everything_equal():
    pytest.importorskip("torch")
    notebook = nbformat.read(NOTEBOOKS / "10_from_numpy_to_pytorch.ipynb", as_version=4)
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
    assert live == 3
