"""Run the part of a submission's top level that its answers use, and say what went wrong."""

import __future__

import ast
import builtins
import contextlib
import copy
import importlib.util
import inspect
import linecache
import signal
import sys
import time
import traceback
import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lessons_lib.grading.isolation.names import ANYTHING, Statement, examined
from lessons_lib.grading.isolation.needed import Program
from lessons_lib.grading.isolation.stand_in import NOTHING, get_ipython
from lessons_lib.grading.isolation.statements import UNPARSABLE, Problem, broken, parse
from lessons_lib.grading.isolation.times import PATIENCE, Stopwatch

SHARE = 0.5  # of the time that is left, for one statement
ANNOTATIONS = __future__.annotations.compiler_flag  # they are not evaluated


class OutOfTimeError(BaseException):
    """A statement took more than its share of the time."""


def define(
    cells: Sequence[Sequence[str]],
    names: Sequence[str],
    *,
    is_notebook: bool,
    run: str,
    seconds: float,
) -> tuple[dict[str, Any], list[Problem], dict[str, list[int]], bool]:
    """Define a submission's functions as running the whole of it would.

    Args:
        cells: label and source of each piece.
        names: functions that are asked for.
        is_notebook: whether IPython's commands are to be expected, and `__name__` is "__main__".
        run: "needed" for the statements that the functions depend on, "all" for every one.
        seconds: for all of it, as a Stopwatch counts. A statement that takes more than half of
            what is left is stopped.

    Returns:
        The namespace, problems, for each name the numbers of the problems that concern it, and
        whether something was not run that might have an effect.
    """
    module = types.ModuleType("__main__" if is_notebook else "submission")
    sys.modules[module.__name__] = module
    namespace = vars(module)
    if is_notebook:
        namespace |= {"get_ipython": get_ipython, "display": NOTHING}
    elif cells:
        namespace["__file__"] = cells[0][0]
    statements, problems, aliases = _statements(cells, is_notebook=is_notebook)
    targets = {name: {name, aliases.get(name, name)} for name in names}
    asked = set().union(*targets.values())
    program = Program(statements, asked)
    needed = program.needed(asked)[0]
    stopwatch = Stopwatch(time.process_time)
    left_out = False
    for statement in statements:
        if run == "all" or any(statement is other for other in needed):
            with _time_limit((seconds - stopwatch.read()[0]) * SHARE):
                if problem := _run(statement, namespace):
                    problems.append(problem)
                _import_the_rest(statement, namespace)
        elif statement.is_import and (problem := _not_there(statement)):
            problems.append(problem)
        else:
            left_out |= statement.acts
    for name, function in aliases.items():
        if name in names and function in namespace:
            namespace.setdefault(name, namespace[function])
    concerns = {}
    for name in names:
        uses = program.needed(targets[name])[1]
        concerns[name] = [
            number
            for number, problem in enumerate(problems)
            if ANYTHING in problem.names or problem.names & uses
        ]
    return namespace, problems, concerns, left_out


def _statements(
    cells: Sequence[Sequence[str]], *, is_notebook: bool
) -> tuple[list[Statement], list[Problem], dict[str, str]]:
    found: list[Statement] = []
    problems: list[Problem] = []
    aliases: dict[str, str] = {}
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if is_notebook else 0
    for label, source in cells:
        lines = source.split("\n")
        linecache.cache[label] = (len(source), None, [f"{line}\n" for line in lines], label)
        nodes, broken_ones = parse(label, source, is_notebook=is_notebook)
        problems += broken_ones
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                flags |= getattr(__future__, node.names[0].name, __future__.division).compiler_flag
            # But for classes and decorators nothing reads annotations: types of a package that is
            # not there, of an older NumPy, or none at all.
            reads = any(
                isinstance(part, ast.ClassDef) or getattr(part, "decorator_list", None)
                for part in ast.walk(node)
            )
            try:
                code = _compiled(label, node, flags | (0 if reads else ANNOTATIONS))
                found.append(examined(label, node, code))
            except UNPARSABLE as error:
                end = node.end_lineno or node.lineno
                block = "\n".join(lines[node.lineno - 1 : end])
                problems.append(broken(label, block, node.lineno, error))
            aliases |= _checked_as(node)
    return found, problems, aliases


