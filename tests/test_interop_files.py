"""Files that PyTorch and Keras have written compute here what they computed there.

`tools/make_interop_files.py` has made them; neither package is needed.
"""

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from lessons_lib.interop import (
    from_torch,
    language_model_from_arrays,
    language_model_from_torch,
    language_model_to_torch,
    to_torch,
)
from lessons_lib.layers import Bidirectional
from lessons_lib.models import LanguageModel
from tests.errors import check_error

FILES = Path(__file__).parent / "interop_files"
EXPECTED = dict(np.load(FILES / "expected.npz"))
OPTIONS = {
    "keras_rnn.npz": ["--cell", "rnn"],
    "keras_lstm.npz": [],
    "keras_gru.npz": ["--cell", "gru"],  # two biases in one array: Keras's, with its order
    "keras_gru_reset_before.npz": ["--cell", "gru", "--gates", "zrn", "--reset-before"],
    "keras_gru_without_bias.npz": ["--cell", "gru", "--gates", "zrn", "--reset-after"],
    "torch_lstm_bfloat16.safetensors": [],
    "torch_gru_two_layers_parallel.safetensors": [],
    "torch_rnn_without_bias_half.safetensors": [],
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_logits_are_those_of_the_package_that_wrote_the_file(name, tmp_path, lessons):
    out = tmp_path / "model.safetensors"
    assert lessons("convert", FILES / name, out, *OPTIONS[name])[0] == 0
    model = LanguageModel.load(out)
    assert model.config["dtype"] == "float32"
    logits, _ = model.forward(EXPECTED["ids"])
    np.testing.assert_allclose(logits, EXPECTED[Path(name).stem], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["keras_gru_reset_before", "keras_gru_without_bias"])
def test_a_gru_that_can_be_either_variant_has_to_be_said(name, tmp_path, lessons):
    arrays = list(np.load(FILES / f"{name}.npz").values())
    words = (
        "ValueError: reset_after: expected True or False, since a GRU with fewer than two biases"
    )
    check_error(lambda: language_model_from_arrays(arrays, cell="gru", gates="zrn"), words)
    status, _, err = lessons(
        "convert", FILES / f"{name}.npz", tmp_path / "x", "--cell", "gru", "--gates", "zrn"
    )
    assert status == 2 and "reset_after: expected" in err
    logits = [
        language_model_from_arrays(arrays, cell="gru", gates="zrn", reset_after=after).forward(
            EXPECTED["ids"]
        )[0]
        for after in (False, True)
    ]
    assert np.abs(logits[0] - logits[1]).max() > 0.01  # so that it matters


def test_two_directions():
    state_dict = safetensors.numpy.load_file(FILES / "torch_lstm_two_directions.safetensors")
    layer = from_torch(state_dict)
    assert isinstance(layer, Bidirectional)
    hs, _ = layer.forward(EXPECTED["x"])
    np.testing.assert_allclose(hs, EXPECTED["torch_lstm_two_directions"], rtol=0, atol=1e-6)
    layer.params["reverse.b"] = layer.params["reverse.b"] + 1
    again = to_torch(layer)
    assert again.keys() == state_dict.keys()
    for name, value in again.items():
        if "bias" not in name:
            np.testing.assert_array_equal(value, state_dict[name])
    total = again["bias_ih_l0_reverse"] + again["bias_hh_l0_reverse"]
    theirs = state_dict["bias_ih_l0_reverse"] + state_dict["bias_hh_l0_reverse"]
    np.testing.assert_array_equal(total, theirs + 1)
    whole = {f"rnn.{name}": value for name, value in state_dict.items()}
    words = "ValueError: state_dict: expected one direction, got rnn.weight_hh_l0_reverse|.*reverse"
    check_error(lambda: language_model_from_torch(whole), words)


def test_a_projection_is_refused_by_name():
    state_dict = safetensors.numpy.load_file(FILES / "torch_lstm_projection.safetensors")
    check_error(lambda: from_torch(state_dict), "ValueError: state_dict: expected no projection")
    whole = {f"rnn.{name}": value for name, value in state_dict.items()}
    check_error(
        lambda: language_model_from_torch(whole),
        "ValueError: state_dict: expected no projection, got rnn.weight_hr_l0",
    )


def test_wrapped_checkpoints():
    name = "torch_gru_two_layers_parallel.safetensors"
    state_dict = safetensors.numpy.load_file(FILES / name)  # "module." in front of each name
    expected = language_model_from_torch(state_dict).params
    compiled = {name.replace("module.", "_orig_mod.module."): a for name, a in state_dict.items()}
    for wrapped in (
        {"epoch": 3, "model_state_dict": state_dict, "optimizer": {"param_groups": []}},
        {"state_dict": compiled},
    ):
        for key, value in language_model_from_torch(wrapped).params.items():
            np.testing.assert_array_equal(value, expected[key])
    check_error(
        lambda: language_model_from_torch({"model": state_dict, "ema": state_dict}),
        "ValueError: state_dict: expected one state dict, got a checkpoint with model, ema",
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.pt", "is a pickle, which can run code .* safetensors.torch.save_file"),
        ("model.pkl", "is a pickle, .* or np.savez"),
        ("model.weights.h5", r"is Keras's own; .* np.savez\('model.npz', \*model.get_weights"),
    ],
)
def test_what_is_not_opened_is_told_what_to_do(name, words, tmp_path):
    from lessons_lib.cli.convert import convert

    (tmp_path / name).write_bytes(b"anything")
    check_error(lambda: convert(tmp_path / name, tmp_path / "x"), f"ValueError: FILE: .*{words}")


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_to_torch_and_back_is_the_identity(cell, tied, dtype):
    model = drawn_model(cell, tied, dtype)
    state_dict = language_model_to_torch(model, embedding="e", rnn="r", output="o")
    back = language_model_from_torch(state_dict, embedding="e", rnn="r", output="o")
    assert back.config == model.config
    for name, value in model.params.items():
        np.testing.assert_array_equal(back.params[name], value)
    for value in state_dict.values():
        assert value.flags.c_contiguous and value.dtype == dtype
        value[...] = 7
    assert not any((value == 7).any() for value in model.params.values())


