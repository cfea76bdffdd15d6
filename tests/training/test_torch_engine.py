"""`--engine torch`: the same training, and one engine goes on where the other has stopped."""

import signal
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus
from lessons_lib.training import (
    PRESETS,
    Interrupted,
    Recipe,
    Run,
    TimeLimitReached,
    Trainer,
    folders,
    perplexity,
    read_metrics,
    run,
)
from tests.measured import record
from tests.training.test_run import make_corpus

pytestmark = pytest.mark.slow  # PyTorch takes its time to be imported

CORPUS = make_corpus()
EVERYTHING = Recipe(
    embed_size=8,
    hidden_size=8,
    num_layers=2,
    dropout=0.2,
    word_dropout=0.1,
    weight_dropout=0.3,
    tie_weights=True,
    dtype="float64",
    optimizer="adam",
    lr=1e-2,
    weight_decay=0.01,
    schedule="plateau",
    max_norm=0.3,
    batch_size=4,
    seq_len=10,
    reset_prob=0.2,
    epochs=3,
    keep="best",
    average=0.5,
)
CELLS = {
    "rnn": {"cell": "rnn", "optimizer": "sgd", "lr": 0.5},
    "lstm": {"cell": "lstm", "num_layers": 3},
    "gru": {"cell": "gru", "tie_weights": False, "embed_size": 5},
    "gru, reset before": {"cell": "gru", "reset_after": False, "num_layers": 1},
}


@pytest.fixture(scope="module")
def torch_model():
    pytest.importorskip("torch").set_num_threads(1)
    from lessons_lib.training.torch_engine import TorchLanguageModel

    return TorchLanguageModel


def trainers(recipe, torch_model):
    return [
        Trainer(recipe.build(9, make), CORPUS.train, recipe)
        for make in (LanguageModel, torch_model)
    ]


