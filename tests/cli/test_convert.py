"""`lessons convert`: files of other packages become models of this one."""

import json
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from lessons_lib import text
from lessons_lib.interop import language_model_from_arrays, reorder_blocks
from lessons_lib.models import LanguageModel
from lessons_lib.training import perplexity
from lessons_lib.training.checkpoints import load_checkpoint

V, D, H = 241, 5, 4  # V is the village's


@pytest.fixture
def params():
    """In the order and with the blocks f, g, i, o of Deep Learning from Scratch 2."""
    rng = np.random.default_rng(0)
    shapes = [(V, D), (D, 4 * H), (H, 4 * H), (4 * H,), (H, V), (V,)]
    return [rng.standard_normal(shape) for shape in shapes]


def as_torch(params):
    E, Wx, Wh, b, W, c = params
    Wx, Wh, b = (reorder_blocks(a, "f g i o", "i f g o") for a in (Wx, Wh, b))
    return {
        "encoder.weight": E,
        "rnn.weight_ih_l0": Wx.T.copy(),
        "rnn.weight_hh_l0": Wh.T.copy(),
        "rnn.bias_ih_l0": b,
        "rnn.bias_hh_l0": 0 * b,
        "decoder.weight": W.T.copy(),
        "decoder.bias": c,
    }


def test_three_files_of_one_model(params, tmp_path, lessons, short_village):
    expected = language_model_from_arrays(params, gates="fgio")
    np.savez(tmp_path / "plain.npz", *params)
    E, Wx, Wh, b, W, c = params
    np.savez(tmp_path / "turned.npz", E, Wx.T, Wh.T, b, W.T, c)
    safetensors.numpy.save_file(as_torch(params), tmp_path / "torch.safetensors")
    given = {
        "plain.npz": ["--gates", "fgio", "--corpus", "village"],
        "turned.npz": ["--gates", "fgio", "--transposed"],
        "torch.safetensors": [],
    }
    for name, options in given.items():
        out = tmp_path / f"{name}.model.safetensors"
        status, said, err = lessons("convert", tmp_path / name, "--out", out, *options)
        assert (status, err) == (0, "")
        assert said == f"lstm of 1 x 4 units, 241 tokens, 2,570 parameters, in {out}\n"
        model = LanguageModel.load(out)
        for parameter, value in expected.params.items():
            np.testing.assert_array_equal(model.params[parameter], value)
    reached = perplexity(expected, text.load_corpus("village").test, batch_size=1)
    status, said, _ = lessons("evaluate", tmp_path / "plain.npz.model.safetensors", "village")
    assert status == 0 and said.startswith(f"test perplexity {reached:.3f} over")
    status, said, _ = lessons("sample", tmp_path / "plain.npz.model.safetensors", "--length", "3")
    assert status == 0 and said.startswith("***")


class WritesAFile:
    """Whoever unpickles it has a file "ran" in the current folder."""

    def __reduce__(self):
        return open, ("ran", "w")


