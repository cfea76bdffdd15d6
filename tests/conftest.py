"""Settings that hold for every test."""

from hypothesis import settings
from jaxtyping import install_import_hook

from tests.measured import pytest_runtest_call, pytest_terminal_summary  # noqa: F401 (hooks)

# The same examples on every run, and no deadline: a busy machine must not fail a test.
settings.register_profile("lessons", derandomize=True, deadline=None)
settings.load_profile("lessons")

# --- mathematics: begin ---
# The shapes in these modules' annotations are checked at run time, in the tests only. The hook has
# to stand before anything imports them.
install_import_hook(["lessons_lib.cells", "lessons_lib.functions"], "beartype.beartype")
# --- mathematics: end ---