@pytest.mark.parametrize("narrow", [True, pytest.param(False, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("preset", PRESETS)
def test_100_steps_of_every_recipe(preset, narrow, torch_model):
    """On words of the village. Two recipes part at their full width (docs/performance.md has why):
    from there on each step is taken from the same point.
    """
    recipe = replace(PRESETS[preset], dtype="float64")
    if narrow:
        sizes = {"seq_len": min(recipe.seq_len, 10), "batch_size": min(recipe.batch_size, 10)}
        recipe = replace(recipe, embed_size=24, hidden_size=24, **sizes)
    together = 100 if narrow else {"better": 70, "best": 40}.get(preset, 100)
    village = load_corpus("village")
    ours, theirs = (
        Trainer(recipe.build(len(village.vocab), make), village.train, recipe)
        for make in (LanguageModel, torch_model)
    )
    steps = []  # loss and norm, of ours and theirs
    for step in range(100):
        if step >= together:
            theirs.restore(*ours.save())
        steps.append([trainer.step()[:2] for trainer in (ours, theirs)])
    errors = np.abs(np.subtract(*np.swapaxes(steps, 0, 1)))
    width = "narrow" if narrow else "at full size"
    record(f"{together} steps of {preset} {width}, both engines", float(errors[:together].max()))
    assert errors[:together].max() < (1e-6 if narrow else 1e-5)
    if together < 100:
        alone = float(errors[together:].max())
        record(f"{100 - together} more of {preset}, each from the same point", alone)
        assert alone < 1e-9
    assert steps[-1][0][0] < steps[0][0][0] - 0.3, "it has learned"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_cell(cell, dtype, torch_model):
    """Gradients, states, parameters and what is drawn, with biases that are not 0."""
    recipe = replace(EVERYTHING, dtype=dtype, **CELLS[cell])
    both = trainers(recipe, torch_model)
    for trainer in both:
        rng = np.random.default_rng(1)
        for p in trainer.model.params.values():
            if p.ndim == 1:
                p += rng.normal(size=p.shape).astype(dtype)
        for _ in range(20):
            trainer.step()
    within = {"rtol": 0, "atol": 1e-10 if dtype == "float64" else 1e-4}
    (ours, values), (theirs, their_values) = (trainer.save() for trainer in both)
    assert values["rng"] == their_values["rng"]
    for found in (ours, theirs):
        found |= {f"grads.{n}": g for n, g in both[found is theirs].model.grads.items()}
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert theirs[name].dtype == value.dtype, name
        np.testing.assert_allclose(theirs[name], value, err_msg=name, **within)
    reached = [perplexity(trainer.model, CORPUS.valid) for trainer in both]
    np.testing.assert_allclose(*reached, **within)
    np.testing.assert_allclose(*(t.model.forward([[1], [2]])[0] for t in both), **within)


def test_targets_that_do_not_count_and_calls_out_of_order(torch_model):
    ours, theirs = (EVERYTHING.build(9, make) for make in (LanguageModel, torch_model))
    ids, targets = np.array([[1, 2], [3, 4]]), np.array([[5, -1], [-1, 6]])
    losses = [model.loss(ids, targets, ignore_index=-1)[0] for model in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-12)
    for model in (ours, theirs):
        model.backward()
    for name, grad in ours.grads.items():
        np.testing.assert_allclose(theirs.grads[name], grad, rtol=0, atol=1e-12)
    with pytest.raises(RuntimeError, match="needs a loss just before it"):
        theirs.backward()
    theirs.loss(ids, ids)
    theirs.token_losses(ids, ids)
    with pytest.raises(RuntimeError, match="needs a loss just before it"):
        theirs.backward()
    for call, said in [
        (lambda: theirs.loss(ids, ids[:1]), "targets: expected the shape of ids"),
        (lambda: theirs.loss(ids + 8, ids), "ids: expected values from 0 to 8"),
        (lambda: theirs.forward(ids, (None,)), "state: expected one entry for each of the 2"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()


def train(folder, make, recipe=EVERYTHING, **how):
    return Run("letters", CORPUS, recipe, folder, make=make).train(**how)


def stop_at(monkeypatch, last):
    step = run.Trainer.step

    def interrupted_step(trainer):
        if trainer.steps == last - 1:
            signal.raise_signal(signal.SIGINT)
        return step(trainer)

    monkeypatch.setattr(run.Trainer, "step", interrupted_step)


@pytest.mark.parametrize("torch_first", [True, False])
def test_a_run_changes_its_engine(torch_first, torch_model, tmp_path, monkeypatch):
    """Stopped by Ctrl-C in the middle of two epochs, it ends as one that was never stopped."""
    whole, changed = tmp_path / "whole", tmp_path / "changed"
    expected = train(whole, LanguageModel)
    engines = [LanguageModel, torch_model][:: -1 if torch_first else 1]
    for make, last in zip(engines, (30, 77), strict=True):
        stop_at(monkeypatch, last)
        with pytest.raises(Interrupted, match=f"after step {last}"):
            train(changed, make, resume=True)
        monkeypatch.undo()
    got = train(changed, engines[0], resume=True)
    for name, value in expected.params.items():
        np.testing.assert_allclose(got.params[name], value, rtol=0, atol=1e-9)
    records = [[{**r, "seconds": 0} for r in read_metrics(f)] for f in (whole, changed)]
    for one, other in zip(*records, strict=True):
        assert one == pytest.approx(other, abs=1e-9)
    assert type(got) is LanguageModel  # as saved: NumPy reads it


def test_in_slices_of_time_pytorch_ends_as_in_one_go(torch_model, tmp_path):
    recipe = replace(EVERYTHING, epochs=1, dtype="float32")
    train(tmp_path / "whole", torch_model, recipe)
    for _ in range(3):
        with pytest.raises(TimeLimitReached):
            train(tmp_path / "sliced", torch_model, recipe, resume=True, time_limit=0)
    train(tmp_path / "sliced", torch_model, recipe, resume=True)
    files = [tmp_path / folder / folders.MODEL for folder in ("whole", "sliced")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_where_memory_is_not_shared(torch_model):
    """As on a graphics card: parameters are fetched anew for each pass."""

    class Elsewhere(torch_model):
        def _tensor(self, array):
            return super()._tensor(array.copy())

    shared, apart = (
        Trainer(EVERYTHING.build(9, make), CORPUS.train, EVERYTHING)
        for make in (torch_model, Elsewhere)
    )
    assert [shared.step() for _ in range(10)] == [apart.step() for _ in range(10)]


def test_mixed_precision(torch_model):
    """Close to the full one and not the same; what is kept stays in float32."""
    recipe = replace(EVERYTHING, cell="gru", dtype="float32")
    full, mixed = trainers(recipe, torch_model)[1], trainers(recipe, torch_model)[1]
    mixed.model.mixed_precision = True  # on a CPU, which is refused below
    losses = [[trainer.step().loss for _ in range(20)] for trainer in (full, mixed)]
    assert 1e-6 < np.abs(np.subtract(*losses)).max() < 0.05
    arrays = {**mixed.save()[0], **mixed.model.grads}
    assert {a.dtype.name for a in arrays.values()} == {"float32", "int64"}
    with pytest.raises(ValueError, match="--mixed-precision: expected a graphics card"):
        recipe.build(9, partial(torch_model, mixed_precision=True))


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiled(torch_model):
    torch = pytest.importorskip("torch")
    plain, compiled = trainers(EVERYTHING, torch_model)[1], trainers(EVERYTHING, torch_model)[1]
    calls = []

    def backend(graph, inputs):
        calls.append(graph)
        return graph.forward

    compiled.model._output = torch.compile(compiled.model._output, backend=backend)
    assert [plain.step() for _ in range(5)] == [compiled.step() for _ in range(5)]
    assert len(calls) == 1  # once for all steps


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "", "CPU"])
def test_a_device_that_is_not_there(name, torch_model):
    with pytest.raises(ValueError, match=r"--device: PyTorch finds cpu.* here, got '"):
        EVERYTHING.build(9, partial(torch_model, device=name))
