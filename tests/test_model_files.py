"""Saving and loading a language model: safetensors, whole or a clear error."""

import json
import os
import re

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from lessons_lib.models import LanguageModel
from tests.errors import check_error

each_cell = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
ids = np.arange(12).reshape(4, 3) % 6


@each_cell
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
def test_there_and_back(tmp_path, cell, dtype, tied):
    rng = np.random.default_rng(1)
    dropped = {"dropout": 0.25, "word_dropout": 0.2, "weight_dropout": 0.3}
    shape = {"cell": cell, "num_layers": 2, "tie_weights": tied}
    model = LanguageModel(6, 4, 4, **shape, **dropped, rng=rng, dtype=dtype)
    for path in (tmp_path / "model.safetensors", str(tmp_path / "as a string é.safetensors")):
        assert model.save(path) is None
        back = LanguageModel.load(path)
        assert type(back) is LanguageModel
        assert list(back.params) == list(model.params)
        for name, value in model.params.items():
            assert back.params[name].dtype == dtype
            np.testing.assert_array_equal(back.params[name], value)
        with model.evaluating(), back.evaluating():
            assert back.loss(ids, ids)[0] == model.loss(ids, ids)[0]
        assert back.config == model.config and dropped.items() <= back.config.items()
        assert (back.word_dropout.p, back.weight_dropouts[0].p) == (0.2, 0.3)


def test_a_loaded_model_trains_and_is_saved_again(tmp_path):
    LanguageModel(6, 4, 5, rng=np.random.default_rng(0)).save(tmp_path / "a")
    model = LanguageModel.load(tmp_path / "a")
    before, _ = model.loss(ids, ids)
    model.backward()
    for name, g in model.grads.items():
        model.params[name] -= 0.1 * g
    assert model.loss(ids, ids)[0] < before
    model.save(tmp_path / "a")  # over the old file
    assert LanguageModel.load(tmp_path / "a").loss(ids, ids)[0] == model.loss(ids, ids)[0]
    assert [p.name for p in tmp_path.iterdir()] == ["a"]  # nothing temporary stays


def test_what_was_assigned_is_saved_with_its_dtype_and_layout(tmp_path):
    model = LanguageModel(6, 4, 5, dtype=np.float32)
    rng = np.random.default_rng(0)
    for name, value in model.params.items():
        model.params[name] = np.asfortranarray(rng.standard_normal(value.shape))  # float64
    model.save(tmp_path / "model")
    for name, value in LanguageModel.load(tmp_path / "model").params.items():
        assert value.dtype == np.float64
        np.testing.assert_array_equal(value, model.params[name])


def test_any_reader_of_safetensors_can_read_it(tmp_path):
    model = LanguageModel(6, 4, 5, cell="gru")
    model.save(tmp_path / "model")
    arrays = safetensors.numpy.load_file(tmp_path / "model")
    assert arrays.keys() == model.params.keys()
    with safetensors.safe_open(tmp_path / "model", framework="numpy") as file:
        assert json.loads(file.metadata()["model"])["config"]["cell"] == "gru"


def assert_refused(path):
    check_error(
        lambda: LanguageModel.load(path),
        rf"ValueError: path: expected a model saved by .*{re.escape(path.name)}",
    )


def test_a_file_or_folder_that_is_not_there(tmp_path):
    for name in ("missing.safetensors", "."):
        check_error(
            lambda name=name: LanguageModel.load(tmp_path / name),
            "FileNotFoundError: path: expected a saved model",
        )
    with pytest.raises(OSError, match="model"):
        LanguageModel(6, 4, 5).save(tmp_path / "no folder" / "model")


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = tmp_path / "model.safetensors"
    LanguageModel(6, 4, 5).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert_refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"\x80\x04K\x01.",  # a pickle
        b"PK\x03\x04" + bytes(100),  # a zip file, as PyTorch and NumPy write
        bytes(1000),
        b"\xff" * 1000,
        (2).to_bytes(8, "little") + b"{}",
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "foreign"
    path.write_bytes(content)
    assert_refused(path)


CONFIG = {"vocab_size": 6, "embed_size": 4, "hidden_size": 5}
ARRAYS = LanguageModel(6, 4, 5).params


def header(config, **more):
    return {"model": json.dumps({"config": config, "metadata": {}} | more)}


def test_arrays_with_a_right_header_are_a_model(tmp_path):
    """So it is what is changed below that is refused there."""
    safetensors.numpy.save_file(ARRAYS, tmp_path / "model", header(CONFIG))
    assert LanguageModel.load(tmp_path / "model").config["cell"] == "lstm"


@pytest.mark.parametrize(
    "other",
    [
        *(None, {}, {"model": "not json"}, {"model": "[]"}, {"model": "7"}, {"model": "null"}),
        {"model": json.dumps({"config": CONFIG})},
        header(CONFIG, metadata=7),
        header(CONFIG, metadata={"corpus": []}),
        header(None),
        header({"vocab_size": 6}),
        header(CONFIG | {"cell": "elman"}),
        header(CONFIG | {"hidden_size": 6}),
        header(CONFIG | {"num_layers": 2}),
        header(CONFIG | {"num_layers": 300_000}),
        header(CONFIG | {"vocab_size": 10**9}),
        header(CONFIG | {"vocab_size": 10**40, "hidden_size": 10**40}),
        {"model": "[" * 100_000},
        header(CONFIG | {"surprise": 1}),
        header(CONFIG | {"dropout": "much"}),
        header(CONFIG | {"dtype": "no such dtype"}),
        header(CONFIG | {"rng": 1}),
    ],
)
def test_other_headers_are_refused(tmp_path, other, monkeypatch):
    safetensors.numpy.save_file(ARRAYS, tmp_path / "other", other)
    monkeypatch.setattr(LanguageModel, "__init__", None)  # nothing is made before it is compared
    assert_refused(tmp_path / "other")


@pytest.mark.parametrize("shape", [[10**14], [2**63, 2**63], [6, 10**14]])
def test_a_header_that_claims_more_than_the_file_has(tmp_path, shape):
    claims = {"output.b": {"dtype": "F64", "shape": shape, "data_offsets": [0, 8 * 10**14]}}
    text = json.dumps(claims | {"__metadata__": header(CONFIG)}).encode()
    (tmp_path / "model").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    assert_refused(tmp_path / "model")
    os.truncate(tmp_path / "model", 10**12)  # holes
    assert_refused(tmp_path / "model")


@pytest.mark.parametrize(
    "change",
    [
        {"output.b": None},
        {"rnn.1.b": np.zeros(20, np.float32)},
        {"output.b": np.zeros(7, np.float32)},
        {"output.b": np.zeros(6, np.int64)},
    ],
)
def test_other_arrays_are_refused(tmp_path, change):
    arrays = {name: a for name, a in (dict(ARRAYS) | change).items() if a is not None}
    safetensors.numpy.save_file(arrays, tmp_path / "other", header(CONFIG))
    assert_refused(tmp_path / "other")
