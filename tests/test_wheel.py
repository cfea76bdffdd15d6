"""The wheel holds what it needs, and works where nothing of the checkout is."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lessons_lib.grading.isolation.policy import bubblewrap_works

ROOT = Path(__file__).resolve().parent.parent
BIN = "Scripts" if os.name == "nt" else "bin"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def shipped(folder: str) -> set[str]:
    """Files of a folder that are in the repository, or would be with the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", folder]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return {name for name in listing.stdout.split("\0") if (ROOT / name).is_file()}


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    data = {f"lessons_lib/{name}" for name in shipped("data")}
    assert len(data) > 20
    assert names == shipped("lessons_lib") | data


def clean_environment(home: Path) -> dict[str, str]:
    """What a command finds around it that knows of no checkout, no display and no backend."""
    unwanted = ("PYTHON", "MPL", "DISPLAY", "WAYLAND", "VIRTUAL_ENV", "LESSONS", "JUPYTER")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {"HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """An environment with nothing but the wheel and what it needs, under an awkward path."""
    folder = tmp_path_factory.mktemp("learner") / "a course, für 학생"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    (folder / "home").mkdir()
    python = folder / "env" / BIN / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", ROOT / "constraints.txt", wheel], check=True)
    return folder


@pytest.mark.thorough
def test_the_wheel_works_outside_the_checkout(installed: Path):
    def lessons(*arguments: str | Path) -> str:
        done = subprocess.run(
            [installed / "env" / BIN / "lessons", *arguments],
            cwd=installed / "home",
            env=clean_environment(installed / "home"),
            capture_output=True,
            encoding="utf-8",
        )
        assert (done.returncode, done.stderr) == (0, ""), arguments
        return done.stdout

    found = lessons("doctor")
    assert "ok       shipped data" in found and "problem" not in found
    assert "warning  notebooks     no lessons in" in found
    assert "warning  Jupyter       jupyterlab, ipykernel, ipywidgets missing" in found
    assert str(ROOT) not in found

    assert "lstm_step" in lessons("list")
    small = ["--set", "epochs=1", "--set", "hidden_size=16", "--set", "embed_size=8"]
    assert "test perplexity " in lessons("train", "village", *small, "--out", "läufe/erster lauf")
    assert (installed / "home" / "läufe" / "erster lauf" / "learning_curve.png").is_file()
    (package,) = (installed / "env").rglob("site-packages/lessons_lib")
    weights = package / "data" / "weights" / "village-lstm.safetensors"
    assert len(lessons("sample", weights, "--prompt", "Tom was in the").split()) > 100

    lessons("new", "hw")
    graded = lessons("grade", "hw/submissions", "--exercises", "hw/exercises.py", "--out", "graded")
    assert "2 graded with" in graded


@pytest.mark.thorough
@pytest.mark.skipif(not bubblewrap_works(), reason="bubblewrap, which makes it so, is not here")
def test_a_checkout_that_cannot_be_written_to(tmp_path: Path):
    """Lessons, package and environment are read-only; the learner writes to a folder elsewhere."""
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    box = [bwrap, "--dev-bind", "/", "/", "--ro-bind", ROOT, ROOT, "--chdir", ROOT]

    def run(*command: str | Path) -> str:
        done = subprocess.run(
            [*box, sys.executable, *command],
            env=clean_environment(tmp_path),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with pytest.raises(AssertionError, match="Read-only file system"):
        run("-c", "open('new', 'x')")
    assert f"11 lessons in {ROOT / 'notebooks'}" in run("-m", "lessons_lib", "doctor")
    train = ["train", "village", "--set", "epochs=1", "--set", "hidden_size=8"]
    assert "test perplexity" in run("-m", "lessons_lib", *train, "--out", tmp_path / "run")
    execute = ["nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path]
    run("-m", "jupyter", *execute, "notebooks/00_start_here.ipynb")
    assert (tmp_path / "00_start_here.ipynb").is_file()