def _compiled(label: str, node: ast.stmt, flags: int) -> types.CodeType:
    return compile(ast.Module([node], []), label, "exec", flags, dont_inherit=True)


def _checked_as(node: ast.stmt) -> dict[str, str]:
    """Functions that answer an exercise of another name: `check(mine, exercise="lstm_step")`."""
    found = {}
    for call in ast.walk(node):
        match call:
            case (
                ast.Call(
                    func=ast.Name("check"),
                    args=[ast.Name(function)],
                    keywords=[ast.keyword("exercise", ast.Constant(str(name)))],
                )
                | ast.Call(
                    func=ast.Name("check"), args=[ast.Name(function), ast.Constant(str(name))]
                )
            ):
                found[name] = function
    return found


def _run(statement: Statement, namespace: dict[str, Any]) -> Problem | None:
    code = statement.code
    try:
        try:
            _execute(code, namespace)
        except Exception:
            if not statement.is_definition:
                raise
            _execute(_compiled(code.co_filename, statement.node, ANNOTATIONS), namespace)
    except KeyboardInterrupt:
        raise
    except OutOfTimeError:
        return _problem("run", statement, "it took too long, and was stopped")
    except BaseException as error:  # exit() too
        text = "".join(traceback.format_exception_only(error)).strip()
        kind = "import" if statement.is_import else "run"
        line = _line_in(code.co_filename, error)
        return _problem(kind, statement, _module(statement) if kind == "import" else text, line)
    return None


def _import_the_rest(statement: Statement, namespace: dict[str, Any]) -> None:
    """Import what stands in a try, with or if behind an import that is not there."""
    for imports in [] if statement.is_import else _imports_in(statement.node):
        failed = False
        for node, alias in ((each, alias) for each in imports for alias in each.names):
            one = copy.copy(node)
            one.names = [alias]
            name = alias.asname or alias.name.partition(".")[0]
            if not failed:
                failed = _not_there(replace(statement, node=one)) is not None
            elif name not in namespace and not hasattr(builtins, name) and name != "*":
                with contextlib.suppress(Exception, SystemExit):
                    _execute(_compiled(statement.label, one, 0), namespace)


def _imports_in(node: ast.AST) -> Iterator[list[ast.Import | ast.ImportFrom]]:
    """The imports of each body of a statement; those within functions are not its own."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    if isinstance(node, ast.stmt | ast.ExceptHandler):
        body = getattr(node, "body", [])
        yield [part for part in body if isinstance(part, ast.Import | ast.ImportFrom)]
    for part in ast.iter_child_nodes(node):
        yield from _imports_in(part)


def _execute(code: types.CodeType, namespace: dict[str, Any]) -> None:
    if code.co_flags & inspect.CO_COROUTINE:
        import asyncio  # it takes longer than most submissions

        asyncio.run(eval(code, namespace))
    else:
        exec(code, namespace)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises in the statement that takes longer, where the system can do so."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise OutOfTimeError

    timers = (
        (signal.SIGPROF, signal.ITIMER_PROF, 1.0),
        (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE),
    )
    for number, timer, times in timers:
        signal.signal(number, stop)
        signal.setitimer(timer, times * max(seconds, 0.01))
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0)


def _problem(kind: str, statement: Statement, text: str, line: int | None = None) -> Problem:
    names = frozenset(statement.binds | statement.changes)
    return Problem(kind, statement.label, line or statement.node.lineno, text, names)


def _line_in(label: str, error: BaseException) -> int | None:
    """The line of the top level at which a statement failed."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno for f in frames if f.filename == label), None)


def _not_there(statement: Statement) -> Problem | None:
    """What an import that is not run would not find. Nothing of a package is run for it."""
    name = _module(statement)
    package = name.partition(".")[0]
    try:
        if package and importlib.util.find_spec(package) is not None:
            return None
    except (ImportError, ValueError):
        pass
    return _problem("import", statement, name)


def _module(statement: Statement) -> str:
    node = statement.node
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        name = node.names[0].name
        return module if name == "*" or node.module else module + name
    assert isinstance(node, ast.Import)
    return node.names[0].name
