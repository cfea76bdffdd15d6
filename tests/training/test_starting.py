"""A run that starts with the weights of another one: rows are matched by their token."""

from dataclasses import replace

import numpy as np
import pytest

from lessons_lib.models import LanguageModel
from lessons_lib.text import Vocabulary
from lessons_lib.training import TimeLimitReached
from lessons_lib.training.checkpoints import load_checkpoint
from lessons_lib.training.starting import start_from
from tests.training.test_run import RECIPE, Run, make_corpus

OLD, NEW = Vocabulary(list("abcd")), Vocabulary(list("dxb"))


def test_rows_are_matched_by_their_token():
    model, drawn = replace(RECIPE, seed=5).build(4), RECIPE.build(3)
    start = start_from(model, OLD, RECIPE, NEW)
    assert (start.known, start.new, start.left_out) == (2, 1, 2)
    for name, value in start.params.items():
        old = model.params[name]
        if not name.startswith(("embedding", "output")):
            assert np.array_equal(value, old)
            continue
        columns, old, mine = (
            a.T if name == "output.W" else a for a in (value, old, drawn.params[name])
        )
        assert np.array_equal(columns[[0, 2]], old[[3, 1]])  # d and b
        assert np.array_equal(columns[1], mine[1])  # x is drawn as the recipe says


def test_other_sizes_are_named():
    wanted = (
        r"--from: expected a recipe with cell=lstm, hidden_size=16, .* got cell=gru, hidden_size=9"
    )
    with pytest.raises(ValueError, match=wanted):
        start_from(RECIPE.build(4), OLD, replace(RECIPE, cell="gru", hidden_size=9), NEW)


def test_a_run_begins_there_even_if_it_is_killed_at_once(tmp_path, monkeypatch):
    corpus = make_corpus()
    start = start_from(replace(RECIPE, seed=5).build(9), corpus.vocab, RECIPE, corpus.vocab).params
    run = Run("letters", corpus, RECIPE, tmp_path, start=start, start_name="runs/old")

    def killed(*arguments):
        raise RuntimeError

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(Run, "_go", killed)
        run.train()
    arrays, values = load_checkpoint(tmp_path / "checkpoint.safetensors")
    assert values["steps"] == 0
    kept = LanguageModel.load(tmp_path / "model.safetensors").params
    for name, value in start.items():
        assert np.array_equal(arrays[f"params.{name}"], value)
        assert np.array_equal(kept[name], value)
    with pytest.raises(TimeLimitReached, match="after step 1"):
        Run("letters", corpus, RECIPE, tmp_path).train(resume=True, time_limit=0)
