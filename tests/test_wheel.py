"""The wheel holds what it needs, and works where nothing of the checkout is."""

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from lessons_lib.course.lessons import LESSONS
from lessons_lib.grading.isolation.policy import missing_for_strong

ROOT = Path(__file__).resolve().parent.parent
BIN = "Scripts" if os.name == "nt" else "bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the wheel and the source distribution, as GitHub makes them of a release."""
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    on_github = os.environ | {"GITHUB_REPOSITORY": "Somebody/course"}
    subprocess.run(command, cwd=ROOT, env=on_github, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
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
    licensed = ("data/shakespeare/", "data/village/", "data/weights/")
    data = {
        f"lessons_lib/{name}"
        for name in shipped("data")
        if not name.startswith("data/best/")  # evidence that no lesson reads
        and (not name.endswith("README.md") or name.startswith(licensed))
    }
    assert len(data) > 20
    assert names == shipped("lessons_lib") | data
    assert "lessons_lib/py.typed" in names
    assert wheel.stat().st_size <= 3_000_000


@pytest.mark.slow  # builds once more
def test_the_source_distribution_holds_what_the_wheel_is_made_from(built: Path, tmp_path: Path):
    (sdist,) = built.glob("*.tar.gz")
    assert sdist.stat().st_size <= 4_000_000
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(tmp_path, filter="data")
    assert shipped("lessons_lib") | shipped("data") <= names
    assert not any(name.startswith(("notebooks", "tests", "docs")) for name in names)
    (root,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (again,) = (root / "dist").glob("*.whl")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as one, zipfile.ZipFile(again) as other:
        assert set(one.namelist()) == set(other.namelist())


def test_an_index_shows_the_readme_with_its_picture_and_links(wheel: Path):
    """An index has no files beside it: each address is whole, and of a file that is here."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    text = metadata.get_payload(decode=True).decode()
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    tag = f"v{metadata['Version']}/"
    raw = f"https://raw.githubusercontent.com/Somebody/course/{tag}"
    blob = f"https://github.com/Somebody/course/blob/{tag}"
    assert len(targets) > 20 and all(target.startswith((raw, blob)) for target in targets)
    files = [target.removeprefix(raw).removeprefix(blob) for target in targets]
    assert all((ROOT / file).exists() for file in files)
    assert f"]({raw}docs/images/gates.png)" in text
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.replace(raw, "").replace(blob, "") == readme
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL"))
    assert urls["Source"] == "https://github.com/Somebody/course"
    assert urls["Homepage"] == "https://somebody.github.io/course/"


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
@pytest.mark.skipif(bool(missing_for_strong()), reason="bubblewrap, which makes it so, is not here")
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
    assert f"{len(LESSONS)} lessons in {ROOT / 'notebooks'}" in run("-m", "lessons_lib", "doctor")
    train = ["train", "village", "--set", "epochs=1", "--set", "hidden_size=8"]
    assert "test perplexity" in run("-m", "lessons_lib", *train, "--out", tmp_path / "run")
    execute = ["nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path]
    run("-m", "jupyter", *execute, "notebooks/00_start_here.ipynb")
    assert (tmp_path / "00_start_here.ipynb").is_file()
