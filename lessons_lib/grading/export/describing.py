"""An exercise in words and code that give nothing of the answer away."""

import inspect
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise, Output
from lessons_lib.grading.exercise.handed_out import handed_out_with, modules_of
from lessons_lib.grading.export.as_written import code_of, written
from lessons_lib.grading.isolation.running import call
from lessons_lib.grading.wording import in_words

ADVICE = (
    "Complete the functions and leave their names and parameters as they are. "
    "Import nothing beside {modules}. "
    "In grading, imports, definitions and assignments of this file are run and nothing else of it; "
    "then each function is called with new arguments."
)


def advice(exercises: Sequence[Exercise]) -> str:
    """What students are told of their work and its grading."""
    handed_out = modules_of(handed_out_with(exercises))
    return ADVICE.format(modules=in_words(["NumPy", "the standard library", *handed_out]))


UNSOLVED = "raise NotImplementedError"


def signature(exercise: Exercise) -> str:
    """As in a heading: "rnn_step(x, h_prev, Wx, Wh, b)"."""
    return f"{exercise.name}{written(exercise).heading}"


def stub(exercise: Exercise) -> str:
    """A definition without a body."""
    body = textwrap.indent(f"{text_literal(_docstring(exercise))}\n{UNSOLVED}", "    ")
    return f"def {exercise.name}{written(exercise).signature}:\n{body}"


def text_literal(text: str) -> str:
    """Python code for a text of one or more lines, in triple quotes."""
    prefix, end = "", ""
    readable = all(letter == "\n" or letter.isprintable() for letter in text)
    if readable and "\\" in text and '"""' not in text and not text.endswith(("\\", '"')):
        prefix = "r"
    else:
        if text.endswith('"'):
            text, end = text[:-1], r"\""
        text = text.replace("\\", r"\\").replace('"""', r"\"\"\"")
        text = "".join(
            letter if letter == "\n" or letter.isprintable() else _escaped(letter)
            for letter in text
        )
    last = "\n" if "\n" in text else ""
    return f'{prefix}"""{text}{end}{last}"""'


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def shape_check(exercise: Exercise) -> str:
    """Code that calls a student's function once and compares shapes.

    It is no definition, so it is left out in grading. Where arguments are of other kinds than
    arrays and numbers, or the reference takes none but those of its cases, it only looks whether
    there is such a function.
    """
    case = exercise.cases(_rng())[0]
    codes = {name: _stand_in(value) for name, value in case.arguments.items()}
    shapes = None if None in codes.values() else _shapes(exercise, case, codes)
    if shapes is None:
        return f"assert callable({exercise.name})"
    by_name = [f"{name}={codes[name]}" for name in codes if name in case.keyword_only]
    by_place = [str(codes[name]) for name in codes if name not in case.keyword_only]
    arguments = "\n".join(f"        {code}," for code in (*by_place, *by_name))
    expected = "\n".join(f"        {json.dumps(name)}: {shape}," for name, shape in shapes.items())
    return (
        f"check_shapes(\n    lambda rng: {exercise.name}(\n{arguments}\n    ),\n"
        f"    {{\n{expected}\n    }},\n)"
    )


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _docstring(exercise: Exercise) -> str:
    # An adapted exercise has the docstring of the course's, in the course's notation.
    adapted = "__signature__" in vars(exercise.reference)
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
    return {name: _dims(exercise, name, drawn) for name in exercise.parameters}


def _dims(exercise: Exercise, name: str, drawn: list[tuple[dict[str, int], dict[str, Any]]]) -> str:
    values = [made[name] for _, made in drawn]
    if forward := exercise.cache_from.get(name):
        return f"what {forward.name} returned last"
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


def _stand_in(value: Any) -> str | None:
    """Code for a value of the same kind and shape; None if it is of no kind that has such."""
    if not isinstance(value, np.ndarray):
        return code_of(value)
    if value.dtype.kind == "f":
        drawn = f"rng.normal(size={value.shape})"
        return f"abs({drawn})" if value.size and value.min() >= 0 else drawn
    if value.dtype.kind in "iub" and value.size and value.min() >= 0:
        drawn = f"rng.integers({int(value.max()) + 1}, size={value.shape})"
        return drawn if value.dtype.kind != "b" else f"{drawn} > 0"
    return None


def _shapes(
    exercise: Exercise, case: Case, codes: Mapping[str, str | None]
) -> dict[str, tuple[int, ...]] | None:
    """The shapes of the results of a case; None if the stand-ins do not give the same."""
    if _written_outputs(exercise):
        return None
    rng = _rng()
    stand_ins = {name: eval(str(code), {"np": np, "rng": rng}) for name, code in codes.items()}
    found = []
    for arguments in (case.copied_arguments(), stand_ins):
        outcome = call(exercise.reference, replace(case, arguments=arguments))
        results = exercise.results_of(outcome.value, arguments) if not outcome.raised else None
        if results is None:
            return None
        if not all(isinstance(r, np.ndarray | np.generic | float) for r in results):
            return None
        names = [output.name for output in exercise.outputs]
        found.append({name: np.shape(r) for name, r in zip(names, results, strict=True)})
    return found[0] if found[0] == found[1] else None
