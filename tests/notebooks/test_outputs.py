"""Stored outputs are promises: they come out the same again, here and on other processors."""

import ast
import base64
import platform
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pytest
from matplotlib.image import imread
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.notebooks.course import LESSONS, kernel_environ, nbval
from tests.notebooks.rules import code_cells
from tools.refresh_notebooks import execute

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)

# The kernels that OpenBLAS has for other processors, and the names by which it reports them.
BLAS_KERNELS = {
    "Haswell": {"Haswell"},
    "SkylakeX": {"SkylakeX"},
    "Prescott": {"Prescott", "Katmai"},
}
# Kilobytes of their second-level cache. OpenBLAS cuts its work by it, and a kernel that is played
# on a processor with a larger one can write beyond its buffers.
CACHES = {"Haswell": "256", "SkylakeX": "1024", "Prescott": "1024"}
# Instructions that NumPy's own functions, such as tanh, are not to use there.
WITHOUT = {"Prescott": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}
# What a lesson may take on two cores. Three times that is granted: machines differ.
A_LESSONS_SECONDS = 60
ASK_BLAS = """
import numpy, threadpoolctl
print([library.get("architecture") for library in threadpoolctl.threadpool_info()])
"""


def split_pictures(text: str) -> tuple[str, list[bytes]]:
    """Return a notebook's text without its pictures, and the pictures."""
    notebook = nbformat.reads(text, as_version=4)
    pictures = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            for kind in ("image/png", "image/jpeg"):
                if kind in output.get("data", {}):
                    pictures.append(base64.b64decode(output.data[kind]))
                    output.data[kind] = ""
    return nbformat.writes(notebook), pictures


def same_painter(picture: bytes) -> bool:
    """Tell whether a picture was painted by this Matplotlib, on the kind of machine CI uses."""
    signature = f"Matplotlib version{matplotlib.__version__}".encode()
    return signature in picture and (sys.platform, platform.machine()) == ("linux", "x86_64")


def look_alike(one: bytes, other: bytes) -> bool:
    """Tell whether no pixel of two pictures differs by more than a level of colour.

    Another NumPy, or processor, rounds the last digit of a number differently, which can move that.
    """
    pixels, others = (imread(BytesIO(picture)) for picture in (one, other))
    return pixels.shape == others.shape and bool(np.abs(pixels - others).max() < 1.5 / 255)


@pytest.mark.thorough
@each_lesson
def test_a_new_run_gives_what_is_stored(path: Path):
    stored = path.read_bytes().decode()
    start = time.perf_counter()
    fresh = execute(path, kernel_environ())
    assert time.perf_counter() - start < 3 * A_LESSONS_SECONDS, "a reader would wait too long"

    stored_text, stored_pictures = split_pictures(stored)
    fresh_text, fresh_pictures = split_pictures(fresh)
    assert fresh_text == stored_text
    assert len(fresh_pictures) == len(stored_pictures)
    if all(same_painter(picture) for picture in stored_pictures):
        assert all(map(look_alike, fresh_pictures, stored_pictures)), "a picture differs"


@pytest.mark.thorough
@pytest.mark.parametrize("kernel", BLAS_KERNELS)
@each_lesson
def test_outputs_hold_on_another_processor(path: Path, kernel: str):
    environ = kernel_environ(OPENBLAS_CORETYPE=kernel, OPENBLAS_L2_SIZE=CACHES[kernel])
    environ["NPY_DISABLE_CPU_FEATURES"] = WITHOUT.get(kernel, "")
    blas = subprocess.run([sys.executable, "-c", ASK_BLAS], env=environ, capture_output=True)
    if blas.returncode or not BLAS_KERNELS[kernel].intersection(
        ast.literal_eval(blas.stdout.decode())
    ):
        pytest.skip(f"NumPy cannot play a {kernel} processor on this machine")

    result = nbval(path, environ)
    assert result.returncode == 0, result.stdout


@pytest.mark.slow
def test_nbval_catches_a_changed_number(tmp_path: Path):
    for name, stored in (("as_stored", "0.5\n"), ("changed", "0.6\n")):
        output = new_output("stream", name="stdout", text=stored)
        cell = new_code_cell("print(0.5)", execution_count=1, outputs=[output])
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    result = nbval(tmp_path, kernel_environ())
    assert result.returncode == 1, result.stdout
    assert "Cell outputs differ" in result.stdout
    assert "1 failed, 1 passed" in result.stdout
