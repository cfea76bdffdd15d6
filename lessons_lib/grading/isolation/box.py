"""What a submission may import of this package: plain functions, and none of the answers."""

import ast
import compileall
import functools
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Collection
from pathlib import Path
from py_compile import PycInvalidationMode

GRADING_FOLDER = Path(__file__).parent.parent
WORKERS_OWN = (
    "wording.py",
    "exercise/cases.py",
    "exercise/containers.py",
    "isolation/defining.py",
    "isolation/needed.py",
    "isolation/running.py",
    "isolation/stand_in.py",
    "isolation/statements.py",
    "isolation/system_calls.py",
    "isolation/times.py",
    "isolation/wire.py",
    "isolation/worker.py",
)

# Notebooks import these beside their exercises; in grading they do nothing.
# A lesson goes on with "your function if it passed": here always with the submission's.
GRADING = '''
class Report:
    """Says nothing: the grader checks."""

    score = max_score = 0
    results = ()


def check(*arguments, **named):
    """Does nothing: the grader checks."""
    return Report()


hint = reveal = case = check
'''


class Folder(tempfile.TemporaryDirectory[str]):
    """A temporary folder that may be removed whatever a submission has put into it."""

    def __init__(self) -> None:
        super().__init__(prefix="memory-gates-", ignore_cleanup_errors=True)

    def cleanup(self) -> None:
        try:
            super().cleanup()
        except RecursionError:  # folders in folders, thousands deep
            subprocess.run(["rm", "-rf", self.name], check=False)


class Box:
    """A folder with what a submission may import beside Python and NumPy."""

    def __init__(self, modules: Collection[str] = (), taken: Collection[str] = ()) -> None:
        self._folder = Folder()
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)  # it is read by another user, where root grades
        fill_box(self.folder, modules, taken)

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *exception: object) -> None:
        self._folder.cleanup()


def fill_box(folder: Path, modules: Collection[str], taken: Collection[str]) -> None:
    """Write the package that a submission sees.

    Args:
        folder: an empty folder; `lessons_lib` is made in it.
        modules: which files of this package it has, beside what the worker is made of.
        taken: functions that it has not, because they are asked for.
    """
    for name, data in _contents(tuple(modules), frozenset(taken)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


@functools.lru_cache
def _contents(modules: tuple[str, ...], taken: frozenset[str]) -> dict[str, bytes]:
    """The files of a box by name, compiled: every worker would spend a tenth second on that."""
    with Folder() as name:
        folder = Path(name)
        _write_sources(folder, modules, taken)
        unchecked = PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(folder, quiet=2, invalidation_mode=unchecked)
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _write_sources(folder: Path, modules: Collection[str], taken: Collection[str]) -> None:
    package = folder / "lessons_lib"
    (package / "grading").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "grading" / "__init__.py").write_text(GRADING)
    for name in WORKERS_OWN:
        copy = package / "grading" / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(GRADING_FOLDER / name, copy)
    _copy_transformer(folder / "IPython")
    for name in modules:
        source = (GRADING_FOLDER.parent / name).read_text(encoding="utf-8")
        (package / name).write_text(without(source, taken), encoding="utf-8")


def package_folder(name: str) -> Path:
    """Where an installed package lies. Nothing of it is run."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, f"{name} is a dependency"
    return Path(spec.origin).parent


def _copy_transformer(folder: Path) -> None:
    """An IPython of which nothing is left but how it turns cells into Python."""
    installed = package_folder("IPython")
    for part in ("core/inputtransformer2.py", "utils/tokenutil.py"):
        (folder / part).parent.mkdir(parents=True)
        shutil.copyfile(installed / part, folder / part)
        (folder / part).with_name("__init__.py").touch()
    for name in ("__init__.py", "display.py"):
        shutil.copyfile(GRADING_FOLDER / "isolation" / "stand_in.py", folder / name)


def without(source: str, names: Collection[str]) -> str:
    """A module's source without some of its functions, and without annotations of shapes."""
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name in names)
        and not (isinstance(node, ast.ImportFrom) and node.module == "jaxtyping")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)
