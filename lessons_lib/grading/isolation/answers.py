"""What a worker's answers may say: each field of its type and within its bounds, and no other.

`wire.py` has seen to it that a message is made of plain values, and not too many. Here it has to be
an answer to what was asked. Whatever is not ends the submission that sent it.
"""

from collections.abc import Collection
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.isolation.running import Outcome, Raised
from lessons_lib.grading.isolation.wire import ProtocolError
from lessons_lib.grading.wording import Foreign, one_line

LONGEST_NAME = 100  # characters
LONGEST_LABEL = 300  # of a cell, or a file's name
LONGEST_TEXT = 1000
LONGEST_PRINTED = 20_000
MOST_PARAMETERS = 50
MOST_PROBLEMS = 50
MOST_WARNINGS = 5
MOST_LINES = 10**7
KINDS_OF_PROBLEMS = ("import", "left out", "run", "syntax")
KINDS_OF_PARAMETERS: dict[str, Any] = {
    kind.name: kind
    for kind in (
        Parameter.POSITIONAL_ONLY,
        Parameter.POSITIONAL_OR_KEYWORD,
        Parameter.VAR_POSITIONAL,
        Parameter.KEYWORD_ONLY,
        Parameter.VAR_KEYWORD,
    )
}


def checked_definitions(answer: Any, names: Collection[str]) -> dict[str, Any]:
    """The answer to "define", as it is.

    Args:
        answer: {"functions": {name: {"parameters": [[name, kind, has a default], …] or None,
            "is_plain": bool}}, "problems": [[kind, label, line, text], …],
            "concerns": {name: [numbers of problems]},
            "left_out": whether something was not run that might have an effect}.
        names: the functions that are asked for.

    Raises:
        ProtocolError: if it is another.
    """
    functions, problems, concerns, left_out = _fields(
        answer, "functions", "problems", "concerns", "left_out"
    )
    _require(type(left_out) is bool)
    for described in _named(functions, names).values():
        parameters, is_plain = _fields(described, "parameters", "is_plain")
        if parameters is not None:
            for parameter in _list(parameters, MOST_PARAMETERS):
                its_name, kind, has_default = _items(parameter, 3)
                _require(isinstance(kind, str) and kind in KINDS_OF_PARAMETERS)
                _require(type(has_default) is bool)
                _text(its_name, LONGEST_NAME)
        _require(type(is_plain) is bool)
    for problem in _list(problems, MOST_PROBLEMS):
        kind, label, line, text = _items(problem, 4)
        _require(isinstance(kind, str) and kind in KINDS_OF_PROBLEMS)
        _text(label, LONGEST_LABEL), _number(line, MOST_LINES), _text(text, LONGEST_TEXT)
    for numbers in _named(concerns, names).values():
        for number in _list(numbers, MOST_PROBLEMS):
            _number(number, len(problems) - 1)
    return answer


def signature_of(described: dict[str, Any]) -> tuple[Signature | None, bool]:
    """A function's signature, and whether it is without yield and async.

    None if Python knows no signature, or could have none of such parameters.
    """
    if described["parameters"] is None:
        return None, described["is_plain"]
    try:
        parameters = [
            Parameter(
                name, KINDS_OF_PARAMETERS[kind], default=None if has_default else Parameter.empty
            )
            for name, kind, has_default in described["parameters"]
        ]
        return Signature(parameters), described["is_plain"]
    except (ValueError, IndexError):  # the latter for a name of no letters
        return None, True


def outcome_of(answer: Any, case: Case) -> Outcome:
    """The answer to "call".

    Args:
        answer: a dict of the fields of an Outcome.
        case: what it was called with.

    Raises:
        ProtocolError: if it is another.
    """
    value, written_into, raised, attempted, written, written_at, printed, warnings = _fields(
        answer,
        *("value", "written_into", "raised", "attempted", "written", "written_at", "printed"),
        "warnings",
    )
    _require(_is_result(value) and type(attempted) is bool)
    _require(all(_is_result(v) for v in _named(written_into, case.writable).values()))
    changed = [_text(name, LONGEST_NAME) for name in _list(written, len(case.arguments))]
    _require(set(changed) <= set(case.arguments))
    return Outcome(
        value,
        {name: written_into.get(name) for name in case.writable},
        _raised(raised),
        attempted,
        tuple(name for name in case.arguments if name in changed),
        _raised(written_at),
        _text(printed, LONGEST_PRINTED),
        tuple(_text(warning, LONGEST_TEXT) for warning in _list(warnings, MOST_WARNINGS)),
    )


def _raised(described: Any) -> Raised | None:
    if described is None:
        return None
    kind, text, function, line, source = _items(described, 5)
    return Raised(
        one_line(_text(kind, LONGEST_NAME)),
        _text(text, LONGEST_TEXT),
        one_line(_text(function, LONGEST_NAME)),
        _number(line, MOST_LINES),
        _text(source, LONGEST_TEXT),
    )


def _is_result(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_result, value))
    if isinstance(value, dict):
        return all(map(_is_result, value.values()))
    kinds = (bool, int, float, np.ndarray, np.generic, Foreign)
    return value is None or isinstance(value, kinds)


def _require(holds: bool) -> None:
    if not holds:
        raise ProtocolError("an answer is not what was asked for")


def _fields(value: Any, *names: str) -> list[Any]:
    _require(isinstance(value, dict) and set(value) == set(names))
    return [value[name] for name in names]


def _named(value: Any, names: Collection[str]) -> dict[str, Any]:
    _require(isinstance(value, dict) and set(value) <= set(names))
    return value


def _list(value: Any, most: int) -> list[Any]:
    _require(isinstance(value, list) and len(value) <= most)
    return value


def _items(value: Any, number: int) -> list[Any]:
    _require(isinstance(value, list) and len(value) == number)
    return value


def _text(value: Any, longest: int) -> str:
    _require(isinstance(value, str) and len(value) <= longest)
    return value


def _number(value: Any, most: int) -> int:
    _require(type(value) is int and 0 <= value <= most)
    return value