def drawn_model(cell, tied, dtype):
    rng = np.random.default_rng(4)
    model = LanguageModel(7, 4, 4, cell=cell, num_layers=2, tie_weights=tied, rng=rng, dtype=dtype)
    for name, value in model.params.items():
        model.params[name] = rng.uniform(-1, 1, value.shape).astype(dtype)
    return model


def test_a_gru_that_torch_does_not_have():
    model = LanguageModel(7, 3, 4, cell="gru", reset_after=False)
    words = "ValueError: model: torch.nn.GRU has no reset_after=False"
    check_error(lambda: language_model_to_torch(model), words)


def test_a_model_of_that_kind_is_saved_and_loaded(tmp_path):
    model = LanguageModel(7, 3, 4, cell="gru", reset_after=False)
    model.save(tmp_path / "model.safetensors")
    again = LanguageModel.load(tmp_path / "model.safetensors")
    assert again.config == model.config and again.layers[0].reset_after is False
    assert "reset_after" not in LanguageModel(7, 3, 4, cell="gru").config


def test_the_command_both_ways(tmp_path, lessons):
    model = drawn_model("lstm", False, np.float32)
    model.metadata = {"vocabulary": '["a", "b", "c", "d", "e", "f", "g"]'}
    run, torch_file, back = (tmp_path / name for name in ("run", "m.safetensors", "b.safetensors"))
    run.mkdir()
    model.save(run / "model.safetensors")
    status, out, err = lessons("convert", run, "--to", "torch", torch_file)
    assert (status, err) == (0, "")
    assert out == f"lstm of 2 x 4 units, 7 tokens, 351 parameters, in {torch_file}\n"
    assert lessons("convert", torch_file, back)[0] == 0
    assert back.read_bytes() == (run / "model.safetensors").read_bytes()
    for arguments, words in (
        ([run, "--to", "jax", tmp_path / "x"], "--to: expected torch, got 'jax'"),
        ([run, "--to", "torch", torch_file], f"OUT: {torch_file} is there already"),
        ([run, "--to", "torch"], "OUT: expected one file to write"),
        ([back, tmp_path / "x"], "a model of this package goes the other way, with --to torch"),
    ):
        status, _, err = lessons("convert", *arguments)
        assert status == 2 and words in err and err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_plain_module_of_torch_loads_the_file(cell, tmp_path, lessons):
    torch = pytest.importorskip("torch")
    import safetensors.torch

    model = drawn_model(cell, True, np.float32)
    model.save(tmp_path / "model.safetensors")
    out = tmp_path / "torch.safetensors"
    assert lessons("convert", tmp_path / "model.safetensors", "--to", "torch", out)[0] == 0

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = torch.nn.Embedding(7, 4)
            self.rnn = getattr(torch.nn, cell.upper())(4, 4, 2)
            self.decoder = torch.nn.Linear(4, 7)

    theirs = Model()
    theirs.load_state_dict(safetensors.torch.load_file(out), strict=True)
    ids = np.random.default_rng(0).integers(0, 7, (6, 3))
    logits = theirs.decoder(theirs.rnn(theirs.encoder(torch.from_numpy(ids)))[0]).detach().numpy()
    np.testing.assert_allclose(model.forward(ids)[0], logits, rtol=0, atol=1e-6)
    back = language_model_from_torch(theirs.state_dict())
    for name, value in model.params.items():
        np.testing.assert_array_equal(back.params[name], value)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # within Keras
def test_the_files_are_what_the_script_makes(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("torch")
    pytest.importorskip("keras")
    from tools import make_interop_files

    for name in make_interop_files.KERAS:
        weights, logits = make_interop_files.of_keras(name)
        for ours, theirs in zip(weights, np.load(FILES / f"{name}.npz").values(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_allclose(logits, EXPECTED[name], rtol=0, atol=1e-6)
