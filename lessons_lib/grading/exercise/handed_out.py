"""Modules that an instructor hands out with an assignment: answers may import them.

A file of exercises names them: `HANDED_OUT = ("rnn_utils.py", "plots")`, modules and packages that
lie beside it.
"""

import ast
import contextlib
import importlib
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from lessons_lib.grading.exercise.definition import Exercise

NEVER_BESIDE = {*sys.stdlib_module_names, "numpy", "lessons_lib"}
WORKERS_OWN = {"IPython", "parso", "submission"}  # in the process that runs a submission
NAME = "HANDED_OUT"
EXPECTED = f'{NAME}: expected modules or packages beside it, written out: {NAME} = ("utils.py",)'


def handed_out_files(path: Path) -> dict[str, Path]:
    """The files that a file of exercises hands out, by their place seen from its folder.

    Nothing is run: the names stand there as they are.

    Raises:
        ValueError: if one of the names is no module or package there that can be handed out.
    """
    found: dict[str, Path] = {}
    for name in _names(path):
        beside = path.parent / name
        module = name.removesuffix(".py")
        is_package = (beside / "__init__.py").is_file()
        if not module.isidentifier() or not (is_package or name.endswith(".py")):
            raise _error(path, f"{EXPECTED}, got {name!r}")
        if module in NEVER_BESIDE | WORKERS_OWN or module == path.stem:
            raise _error(path, f"{NAME}: another module has the name of {name!r}; change it")
        files = sorted(beside.rglob("*.py")) if is_package else [beside]
        for file in files:
            if not file.is_file():
                raise _error(path, f"{NAME}: there is no file {name!r} beside it")
            found[file.relative_to(path.parent).as_posix()] = file
    return found


def sources(path: Path) -> dict[str, bytes]:
    """What `handed_out_files` finds, by its place.

    Raises:
        ValueError: if a file is not Python.
    """
    texts = {place: file.read_bytes() for place, file in handed_out_files(path).items()}
    for place, text in texts.items():
        try:
            compile(text, place, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise _error(path, f"{NAME}: {place}{line}: {type(error).__name__}: {error}") from error
    return texts


def handed_out_with(exercises: Iterable[Exercise]) -> dict[str, bytes]:
    """All that is handed out with some exercises, by its place."""
    return {p: text for exercise in exercises for p, text in exercise.handed_out.items()}


def modules_of(places: Iterable[str]) -> list[str]:
    """What is imported first: "rnn_utils" for "rnn_utils.py", "plots" for "plots/colours.py"."""
    return list(dict.fromkeys(place.partition("/")[0].removesuffix(".py") for place in places))


def module_of(place: str) -> str:
    """The module that a file is: "plots.colours" for "plots/colours.py"."""
    return place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def write(handed_out: Mapping[str, bytes], folder: Path) -> None:
    """Lay it into a folder."""
    for place, text in handed_out.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(text)


@contextlib.contextmanager
def imported(handed_out: Mapping[str, bytes]) -> Iterator[list[ModuleType]]:
    """Its modules, which are imported here and forgotten again."""
    first = modules_of(handed_out)

    def taken_out() -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] in first]
        return {name: sys.modules.pop(name) for name in names}

    before = taken_out()
    with tempfile.TemporaryDirectory(prefix="memory-gates-") as folder:
        write(handed_out, Path(folder))
        sys.path.insert(0, folder)
        try:
            yield [importlib.import_module(module_of(place)) for place in handed_out]
        finally:
            sys.path.remove(folder)
            taken_out()
            sys.modules.update(before)


def _names(path: Path) -> list[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):  # told when it is run
        return []
    for statement in reversed(tree.body):
        match statement:
            case ast.Assign([ast.Name(id="HANDED_OUT")], value):
                break
    else:
        return []
    match value:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            names = [part.value for part in parts if isinstance(part, ast.Constant)]
            if len(names) == len(parts) and all(isinstance(name, str) for name in names):
                return [str(name) for name in names]
    raise _error(path, EXPECTED)


def _error(path: Path, text: str) -> ValueError:
    return ValueError(f"--exercises: {path}: {text}")
