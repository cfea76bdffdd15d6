"""`lessons doctor`: whatever can be wrong is found, and is said with what to do."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections import namedtuple
from importlib import metadata

import pytest

from lessons_lib import files
from lessons_lib.cli import common, machine
from lessons_lib.course.lessons import LESSONS
from lessons_lib.grading.export import TARGETS
from lessons_lib.grading.isolation import policy
from lessons_lib.text import CORPORA
from lessons_lib.training import PRESETS

NAMES = ["Python", "packages", "NumPy", "figures", "shipped data", "data home"]
NAMES += ["notebooks", "Jupyter", "disk", "grading"]


def test_this_environment_is_well(lessons):
    status, out, err = lessons("doctor")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    looked_at = [line[9:].split("  ")[0] for line in lines if line[:7].strip() in ("ok", "warning")]
    assert looked_at == NAMES
    assert "problem" not in out
    assert lines[-1].startswith("The course works here.")


def test_what_cannot_be_looked_at_is_a_problem_and_the_rest_goes_on(lessons, monkeypatch):
    def broken():
        raise ImportError("libopenblas.so:\n  no such file")

    monkeypatch.setattr(machine, "look_at_numpy", broken)
    status, out, err = lessons("doctor")
    assert (status, err) == (1, "")
    lines = out.splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.startswith("problem"))
    assert lines[place] == "problem  NumPy         ImportError: libopenblas.so: no such file"
    assert "-m pip install" in lines[place + 1]
    assert lines[-1] == "Problems: 1. The course does not work until that is mended."
    assert all(f"ok       {name}" in out or f"warning  {name}" in out for name in NAMES[3:])


def test_a_backend_that_is_not_there():
    """In a process of its own: Matplotlib reads the variable when it is imported."""
    command = [sys.executable, "-m", "lessons_lib", "doctor"]
    environment = os.environ | {"MPLBACKEND": "no-such-backend"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "'no-such-backend' is not a valid value for backend\n" in done.stdout
    assert "unset MPLBACKEND" in done.stdout


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.14")
    level, found, advice = machine.look_at_python()
    assert level == "problem" and found.startswith("3.10.14 in ") and ">=3.11" in advice


def test_packages_that_are_missing_or_old(monkeypatch):
    versions = {"safetensors": None, "typer": "0.4.1"}
    true_version = metadata.version

    def version(name):
        if versions.get(name, "") is None:
            raise metadata.PackageNotFoundError(name)
        return versions.get(name) or true_version(name)

    monkeypatch.setattr(metadata, "version", version)
    level, found, advice = machine.look_at_packages()
    assert level == "problem" and "pip install" in advice
    missing, old = found.split("; ")
    assert missing == "safetensors is missing"
    assert old.startswith("typer is 0.4.1, needed >=")

    versions.clear()
    versions.update(jupyterlab=None, mypy=None)  # not everybody needs them
    assert machine.look_at_packages().level == "ok"


@pytest.mark.parametrize(
    ("threads", "speed", "level", "said"),
    [
        (2, 100.0, "ok", ""),
        (None, 100.0, "ok", ""),
        (64, 100.0, "warning", "OPENBLAS_NUM_THREADS=2"),
        (2, 1.5, "warning", "OpenBLAS"),
    ],
)
def test_numpy_with_too_many_threads_or_a_slow_library(monkeypatch, threads, speed, level, said):
    monkeypatch.setattr(machine, "_blas_threads", lambda: threads)
    monkeypatch.setattr(machine, "_usable_cores", lambda: 2)
    monkeypatch.setattr(machine, "gigaflops", lambda: speed)
    finding = machine.look_at_numpy()
    assert finding.level == level and said in finding.advice
    assert f"threads: {threads or 'unknown'}" in finding.found
    assert f"{speed:.0f} GFLOP/s" in finding.found


def test_shipped_data_that_is_not_there(lessons, monkeypatch, tmp_path):
    monkeypatch.setattr(files, "_PACKAGE", tmp_path)
    status, out, err = lessons("doctor")
    assert (status, err) == (1, "")
    (line,) = (line for line in out.splitlines() if "shipped data " in line)
    assert line.startswith("problem") and "expected" in line and "train.txt" in line


def test_data_home(monkeypatch, tmp_path):
    monkeypatch.setenv("LESSONS_DATA_HOME", str(tmp_path / "not" / "there yet"))
    level, found, _ = machine.look_at_data_home()
    assert level == "ok"
    assert "has village; `lessons data fetch` brings shakespeare, shakespeare-words, ptb" in found
    assert list(tmp_path.iterdir()) == []  # looking changes nothing

    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    level, found, advice = machine.look_at_data_home()
    assert level == "warning" and "cannot write" in found and "$LESSONS_DATA_HOME" in advice

    (tmp_path / "file").touch()
    monkeypatch.setenv("LESSONS_DATA_HOME", str(tmp_path / "file"))
    level, found, advice = machine.look_at_data_home()
    assert level == "warning" and "expected a folder" in found and "$LESSONS_DATA_HOME" in advice


def test_notebooks_are_looked_for_here_below_and_beside_the_package(monkeypatch, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(machine, "CHECKOUT", tmp_path)
    finding = machine.look_at_notebooks(elsewhere)
    assert finding.level == "warning" and "no lessons in" in finding.found

    (tmp_path / "notebooks").mkdir()
    for lesson in LESSONS[1:]:
        (tmp_path / "notebooks" / f"{lesson.name}.ipynb").touch()
    finding = machine.look_at_notebooks(tmp_path)
    assert finding.level == "warning" and finding.found.endswith(f"lacks {LESSONS[0].name}")

    (tmp_path / "notebooks" / f"{LESSONS[0].name}.ipynb").touch()
    all_here = machine.ok(f"{len(LESSONS)} lessons in {tmp_path / 'notebooks'}")
    assert machine.look_at_notebooks(elsewhere) == all_here
    monkeypatch.setattr(machine, "CHECKOUT", elsewhere)
    assert machine.look_at_notebooks(tmp_path) == all_here
    assert machine.look_at_notebooks(tmp_path / "notebooks") == all_here


def test_a_kernel_of_another_environment(monkeypatch, tmp_path):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    other = str(tmp_path / "other" / "python")
    own = os.path.join(os.path.dirname(sys.executable), "python")
    for python, level in ((other, "problem"), ("python", "ok"), (own, "ok")):
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
        finding = machine.look_at_jupyter()
        assert finding.level == level, finding
        assert (level == "ok") == (finding.advice == "")
        assert (python in finding.found) == (level == "problem")


def test_what_is_a_warning_or_in_order(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "_is_installed", lambda name: name != "ipywidgets")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**8))
    for (level, found, advice), said, advised in (
        (machine.look_at_jupyter(), "ipywidgets missing", "[lab]"),
        (machine.look_at_disk(tmp_path), "0.1 GB free", "make room"),
    ):
        assert level == "warning" and found.startswith(said) and advised in advice
    for missing, isolation in (("", "strong"), ("there is no bubblewrap", "basic")):
        monkeypatch.setattr(policy, "missing_for_strong", lambda missing=missing: missing)
        finding = machine.look_at_isolation()
        assert finding.level == "ok" and finding.found.startswith(f"{isolation} isolation")
        assert missing in finding.advice


def test_version(lessons):
    assert lessons("--version") == (0, f"lessons {metadata.version('lessons-lib')}\n", "")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("lessons do", ["doctor"]),
        ("lessons train --pre", ["--preset"]),
        ("lessons train village --preset be", ["better", "best"]),
        ("lessons train shakespeare-", ["shakespeare-words"]),
        ("lessons solution lstm_un", ["lstm_unroll"]),
        ("lessons export ott", ["otter"]),
    ],
)
def test_tab_completion(typed, completed, lessons, monkeypatch):
    """As bash asks for it, once `lessons --install-completion` has been given."""
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
    monkeypatch.setenv("_LESSONS_COMPLETE", "complete_bash")
    status, out, err = lessons()
    assert (status, out.split(), err) == (0, completed, "")


def test_tab_completes_to_every_corpus_preset_and_platform():
    assert list(common.PLATFORM_NAMES) == list(TARGETS)
    assert list(common.CORPUS_NAMES) == list(CORPORA)
    assert set(common.PRESET_NAMES) == set(PRESETS)
