"""What a statement of the top level binds, reads and may change, told from its text."""

import ast
import dis
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import NamedTuple

# Methods that leave their object as it is.
QUIET_METHODS = frozenset(
    "T all any argmax argmin argsort astype copy count cumsum decode dot encode endswith find "
    "flatten format get index item items join keys lower max mean min nonzero prod ravel replace "
    "reshape round rstrip split splitlines squeeze startswith std strip sum swapaxes tobytes "
    "tolist transpose upper values var view".split()
)
# Functions of modules that change an argument, or the module's own state.
WRITING = frozenset("at copyto fill_diagonal place put put_along_axis putmask shuffle".split())
CHANGE_THEIR_MODULE = frozenset("seed set_state seterr".split())
CHANGE_EVERYTHING = frozenset(["setrecursionlimit"])
NAMES_BY_TEXT = frozenset("exec globals locals vars".split())
ANYTHING = "*"
# What runs something that its text does not show: a property's getter, say, or a generator.
ACTING = (
    *(ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare, ast.AugAssign, ast.Delete),
    *(ast.For, ast.comprehension, ast.Starred, ast.With, ast.ClassDef, ast.FunctionDef),
)


class Change(NamedTuple):
    """A value that may be changed other than by binding a name to another one."""

    name: str
    # "item" (x[0] = 1, x.y = 1, x += 1), "method" (x.add(1)), "argument" (f(x)) or "call" (x())
    how: str
    by: str = ""  # the function or module that gets the argument


@dataclass
class Statement:
    """A statement of the top level, and what it has to do with names of the top level.

    Attributes:
        binds: names; `ANYTHING` if it cannot be told which.
        reads: also what functions inside it read.
        reads_now: what is read when it is run.
        changes: what may be changed when it is run; filled by `Program`.
        changes_now, changes_later: the same before names are known for modules and functions;
            those later by functions inside it.
        binds_later: names of the top level that functions inside it bind.
        callables: name: what it may be a method of, or made by.
        shares, shares_later: name: others whose values, or parts of them, it may be given.
    """

    label: str
    node: ast.stmt
    code: CodeType
    binds: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    reads_now: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    changes_now: set[Change] = field(default_factory=set)
    changes_later: set[Change] = field(default_factory=set)
    binds_later: set[str] = field(default_factory=set)
    callables: dict[str, set[str]] = field(default_factory=dict)
    shares: dict[str, set[str]] = field(default_factory=dict)
    shares_later: dict[str, set[str]] = field(default_factory=dict)
    makes_functions: bool = False

    @property
    def is_import(self) -> bool:
        """Whether it is an import, of one name."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def is_definition(self) -> bool:
        """Whether it is a def or class."""
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)

    @property
    def acts(self) -> bool:
        """Whether it may do more than bind its names."""
        if self.is_import:
            return False
        if isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef) and not (
            self.node.decorator_list or self.changes_now
        ):
            return False
        return any(isinstance(part, ACTING) for part in ast.walk(self.node))

    def touches(self, names: set[str]) -> bool:
        """Whether it binds or changes one of the names."""
        return bool(ANYTHING in self.binds or names & self.binds or names & self.changes)


def examined(label: str, node: ast.stmt, code: CodeType) -> Statement:
    """A statement, and what can be told of it without the others."""
    found = Statement(label, node, code)
    _read_code(code, found, is_now=True)
    _Changes(found).visit(node)
    by_star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    if by_star or found.reads_now & NAMES_BY_TEXT:
        found.binds.add(ANYTHING)
    return found


def _read_code(code: CodeType, found: Statement, *, is_now: bool) -> None:
    """Names as the compiler sees them, so that scopes are Python's own."""
    is_module = code.co_name == "<module>"
    for instruction in dis.get_instructions(code):
        kind, name = instruction.opname, instruction.argval
        if kind in ("STORE_GLOBAL", "DELETE_GLOBAL") or (
            is_module and kind in ("STORE_NAME", "DELETE_NAME")
        ):
            (found.binds if is_now else found.binds_later).add(name)
        elif kind in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
            found.reads.add(name)
            if is_now:
                found.reads_now.add(name)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            # Comprehensions and the bodies of classes are run at once.
            is_named = not inner.co_name.startswith("<") or inner.co_name == "<lambda>"
            is_function = bool(inner.co_flags & inspect.CO_OPTIMIZED) and is_named
            found.makes_functions |= is_function
            _read_code(inner, found, is_now=is_now and not is_function)


