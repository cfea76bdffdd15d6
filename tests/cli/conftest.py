"""A run of the `lessons` command that several tests look at."""

import subprocess
import sys

import pytest

from lessons_lib import text
from tests.cli.quick import QUICK


@pytest.fixture
def short_village(monkeypatch):
    """For this test the commands find the first words of the village only."""
    village = text.load_corpus("village")
    parts = village.train[:3000], village.valid[:600], village.test[:600]
    short = text.Corpus(*parts, village.vocab)
    monkeypatch.setattr(text, "load_corpus", lambda name: short)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a run, and what the command printed."""
    folder = tmp_path_factory.mktemp("runs") / "village"
    command = [sys.executable, "-m", "lessons_lib", "train", "village", "--out", str(folder)]
    done = subprocess.run([*command, *QUICK], capture_output=True, text=True, check=True)
    assert done.stderr == ""  # no progress bar where nobody looks
    return folder, done.stdout