def test_what_cannot_be_converted(params, tmp_path, lessons, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("plain.npz", *params)
    safetensors.numpy.save_file({"a": params[0]}, "nameless.safetensors")
    (tmp_path / "damaged.npz").write_bytes(b"PK damaged")
    (tmp_path / "damaged.safetensors").write_bytes(b"damaged")
    np.savez("pickled.npz", np.array([WritesAFile()], object))
    npz(tmp_path / "open.npz", "{'descr': (", b"")
    of_dates = "{'descr': '<f8', 'des' 'cr': 'M8[us/0]', 'fortran_order': False, 'shape': (0,)}"
    npz(tmp_path / "dates.npz", of_dates, b"")  # NumPy would divide by zero
    npz(tmp_path / "indented.npz", "  if 1:\n    \x1b[31m\n  x", b"")
    (tmp_path / "there").write_text("")
    small = json.dumps({"a": {"dtype": "F8_E4M3", "shape": [1, 1], "data_offsets": [0, 1]}})
    (tmp_path / "small.safetensors").write_bytes(
        len(small).to_bytes(8, "little") + small.encode() + b"1"
    )
    with pytest.raises(ValueError, match="damaged or none of ours"):
        load_checkpoint(tmp_path / "small.safetensors")
    refused = [
        ("small.safetensors --out x", "a: expected numbers of 16 bits or more, got F8_E4M3"),
        ("nameless.safetensors --out x", "FILE: expected PyTorch's names"),
        ("damaged.npz --out x", "FILE: could not read damaged.npz"),
        ("damaged.safetensors --out x", "FILE: could not read damaged.safetensors"),
        ("there --out x", "FILE: expected a .npz or .safetensors file, got there"),
        ("pickled.npz --out x", "FILE: could not read pickled.npz"),
        ("open.npz --out x", "FILE: could not read open.npz"),
        ("dates.npz --out x", "FILE: could not read dates.npz: a.npy: expected numbers"),
        ("indented.npz --out x", "FILE: could not read indented.npz"),
        ("plain.npz --gates fgi --out x", "gates: expected the letters of 'ifgo'"),
        ("plain.npz --layers 2 --out x", "arrays: expected the embedding, 2, 3 or 4 arrays"),
        ("plain.npz --transposed --out x", "arrays: expected a layer of LSTM"),
        ("plain.npz --out there", "--out: there is there already"),
    ]
    for arguments, message in refused:
        status, _, err = lessons("convert", *arguments.split())
        assert status == 2 and message in err and err.count("\n") == 1
        assert not (tmp_path / "x").exists() and not (tmp_path / "ran").exists()


def npz(path, header, data):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        text = f"{header}".ljust(117).encode() + b"\n"
        head = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
        archive.writestr("a.npy", head + data)


@pytest.mark.parametrize(
    ("header", "data", "words"),
    [
        ({"shape": (10**14,), "descr": "<f8"}, b"", "could not read"),  # 728 TiB
        ({"shape": (10**30,), "descr": "<f8"}, b"", "could not read"),
        ({"shape": (10**18,), "descr": "|V0"}, b"", "expected numbers"),
        ({"shape": (0, 10**15), "descr": "<f8"}, b"", "expected numbers"),
        ({"shape": "(" * 5000, "descr": "<f8"}, b"", "could not read"),
        ({"shape": (60_000_000,), "descr": "|u1"}, bytes(60_000_000), "unpacks to 60,000,"),
    ],
)
def test_a_strangers_arrays(tmp_path, lessons, header, data, words):
    npz(tmp_path / "a.npz", header | {"fortran_order": False}, data)
    status, _, err = lessons("convert", tmp_path / "a.npz", "--out", tmp_path / "x")
    assert status == 2 and words in err and err.count("\n") == 1


def test_more_arrays_than_any_model_has(tmp_path, lessons):
    many = {f"rnn.{k}": np.zeros(1, np.float32) for k in range(1001)}
    np.savez(tmp_path / "a.npz", **many)
    safetensors.numpy.save_file(many, tmp_path / "a.safetensors")
    for name in ("a.npz", "a.safetensors"):
        status, _, err = lessons("convert", tmp_path / name, "--out", tmp_path / "x")
        assert status == 2 and "it has more than 1,000 arrays" in err
    status, _, err = lessons("evaluate", tmp_path / "a.safetensors", "village")
    assert status == 2 and "more than 1,000 arrays" in err


def test_names_of_arrays_do_not_move_the_cursor(params, tmp_path, lessons):
    safetensors.numpy.save_file({"\x1b[2J\u202e": params[0]}, tmp_path / "a.safetensors")
    _, _, err = lessons("convert", tmp_path / "a.safetensors", "--out", tmp_path / "x")
    assert "got \\x1b[2J\\u202e;" in err and err.strip().isprintable()


def test_a_vocabulary_of_another_size(params, tmp_path, lessons, monkeypatch):
    params[0], params[4], params[5] = params[0][:9], params[4][:, :9], params[5][:9]
    np.savez(tmp_path / "plain.npz", *params)
    out = tmp_path / "model.safetensors"
    status, _, err = lessons("convert", tmp_path / "plain.npz", "--out", out, "--corpus", "village")
    assert status == 2 and "--corpus: village has 241 tokens, the model knows 9" in err
    assert not out.exists()
    status, _, _ = lessons("convert", tmp_path / "plain.npz", "--out", out)
    assert status == 0
    assert "vocabulary" not in LanguageModel.load(out).metadata
    assert json.loads(json.dumps(LanguageModel.load(out).config))["vocab_size"] == 9


def test_a_damaged_archive_of_another_method(tmp_path, lessons):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", bytes(range(256)))
    data = bytearray(path.read_bytes())
    data[50:70] = b"\xff" * 20
    path.write_bytes(data)
    status, _, err = lessons("convert", path, "--out", tmp_path / "x")
    assert status == 2 and "packed by another method" in err and err.count("\n") == 1
