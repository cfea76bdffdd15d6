"""Runs in a process of its own: defines a submission's functions and calls them as asked.

It holds no expected value and no reference. A submission can do here whatever it likes: all that
leaves the process are messages, which the grader reads as a stranger's.
"""

import contextlib
import inspect
import io
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import has_more
from lessons_lib.grading.isolation.defining import define
from lessons_lib.grading.isolation.running import Outcome, Raised, call, signature_of
from lessons_lib.grading.isolation.system_calls import LIBRARY, end_with_parent, restrict
from lessons_lib.grading.isolation.wire import DTYPES, Foreign, receive, send
from lessons_lib.grading.wording import describe

# Nothing longer is sent: the grader would refuse it.
MOST_PRINTED = 20_000  # characters
MOST_ITEMS = 1000
MOST_PROBLEMS = 50
MOST_PARAMETERS = 50
LONGEST_NAME = 100
LONGEST_TEXT = 500
MOST_MEMORY = 2 * 1024**3  # bytes of address space
MOST_SECONDS_OF_CPU = 150
MOST_FILE = 10_000_000  # bytes


def main(isolation: str, *, user: int | None) -> None:
    """Answer messages on standard input and output until they end.

    Args:
        isolation: in "strong" there is no worker without a filter of system calls.
        user: number of the user to become, for a worker that root has started.
    """
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _limit()
    questions, answers = _private_streams()
    if not restrict() and isolation == "strong":
        raise SystemExit(f"{LIBRARY} (libseccomp) is missing, or does not work here")
    namespace: dict[str, Any] = {}

    def exchange(message: dict[str, Any]) -> dict[str, Any]:
        send(answers, message)
        return receive(questions)

    while True:
        try:
            question = receive(questions, call_back=lambda n: caller(n, exchange))
        except EOFError:
            return
        if question["do"] == "define":
            namespace, found = _defined(question)
            send(answers, found)
        else:
            send(answers, answer(question, namespace))


def answer(question: dict[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
    """Call a function as asked; what came of it as a message."""
    function = namespace[question["name"]]
    writable, by_name = frozenset(question["writable"]), frozenset(question["keyword_only"])
    case = Case(question["arguments"], {}, "", writable, by_name, question["copying"])
    outcome, looked_at = call(function, case, namespace.get), question["looked_at"]
    value, is_plain = outcome.value, type(outcome.value) in (list, tuple)
    if looked_at is not None and is_plain and len(value) <= MOST_ITEMS and has_more(value):
        rest = map(_foreign, value[looked_at:])
        outcome = replace(outcome, value=type(value)([*value[:looked_at], *rest]))
    return _sendable_outcome(outcome)


def _limit() -> None:
    """What the process and its children may take, where the system has such limits."""
    if os.name != "posix":
        return
    import resource

    for what, limit in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS_OF_CPU),
        (resource.RLIMIT_FSIZE, MOST_FILE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),  # no child and no thread; root is not bound by it
    ):
        hard = resource.getrlimit(what)[1]
        new = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (new, new))
    end_with_parent()


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take the two pipes away from standard input and output, which then lead nowhere."""
    questions, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    return io.BufferedReader(io.FileIO(questions)), io.FileIO(answers, "w")


def _defined(question: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The submission's namespace, and what the grader is told of it."""
    names = question["names"]
    options = {key: question[key] for key in ("is_notebook", "run", "seconds")}
    namespace, problems, concerns, left_out = define(question["cells"], names, **options)
    functions = {n: signature(namespace[n]) for n in sorted(names) if callable(namespace.get(n))}
    told = [
        [problem.kind, problem.label, problem.line, problem.text[:LONGEST_TEXT]]
        for problem in problems[:MOST_PROBLEMS]
    ]
    concerns = {n: [k for k in numbers if k < MOST_PROBLEMS] for n, numbers in concerns.items()}
    found = {"functions": functions, "problems": told, "concerns": concerns, "left_out": left_out}
    return namespace, found


def signature(function: Callable[..., Any]) -> dict[str, Any]:
    """A function's parameters as a message."""
    try:
        found, is_plain = signature_of(function)
    except Exception:  # an object that only looks like a function
        found, is_plain = None, True
    parameters = None
    if found is not None:
        parameters = [
            [p.name[:LONGEST_NAME], p.kind.name, p.default is not inspect.Parameter.empty]
            for p in list(found.parameters.values())[:MOST_PARAMETERS]
        ]
    return {"parameters": parameters, "is_plain": is_plain}


def caller(number: int, exchange: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., Any]:
    """A function that is given as an argument: it is called in the grader's process."""

    def function(*arguments: Any, **named: Any) -> Any:
        if named:
            raise TypeError("a function that is given takes its arguments in order, without names")
        given = [_sendable(np.asarray(argument)) for argument in arguments]
        reply = exchange({"call": number, "arguments": given})
        if "raised" in reply:
            raise ValueError(reply["raised"])
        return reply["value"]

    return function


def _sendable_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "value": _sendable(outcome.value),
        "written_into": {name: _sendable(v) for name, v in outcome.written_into.items()},
        "raised": _sendable_raised(outcome.raised),
        "attempted": outcome.attempted,
        "written": list(outcome.written),
        "written_at": _sendable_raised(outcome.written_at),
        "printed": outcome.printed[:MOST_PRINTED],
        "warnings": [str(warning)[:LONGEST_TEXT] for warning in outcome.warnings[:5]],
    }


def _sendable_raised(raised: Raised | None) -> list[Any] | None:
    if raised is None:
        return None
    kind, function = raised.kind[:LONGEST_NAME], raised.function[:LONGEST_NAME]
    return [kind, raised.text[:1000], function, raised.line, raised.source[:LONGEST_TEXT]]


def _sendable(value: Any, depth: int = 0) -> Any:
    """Plain arrays and numbers as they are, lists, tuples and dicts of them, the rest in words."""
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is int and abs(value) < 2**63:
        return value
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return value if value.dtype.name in DTYPES else Foreign(f"an array of {value.dtype}"[:100])
    if type(value) in (list, tuple) and depth < 3 and len(value) <= MOST_ITEMS:
        return type(value)(_sendable(item, depth + 1) for item in value)
    if type(value) is dict and depth < 3 and len(value) <= MOST_ITEMS:
        items = {str(key)[:LONGEST_NAME]: item for key, item in value.items()}
        return {key: _sendable(item, depth + 1) for key, item in items.items()}
    return _foreign(value)


def _foreign(value: Any) -> Foreign:
    try:
        return Foreign(describe(value)[:100])
    except Exception:
        return Foreign("an object")
