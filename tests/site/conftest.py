"""The built site, once for all tests that look at it."""

from pathlib import Path

import pytest

from tests.site.building import build


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    result = build(folder)
    assert result.returncode == 0, result.stderr
    return folder / "site"
