"""An exercise in words and code that give nothing of the answer away."""

import inspect
import json
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.definition import Exercise, Output

ADVICE = (
    "Complete the functions and leave their names and parameters as they are. "
    "Import nothing beside NumPy and the standard library. "
    "In grading, imports, definitions and assignments of this file are run and nothing else of it; "
    "then each function is called with new arguments."
)

UNSOLVED = "raise NotImplementedError"


def signature(exercise: Exercise) -> str:
    """As in a definition: "rnn_step(x, h_prev, Wx, Wh, b)"."""
    found = inspect.signature(exercise.reference)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    return f"{exercise.name}{inspect.Signature(bare)}"


def stub(exercise: Exercise) -> str:
    """A definition without a body."""
    text = _docstring(exercise).replace("\\", "\\\\").replace('"""', "'''")
    first, *rest = text.splitlines()
    lines = [f'"""{first}', *rest, '"""'] if rest else [f'"""{first}"""']
    body = textwrap.indent("\n".join([*lines, UNSOLVED]), "    ")
    return f"def {signature(exercise)}:\n{body}"


def shape_check(exercise: Exercise) -> str:
    """Code that calls a student's function once and compares shapes.

    It is no definition, so it is left out in grading. Where arguments are of other kinds
    than arrays and numbers, it only looks whether there is such a function.
    """
    case = exercise.cases(_rng())[0]
    rng = _rng()
    stand_ins = {name: _stand_in(value, rng) for name, value in case.arguments.items()}
    shapes = _shapes(exercise, {k: s[1] for k, s in stand_ins.items() if s is not None})
    if shapes is None:
        return f"assert callable({exercise.name})"
    arguments = "\n".join(f"        {s[0]}," for s in stand_ins.values() if s is not None)
    expected = "\n".join(f"        {json.dumps(name)}: {shape}," for name, shape in shapes.items())
    return (
        f"check_shapes(\n    {exercise.name},\n    lambda rng: [\n{arguments}\n    ],\n"
        f"    {{\n{expected}\n    }},\n)"
    )


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _docstring(exercise: Exercise) -> str:
    # An adapted exercise has the docstring of the course's, in the course's notation.
    adapted = hasattr(exercise.reference, "__wrapped__")
    if exercise.reference.__doc__ and not adapted:
        return inspect.cleandoc(exercise.reference.__doc__)
    arguments = [f"    {name}: {dims}." for name, dims in _argument_dims(exercise).items()]
    results = [f"    {_result(output)}." for output in exercise.returned]
    changed = [f"    {o.written_to}: written to, {o.name}." for o in _written_outputs(exercise)]
    lines = [f"Compute {', '.join(output.name for output in exercise.outputs)}.", "", "Args:"]
    lines += [*arguments, *changed]
    if results:
        lines += ["", "Returns:", *results]
    if exercise.may_follow:
        lines += [f"    {', '.join(exercise.may_follow)}: if you like; not graded."]
    return "\n".join(lines)


def _written_outputs(exercise: Exercise) -> list[Output]:
    return [output for output in exercise.outputs if output.written_to]


def _result(output: Output) -> str:
    dims = f"({', '.join(output.axes)}{',' if len(output.axes) == 1 else ''})"
    parts = [output.about, dims if output.axes else "a number"]
    if output.blocks:
        parts.append(f"blocks {', '.join(output.blocks)} along the last axis")
    return f"{output.name}: {', '.join(part for part in parts if part)}"


def _argument_dims(exercise: Exercise) -> dict[str, str]:
    """Each argument's shape in the letters of the sizes: "(D, 4H)"."""
    rng = _rng()
    drawn = [(sizes, exercise.draw(rng, **sizes)) for sizes in exercise.sizes]
    return {name: _dims(name, drawn) for name in exercise.parameters}


def _dims(name: str, drawn: list[tuple[dict[str, int], dict[str, Any]]]) -> str:
    values = [made[name] for _, made in drawn]
    if not all(isinstance(value, np.ndarray) for value in values):
        return f"a {type(values[0]).__name__}"
    letters = []
    for axis in range(values[0].ndim):
        letter = _letter([(sizes, made[name].shape[axis]) for sizes, made in drawn])
        letters.append(letter or str(values[0].shape[axis]))
    return f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"


def _letter(lengths: list[tuple[dict[str, int], int]]) -> str | None:
    """The letter, or small multiple of one, that has the length of an axis for all sizes."""
    for factor in range(1, 9):
        for letter in lengths[0][0]:
            if all(length == factor * sizes.get(letter, 0) for sizes, length in lengths):
                return letter if factor == 1 else f"{factor}{letter}"
    return None


def _stand_in(value: Any, rng: np.random.Generator) -> tuple[str, Any] | None:
    """Code for a value of the same kind and shape, and the value it makes; None if neither."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value), value
    if not isinstance(value, np.ndarray):
        return None
    if value.dtype.kind == "f":
        return f"rng.normal(size={value.shape})", rng.normal(size=value.shape)
    if value.dtype.kind == "i" and value.size and value.min() >= 0:
        most = int(value.max()) + 1
        return f"rng.integers({most}, size={value.shape})", rng.integers(most, size=value.shape)
    return None


def _shapes(exercise: Exercise, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]] | None:
    """The shapes of the results for such arguments; None if they have none."""
    if len(arguments) < len(exercise.parameters) or _written_outputs(exercise):
        return None
    try:
        with np.errstate(all="ignore"):
            value = exercise.reference(*arguments.values())
    except (ValueError, IndexError):  # arguments that only fit each other as they were drawn
        return None
    results = exercise.results_of(value, arguments)
    if results is None or not all(isinstance(r, np.ndarray | np.generic | float) for r in results):
        return None
    names = [output.name for output in exercise.outputs]
    return {name: np.shape(r) for name, r in zip(names, results, strict=True)}
