"""`make` sets up .venv once and safely, and `make lab` opens the right page in the right way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyterlab_server.settings_utils import _get_overrides

from tools.start_lab import config_path, lab_options, threads

ROOT = Path(__file__).resolve().parent.parent

# Stands for a Python interpreter: it understands what make_venv.sh asks of one, and nothing else.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    *version_info*) exit "${TOO_OLD:-0}" ;;
    --version) echo "Python 3.9.18" ;;
    *ensurepip*) exit "${NO_VENV:-0}" ;;
    "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *"--target .venv/uv uv") mkdir -p .venv/uv/bin && cp not-in-path/uv .venv/uv/bin ;;
    "-m pip "*) exit "${PIP_FAILS:-0}" ;;
esac
"""

# And for uv: it makes an environment of the interpreter it is given, or fails like pip.
FAKE_UV = """#!/bin/sh
echo "$*" >> uv.log
case "$*" in
    "venv --quiet --seed --python ./python3 .venv")
        [ -z "${UV_FAILS:-}" ] || exit 1
        mkdir -p .venv/bin && cp ./python3 .venv/bin/python ;;
    "pip install --quiet --python .venv/bin/python --constraint constraints.txt --editable "*)
        exit "${UV_FAILS:-0}" ;;
    *) exit 9 ;;
esac
"""

posix_only = pytest.mark.skipif(os.name != "posix", reason="make and sh are not used here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout in a path that asks for careful quoting, with a fake interpreter in it."""
    folder = tmp_path / "a lesson é"
    folder.mkdir()
    (folder / "python3").write_text(FAKE_PYTHON)
    (folder / "python3").chmod(0o755)
    return folder


def make_venv(folder: Path, python: str = "./python3", **environ: str):
    """Run the script where there is no uv but the one that the folder may have in bin/."""
    return subprocess.run(
        ["sh", ROOT / "tools" / "make_venv.sh", python],
        cwd=folder,
        env=os.environ | {"PATH": f"{folder / 'bin'}:/usr/bin:/bin"} | environ,
        capture_output=True,
        text=True,
    )


def contents(folder: Path) -> set[str]:
    return {path.name for path in (folder / ".venv").iterdir()}


@posix_only
@pytest.mark.parametrize(
    ("python", "environ", "said"),
    [
        ("./no-such-python", {}, "./no-such-python does not run"),
        ("./python3", {"TOO_OLD": "1"}, "needs Python 3.11 or later, and ./python3 is Python 3.9"),
        ("./python3", {"NO_VENV": "1"}, "python3-venv"),
    ],
)
def test_a_python_that_will_not_do_is_refused_in_one_line(
    folder: Path, python: str, environ: dict[str, str], said: str
):
    result = make_venv(folder, python, **environ)
    assert result.returncode == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / ".venv").exists()


@posix_only
def test_a_failed_installation_is_not_marked_and_can_be_taken_up_again(folder: Path):
    result = make_venv(folder, PIP_FAILS="1")
    assert result.returncode == 1
    assert "could not be installed" in result.stderr
    assert contents(folder) == {"bin"}
    assert not (folder / ".venv.unfinished").exists()
    assert make_venv(folder).returncode == 0
    assert contents(folder) == {"bin", ".installed"}


@posix_only
def test_an_environment_is_added_to_and_made_afresh_after_an_interruption(folder: Path):
    result = make_venv(folder)
    assert result.returncode == 0, result.stderr
    assert contents(folder) == {"bin", ".installed"}
    assert (folder / ".venv" / ".installed").read_text() == f"{folder.resolve()}\n"
    (folder / ".venv" / "torch").touch()
    assert make_venv(folder).returncode == 0
    assert contents(folder) == {"bin", ".installed", "torch"}
    (folder / ".venv.unfinished").touch()
    assert make_venv(folder).returncode == 0
    assert contents(folder) == {"bin", ".installed"}
    assert not (folder / ".venv.unfinished").exists()


@posix_only
@pytest.mark.parametrize(
    ("environ", "status", "said"),
    [
        ({"PIP_FAILS": "1", "NO_VENV": "1"}, 0, ""),  # neither pip nor venv is asked
        ({"UV_FAILS": "1"}, 0, ""),  # pip, whose settings uv does not read, may reach an index
        ({"UV_FAILS": "1", "PIP_FAILS": "1"}, 1, "could not be installed"),
    ],
)
def test_where_uv_is_it_is_used_and_pip_is_left_for_its_failing(
    folder: Path, environ: dict[str, str], status: int, said: str
):
    fake_uv(folder / "bin")
    result = make_venv(folder, **environ)
    assert result.returncode == status and said in result.stderr
    assert (".installed" in contents(folder)) == (status == 0)
    assert len((folder / "uv.log").read_text().splitlines()) == 2


def fake_uv(folder: Path) -> None:
    folder.mkdir()
    (folder / "uv").write_text(FAKE_UV)
    (folder / "uv").chmod(0o755)


@posix_only
@pytest.mark.parametrize(
    ("environ", "status"),
    [({"PIP_FAILS": "1"}, 0), ({"UV_FAILS": "1"}, 0), ({"UV_FAILS": "1", "PIP_FAILS": "1"}, 1)],
)
def test_where_no_uv_is_pip_brings_it_for_the_time_being(
    folder: Path, environ: dict[str, str], status: int
):
    fake_uv(folder / "not-in-path")
    result = make_venv(folder, **environ)
    assert result.returncode == status
    assert contents(folder) == ({"bin", ".installed"} if status == 0 else {"bin"})
    assert (folder / "uv.log").read_text().count("pip install") == 1


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "README.md").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "platform", "is_root", "extra"),
    [
        ({"DISPLAY": ":0"}, "linux", False, []),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", False, []),
        ({}, "darwin", False, []),
        ({}, "win32", False, []),
        ({}, "linux", False, ["--no-browser"]),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "10.0.0.1"}, "linux", False, ["--no-browser"]),
        ({"CI": "true"}, "darwin", False, ["--no-browser"]),
        ({"DISPLAY": ":0"}, "linux", True, ["--allow-root", "--no-browser"]),
    ],
)
def test_the_lab_opens_the_first_page(
    course: Path, environ: dict[str, str], platform: str, is_root: bool, extra: list[str]
):
    assert lab_options(course, environ, platform, is_root) == [
        f"--ServerApp.root_dir={course}",
        "--LabApp.default_url=/lab/tree/notebooks/README.md",
        *extra,
    ]


def test_a_course_without_its_page_is_said_to_be_one(tmp_path: Path):
    with pytest.raises(SystemExit, match=r"there is no notebooks/README\.md"):
        lab_options(tmp_path, {}, sys.platform, False)


def test_products_have_one_thread_where_the_reader_says_nothing():
    found = threads({"OPENBLAS_NUM_THREADS": "4"})
    assert found == {"OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "1"}


def test_the_labs_defaults_go_behind_a_readers_own(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", config_path({"JUPYTER_CONFIG_PATH": "own"}))
    assert config_path({"JUPYTER_CONFIG_PATH": "own"}).endswith(f"{os.pathsep}own")
    defaults = _get_overrides("nowhere")[0]
    assert defaults["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false"}
