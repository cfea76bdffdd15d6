"""Call a learner's function and write down what happened. Nothing here judges it."""

import contextlib
import inspect
import io
import linecache
import os
import sysconfig
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.nested import arrays_in

PLACEHOLDERS = (None, Ellipsis, NotImplemented)
LIBRARIES = tuple(
    os.path.join(folder, "")  # ends with a separator, so that no neighbour folder matches
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
        os.path.dirname(np.__file__),
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    )
)


@dataclass(frozen=True)
class Raised:
    """An exception, and the last line of the learner's own code before it."""

    kind: str  # class name
    text: str
    function: str  # where: the function's name, the line's number and its source
    line: int
    source: str


@dataclass(frozen=True)
class Outcome:
    """What came of one call."""

    value: Any = None
    written_into: Mapping[str, Any] = field(default_factory=dict)  # arguments it had to write to
    raised: Raised | None = None
    attempted: bool = True
    written: tuple[str, ...] = ()  # arguments that were changed
    written_at: Raised | None = None
    printed: str = ""
    warnings: tuple[str, ...] = ()


def signature_of(function: Callable[..., Any]) -> tuple[inspect.Signature | None, bool]:
    """The function's signature, if it has one, and whether it is without yield and async."""
    is_plain = not (inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function))
    try:
        return inspect.signature(function), is_plain
    except (TypeError, ValueError):
        return None, is_plain


def run(function: Callable[..., Any], cases: Sequence[Case]) -> list[Outcome]:
    """Call the function on every case, with copies of the arguments, by position.

    Nothing it prints or warns of is shown, and NumPy's global random state stays as it was.

    Raises:
        KeyboardInterrupt: when the learner interrupts; anything else that is raised is an outcome.
    """
    random_state = np.random.get_state()  # noqa: NPY002 - the function may disturb it
    try:
        return [call(function, case) for case in cases]
    finally:
        np.random.set_state(random_state)  # noqa: NPY002


def call(function: Callable[..., Any], case: Case) -> Outcome:
    """One call of `run`."""
    arguments = case.copied_arguments()
    value, raised, attempted = None, None, True
    with _quietly() as (printed, caught):
        try:
            value = _snapshot(function(*arguments.values()))
            attempted = not _is_placeholder(value, function)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: a learner's exit() must not end the kernel
            raised = _describe(error)
            attempted = not _is_stub_error(error, function)
    written = tuple(
        name
        for name, before in case.arguments.items()
        if name not in case.writable and _changed(before, arguments[name])
    )
    return Outcome(
        value,
        {name: arguments[name] for name in case.writable},
        raised,
        attempted,
        written,
        _line_that_writes(function, case) if written else None,
        "" if printed.closed else printed.getvalue(),
        tuple(str(warning.message) for warning in caught),
    )


@contextlib.contextmanager
def _quietly() -> Iterator[tuple[io.StringIO, list[warnings.WarningMessage]]]:
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn"),
    ):
        warnings.simplefilter("always")
        yield printed, caught


def _snapshot(value: Any) -> Any:
    """Results as they are now: a later call might overwrite a reused array."""
    if isinstance(value, tuple | list):
        items = [_snapshot(item) if type(item) is np.ndarray else item for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value.copy() if type(value) is np.ndarray else value


def _is_placeholder(value: Any, function: Callable[..., Any]) -> bool:
    """Whether the function is still a stub: `pass`, `return ...`, `return None, None`."""
    if value is None:
        return _has_empty_body(function)  # else somebody wrote code and forgot to return
    items = value if isinstance(value, tuple | list) and value else (value,)
    return all(any(item is placeholder for placeholder in PLACEHOLDERS) for item in items)


def _is_stub_error(error: BaseException, function: Callable[..., Any]) -> bool:
    """Whether the function itself, not something that it calls, raises NotImplementedError."""
    if not isinstance(error, NotImplementedError):
        return False
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_code is _code(function)


def _has_empty_body(function: Callable[..., Any]) -> bool:
    code = _code(function)
    if code is None:
        return True
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & inspect.CO_VARARGS)
    arguments += bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return not code.co_names and len(code.co_varnames) == arguments


def _code(function: Callable[..., Any]) -> types.CodeType | None:
    try:
        code = inspect.unwrap(function).__code__
    except (AttributeError, ValueError):  # no plain function, or one that wraps itself
        return None
    return code if isinstance(code, types.CodeType) else None


def _changed(before: Any, after: Any) -> bool:
    return _fingerprint(before) != _fingerprint(after)


def _fingerprint(argument: Any) -> list[tuple[Any, ...]]:
    """Where arrays stand in an argument and what they hold; as bytes, so that NaN equals NaN."""
    return [(path, a.shape, a.dtype, a.tobytes()) for path, a in arrays_in("", argument)]


def _line_that_writes(function: Callable[..., Any], case: Case) -> Raised | None:
    """Find the writing line: with read-only arguments it raises."""
    arguments = case.copied_arguments()
    for name in set(arguments) - case.writable:
        for _, array in arrays_in(name, arguments[name]):
            array.flags.writeable = False
    with _quietly():
        try:
            function(*arguments.values())
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return _describe(error) if "read-only" in _text(error) else None
    return None


def _describe(error: BaseException) -> Raised:
    place = None
    traceback = error.__traceback__
    while traceback is not None:
        if not _is_library(traceback.tb_frame.f_code.co_filename):
            place = traceback  # the innermost one that is the learner's wins
        traceback = traceback.tb_next
    kind, text = type(error).__name__, _text(error)
    if place is None:
        return Raised(kind, text, "", 0, "")
    code, line = place.tb_frame.f_code, place.tb_lineno
    return Raised(kind, text, code.co_name, line, linecache.getline(code.co_filename, line).strip())


def _is_library(filename: str) -> bool:
    return filename.startswith(("<frozen", "<__array_function__", *LIBRARIES))


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception whose own __str__ fails
        return ""
