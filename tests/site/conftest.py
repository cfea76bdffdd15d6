"""The built site, once for all tests that look at it. `LESSONS_SITE` names one that is there."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from tests.site.building import build


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    if "LESSONS_SITE" in os.environ:
        return Path(os.environ["LESSONS_SITE"]).resolve()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return built_in(tmp_path_factory.mktemp("site"))
    folder = tmp_path_factory.getbasetemp().parent / "site"  # of all workers
    with FileLock(f"{folder}.lock"):
        return built_in(folder)


def built_in(folder: Path) -> Path:
    """The site in a folder, where another worker may have built it."""
    if not (folder / "built").exists():
        result = build(folder)
        assert result.returncode == 0, result.stderr
        (folder / "built").touch()
    return folder / "site"
