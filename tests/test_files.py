"""Shipped data is found, and a file is written whole or not at all."""

import os
import subprocess
import sys

import pytest

from lessons_lib import files
from lessons_lib.files import data_path, write_atomically


def test_data_path_prefers_the_data_inside_the_package(tmp_path, monkeypatch):
    (tmp_path / "lessons_lib").mkdir()
    (tmp_path / "data" / "village").mkdir(parents=True)
    monkeypatch.setattr(files, "_PACKAGE", tmp_path / "lessons_lib")
    assert data_path("village") == tmp_path / "data" / "village"  # of a checkout
    (tmp_path / "lessons_lib" / "data" / "village").mkdir(parents=True)
    assert data_path("village") == tmp_path / "lessons_lib" / "data" / "village"
    with pytest.raises(FileNotFoundError, match=r"no_such\.txt"):
        data_path("no_such.txt")


def test_write_makes_and_replaces_a_file(tmp_path):
    path = tmp_path / "weights.bin"
    write_atomically(path, b"first")
    assert path.read_bytes() == b"first"
    write_atomically(str(path), b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["weights.bin"]
    (tmp_path / "plain").write_bytes(b"")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


# Each place at which a write can break off, and both kinds of breaking off.
@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_old_file_survives_a_write_that_breaks_off(tmp_path, monkeypatch, step, error):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"old")

    def break_off(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, step, break_off)
        with pytest.raises(type(error)) as caught:
            write_atomically(path, b"new")
    if isinstance(error, OSError):
        assert str(path) in str(caught.value)
        assert "No space left on device" in str(caught.value)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["weights.bin"]


@pytest.mark.skipif(os.name != "posix", reason="resource limits of Unix")
def test_old_file_survives_a_disk_that_takes_half_of_the_new_one(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"old")
    # A limit on the file size stops the write in the middle, as a full disk does.
    code = f"""
import resource
from lessons_lib.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_atomically({str(path)!r}, bytes(200_000))
except OSError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "File too large" in run.stdout
    assert str(path) in run.stdout
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["weights.bin"]


def test_missing_folder_is_named(tmp_path):
    path = tmp_path / "nowhere" / "weights.bin"
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(path, b"")
    assert caught.value.filename == str(path)
