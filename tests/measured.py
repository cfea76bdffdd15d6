"""The worst errors that tests have measured, printed when the session ends.

Tests call `record`. The figures travel in the reports, so they also arrive from the worker
processes of pytest-xdist. `tests/conftest.py` imports the two hooks.
"""

from collections.abc import Generator

import pytest

_of_this_test: dict[str, float] = {}


def record(kind: str, error: float) -> None:
    """Note an error, if it is the largest of its kind in the running test."""
    _of_this_test[kind] = max(error, _of_this_test.get(kind, 0.0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    _of_this_test.clear()
    yield
    item.user_properties += [(f"worst {kind}", error) for kind, error in _of_this_test.items()]


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    worst: dict[str, float] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name.startswith("worst "):
                worst[name] = max(value, worst.get(name, 0.0))
    if worst:
        terminalreporter.section("worst errors over all cases")
        for name in sorted(worst):
            terminalreporter.line(f"{name}: {worst[name]:.1e}")
