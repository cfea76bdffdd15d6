"""`lessons train --engine torch`: with PyTorch, without it, and what it refuses."""

import sys

import pytest

from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus
from lessons_lib.training import perplexity, read_metrics
from lessons_lib.training.checkpoints import load_checkpoint
from tests.cli.quick import QUICK


@pytest.fixture
def without_torch(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("lessons_lib.training.torch_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)  # an import finds nothing


def test_without_pytorch(tmp_path, lessons, without_torch):
    status, out, err = lessons("train", "village", "--out", tmp_path / "r", "--engine", "torch")
    assert (status, out) == (2, "")
    assert err.startswith("lessons: --engine torch needs the package torch: pip install ")
    assert err.count("\n") == 1 and not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--engine", "jax"], "--engine: expected one of numpy, torch, got 'jax'"),
        (["--device", "cuda"], "--device, --mixed-precision and --compile are for PyTorch"),
        (["--compile"], "--device, --mixed-precision and --compile are for PyTorch"),
    ],
)
def test_what_is_refused(given, said, tmp_path, lessons):
    status, _, err = lessons("train", "village", "--out", tmp_path / "r", *given)
    assert status == 2 and err.startswith(f"lessons: {said}") and err.count("\n") == 1
    assert not (tmp_path / "r").exists()


@pytest.mark.slow  # PyTorch
def test_a_run_on_pytorch_that_numpy_goes_on_with(tmp_path, lessons, short_village):
    pytest.importorskip("torch").set_num_threads(1)
    command = ["train", "village", "--out", tmp_path / "r", *QUICK, "--set", "epochs=2"]
    status, _, err = lessons(*command, "--engine", "torch", "--device", "tpu")
    assert status == 2 and err.startswith("lessons: --device: PyTorch finds cpu")
    status, out, err = lessons(*command, "--engine", "torch", "--time-limit", "0.01s")
    assert status == 124 and "give the same command with --resume" in err
    assert out.splitlines()[1].startswith("PyTorch 2.") and out.endswith(" computes, on cpu\n")
    steps = load_checkpoint(tmp_path / "r" / "checkpoint.safetensors")[1]["steps"]
    assert 0 < steps < 16
    status, out, _ = lessons(*command, "--resume")
    assert status == 0 and "PyTorch" not in out
    model = LanguageModel.load(tmp_path / "r" / "model.safetensors")
    best = min(r["valid_perplexity"] for r in read_metrics(tmp_path / "r"))
    assert perplexity(model, load_corpus("village").valid[:600]) == pytest.approx(best, rel=1e-5)
    for engine in ("numpy", "torch"):  # a finished run, by each
        status, out, _ = lessons(*command, "--resume", "--engine", engine)
        assert status == 0 and "test perplexity" in out
