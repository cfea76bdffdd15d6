"""What is exported is run before it is written: no student gets a file that Python cannot read."""

import ast
import io
import json
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from inspect import Signature, signature
from pathlib import Path
from typing import Any

import numpy as np

import lessons_lib
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.export.assignment import Assignment, GraderFiles
from lessons_lib.grading.export.describing import shape_check
from lessons_lib.grading.isolation.running import run
from lessons_lib.grading.wording import one_line

PACKAGE = Path(lessons_lib.__file__).parent
LOAD = """
from pathlib import Path
from lessons_lib.grading.exercise.loading import load_exercises
try:
    load_exercises(Path(sys.argv[1]))
except ValueError as error:
    sys.exit(str(error))
"""


def try_files(
    files: Mapping[str, bytes], assignments: Sequence[Assignment], grader: GraderFiles
) -> None:
    """Run the stubs of an export, and load the instructor's file as a platform will.

    Raises:
        ValueError: if a file cannot be read or run, or stubs are not what was asked.
    """
    by_name = {assignment.name: assignment for assignment in assignments}
    texts = {f"{assignment.name}.ipynb" for assignment in assignments if assignment.text}
    carried = grader.files()
    for path, data in _with_members(files):
        name = path.rpartition("/")[2]
        stem, _, suffix = name.rpartition(".")
        try:
            if name in texts:
                json.loads(data)  # a lesson's text takes minutes to run; its stubs are the .py's
            elif suffix in ("py", "ipynb"):
                code = data.decode() if suffix == "py" else _code_in(json.loads(data))
                tree = ast.parse(data if suffix == "py" and carried.get(name) == data else code)
                if stem in by_name and carried.get(name) != data:
                    _try_stubs(tree, by_name[stem])
            elif suffix == "json":
                json.loads(data)
        except Exception as error:
            text = one_line(f"{type(error).__name__}: {error}")
            raise ValueError(f"--exercises: {path} of the export does not run: {text}") from error
    if grader.exercises_name in files or any(path.endswith(".zip") for path in files):
        _load_elsewhere(carried, grader)


def _with_members(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for path, data in files.items():
        yield path, data
        if path.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from ((f"{path}/{n}", archive.read(n)) for n in archive.namelist())


def _code_in(notebook: dict[str, Any]) -> str:
    return "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")


def _try_stubs(tree: ast.Module, assignment: Assignment) -> None:
    """Run what a grader runs of a handout, then call its stubs and the reference's check."""
    checks = ast.Expr | ast.Assert | ast.Raise
    defining = [statement for statement in tree.body if not isinstance(statement, checks)]
    names: dict[str, Any] = {"__name__": "handout"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(ast.Module(defining, []), assignment.name, "exec"), names)
        for exercise in assignment.exercises:
            stub = names[exercise.name]
            _compare(signature(stub), signature(exercise.reference), exercise)
            (outcome,) = run(stub, exercise.cases(np.random.default_rng(0))[:1])
            if outcome.attempted:
                raise ValueError(f"the stub of {exercise.name} gives {outcome.value!r}")
            if "check_shapes" in names:
                exec(shape_check(exercise), {**names, exercise.name: exercise.reference})


def _compare(stub: Signature, wanted: Signature, exercise: Exercise) -> None:
    """Whether a stub is called as its reference is, by default too."""
    for got, own in zip(stub.parameters.values(), wanted.parameters.values(), strict=True):
        same = (got.name, got.kind) == (own.name, own.kind)
        # A function is written with its place in memory, which says nothing.
        texts = {str(p.default).split(" at 0x")[0] for p in (got, own)}
        if not same or len(texts) > 1:
            raise ValueError(f"{exercise.name} has {got} for {own}; is it changed after the def?")


def _load_elsewhere(carried: Mapping[str, bytes], grader: GraderFiles) -> None:
    """Load the instructor's file where there is nothing but what is carried along."""
    if grader.exercises_name is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, data in carried.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        code = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n{LOAD}"
        done = subprocess.run(
            [sys.executable, "-I", "-c", code, str(Path(folder, grader.exercises_name))],
            cwd=folder,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["its process ended"]
        text = said[-1].replace(f"{folder}/", "").removeprefix("--exercises: ")
        raise ValueError(f"--exercises: it runs here, but not where it is exported to: {text}")
