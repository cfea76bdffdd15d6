"""Settings that hold for every test."""

import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from jaxtyping import config, install_import_hook

from tests.measured import pytest_runtest_call, pytest_terminal_summary  # noqa: F401 (hooks)

# The same examples on every run, and no deadline: a busy machine must not fail a test.
settings.register_profile("lessons", derandomize=True, deadline=None)
settings.load_profile("lessons")

# A shell has its background jobs ignore Ctrl-C, and every child process would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """First those in a browser: a file of them keeps one process busy for minutes."""
    items.sort(key=lambda item: item.path.parent.name not in ("site", "browser"))


# --- mathematics: begin ---
# The shapes in these modules' annotations are checked at run time, in the tests only. The hook has
# to stand before anything imports them.
install_import_hook(["lessons_lib.cells", "lessons_lib.functions"], "beartype.beartype")


def pytest_runtest_setup(item):
    """In the tests of the mathematics alone: elsewhere it would take a third of the time."""
    config.update("jaxtyping_disable", item.path.parent != Path(__file__).parent)


# --- mathematics: end ---


@pytest.fixture
def lessons(monkeypatch, capsys):
    """Runs the command in this process; returns status, standard output, standard error."""
    from lessons_lib import cli  # after the hook

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lessons", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        return exit_.value.code, *capsys.readouterr()

    return run
