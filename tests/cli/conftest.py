"""A run of the `lessons` command that several tests look at."""

import subprocess
import sys

import pytest

from lessons_lib import text
from tests.cli.quick import QUICK

WHOLE_PIECES = 24 * 255 + 1  # words: `evaluate` reads them in pieces of 255 predictions


def shortened(monkeypatch, words, words_of_tests):
    """Commands find no more than so many words of the training text, and of the two others."""
    village = text.load_corpus("village")
    others = (part[:words_of_tests] for part in (village.valid, village.test))
    short = text.Corpus(village.train[:words], *others, village.vocab)
    monkeypatch.setattr(text, "load_corpus", lambda name: short)


@pytest.fixture
def short_village(monkeypatch):
    """For this test the commands find the first words of the village only."""
    shortened(monkeypatch, 3000, 600)


@pytest.fixture
def village_of_the_run(monkeypatch):
    """For this test they find what `trained` was trained on."""
    shortened(monkeypatch, None, WHOLE_PIECES)


SCRIPT = """
import pytest
from lessons_lib import cli
from tests.cli.conftest import WHOLE_PIECES, shortened

with pytest.MonkeyPatch.context() as patch:
    shortened(patch, None, WHOLE_PIECES)
    cli.main()
"""


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a run, and what the command printed."""
    folder = tmp_path_factory.mktemp("runs") / "village"
    command = [sys.executable, "-c", SCRIPT, "train", "village", "--out", str(folder)]
    done = subprocess.run([*command, *QUICK], capture_output=True, text=True, check=True)
    assert done.stderr == ""  # no progress bar where nobody looks
    return folder, done.stdout
