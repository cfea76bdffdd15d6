"""What `lessons doctor` looks at: one small function for each thing that can be wrong.

Nothing here may rely on a package that could be missing or broken: each function imports what it
looks at, and whatever it raises is reported as a problem of its own.
"""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

PACKAGE = "lessons-lib"
CHECKOUT = Path(__file__).resolve().parents[2]  # if the package is not installed as a wheel
FOR_NOTEBOOKS = ("jupyterlab", "ipykernel", "ipywidgets")
LEAST_FREE = 500_000_000  # bytes: all texts, and the runs of a few models
SLOW = 4.0  # GFLOP/s in float32; a library made for speed reaches ten times that on one core


class Finding(NamedTuple):
    """What was found, and if it is not as it should be what to do about it."""

    level: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""


def install_command() -> str:
    """What brings the package and all that the notebooks need into this environment."""
    if (CHECKOUT / "pyproject.toml").is_file():
        return f'"{sys.executable}" -m pip install --editable "{CHECKOUT}[lab]"'
    return f'"{sys.executable}" -m pip install "{PACKAGE}[lab]"'


def ok(found: str) -> Finding:
    return Finding("ok", found)


def examine(folder: Path) -> Iterator[tuple[str, Finding]]:
    """Look at this machine and this environment."""
    looks: dict[str, Callable[[], Finding]] = {
        "Python": look_at_python,
        "packages": look_at_packages,
        "NumPy": look_at_numpy,
        "figures": look_at_figures,
        "shipped data": look_at_shipped_data,
        "data home": look_at_data_home,
        "notebooks": lambda: look_at_notebooks(folder),
        "Jupyter": look_at_jupyter,
        "disk": lambda: look_at_disk(folder),
        "grading": look_at_isolation,
    }
    for name, look in looks.items():
        try:
            yield name, look()
        except Exception as error:  # what is broken here would stop the course there
            said = " ".join(f"{type(error).__name__}: {error}".split())
            yield name, Finding("problem", said[:300], f"install anew: {install_command()}")


def look_at_python() -> Finding:
    wanted = metadata.metadata(PACKAGE)["Requires-Python"]
    version = platform.python_version()
    found = f"{version} in {sys.prefix}"
    if not fits(version, wanted):
        return Finding("problem", found, f"install Python {wanted}, and the course with it")
    return ok(found)


def look_at_packages() -> Finding:
    """The packages that the course needs, in the versions that it needs."""
    wrong = list(_wrong_packages())
    if wrong:
        return Finding("problem", "; ".join(wrong), f"install anew: {install_command()}")
    return ok(f"{PACKAGE} {metadata.version(PACKAGE)} and all that it needs")


def _wrong_packages() -> Iterator[str]:
    from packaging.requirements import Requirement

    for requirement in map(Requirement, metadata.requires(PACKAGE) or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue  # for the notebooks, or for who works on the course
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement.name} is missing"
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name} is {version}, needed {requirement.specifier}"


def fits(version: str, specifier: str) -> bool:
    """Whether a version is one of those that a specifier such as ">=3.11" allows."""
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)


