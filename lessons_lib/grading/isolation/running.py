"""Call a learner's function and write down what happened. Nothing here judges it."""

import contextlib
import dis
import inspect
import io
import linecache
import os
import sysconfig
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

import lessons_lib
from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.exercise.containers import OwnCache, arrays_in, copied
from lessons_lib.grading.isolation.unset import marked_empty

PLACEHOLDERS = (None, Ellipsis, NotImplemented)
FILTERS_AT_FIRST = tuple(warnings.filters)
# What the names of those instructions begin with that compute, store or call.
WORK = (
    *("BINARY", "CALL", "COMPARE", "CONTAINS", "DELETE", "FORMAT", "FOR_ITER", "GET_ITER"),
    *("INPLACE", "IS_OP", "LIST_", "LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "STORE_S", "UNARY"),
)
NOT_THE_LEARNERS = "<importable>"  # what the files in an Importable begin with
LIBRARIES = tuple(
    os.path.join(folder, "")  # ends with a separator, so that no neighbour folder matches
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
        os.path.dirname(np.__file__),
        os.path.dirname(lessons_lib.__file__),
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


def run(
    function: Callable[..., Any],
    cases: Sequence[Case],
    own: Callable[[str], Any] | None = None,
) -> list[Outcome]:
    """Call the function on every case, with copies of the arguments, by position.

    Nothing it prints or warns of is shown, and NumPy's global random state stays as it was.

    Args:
        function: what to call.
        cases: the calls.
        own: finds the answer's forward function by its name, for a backward function that is
            called with the answer's own cache; by default the reference's is used.

    Raises:
        KeyboardInterrupt: when the learner interrupts; anything else that is raised is an outcome.
    """
    random_state = np.random.get_state()  # noqa: NPY002 - the function may disturb it
    try:
        return [call(function, case, own) for case in cases]
    finally:
        np.random.set_state(random_state)  # noqa: NPY002


def call(
    function: Callable[..., Any], case: Case, own: Callable[[str], Any] | None = None
) -> Outcome:
    """One call of `run`.

    Whoever has made errors of warnings may count on them; if they come out, it is called without.
    """
    outcome = _called(function, case, own, warn_only=False)
    kind = outcome.raised.kind if outcome.raised else ""
    if kind == "FloatingPointError" or kind.endswith("Warning"):
        outcome = _called(function, case, own, warn_only=True)
    return outcome


def _called(
    function: Callable[..., Any], case: Case, own: Callable[[str], Any] | None, *, warn_only: bool
) -> Outcome:
    arguments = case.copied_arguments()
    value, raised, attempted = None, None, True
    caches = [name for name, argument in arguments.items() if isinstance(argument, OwnCache)]
    with _quietly(warn_only) as (printed, caught):
        try:
            with _copying(function) if case.copying else contextlib.nullcontext():
                for name in caches:
                    arguments[name] = _own_cache(arguments[name], own)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raised = _describe(error)
            arguments.update(dict.fromkeys(caches))  # a stub is one without a cache, too
        try:
            value = _snapshot(function(*case.by_position(arguments), **case.by_name(arguments)))
            attempted = not _is_placeholder(value, function)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: a learner's exit() must not end the kernel
            raised = raised or _describe(error)
            attempted = not _is_stub_error(error, function)
    written = tuple(
        name
        for name, before in case.arguments.items()
        if name not in case.writable and name not in caches and _changed(before, arguments[name])
    )
    return Outcome(
        value,
        {name: arguments[name] for name in case.writable},
        raised,
        attempted or bool(written),
        written,
        _line_that_writes(function, case) if written else None,
        _text_of(printed),
        tuple(str(warning.message) for warning in caught),
    )


@contextlib.contextmanager
def _copying(function: Callable[..., Any]) -> Iterator[None]:
    """Let every function beside this one get copies of its arguments, as long as this lasts."""
    names = getattr(inspect.unwrap(function), "__globals__", {})
    originals = {
        name: value
        for name, value in names.items()
        if isinstance(value, types.FunctionType) and value.__globals__ is names
    }

    def copying(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *values, **named: original(*map(copied, values), **copied(named))

    try:
        names.update({name: copying(original) for name, original in originals.items()})
        yield
    finally:
        names.update(originals)


class NoCacheError(Exception):
    """The answer's own forward pass does not give what its backward pass is to be called with."""


def _own_cache(wanted: OwnCache, own: Callable[[str], Any] | None) -> Any:
    if own is None:
        return wanted.of_the_reference()
    forward = own(wanted.forward)
    if not callable(forward):
        raise NoCacheError(
            f"it is called with the cache of your {wanted.forward}: write that first"
        )
    try:
        return wanted.kept_by(forward)
    except LookupError:
        raise NoCacheError(
            f"it is called with the cache that your {wanted.forward} returns last, "
            "and that returns none"
        ) from None


@contextlib.contextmanager
def _quietly(
    warn_only: bool = False,
) -> Iterator[tuple[io.TextIOWrapper, list[warnings.WarningMessage]]]:
    printed = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", newline="\n")
    new = [filtered for filtered in warnings.filters if filtered not in FILTERS_AT_FIRST]
    raises = not warn_only and (
        any(action == "error" for action, *_ in new) or "raise" in np.geterr().values()
    )
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all=None if raises else "warn"),
        marked_empty(),
    ):
        if not raises:
            warnings.simplefilter("always")
        yield printed, caught


def _text_of(printed: io.TextIOWrapper) -> str:
    try:
        printed.flush()
        return cast(io.BytesIO, printed.buffer).getvalue().decode("utf-8", "replace")
    except ValueError:  # the answer has closed it
        return ""


def _snapshot(value: Any) -> Any:
    """Results as they are now: a later call might overwrite a reused array.

    Arrays, numbers, dicts and names of a subclass become plain ones, a defaultdict say, and so do
    arrays and numbers of another byte order or of more digits.
    """
    if isinstance(value, tuple | list):
        items = [_plain(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, dict):
        names = [str.__str__(key) if isinstance(key, str) else key for key in value]
        return dict(zip(names, map(_plain, value.values()), strict=True))
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.longdouble) and not np.ma.is_masked(value):
        dtype = np.float64 if value.dtype == np.longdouble else value.dtype.newbyteorder("=")
        return np.array(value, dtype)
    if isinstance(value, bool | np.generic):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _is_placeholder(value: Any, function: Callable[..., Any]) -> bool:
    """Whether the function is still a stub: `pass`, `return ...`, `return None, None`."""
    if value is None:
        return not _does_work(function)  # else somebody wrote code and forgot to return
    if type(value) is dict:
        value = list(value.values())
    items = value if isinstance(value, tuple | list) and value else (value,)
    return all(any(item is placeholder for placeholder in PLACEHOLDERS) for item in items)


def _is_stub_error(error: BaseException, function: Callable[..., Any]) -> bool:
    """Whether a stub raised it: NotImplementedError, or a name that it returns and never made."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None or traceback.tb_frame.f_code is not _code(function):
        return False  # something that it calls
    if isinstance(error, NotImplementedError):
        return True
    return isinstance(error, NameError) and not _does_work(function)


def _does_work(function: Callable[..., Any]) -> bool:
    """Whether a function does more than to hand names and constants around, as a stub does."""
    code = _code(function)
    return code is None or any(  # a partial function, say
        instruction.opname.startswith(WORK) for instruction in dis.get_instructions(code)
    )


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
            function(*case.by_position(arguments), **case.by_name(arguments))
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
    return filename.startswith(("<frozen", "<__array_function__", NOT_THE_LEARNERS, *LIBRARIES))


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception whose own __str__ fails
        return ""