class _Changes(ast.NodeVisitor):
    """Whose values a statement may change other than by binding, and whose it may share."""

    def __init__(self, found: Statement) -> None:
        self.found, self.depth = found, 0

    def _add(self, node: ast.expr, how: str, by: str = "") -> None:
        changes = self.found.changes_later if self.depth else self.found.changes_now
        changes.update(Change(name, how, by) for name in _roots(node))

    def _share(self, targets: Iterable[ast.AST], value: ast.expr) -> None:
        shares = self.found.shares_later if self.depth else self.found.shares
        others = set(_roots(value))
        source = ""
        if isinstance(value, ast.Call):  # setter, getter = made()
            others.update(name for target in targets for name in _names_in(target))
            source = getattr(value.func, "id", "")
        elif isinstance(value, ast.Attribute) and value.attr not in QUIET_METHODS:
            source = next(_roots(value), "")
        for target in targets:
            for name in _names_in(target) if source else ():
                self.found.callables.setdefault(name, set()).add(source)
            for name in _names_in(target):
                shares.setdefault(name, set()).update(others)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        for name, value in ast.iter_fields(node):
            self.depth += name == "body"
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)
            self.depth -= name == "body"

    visit_AsyncFunctionDef = visit_Lambda = _function

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Attribute):  # @area.register
                self._add(decorator, "method")
        self._function(node)

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._add(node, "item")
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(node.target, "item")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._share(node.targets, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign | ast.NamedExpr) -> None:
        if node.value is not None:
            self._share([node.target], node.value)
        self.generic_visit(node)

    visit_NamedExpr = visit_AnnAssign

    def visit_For(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        self._share([node.target], node.iter)  # for row in table: row.append(0)
        self.generic_visit(node)

    visit_AsyncFor = visit_comprehension = visit_For

    def visit_withitem(self, node: ast.withitem) -> None:
        if node.optional_vars is not None:
            self._share([node.optional_vars], node.context_expr)
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        self._share([case.pattern for case in node.cases], node.subject)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        by = node.func.id if isinstance(node.func, ast.Name) else ""
        if by:
            self._add(node.func, "call")
        how = "item" if by in ("setattr", "delattr") else "argument"
        if isinstance(node.func, ast.Attribute):
            method = node.func.attr
            by = next(_roots(node.func.value), "")
            if method in CHANGE_EVERYTHING:
                self.found.binds.add(ANYTHING)
            elif method in CHANGE_THEIR_MODULE:
                self._add(node.func.value, "item")
            elif method not in QUIET_METHODS:
                self._add(node.func.value, "method")
            if method in WRITING:
                how = "item"
        for argument in node.args:
            self._add(argument, how, by)
            if isinstance(argument, ast.Attribute) and argument.attr not in QUIET_METHODS:
                self._add(argument.value, "method")  # map(x.append, ...)
        for keyword in node.keywords:
            self._add(keyword.value, "item" if keyword.arg == "out" else how, by)
        self.generic_visit(node)


def _names_in(target: ast.AST) -> Iterator[str]:
    for node in ast.walk(target):
        name = getattr(node, "id", None) or getattr(node, "name", None)
        if isinstance(name, str):
            yield name


def _roots(node: ast.expr) -> Iterator[str]:
    """Names whose values an expression may be, or hold: x for x.y[0], x and y for f(x, [y])."""
    parts: list[ast.expr] = []
    match node:
        case ast.Name():
            yield node.id
        case ast.Attribute() | ast.Subscript() | ast.Starred() | ast.NamedExpr() | ast.Await():
            parts = [node.value]
        case ast.Tuple() | ast.List() | ast.Set():
            parts = node.elts
        case ast.Dict() | ast.BoolOp():
            parts = node.values
        case ast.IfExp():
            parts = [node.body, node.orelse]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            parts = [generator.iter for generator in node.generators]
        case ast.Call():
            parts = [*node.args, *(keyword.value for keyword in node.keywords)]
            parts.append(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
    for part in parts:
        yield from _roots(part)
