"""`lessons runs` and `lessons compare`: tables of what was trained."""

import json
import subprocess
import sys

import matplotlib
import pytest

from lessons_lib.training import Recipe, TimeLimitReached
from tests.training.test_run import RECIPE, make_corpus, train

SMALL = ["--set", "hidden_size=24", "--set", "embed_size=16", "--set", "epochs=1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run, one that was stopped at once, and one of another text."""
    folder = tmp_path_factory.mktemp("runs")
    train("letters", make_corpus(), RECIPE, folder / "done", preset="lesson")
    stopped = Recipe(**(RECIPE.as_dict() | {"num_layers": 2, "cell": "gru"}))
    with pytest.raises(TimeLimitReached):
        train("letters", make_corpus(), stopped, folder / "deep" / "stopped", time_limit=0)
    train("ciphers", make_corpus(), RECIPE, folder / "other", preset="tiny")
    return folder


def test_runs(folder, lessons):
    status, out, err = lessons("runs", folder)
    assert (status, err) == (0, "")
    heading, other, done, stopped = (line.split("  ") for line in out.splitlines())
    columns = [[cell.strip() for cell in row if cell] for row in (heading, other, done, stopped)]
    assert columns[0] == "run corpus preset model parameters epochs valid test time".split()
    assert columns[1][:4] == ["other", "ciphers", "tiny", "lstm 16"]
    assert columns[2][:4] == ["done", "letters", "lesson*", "lstm 16"]  # not as the preset has it
    assert columns[2][4:6] == ["1,825", "3/3"]
    assert columns[3][:4] == ["deep/stopped", "letters", "-", "gru 2 x 16"]
    assert columns[3][5:8] == ["0/3", "-", "-"]
    assert lessons("runs", folder / "done")[1].splitlines()[1].startswith("done ")


def test_a_damaged_run_is_told_in_one_line(folder, lessons, tmp_path):
    for name, text in (("a\nb", "{}"), ("good", (folder / "done/recipe.json").read_text())):
        (tmp_path / name).mkdir()
        (tmp_path / name / "recipe.json").write_text(text)
    assert lessons("runs", tmp_path)[2].count("\n") == 1


def test_a_figure_of_many_runs_is_bounded(folder, lessons, tmp_path, monkeypatch):
    monkeypatch.setattr("lessons_lib.cli.runs.MOST_PANELS", 1)
    status, out, _ = lessons("runs", folder, "--plot", tmp_path / "curves.png")
    assert status == 0 and "1 more are not drawn: 1 corpora are, 20 runs of each\n" in out


def test_learning_curves(folder, lessons, tmp_path):
    with matplotlib.rc_context({"text.usetex": True}):  # as a file in the current folder may say
        status, out, _ = lessons("runs", folder, "--plot", tmp_path / "curves.png")
    assert status == 0 and out.splitlines()[-1] == f"learning curves are in {tmp_path}/curves.png"
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    status, _, err = lessons("runs", folder / "deep", "--plot", tmp_path / "none.png")
    assert status == 2 and "has come to the end of an epoch" in err


def test_no_file_of_the_current_folder_says_how_to_draw(tmp_path):
    (tmp_path / "matplotlibrc").write_text("\x1b[31m: 1\nfigure.facecolor: red\n")
    code = "from lessons_lib.cli.common import draw_as_usual as d; d(); import matplotlib as m; "
    code += "print(m.rcParams['figure.facecolor'], m.rcParamsOrig['figure.facecolor'])"
    code = "import os, shutil; " + code + "; print(os.path.exists('.'))"
    for gone in (False, True):  # the current folder may have been deleted
        start = code.replace("d();", f"{gone} and shutil.rmtree(os.getcwd()); d();")
        command = [sys.executable, "-P", "-c", start]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("white white\nTrue\n", "")


def test_compare_the_village(tmp_path, lessons, short_village):
    status, out, err = lessons("compare", "village", "--out", tmp_path, *SMALL)
    assert status == 0
    rows = [line.split("|")[1].split()[0] for line in out.splitlines()[2:8]]
    assert rows == ["oracle", "unigram", "trigram", "rnn", "gru", "lstm"]
    assert [line.split()[0].rstrip(":") for line in err.splitlines()] == rows
    stored = json.loads((tmp_path / "comparison.json").read_text())
    sizes = [row["num_params"] for row in stored[3:]]
    assert max(sizes) < 1.02 * min(sizes)
    assert stored[0]["ratio"] == pytest.approx(1, abs=1e-12)
    assert all(row["perplexity"] > stored[0]["perplexity"] for row in stored[1:])
    _, out, _ = lessons("runs", tmp_path)
    tested = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert all(f"{row['perplexity']:.3f}" in tested[row["name"].split()[0]] for row in stored[3:])


def test_compare_is_gone_on_with(tmp_path, lessons, short_village):
    command = ("compare", "village", "--cells", "rnn", "--out", tmp_path, *SMALL)
    status, _, err = lessons(*command, "--time-limit", "0.001s")
    assert status == 124 and err.splitlines()[-1].endswith("resumed: give the same command again")
    assert not (tmp_path / "comparison.json").exists()
    status, out, _ = lessons(*command)
    assert status == 0 and [line.split("|")[1].split()[0] for line in out.splitlines()[2:6]] == [
        "oracle",
        "unigram",
        "trigram",
        "rnn",
    ]
