"""One slip: is an answer what the reference would give with one term, factor or name exchanged?

The reference is rewritten in one place at a time, and what comes of it compared in every case. So
nothing is guessed: the answer does give what a solution with that slip gives.
"""

import ast
import builtins
import itertools
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.definition import Exercise
from lessons_lib.grading.isolation.running import call
from lessons_lib.grading.judging.bounding import bounded
from lessons_lib.grading.judging.comparing import alike

FUNCTIONS = ("tanh", "sigmoid", "exp", "log", "sqrt")
ACTIVATIONS = {"tanh": "np.tanh", "sigmoid": "sigmoid"}  # where there is none, nothing comes of it
MOST_SECONDS = 2.0  # of work, to look for one: an instructor's reference may be slow
# Where an array is taken, by what stands in place of an index: a step's, or one that was given.
INDICES = {
    "{} - 1": ("from the step before, in every step", "at an index that is 1 too small"),
    "-1": ("from the last step, in every step", "at its last place, whatever the index"),
    "0": ("from the first step, in every step", "at its first place, whatever the index"),
}
ENDLESS = (itertools.count, itertools.cycle, itertools.repeat, iter)
Slip = tuple[str, ast.expr]  # in words, and what stands in the place of the right expression


def slip_in(
    exercise: Exercise,
    cases: Sequence[Case],
    results: Sequence[dict[str, np.ndarray]],
) -> str:
    """What a solution with these results would have done otherwise; empty if nothing is found.

    Those that are right are compared, too: a slip that spoils one of them was not made.

    Args:
        exercise: what was asked.
        cases: the calls that were made.
        results: what the answer gave in each, by name.
    """
    base = exercise.adapted_from or exercise
    try:
        tree = ast.parse(base.source)
    except (OSError, TypeError, SyntaxError):  # its source cannot be had
        return ""
    function = tree.body[0]
    if not (
        isinstance(function, ast.FunctionDef)
        and isinstance(base.reference, types.FunctionType)
        and function.name == base.reference.__code__.co_name
    ):
        return ""  # of a lambda there is what stands around it
    nodes = list(ast.walk(tree))
    # A pattern takes no other expressions, and what is nonlocal has to stand in a function.
    if any(isinstance(node, ast.Match | ast.Nonlocal) for node in nodes):
        return ""
    if any(_is_endless(node, base.reference.__globals__) for node in nodes):
        return ""
    order = sorted(range(len(cases)), key=lambda k: sum(cases[k].sizes.values()))
    names = _names_of_one_shape(exercise, base, cases[order[-1]])
    end = time.process_time() + MOST_SECONDS
    # The course's own loops end, and tracing takes time.
    may_never_end = not base.is_of_the_course or any(isinstance(n, ast.While) for n in nodes)
    versions = (_versions(exercise, base, tree, names, at) for at in (_slips_at, _factors_too_many))
    for words, version in itertools.chain.from_iterable(versions):
        version = bounded(version) if may_never_end else version
        if time.process_time() > end:
            return ""
        if all(_gives(exercise, version, cases[k], results[k]) for k in order):
            return f"A right solution gives the same numbers if {words}."
    return ""


def _is_endless(node: ast.AST, names: Mapping[str, Any]) -> bool:
    """Whether an expression is something like itertools.count.

    What goes on for ever inside of C, as sum(itertools.count()) does, is not ended by tracing.
    """
    found = None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = getattr(names.get(node.value.id), node.attr, None)
    elif isinstance(node, ast.Name):
        found = names.get(node.id, vars(builtins).get(node.id))
    return any(found is endless for endless in ENDLESS)  # not ==: it may be an array


def _gives(
    exercise: Exercise,
    version: Callable[..., Any],
    case: Case,
    got: dict[str, np.ndarray],
) -> bool:
    outcome = call(version, case)
    found = exercise.results_of(outcome.value, outcome.written_into)
    if outcome.raised or found is None:
        return False
    by_name = dict(zip((output.name for output in exercise.outputs), found, strict=True))
    return all(alike(o, by_name[o.name], got[o.name], "float64") for o in exercise.outputs)


def _names_of_one_shape(exercise: Exercise, base: Exercise, case: Case) -> dict[str, list[str]]:
    """By the name of an array in the reference, the other arrays of its shape."""
    seen: dict[str, Any] = {}

    def note(frame: types.FrameType, event: str, value: Any) -> None:
        if event == "return" and frame.f_code is base.reference.__code__:
            seen.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call(exercise.reference, case)
    finally:
        sys.setprofile(before)
    shapes = {k: v.shape for k, v in seen.items() if isinstance(v, np.ndarray) and v.ndim}
    return {k: [o for o in shapes if o != k and shapes[o] == shapes[k]] for k in shapes}


