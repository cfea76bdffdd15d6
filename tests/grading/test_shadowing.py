"""No file of the current folder, of a submission's or of the exercises' is taken for a module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lessons_lib.course import exercises
from tests.grading.test_batch import ASSIGNMENT, RIGHT

ROOT = Path(__file__).parents[2]
# Whatever Python, this package and what it needs may import, before the start and after it.
NAMES = {
    *sys.stdlib_module_names,
    *(name.partition(".")[0] for name in sys.modules),
    "usercustomize",
}
# As pip writes it.
START = "from lessons_lib.start import main\nif __name__ == '__main__':\n    main()\n"
# Those in this process one after the other, since each would import the same again.
ALL = """
for command in sys.argv[1:]:
    sys.argv = ["lessons", *command.split()]
    try:
        main()
    except SystemExit as ended:
        print("status", ended.code)
"""
IN_ONE_PROCESS = (
    "check mine.py",
    "progress .",
    "matrix --exercises hw1.py --seeds 1",
    "export github --exercises hw1.py --out ../exported",
)


@pytest.fixture
def folder(tmp_path):
    """Work beside files that are named like modules and note that they were run."""
    folder = tmp_path / "in"
    folder.mkdir()
    hostile = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__ + ' ')\nraise ImportError\n"
    for name in NAMES - {"lessons_lib", "tests"}:
        (folder / f"{name}.py").write_text(hostile)
    (folder / "ada.py").write_text(RIGHT)
    (folder / "hw1.py").write_text(ASSIGNMENT.replace("\n    ", "\n"))
    source = f"import numpy as np\n{exercises.find('rnn_step').source}"
    (folder / "mine.py").write_text(source)
    (folder / "05_lstm_gates.ipynb").write_text('{"cells": []}')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lessons").write_text(START)
    (tmp_path / "bin" / "all").write_text(f"import sys\n{START.partition('if')[0]}{ALL}")
    return folder


def given(folder, *start, **more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, *start], cwd=folder, env=environment | more, capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("more", ["--jobs 2", "--dask local"])
def test_grading_imports_nothing_of_a_folder(folder, more):
    command = f"grade ada.py --exercises hw1.py --out ../out {more}"
    done = given(folder, "../bin/lessons", *command.split())
    assert not (folder / "../ran").exists(), (folder / "../ran").read_text()
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 of 2      ada.py" in done.stdout


@pytest.mark.slow
def test_other_commands_import_nothing_of_a_folder(folder):
    done = given(folder, "../bin/all", *IN_ONE_PROCESS)
    assert not (folder / "../ran").exists(), (folder / "../ran").read_text()
    assert done.stdout.count("status 0") == len(IN_ONE_PROCESS), done


def test_python_m_refuses_a_folder_that_may_have_been_imported_from(tmp_path):
    (tmp_path / "weakref.py").write_text("")
    done = given(tmp_path, "-m", "lessons_lib", "list")
    assert done.returncode == 2 and "'weakref.py' in the current folder" in done.stderr
    assert done.stderr.count("\n") == 1
    (tmp_path / "weakref.py").rename(tmp_path / "numpy.py")
    assert given(tmp_path, "-m", "lessons_lib", "solution", "lstm_step").returncode == 0


def test_an_empty_part_of_pythonpath_is_not_looked_into(tmp_path):
    (tmp_path / "start.py").write_text(START)
    here = tmp_path / "in"
    here.mkdir()
    (here / "typer.py").write_text("open('ran', 'w')")
    path = f"{ROOT}{os.pathsep}"
    done = given(here, "../start.py", "list", PYTHONPATH=path)
    assert done.returncode == 0 and not (here / "ran").exists()
    (here / "hw1.py").write_text(ASSIGNMENT.replace("\n    ", "\n"))
    (here / "hatchling.py").write_text("open('ran', 'w')")
    export = ("export", "gradescope", "--exercises", "hw1.py", "--out", "../exported")
    given(here, "../start.py", *export, PYTHONPATH=f"{here}{os.pathsep}{ROOT}")
    assert (tmp_path / "exported").exists() and not (here / "ran").exists()
    (here / "queue.py").write_text("")
    assert given(here, "../start.py", "list", PYTHONPATH="").returncode == 0, "is no part at all"
    (here / "queue.py").unlink()
    (here / "sitecustomize.py").write_text("")
    done = given(here, "../start.py", "list", PYTHONPATH=path)
    assert done.returncode == 2 and "'sitecustomize.py' in the current folder" in done.stderr
    (here / "sitecustomize.py").unlink()
    (here / "sitecustomize").mkdir()
    assert given(here, "../start.py", "list", PYTHONPATH=path).returncode == 0, "no package yet"
    (here / "sitecustomize" / "__init__.pyc").write_bytes(b"")
    assert given(here, "../start.py", "list", PYTHONPATH=path).returncode == 2
