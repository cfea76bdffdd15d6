"""An instructor's file of exercises, and the modules beside it that it imports."""

import ast
import contextlib
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import keyword
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType

from lessons_lib.files import walk
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.exercise.handed_out import (
    EXPECTED,
    NAME,
    NEVER_BESIDE,
    handed_out_files,
    modules_of,
    sources,
)
from lessons_lib.grading.exercise.registry import EXERCISES

# By the module that a file became: the modules beside it, by their names in `sys.modules`.
_helpers_of: dict[str, dict[str, ModuleType]] = {}


class FromSource(importlib.machinery.SourceFileLoader):
    """Takes a file for what it says, and never byte code: __pycache__ may be a student's."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def load_exercises(path: Path) -> list[Exercise]:
    """The exercises that an instructor's file defines, in its order.

    Modules beside the file are found, as when Python runs it, and belong to it alone: another
    file's helper may have the same name.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be run, or defines none, or one that nobody could answer, or hands
            out what is no module.
    """
    if not path.is_file():
        raise FileNotFoundError(f"--exercises: there is no file {path}")
    handed_out = sources(path)
    name = f"assignment_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        if path.suffix != ".py":
            raise ValueError(f"--exercises: expected a .py file, got {path}")
        loader = FromSource(name, str(path))
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # also for inspect, which looks for sources there
        try:
            with _beside(path) as helpers, EXERCISES.unchanged():  # the file's are in the list
                first = len(EXERCISES.added)  # those of installed packages are none of its own
                loader.exec_module(module)
            vars(module)["__made_here__"] = EXERCISES.added[first:]
        except BaseException as error:
            del sys.modules[name]
            if isinstance(error, KeyboardInterrupt):
                raise
            raise ValueError(f"--exercises: {_told(error, path)}") from error
        _helpers_of[name] = helpers
    sys.modules.update(_helpers_of[name])  # for what a function imports when it is called
    names = vars(sys.modules[name])
    if names.get(NAME) and not handed_out:  # it is not written out, or not at the top level
        raise ValueError(f"--exercises: {path}: {EXPECTED}")
    assigned = [value for value in names.values() if isinstance(value, Exercise)]
    made = names["__made_here__"]
    imported = [e for e in assigned if not any(e is one for one in made)]
    # Of two that a course could not tell apart, the later one counts, as with functions.
    own = {(e.lesson, e.name): e for e in (*imported, *made) if not e.is_of_the_course}
    if not own:
        raise ValueError(f"--exercises: {path} defines no exercise with @exercise")
    for exercise in own.values():
        exercise.handed_out = handed_out
        if not exercise.name.isidentifier() or keyword.iskeyword(exercise.name):
            raise ValueError(
                f"--exercises: {path}: an exercise is called {exercise.name!r}, "
                "and students can define no function of that name; write it with def"
            )
    return list(own.values())


def helper_files(path: Path) -> dict[str, Path]:
    """The files beside an instructor's file that it hands out or imports, directly or not.

    Returns:
        Files by the name that they have seen from its folder, with "/" between folders. Of a
        package every file is one.
    """
    return {**handed_out_files(path), **_imported_files(path)}


def _imported_files(path: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    left = [path]
    while left:
        for name in _imported(left.pop()):
            module, package = path.parent / f"{name}.py", path.parent / name
            members = sorted(root / name for root, _, names in walk(package) for name in names)
            if not any(member.suffix == ".py" for member in members):
                members = [module] if module != path and module.is_file() else []
            for member in members:
                place = member.relative_to(path.parent).as_posix()
                if member.is_file() and place not in found and "__pycache__" not in member.parts:
                    found[place] = member
                    left += [member] if member.suffix == ".py" else []
    return found


def content(path: Path) -> bytes:
    """All that the exercises of a file depend on: the file itself and the helpers beside it."""
    files = {path.name: path, **helper_files(path)}
    return b"".join(
        name.encode() + hashlib.sha256(file.read_bytes()).digest() for name, file in files.items()
    )


def _imported(path: Path) -> list[str]:
    """First parts of the names that a file imports, without those that are never beside it."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # told when it is run
        return []
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return [first for name in names if (first := name.split(".")[0]) not in NEVER_BESIDE]


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[dict[str, ModuleType]]:
    """Let imports find the helpers of a file before anything of their names that is installed."""
    wanted = modules_of(_imported_files(path))

    class Beside(importlib.abc.MetaPathFinder):
        """Finds those modules only: what else lies in the folder may be a student's."""

        def find_spec(
            self, name: str, within: Sequence[str] | None, target: ModuleType | None = None
        ) -> importlib.machinery.ModuleSpec | None:
            if name.split(".")[0] not in wanted:
                return None
            for folder in [str(path.parent.resolve())] if within is None else within:
                finder = importlib.machinery.FileFinder(folder, (FromSource, [".py"]))
                if spec := finder.find_spec(name, target):
                    return spec
            return None

    def helpers() -> dict[str, ModuleType]:
        return {n: m for n, m in sys.modules.items() if n.split(".")[0] in wanted}

    for name in helpers():
        del sys.modules[name]
    importlib.invalidate_caches()
    found: dict[str, ModuleType] = {}
    finder = Beside()
    sys.meta_path.insert(0, finder)
    try:
        # At once, so that a helper which is imported late, or by a function, is there.
        for module in sorted(wanted):
            with contextlib.suppress(Exception):  # it comes up again where it matters
                importlib.import_module(module)
        yield found
        found |= helpers()
    finally:
        sys.meta_path.remove(finder)


def _told(error: BaseException, path: Path) -> str:
    """In which line of an instructor's file, or of a helper, an exception came up."""
    files = {str(file) for file in helper_files(path).values()}
    files |= {str(Path(file).resolve()) for file in files} | {str(path)}
    if isinstance(error, SyntaxError):
        # Of a text that is no file of theirs Python gives no line that would help.
        file = error.filename if error.filename in files else str(path)
        return f"{file}, line {error.lineno}: {type(error).__name__}: {error.msg}".replace(
            ", line None", ""
        )
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            where = f"{frame.filename}, line {frame.lineno}"
            break
    else:
        where = str(path)
    return f"{where}: {type(error).__name__}: {error}"