def _versions(
    exercise: Exercise,
    base: Exercise,
    tree: ast.Module,
    names: dict[str, list[str]],
    slips_at: Callable[[ast.expr, dict[str, list[str]], "_Told"], Iterator[Slip]],
) -> Iterator[tuple[str, Callable[..., Any]]]:
    told = _Told(exercise, base)
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)  # slip_in has looked
    for parent in [node for statement in function.body for node in ast.walk(statement)]:
        for name, child in ast.iter_fields(parent):
            for place, node in enumerate(child) if isinstance(child, list) else [(None, child)]:
                if not isinstance(node, ast.expr):
                    continue
                for words, other in slips_at(node, names, told):
                    other = ast.fix_missing_locations(ast.copy_location(other, node))
                    _put(parent, name, place, other)
                    scope = dict(base.reference.__globals__)
                    exec(compile(tree, "<slip>", "exec"), scope)
                    _put(parent, name, place, node)
                    yield words, exercise.in_its_notation(scope[function.name])


def _put(parent: ast.AST, name: str, place: int | None, node: ast.expr) -> None:
    if place is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[place] = node


class _Told:
    """What the learner calls the names of the reference: arguments, results, blocks.

    And what its docstring has, unless the exercise is adapted: then the learner has another.
    """

    def __init__(self, exercise: Exercise, base: Exercise) -> None:
        blocks = {block for output in exercise.outputs for block in output.blocks}
        self.parameters = base.parameters
        names = {*base.parameters, *(output.name for output in base.outputs)}
        if base is exercise:
            text = (base.reference.__doc__ or "").split()
            names |= blocks | {word.strip(".,:;()") for word in text}
            self.told = {name: name for name in names}
        else:
            theirs = exercise.names_of_ours
            self.told = {name: theirs[name] for name in names if name in theirs}
            self.told |= {block: block for block in blocks}

    def name(self, name: str) -> str:
        """What the learner calls it; empty if it may be unknown."""
        return self.told.get(name, "")


def _slips_at(node: ast.expr, names: dict[str, list[str]], told: _Told) -> Iterator[Slip]:
    if isinstance(node, ast.BinOp):
        yield from _in_an_operation(node)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "one array is not transposed", node.value
    elif isinstance(node, ast.Call) and len(node.args) == 1 and _name_of(node.func) in FUNCTIONS:
        name = _name_of(node.func)
        yield f"one {name} is left out", node.args[0]
        for other, wrong in ACTIVATIONS.items():
            if name in ACTIVATIONS and other != name:
                func = ast.parse(wrong, mode="eval").body
                yield f"{other} stands in one place for {name}", ast.Call(func, node.args, [])
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name):
        is_given = node.slice.id in names or node.slice.id in told.parameters  # no step
        for index, where in INDICES.items():
            place = ast.parse(index.format(node.slice.id), mode="eval").body
            text = f"one array is taken {where[is_given]}"
            yield text, ast.Subscript(node.value, place, node.ctx)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for other in names.get(node.id, ()):
            wrong, right = told.name(other), told.name(node.id)
            words = f"{wrong} stands in one place for {right}" if wrong and right else ""
            yield words or "one array stands in the place of another", ast.Name(other, ast.Load())


def _in_an_operation(node: ast.BinOp) -> Iterator[Slip]:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Add):
        yield "one term of a sum is left out", left
        yield "one term of a sum is left out", right
        yield "one sign is wrong", ast.BinOp(left, ast.Sub(), right)
        yield "+ and * are exchanged in one place", ast.BinOp(left, ast.Mult(), right)
    elif isinstance(node.op, ast.Sub):
        yield "one term of a difference is left out", left
        yield "one term of a difference is left out", right
        yield "one sign is wrong", ast.BinOp(left, ast.Add(), right)
        yield "a difference is taken the wrong way round", ast.BinOp(right, ast.Sub(), left)
    elif isinstance(node.op, ast.Mult):
        yield "one factor of a product is left out", left
        yield "one factor of a product is left out", right
        yield "+ and * are exchanged in one place", ast.BinOp(left, ast.Add(), right)
    elif isinstance(node.op, ast.Pow):
        yield "one power is left out", left
    elif isinstance(node.op, ast.Div):
        yield "one division is left out", left


def _factors_too_many(node: ast.expr, names: dict[str, list[str]], told: _Told) -> Iterator[Slip]:
    match node:
        case ast.BinOp(op=ast.Mult(), right=ast.Name(id=name)):
            for other in names.get(name, ()):
                words = f"{told.name(other) or 'one array'} is a factor too many in one place"
                yield words, ast.BinOp(node, ast.Mult(), ast.Name(other, ast.Load()))


def _name_of(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))
