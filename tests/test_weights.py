"""The shipped weights are the files that were measured, and the commands beside them fit."""

import hashlib
import itertools
import json
import shlex

import pytest

from lessons_lib.files import data_path
from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary, is_present
from lessons_lib.training import PRESETS, exp_loss, perplexity, token_losses
from lessons_lib.training.comparison import equal_size
from tools.make_weights import SHIPPED, describe

WEIGHTS = data_path("weights")
STORED = json.loads((WEIGHTS / "weights.json").read_text(encoding="utf-8"))


def test_every_file_is_described_and_together_they_are_small():
    files = {path.stem: path for path in WEIGHTS.glob("*.safetensors")}
    assert files.keys() == STORED.keys() == SHIPPED.keys()
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) <= 8e6
    readme = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    for name, entry in STORED.items():
        assert f"`{name}.safetensors`" in readme
        assert entry["command"] == SHIPPED[name].command
        assert entry["command"] in readme
        assert f"{entry['test_perplexity']:.3f}" in readme


@pytest.mark.parametrize("name", STORED)
def test_a_file_is_the_one_that_was_measured(name):
    path = WEIGHTS / f"{name}.safetensors"
    assert path.stat().st_size == STORED[name]["bytes"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == STORED[name]["sha256"]
    model = LanguageModel.load(path)
    assert model.num_params == STORED[name]["parameters"]
    assert model.metadata["corpus"] == STORED[name]["corpus"]
    assert len(json.loads(model.metadata["vocabulary"])) == model.config["vocab_size"]


@pytest.mark.parametrize("name", STORED)
def test_the_command_makes_a_model_of_this_shape(name):
    words = shlex.split(STORED[name]["command"])
    settings = [value for option, value in itertools.pairwise(words) if option == "--set"]
    recipe = PRESETS[words[words.index("--preset") + 1]].with_settings(settings)
    model = LanguageModel.load(WEIGHTS / f"{name}.safetensors")
    if words[1] == "compare":
        recipe = equal_size(recipe, name.split("-")[1], model.config["vocab_size"])
    assert recipe.seed == STORED[name]["seed"]
    assert recipe.build(model.config["vocab_size"]).config == model.config


@pytest.mark.thorough
@pytest.mark.skipif(not is_present("shakespeare"), reason="tiny Shakespeare is not downloaded")
def test_the_perplexity_on_shakespeare():
    found = describe("shakespeare-char", SHIPPED["shakespeare-char"])
    stored = STORED["shakespeare-char"]["test_perplexity"]
    assert found["test_perplexity"] == pytest.approx(stored, rel=1e-4)


def test_the_shipped_model_of_characters_reads_the_excerpt():
    model = LanguageModel.load(data_path("weights", "shakespeare-char.safetensors"))
    vocab = Vocabulary(json.loads(model.metadata["vocabulary"]))
    ids = vocab.encode(data_path("shakespeare", "excerpt.txt").read_text(encoding="utf-8"))
    assert (model.config["num_layers"], model.config["tie_weights"]) == (2, True)
    reached = exp_loss(token_losses(model, ids).mean(dtype=float))
    assert 4.5 < reached < 6
    assert reached == pytest.approx(perplexity(model, ids), rel=1e-6)
