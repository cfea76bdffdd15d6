"""The top-level statements of a cell or file, as Jupyter and Python read them.

Runs where the submission runs: what a parser does with hostile text is confined there.
"""

import ast
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Magics whose text is Python; that of any other, such as %%bash or %%writefile, is not run.
PYTHON_MAGICS = ("capture", "memit", "prun", "pyinstrument", "snakeviz", "time", "timeit")
PYLAB = "import numpy\nimport numpy as np\nfrom numpy import *"
OPTIONS = re.compile(r"(?:\s*-[a-zA-Z]+(?:\s*\d+(?=\s|$))?(?=\s|$))*\s*")
CONTINUATIONS = ("else", "elif", "except", "finally", ")", "]", "}")
SECOND_TRY = re.compile(r"(?=^(?:async def|def|class|import|from|@)\b)|(?=^@)", re.MULTILINE)
BINDING = re.compile(
    r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)(?:\[.*\])?\s*\S?=", re.MULTILINE
)
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Problem:
    """A place of a submission that was not run, or that failed."""

    kind: str  # "syntax", "import", "run", or "left out"
    label: str  # of the cell or file
    line: int
    text: str
    names: frozenset[str]  # what it binds or changes; "*" for anything


def parse(label: str, source: str, *, is_notebook: bool) -> tuple[list[ast.stmt], list[Problem]]:
    """The statements of a piece of code, and what of it is none.

    Args:
        label: names the piece, such as "cell 3".
        source: of a cell, with IPython's commands, or of a file.
        is_notebook: whether IPython's commands are to be expected.
    """
    found: list[ast.stmt] = []
    problems: list[Problem] = []
    parsed: list[ast.stmt] = []
    text = source
    if is_notebook and not _is_python(source):
        text = _as_python(source)
    for first_line, block in [(1, text)] if _is_python(text) else _blocks(text):
        try:
            parsed += ast.parse("\n" * (first_line - 1) + block, label).body
        except UNPARSABLE as error:
            problems.append(broken(label, block, first_line, error))
    for statement in _one_name_each(parsed):
        for part in _run_by_magic(label, statement):
            if isinstance(part, Problem):
                problems.append(part)
            else:
                found.append(part)
    return found, problems


def broken(label: str, block: str, first_line: int, error: BaseException) -> Problem:
    """What a parser or compiler says of a block."""
    line = getattr(error, "lineno", None) or first_line
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    lines = block.split("\n")
    shown = lines[line - first_line].strip() if 0 <= line - first_line < len(lines) else ""
    text = f"{type(error).__name__}: {reason}" + (f":  {shown}" if shown else "")
    return Problem("syntax", label, line, text, _bound_in(block) or frozenset("*"))


def _bound_in(text: str) -> frozenset[str]:
    """Names that a text which is not parsed seems to bind."""
    return frozenset(a or b for a, b in BINDING.findall(text))


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except UNPARSABLE:
        return False
    return True


def _as_python(cell: str) -> str:
    """A cell as IPython hands it to Python. Lines keep their numbers."""
    from IPython.core.inputtransformer2 import TransformerManager

    start = len(cell) - len(cell.lstrip("\n"))  # IPython takes empty lines away
    try:
        return "\n" * start + TransformerManager().transform_cell(cell)
    except UNPARSABLE:
        return cell


def _blocks(source: str) -> Iterator[tuple[int, str]]:
    """Top-level blocks with their first lines, cut so that a broken one takes no other along."""
    lines = source.split("\n")
    try:
        children = _tolerant_parser().parse(source).children
    except UNPARSABLE:
        yield 1, source
        return
    starts = {1, len(lines) + 1}
    for child in children:
        leaf = child.get_first_leaf()
        line, column = leaf.start_pos
        if column == 0 and leaf.value not in CONTINUATIONS:
            starts.add(line)
    edges = sorted(starts)
    for first, after in itertools.pairwise(edges):
        block = "\n".join(lines[first - 1 : after - 1])
        if _is_python(block):
            yield first, block
            continue
        line = first  # a quotation mark that is not closed may have taken what follows into it
        for part in SECOND_TRY.split(block):
            if part.strip():
                yield line, part
            line += part.count("\n")


def _tolerant_parser() -> Any:
    home = os.environ.setdefault("HOME", os.sep)  # parso asks for it, to keep what it has parsed
    try:
        import parso
    finally:
        if home == os.sep:
            del os.environ["HOME"]
    return parso.load_grammar()


def _one_name_each(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Imports of several names as one each, so that one that fails takes no other along."""
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield ast.copy_location(ast.Import([alias]), node)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node)
        else:
            yield node


def _run_by_magic(label: str, statement: ast.stmt) -> Iterator[ast.stmt | Problem]:
    """A statement, or those that a magic such as %%time would run."""
    match statement:
        case ast.Expr(value=call) if magic := _magic(call):
            name, text, is_cell = magic
            if name in PYTHON_MAGICS:
                inner, problems = parse(label, text, is_notebook=True)
                for node in inner:
                    yield ast.increment_lineno(node, statement.lineno - (0 if is_cell else 1))
                yield from problems
            elif name == "pylab":  # of older notebooks
                yield from _one_name_each(_located(ast.parse(PYLAB).body, statement))
            elif is_cell:
                left_out = f"%%{name} is not run"
                yield Problem("left out", label, statement.lineno, left_out, _bound_in(text))
            else:
                yield statement
        case ast.Assign(value=call) if (magic := _magic(call)) and magic[0] == "time":
            try:
                statement.value = ast.parse(magic[1], mode="eval").body
                ast.copy_location(statement.value, call)
                ast.fix_missing_locations(statement)
            except UNPARSABLE:
                pass
            yield statement
        case _:
            yield statement


def _located(nodes: list[ast.stmt], there: ast.stmt) -> list[ast.stmt]:
    for node in nodes:
        ast.increment_lineno(node, there.lineno - node.lineno)
    return nodes


def _magic(call: ast.expr) -> tuple[str, str, bool] | None:
    """Name and text of `get_ipython().run_cell_magic(...)`, and whether it is a whole cell's."""
    match call:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Call(func=ast.Name("get_ipython")),
                attr="run_line_magic" | "run_cell_magic" as method,
            ),
            args=[ast.Constant(str(name)), ast.Constant(str(line)), *rest],
        ):
            line = OPTIONS.sub("", line, count=1)
            if method == "run_line_magic":
                return name, line, False
            body = rest[0].value if rest and isinstance(rest[0], ast.Constant) else ""
            return name, str(body), True
    return None
