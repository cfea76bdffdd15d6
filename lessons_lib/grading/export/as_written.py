"""A reference's signature as it stands in its source, and what has to stand before it."""

import ast
import builtins
import functools
import inspect
import math
import sys
from dataclasses import dataclass, field
from inspect import Parameter
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.definition import Exercise

IMPORTABLE = {*sys.stdlib_module_names, "numpy"}
IMPORTABLE_OF_OURS = "lessons_lib.functions"


@dataclass(frozen=True)
class Written:
    """How an exercise is defined.

    Attributes:
        signature: with defaults and those annotations that students can have.
        heading: the same in short, without annotations.
        needs: statements that the defaults and annotations need, such as "import math".
    """

    signature: str
    heading: str
    needs: tuple[str, ...]


class UnavailableError(Exception):
    """A name that students do not have."""


@functools.cache
def written(exercise: Exercise) -> Written:
    """The definition of an exercise.

    Raises:
        ValueError: if a default needs what students do not have.
    """
    found = inspect.signature(exercise.reference)
    source = _Source.of(exercise)
    needs: dict[str, None] = {}
    full, short = [], []
    for parameter in found.parameters.values():
        if parameter.default is not Parameter.empty:
            text = _default(exercise, parameter, source, needs)
            parameter = parameter.replace(default=_AsWritten(text))
        plain = parameter.replace(annotation=Parameter.empty)
        annotation = source.annotation(parameter.name, needs) if source else Parameter.empty
        full.append(plain.replace(annotation=annotation))
        short.append(plain)
    returns = source.annotation("return", needs) if source else Parameter.empty
    return Written(
        str(inspect.Signature(full, return_annotation=returns)),
        str(inspect.Signature(short)),
        tuple(needs),
    )


def code_of(value: Any) -> str | None:
    """An expression with NumPy as np that makes a value; None if there is no short one."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    name = getattr(value, "__name__", "")
    if name and getattr(np, name, None) is value:
        return f"np.{name}"
    try:
        return repr(value) if ast.literal_eval(repr(value)) == value else None
    except (ValueError, SyntaxError, TypeError):
        return None


class _AsWritten:
    """What `inspect.Signature` writes as this very text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Source:
    """The file in which a reference is defined, and its definition there."""

    text: str
    tree: ast.Module
    definition: ast.FunctionDef
    values: dict[str, Any]
    by_name: dict[str, ast.expr] = field(default_factory=dict)  # defaults

    @classmethod
    def of(cls, exercise: Exercise) -> "_Source | None":
        """None for an adapted exercise, or one that was not written with def."""
        reference = exercise.reference
        if "__signature__" in vars(reference):
            return None
        reference = inspect.unwrap(reference)
        try:
            lines, first = inspect.findsource(reference)
        except (OSError, TypeError):
            return None
        text = "".join(lines)
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == reference.__name__:
                starts = [node.lineno, *(decorator.lineno for decorator in node.decorator_list)]
                if min(starts) <= first + 1 <= node.lineno:
                    found = node.args
                    named = [*found.posonlyargs, *found.args][::-1]
                    pairs = [*zip(named, found.defaults[::-1], strict=False)]
                    pairs += [
                        (name, default)
                        for name, default in zip(found.kwonlyargs, found.kw_defaults, strict=True)
                        if default is not None
                    ]
                    by_name = {name.arg: default for name, default in pairs}
                    return cls(text, tree, node, reference.__globals__, by_name)
        return None

    def default(self, name: str, needs: dict[str, None]) -> str:
        """The default of a parameter; what it needs is added to `needs`."""
        node = self.by_name.get(name)
        if node is None:
            raise UnavailableError("what is not in its signature")
        self._add_needs(node, needs)
        return self._text(node)

    def annotation(self, name: str, needs: dict[str, None]) -> Any:
        """An annotation; none where students do not have its names."""
        found = self.definition.args
        every = [*found.posonlyargs, *found.args, *found.kwonlyargs]
        nodes = {argument.arg: argument.annotation for argument in every}
        node = self.definition.returns if name == "return" else nodes.get(name)
        try:
            if node is None:
                return Parameter.empty
            self._add_needs(node, needs)
        except UnavailableError:
            return Parameter.empty
        return _AsWritten(self._text(node))

    def _text(self, node: ast.AST) -> str:
        text = ast.get_source_segment(self.text, node) or ""
        return ast.unparse(node) if "\n" in text else text

    def _add_needs(self, node: ast.AST, needs: dict[str, None]) -> None:
        added: dict[str, None] = {}
        for name in sorted(_free_names(node)):
            self._add_statement(name, added, ())
        needs |= added

    def _add_statement(self, name: str, needs: dict[str, None], within: tuple[str, ...]) -> None:
        """Add the statement that binds a name, after those which that one needs."""
        if name in within:
            return
        binding = [node for node in self.tree.body if name in _bound_by(node)]
        earlier = [node for node in binding if node.lineno <= self.definition.lineno]
        if not binding and hasattr(builtins, name):
            return
        if not binding or isinstance(self.values.get(name), Exercise):
            raise UnavailableError(name)
        statement = (earlier or binding)[-1]
        if isinstance(statement, ast.Import | ast.ImportFrom):
            needs[_import_of(name, statement)] = None
            return
        if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.ClassDef):
            raise UnavailableError(name)
        for needed in sorted(_free_names(statement)):
            self._add_statement(needed, needs, (*within, name))
        if isinstance(statement, ast.Assign | ast.AnnAssign):  # another may stand in its line
            needs[ast.get_source_segment(self.text, statement) or ""] = None
            return
        lines = self.text.splitlines(keepends=True)
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(d.lineno for d in decorators)])
        needs["".join(lines[first - 1 : statement.end_lineno]).rstrip()] = None


def _default(
    exercise: Exercise, parameter: Parameter, source: _Source | None, needs: dict[str, None]
) -> str:
    try:
        if source is None:
            raise UnavailableError("its source")
        return source.default(parameter.name, needs)
    except UnavailableError as error:
        if (code := code_of(parameter.default)) is not None:
            return code
        raise ValueError(
            f"--exercises: {exercise.name}: the default of {parameter.name} needs {error}, "
            "which students do not have; expected what Python's library or NumPy can say"
        ) from None


def _free_names(node: ast.AST) -> set[str]:
    """Names that have to be there before a statement or expression is run."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    own = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    own |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return {n.id for n in names if isinstance(n.ctx, ast.Load)} - own


def _bound_by(statement: ast.stmt) -> set[str]:
    """Names that a statement at the top level of a file binds."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    return {
        n.id
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _import_of(name: str, statement: ast.Import | ast.ImportFrom) -> str:
    """The statement with the one name of it that is needed."""
    (alias,) = [a for a in statement.names if name == (a.asname or a.name.split(".")[0])][-1:]
    module = alias.name if isinstance(statement, ast.Import) else statement.module or ""
    relative = isinstance(statement, ast.ImportFrom) and statement.level
    if relative or not (module.split(".")[0] in IMPORTABLE or module == IMPORTABLE_OF_OURS):
        raise UnavailableError(f"{name} of {module or 'a file of yours'}")
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import([alias]))
    return ast.unparse(ast.ImportFrom(module, [alias], 0))
