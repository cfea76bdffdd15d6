"""What a run's folder tells of it."""

import json
import os
import re
from dataclasses import replace

import pytest

from lessons_lib.training import TimeLimitReached, find_runs, folders, read_run, write_results
from lessons_lib.training.folders import METRICS, RESULTS
from lessons_lib.training.folders import RECIPE as RECIPE_FILE
from tests.training.test_run import RECIPE, make_corpus, train


@pytest.fixture
def folder(tmp_path):
    train("letters", make_corpus(), replace(RECIPE, epochs=2), tmp_path / "done", preset="tiny")
    return tmp_path / "done"


def test_a_finished_run(folder):
    found = read_run(folder)
    model = RECIPE.build(9)
    assert (found.corpus, found.preset, found.num_params) == ("letters", "tiny", model.num_params)
    assert found.recipe == replace(RECIPE, epochs=2).as_dict()
    assert found.epochs == 2 and found.seconds > 0
    valid = [r["valid_perplexity"] for r in found.records]
    assert found.valid_perplexity == min(valid) and found.test_perplexity is None
    write_results(folder, 3.25)
    assert read_run(folder).test_perplexity == 3.25


def test_runs_are_found_below_and_ordered(folder):
    top = folder.parent
    with pytest.raises(TimeLimitReached):
        train("letters", make_corpus(), RECIPE, top / "a" / "begun", time_limit=0)
    train("letters", make_corpus(), replace(RECIPE, lr=1e-5), top / "slow")
    train("ciphers", make_corpus(), replace(RECIPE, epochs=1), top / "z")
    names = [found.folder.relative_to(top).as_posix() for found in find_runs(top)]
    assert names == ["z", "done", "slow", "a/begun"]
    begun = find_runs(top)[-1]
    assert (begun.epochs, begun.valid_perplexity, begun.preset) == (0, None, "")


def test_a_recipe_from_before_a_setting_existed(folder):
    """It has the default, so that the run can still be resumed and shown."""
    written = json.loads((folder / RECIPE_FILE).read_text())
    assert RECIPE.reset_prob == 0.0
    del written["recipe"]["reset_prob"], written["preset"], written["num_params"]
    (folder / RECIPE_FILE).write_text(json.dumps(written))
    train("letters", make_corpus(), replace(RECIPE, epochs=2), folder, resume=True)
    found = read_run(folder)
    assert found.recipe["reset_prob"] == 0.0
    assert (found.preset, found.num_params) == ("", None)


def a_pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def a_link(path):
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/passwd")


DEEP = "[" * 100_000
HUGE = "9" * 4000
RECORD = '{"step": 1, "epoch": %s, "seconds": 1}'
DAMAGE = {
    "no results": (RESULTS, ""),
    "no number": (RESULTS, '{"test_perplexity": null}'),
    "results of another kind": (RESULTS, "[1]"),
    "results without end": (RESULTS, DEEP),
    "a huge result": (RESULTS, f'{{"test_perplexity": {HUGE}}}'),
    "results are a pipe": (RESULTS, a_pipe),
    "metrics are a pipe": (METRICS, a_pipe),
    "metrics are a link": (METRICS, a_link),
    "metrics with holes": (METRICS, lambda path: os.truncate(path, 10**11)),
    "records of another kind": (METRICS, "7"),
    "no epoch": (METRICS, RECORD.replace("epoch", "era") % 1),
    "an epoch of text": (METRICS, RECORD % '"\\u001b[2J"'),
    "a huge epoch": (METRICS, RECORD % HUGE),
    "a record without end": (METRICS, DEEP),
    "a run that never ends": (METRICS, '{"step": 1, "epoch": 1, "seconds": Infinity}'),
    "the recipe is a link": (RECIPE_FILE, a_link),
    "the recipe is a pipe": (RECIPE_FILE, a_pipe),
    "no recipe": (RECIPE_FILE, "{}"),
    "another recipe": (RECIPE_FILE, '{"corpus": "x", "recipe": {"lr": "fast"}}'),
    "a text for the corpus": (RECIPE_FILE, '{"corpus": 7, "recipe": {}}'),
    "a long name": (RECIPE_FILE, f'{{"corpus": "{"x" * 201}", "recipe": {{}}}}'),
    "a huge size": (RECIPE_FILE, f'{{"corpus": "x", "recipe": {{"epochs": {HUGE}}}}}'),
    "a recipe without end": (RECIPE_FILE, f'{{"corpus": {DEEP}'),
}


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes in folders")
@pytest.mark.parametrize(("name", "damage"), DAMAGE.values(), ids=DAMAGE)
def test_a_strangers_run_hides_no_other(tmp_path, name, damage):
    for run_name in ("bad", "good"):
        (tmp_path / run_name).mkdir()
        (tmp_path / run_name / RECIPE_FILE).write_text('{"corpus": "x", "recipe": {}}')
        (tmp_path / run_name / METRICS).write_text(RECORD % 0.5)
    path = tmp_path / "bad" / name
    path.write_text(damage) if isinstance(damage, str) else damage(path)
    told = []
    (found,) = find_runs(tmp_path, told.append)
    assert (found.folder.name, found.epochs) == ("good", 0.5)
    assert len(told) == 1 and told[0].startswith(f"folder: {path}: ") and len(told[0]) < 300
    with pytest.raises(ValueError, match=re.escape(str(path))):
        find_runs(tmp_path)


def test_a_table_of_runs_keeps_no_more_than_it_needs(folder, monkeypatch):
    monkeypatch.setattr(folders, "MOST_RECORDS", 1)
    (found,) = find_runs(folder)
    whole = read_run(folder)
    assert len(whole.records) > 1 and found == whole._replace(records=whole.records[-1:])


def test_folders_without_runs(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a run, found no recipe\.json"):
        read_run(tmp_path)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / RECIPE_FILE).write_text("{}")
    told = []
    with pytest.raises(FileNotFoundError, match="found no run in"):
        find_runs(tmp_path, told.append)
    assert len(told) == 1  # a damaged one
    with pytest.raises(FileNotFoundError, match="found no folder"):
        find_runs(tmp_path / "nowhere")
