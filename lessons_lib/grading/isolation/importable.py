"""What a submission may import of this package: plain functions, and none of the answers."""

import ast
import compileall
import functools
import importlib.util
import io
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from py_compile import PycInvalidationMode

from lessons_lib.grading.exercise.handed_out import write
from lessons_lib.grading.isolation.running import NOT_THE_LEARNERS

GRADING_FOLDER = Path(__file__).parent.parent
WORKERS_OWN = (
    "wording.py",
    "exercise/cases.py",
    "exercise/containers.py",
    "isolation/defining.py",
    "isolation/names.py",
    "isolation/needed.py",
    "isolation/running.py",
    "isolation/stand_in.py",
    "isolation/statements.py",
    "isolation/system_calls.py",
    "isolation/times.py",
    "isolation/unset.py",
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
# A progress bar that shows nothing: what it goes through is handed on.
TQDM = """
from IPython import Nothing


class tqdm(Nothing):
    def __init__(self, iterable=(), *arguments, **named):
        self.iterable = iterable

    def __iter__(self):
        return iter(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return None


def trange(*arguments, **named):
    return tqdm(range(*arguments))


tqdm_notebook, tnrange = tqdm, trange
"""


class Folder(tempfile.TemporaryDirectory[str]):
    """A temporary folder that may be removed whatever a submission has put into it."""

    def __init__(self) -> None:
        super().__init__(prefix="memory-gates-", ignore_cleanup_errors=True)

    def cleanup(self) -> None:
        try:
            super().cleanup()
        except RecursionError:  # folders in folders, thousands deep
            subprocess.run(["rm", "-rf", self.name], check=False)


class Importable:
    """A zip file with what a submission may import beside Python and NumPy.

    One file for each submission, because a folder of fifty takes longer to write and to remove
    than the submission to answer.
    """

    def __init__(
        self,
        modules: Collection[str] = (),
        taken: Collection[str] = (),
        handed_out: Mapping[str, bytes] | None = None,
    ) -> None:
        """Write it.

        Args:
            modules: which files of this package it has, beside what the worker is made of.
            taken: functions that it has not, because they are asked for.
            handed_out: modules of an instructor's, by their place.
        """
        self._folder = Folder()
        self.file = Path(self._folder.name, "importable.zip")
        texts = tuple((handed_out or {}).items())
        self.file.write_bytes(_archive(tuple(modules), frozenset(taken), texts))
        for path in (self.file.parent, self.file):
            path.chmod(0o755)  # it is read by another user, where root grades

    def __enter__(self) -> "Importable":
        return self

    def __exit__(self, *exception: object) -> None:
        self._folder.cleanup()


@functools.lru_cache
def _archive(
    modules: tuple[str, ...], taken: frozenset[str], handed_out: tuple[tuple[str, bytes], ...]
) -> bytes:
    """The modules compiled: every worker would spend a tenth second on that."""
    data = io.BytesIO()
    with Folder() as name, zipfile.ZipFile(data, "w") as archive:
        folder = Path(name)
        write(dict(handed_out), folder)
        _write_sources(folder, modules, taken)
        unchecked = PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(
            folder,
            stripdir=name,
            prependdir=NOT_THE_LEARNERS,
            quiet=2,
            legacy=True,
            invalidation_mode=unchecked,
        )
        for path in sorted(folder.rglob("*.pyc")):
            archive.write(path, path.relative_to(folder))
    return data.getvalue()


def _write_sources(folder: Path, modules: Collection[str], taken: Collection[str]) -> None:
    package = folder / "lessons_lib"
    (package / "grading").mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in WORKERS_OWN:
        copy = package / "grading" / name
        copy.parent.mkdir(exist_ok=True)
        copy.with_name("__init__.py").touch()
        shutil.copyfile(GRADING_FOLDER / name, copy)
    (package / "grading" / "__init__.py").write_text(GRADING)
    _copy_transformer(folder / "IPython")
    _write_stand_ins(folder)
    for name in modules:
        source = (GRADING_FOLDER.parent / name).read_text(encoding="utf-8")
        (package / name).write_text(without(source, taken), encoding="utf-8")


def _write_stand_ins(folder: Path) -> None:
    """What shows something to a learner, and nothing here."""
    nothing = (GRADING_FOLDER / "isolation" / "stand_in.py").read_text(encoding="utf-8")
    for package, names, source in (
        ("IPython", ("__init__", "display"), nothing),
        ("matplotlib", ("__init__", "pyplot"), nothing),
        ("tqdm", ("__init__", "auto", "notebook", "std"), TQDM),
    ):
        (folder / package).mkdir(exist_ok=True)
        for name in names:
            (folder / package / f"{name}.py").write_text(source, encoding="utf-8")


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