def look_at_numpy() -> Finding:
    """NumPy's library for linear algebra, its threads, and how fast it multiplies."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    threads, cores = _blas_threads(), _usable_cores()
    speed = gigaflops()
    found = f"{np.__version__} with {blas}, threads: {threads or 'unknown'}, {speed:.0f} GFLOP/s"
    if threads and threads > cores:
        advice = f"set OPENBLAS_NUM_THREADS={cores}: this process may use {cores} cores"
        return Finding("warning", f"{found} on {cores} cores", advice)
    if speed < SLOW:
        advice = "slow, if nothing else runs now: pip's and conda-forge's NumPy bring OpenBLAS"
        return Finding("warning", found, advice)
    return ok(found)


def _blas_threads() -> int | None:
    from threadpoolctl import threadpool_info

    return max((pool["num_threads"] for pool in threadpool_info()), default=None)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gigaflops(size: int = 512) -> float:
    """Speed of a product of two square float32 matrices, in 10^9 operations a second."""
    import numpy as np

    a = np.ones((size, size), np.float32)
    seconds = []
    for _ in range(5):  # the first one starts the threads
        start = time.perf_counter()
        a @ a
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds) / 1e9


def look_at_figures() -> Finding:
    from lessons_lib.cli.common import draw_as_usual

    try:
        draw_as_usual()
        import matplotlib
    except ValueError as error:  # its message names every backend there is
        if "MPLBACKEND" not in os.environ:
            raise
        found = str(error).split(";")[0]
        return Finding("problem", found, "unset MPLBACKEND: figures need no backend and no display")
    return ok(f"Matplotlib {matplotlib.__version__}; no display is needed")


def look_at_shipped_data() -> Finding:
    from lessons_lib.files import data_path

    for parts in (("village", "train.txt.bz2"), ("weights", "village-lstm.safetensors")):
        data_path(*parts)
    return ok("the village and the trained models are here")


def look_at_data_home() -> Finding:
    """Which texts are there to train on, and whether others can be downloaded."""
    from lessons_lib.text import CORPORA, find_data_home, is_present

    advice = "name a folder that you may write to in $LESSONS_DATA_HOME"
    try:
        home = find_data_home()
    except ValueError as error:
        return Finding("warning", str(error), advice)
    here = [name for name in CORPORA if is_present(name)]
    found = f"{home} has {', '.join(here)}"
    if absent := [name for name in CORPORA if name not in here]:
        found += f"; `lessons data fetch` brings {', '.join(absent)}"
    if not os.access(_first_that_exists(home), os.W_OK | os.X_OK):
        return Finding("warning", f"cannot write to {home}", advice)
    return ok(found)


def _first_that_exists(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def look_at_notebooks(folder: Path) -> Finding:
    """The lessons, in the folder, below it, or in the checkout that the package runs from."""
    from lessons_lib.course.lessons import LESSONS

    for place in (folder, folder / "notebooks", CHECKOUT / "notebooks"):
        missing = [o.name for o in LESSONS if not (place / o.file).is_file()]
        if not missing:
            return ok(f"{len(LESSONS)} lessons in {place}")
        if len(missing) < len(LESSONS):
            advice = "get the course's files again, or go to the folder that has them"
            return Finding("warning", f"{place} lacks {', '.join(missing)}", advice)
    advice = "they come with the course's files, not with the package: go to their folder"
    return Finding("warning", f"no lessons in {folder}", advice)


def look_at_jupyter() -> Finding:
    """Whether notebooks would run in this environment, and not in another."""
    missing = [name for name in FOR_NOTEBOOKS if not _is_installed(name)]
    if missing:
        advice = f"for the notebooks: {install_command()}"
        return Finding("warning", f"{', '.join(missing)} missing", advice)
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    advice = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        runs = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("problem", "there is no kernel python3", advice)
    # Jupyter takes a bare "python" for the Python that it runs in itself. A link is not followed:
    # the Python of an environment is often a link to the one that it was made from.
    if os.path.isabs(runs) and Path(runs).parent.absolute() != Path(sys.executable).parent:
        return Finding("problem", f"notebooks would run in {runs}, not here", advice)
    return ok(f"JupyterLab {metadata.version('jupyterlab')}, whose kernel is this Python")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def look_at_disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free in {folder}"
    if free < LEAST_FREE:
        advice = f"make room: texts and trained models take up to {LEAST_FREE / 1e9:.1f} GB"
        return Finding("warning", found, advice)
    return ok(found)


def look_at_isolation() -> Finding:
    """Whom one may grade here; a worker is started to see."""
    from lessons_lib.grading.isolation.policy import missing_for_strong

    if missing := missing_for_strong():
        advice = f"strong isolation: {missing}; docs/isolation.md says what it needs"
        return Finding("ok", "basic isolation: for your own work", advice)
    return ok("strong isolation, tried: also for work of people you do not know")
