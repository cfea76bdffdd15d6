"""The web site, built as `make site` builds it, and its pages as the tests read them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
NEEDS_SPHINX = pytest.mark.skipif(
    find_spec("myst_nb") is None, reason="the extra `site` is not installed"
)
REPOSITORY = "someone/memory-gates"


def build(folder: Path, repository: str = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Build the site into folder; a warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-c", "docs", "-d", f"{folder}/cache"]
    few = ["-j", "auto", "-D", "dial_pictures=4"]
    return subprocess.run(
        [*command, *few, str(ROOT), str(folder / "site")],
        cwd=ROOT,
        env=os.environ | {"GITHUB_REPOSITORY": repository, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )


def read_pages(site: Path) -> dict[Path, BeautifulSoup]:
    """Every page of a built site, by its path."""
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
    }
