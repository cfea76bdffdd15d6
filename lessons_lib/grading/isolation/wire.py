"""Messages between the grader and the process that runs a submission: JSON and raw array bytes.

Neither side evaluates or unpickles anything. What a submission's process sends is checked as
strictly as if a stranger had sent it: sizes before contents, and only plain arrays and numbers.
"""

import json
import math
import struct
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from lessons_lib.grading.exercise.containers import OwnCache, is_generator
from lessons_lib.grading.wording import Foreign

HEAD = struct.Struct(">II")  # length of the JSON, length of the bytes that follow it
MOST_JSON = 4_000_000  # bytes, of the grader's; a whole submission
MOST_BYTES = 64_000_000
MOST_DEPTH = 20
MOST_AXES = 16
# What a stranger may send, so that nothing takes long to read.
STRANGERS_JSON = 1_000_000
STRANGERS_VALUES = 20_000
STRANGERS_TEXT = 20_000  # characters
LONGEST_FLOAT = 30
DTYPES = {np.dtype(f"{kind}{size}").name for kind in "iu" for size in (1, 2, 4, 8)}
DTYPES |= {"bool", "float16", "float32", "float64"}


class ProtocolError(ValueError):
    """The other side sent what it may not send."""


def send(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message of JSON values, arrays, tuples, named tuples, generators and `Foreign`."""
    blobs: list[bytes] = []
    text = json.dumps(_packed(message, blobs)).encode()
    stream.write(HEAD.pack(len(text), sum(map(len, blobs))) + text + b"".join(blobs))
    stream.flush()


def receive(
    stream: BinaryIO, *, call_back: Callable[[int], Callable[..., Any]] | None = None
) -> dict[str, Any]:
    """Read one message.

    Args:
        stream: where it comes from.
        call_back: makes a function of the number that stands for it; without it, messages that
            hold a function or a random generator are refused.

    Raises:
        EOFError: if the stream ends.
        ProtocolError: if the message is none.
    """
    json_length, blob_length = HEAD.unpack(_exactly(stream, HEAD.size))
    most = STRANGERS_JSON if call_back is None else MOST_JSON
    if json_length > most or blob_length > MOST_BYTES:
        raise ProtocolError("a message is too large")
    text, blob = _exactly(stream, json_length), _exactly(stream, blob_length)
    try:
        message = _Unpacker(blob, call_back).message(json.loads(text))
    except ProtocolError:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ProtocolError(f"a message cannot be read: {type(error).__name__}") from None
    return message


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _packed(value: Any, blobs: list[bytes]) -> Any:
    """JSON for a value: [kind, ...] for whatever JSON has not, arrays' bytes put aside."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int) and not isinstance(value, np.generic):
        return value
    if isinstance(value, float) and not isinstance(value, np.generic):
        return ["float", repr(value)]  # JSON has no NaN and no infinity
    if isinstance(value, np.ndarray | np.generic):
        native = np.asarray(value).dtype.newbyteorder("=")
        array = np.ascontiguousarray(value, native).reshape(np.shape(value))
        blobs.append(array.tobytes())
        return [
            "number" if isinstance(value, np.generic) else "array",
            array.dtype.name,
            array.shape,
        ]
    if isinstance(value, Foreign):
        return ["foreign", value.text]
    if is_generator(value):
        return ["generator", json.dumps(value.bit_generator.state)]
    if isinstance(value, Function):
        return ["function", value.number]
    if isinstance(value, OwnCache):
        return ["own cache", value.forward, value.place, _packed(value.arguments, blobs)]
    if isinstance(value, dict):
        return {"": [[key, _packed(item, blobs)] for key, item in value.items()]}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        items = [_packed(item, blobs) for item in value]
        return ["named", type(value).__name__, list(value._fields), items]
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return [kind, [_packed(item, blobs) for item in value]]
    raise TypeError(f"cannot send a {type(value).__name__}")


@dataclass(frozen=True)
class Function:
    """Stands for a function that stays where it is and is called by messages."""

    number: int


class _Unpacker:
    """Reads a message; without `call_back` it is a stranger's."""

    def __init__(self, blob: bytes, call_back: Callable[[int], Callable[..., Any]] | None) -> None:
        self.blob, self.start, self.call_back = blob, 0, call_back
        self.values = 0

    def message(self, parsed: Any) -> dict[str, Any]:
        found = self._unpacked(parsed, 0)
        if not isinstance(found, dict):
            raise ProtocolError("a message is no dict")
        if self.start != len(self.blob):
            raise ProtocolError("a message has bytes that belong to no array")
        return found

    def _unpacked(self, value: Any, depth: int) -> Any:
        self.values += 1
        if depth > MOST_DEPTH:
            raise ProtocolError("a message is too deep")
        if self.call_back is None and self.values > STRANGERS_VALUES:
            raise ProtocolError("a message has too many values")
        match value:
            case None | bool():
                return value
            case int():
                if not -(2**63) <= value < 2**63:
                    raise ProtocolError("a whole number is too large for an array")
                return value
            case str():
                return self._text(value)
            case {"": list(pairs)} if len(value) == 1:
                return self._dict(pairs, depth)
            case ["float", str(text)] if len(text) <= LONGEST_FLOAT:
                return float(text)
            case ["array", str(dtype), list(shape)]:
                return self._array(dtype, shape)
            case ["number", str(dtype), []]:
                return self._array(dtype, [])[()]
            case ["foreign", str(text)]:
                return Foreign(self._text(text))
            case ["list", list(items)]:
                return [self._unpacked(item, depth + 1) for item in items]
            case ["tuple", list(items)]:
                return tuple(self._unpacked(item, depth + 1) for item in items)
        if self.call_back is not None:
            return self._from_the_grader(value, depth, self.call_back)
        raise ProtocolError("a message holds something unknown")

    def _from_the_grader(
        self, value: Any, depth: int, call_back: Callable[[int], Callable[..., Any]]
    ) -> Any:
        match value:
            case ["named", name, fields, items]:
                made: Any = namedtuple(name, fields)  # type: ignore[misc]
                return made(*(self._unpacked(item, depth + 1) for item in items))
            case ["own cache", forward, place, arguments]:
                return OwnCache(forward, self._unpacked(arguments, depth + 1), place)
            case ["generator", state]:
                return _generator(state)
            case ["function", number]:
                return call_back(number)
        raise ProtocolError("a message holds something unknown")

    def _dict(self, pairs: list[Any], depth: int) -> dict[str, Any]:
        found = {}
        for pair in pairs:
            match pair:
                case [str(key), item]:
                    found[self._text(key)] = self._unpacked(item, depth + 1)
                case _:
                    raise ProtocolError("a dict has something else than pairs")
        if len(found) < len(pairs):
            raise ProtocolError("a dict has a key twice")
        return found

    def _text(self, text: str) -> str:
        if self.call_back is None and len(text) > STRANGERS_TEXT:
            raise ProtocolError("a text is too long")
        return text

    def _array(self, dtype: str, shape: list[Any]) -> np.ndarray:
        if dtype not in DTYPES:
            raise ProtocolError("an array has a dtype that is not allowed")
        lengths = [n for n in shape if type(n) is int and 0 <= n <= MOST_BYTES]
        # Also without a 0 among them: an empty array must not stand for a giant one.
        if len(lengths) < len(shape) or len(shape) > MOST_AXES:
            raise ProtocolError("an array has no possible shape")
        if math.prod(filter(None, lengths)) > MOST_BYTES:
            raise ProtocolError("an array has no possible shape")
        size = math.prod(lengths) * np.dtype(dtype).itemsize
        if size > len(self.blob) - self.start:
            raise ProtocolError("an array is longer than its bytes")
        piece = self.blob[self.start : self.start + size]
        self.start += size
        if dtype == "bool" and piece.strip(b"\0\1"):
            raise ProtocolError("an array of bools holds other bytes than 0 and 1")
        return np.frombuffer(piece, dtype).reshape(lengths).copy()


def _generator(state: str) -> "np.random.Generator":
    loaded = json.loads(state)
    bits = getattr(np.random, loaded["bit_generator"])()
    bits.state = loaded
    return np.random.Generator(bits)
