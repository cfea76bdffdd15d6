"""Which top-level statements a function depends on: names bound, changed and read, statically.

Where that cannot be told, a statement counts as needed: too much is run rather than too little.
"""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from lessons_lib.grading.isolation.names import NAMES_BY_TEXT, Change, Statement

# Calls that leave their arguments as they are.
QUIET_BUILTINS = frozenset(
    "abs all any bool callable check dict dir display enumerate filter float format frozenset "
    "getattr hasattr hash help hint id input int isinstance issubclass iter len list map max min "
    "pow print range repr reversed round set sorted str sum super tuple type zip".split()
)
QUIET_MODULES = frozenset("copy itertools math matplotlib numpy pandas scipy seaborn time".split())
READ_BY_TEXT = NAMES_BY_TEXT | {"eval"}


class Program:
    """All statements of a submission in order.

    Args:
        statements: of all cells.
        asked: functions that are asked for. What they change when they are called is their own
            affair: a loop that trains with them is not needed for it.
    """

    def __init__(self, statements: Sequence[Statement], asked: Iterable[str]) -> None:
        self.statements = statements
        self.read_by_text = READ_BY_TEXT - _union(s.binds for s in statements)
        binders: dict[str, list[Statement]] = defaultdict(list)
        for statement in statements:
            for name in statement.binds:
                binders[name].append(statement)
        modules = {n for n, made in binders.items() if all(s.is_import for s in made)}
        fixed = modules | {n for n, made in binders.items() if all(s.is_definition for s in made)}
        quiet = _quiet_functions(binders)
        # A method under another name, and what a function that holds functions gives.
        hold_a_state = set(binders) - fixed
        hold_a_state |= {n for n, made in binders.items() if any(map(_makes_closures, made))}
        with_a_state = {
            name
            for statement in statements
            for name, sources in statement.callables.items()
            if sources & hold_a_state
        }

        def names(changes: Iterable[Change]) -> set[str]:
            return {
                name
                for name, how, by in changes
                if how == "item"
                or (how == "method" and name not in modules)
                or (how == "argument" and name not in fixed and by not in quiet)
                or (how == "call" and name in with_a_state)
            }

        effects = {
            name: _union(s.binds_later | (names(s.changes_later) & s.reads) for s in made)
            for name, made in binders.items()
        }
        # What a function gives is a part of what it reads.
        given = {n: _union(s.reads for s in binders[n]) & binders.keys() for n in fixed}
        for name in asked:
            given.pop(name, None)
        classes = {n for n, made in binders.items() if isinstance(made[0].node, ast.ClassDef)}
        effects = _reachable(
            effects,
            {
                name: _union(s.reads for s in made if s.makes_functions or s.reads & classes)
                for name, made in binders.items()
            },
        )
        for name in asked:
            effects.pop(name, None)
        shares = {n: _union(s.shares.get(n, set()) for s in made) for n, made in binders.items()}
        shares = _reachable(shares, shares)
        builtin = set(dir(builtins)) - set(binders)
        for statement in statements:
            changed = names(statement.changes_now)
            changed |= _union(statement.shares.get(name, set()) for name in changed) - fixed
            changed |= _union(shares.get(name, set()) for name in changed) - fixed
            itself = names(c for c in statement.changes_now if c.how != "argument")
            itself |= _union(shares.get(name, set()) for name in itself)
            changed |= _union(given.get(name, set()) for name in itself) - fixed
            changed |= _union(effects.get(name, set()) for name in statement.reads_now)
            statement.changes = changed - builtin

    def needed(self, names: Iterable[str]) -> tuple[list[Statement], set[str]]:
        """What has to be run for names to be as after all has been run, and all names it uses."""
        wanted, chosen = set(names), set[int]()
        while new := [
            number
            for number, statement in enumerate(self.statements)
            if number not in chosen and statement.touches(wanted)
        ]:
            for number in new:
                chosen.add(number)
                wanted |= self.statements[number].reads
        # A function that is used may look names up by their text.
        used = [s for s in self.statements if s.makes_functions and s.binds & wanted]
        if any(self.read_by_text & (s.reads - s.reads_now) for s in used):
            return list(self.statements), wanted | _union(s.reads for s in self.statements)
        return [self.statements[number] for number in sorted(chosen)], wanted


def _quiet_functions(binders: Mapping[str, list[Statement]]) -> set[str]:
    """Modules and functions that leave their arguments as they are."""
    quiet = set(QUIET_BUILTINS - set(binders))
    for name, made in binders.items():
        if all(s.is_import and _package(s.node) in QUIET_MODULES for s in made):
            quiet.add(name)
    left = {
        name: made
        for name, made in binders.items()
        if all(isinstance(s.node, ast.FunctionDef) for s in made)
    }
    while found := {n for n, made in left.items() if all(_is_quiet(s, quiet) for s in made)}:
        quiet |= found
        left = {name: made for name, made in left.items() if name not in found}
    return quiet


def _makes_closures(statement: Statement) -> bool:
    inside = list(ast.walk(statement.node))[1:]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    is_function = isinstance(statement.node, ast.FunctionDef)
    return is_function and any(isinstance(node, kinds) for node in inside)


def _package(node: ast.stmt) -> str:
    name = node.names[0].name if isinstance(node, ast.Import) else getattr(node, "module", None)
    return (name or "").partition(".")[0]


def _is_quiet(statement: Statement, quiet: set[str]) -> bool:
    """Whether a function leaves its parameters, and what they hold, as they are."""
    node = statement.node
    assert isinstance(node, ast.FunctionDef)
    own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
    own |= {name for name, others in statement.shares_later.items() if others & own}
    return not any(
        name in own and how != "call" and not (how == "argument" and by in quiet)
        for name, how, by in statement.changes_later
    )


def _union(sets: Iterable[set[str]]) -> set[str]:
    return set().union(*sets)


def _reachable(
    start: Mapping[str, set[str]], leads_to: Mapping[str, set[str]]
) -> dict[str, set[str]]:
    """For each name what stands at it and at all names that it leads to."""
    found = {}
    for name in start:
        seen, left = {name}, [name]
        while left:
            new = leads_to.get(left.pop(), set()) - seen
            seen |= new
            left += new
        found[name] = _union(start.get(other, set()) for other in seen)
    return found
