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

from lessons_lib.grading.exercise.containers import OwnCache
from lessons_lib.grading.wording import Foreign

HEAD = struct.Struct(">II")  # length of the JSON, length of the bytes that follow it
MOST_JSON = 4_000_000  # bytes
MOST_BYTES = 64_000_000
MOST_DEPTH = 20
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
    if json_length > MOST_JSON or blob_length > MOST_BYTES:
        raise ProtocolError("a message is too large")
    text, blob = _exactly(stream, json_length), _exactly(stream, blob_length)
    try:
        message = _Unpacker(blob, call_back).unpacked(json.loads(text))
    except ProtocolError:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ProtocolError(f"a message cannot be read: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise ProtocolError("a message is no dict")
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
    if isinstance(value, np.random.Generator):
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
    def __init__(self, blob: bytes, call_back: Callable[[int], Callable[..., Any]] | None) -> None:
        self.blob, self.start, self.call_back = blob, 0, call_back

    def unpacked(self, value: Any, depth: int = 0) -> Any:
        if depth > MOST_DEPTH:
            raise ProtocolError("a message is too deep")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ProtocolError("a whole number is too large for an array")
        if value is None or isinstance(value, bool | str | int):
            return value
        if isinstance(value, dict):
            return {key: self.unpacked(item, depth + 1) for key, item in value[""]}
        kind, *rest = value
        if kind == "float":
            return float(rest[0])
        if kind in ("array", "number"):
            array = self._array(*rest)
            return array if kind == "array" else array[()]
        if kind == "foreign":
            return Foreign(str(rest[0]))
        if kind in ("list", "tuple"):
            items = [self.unpacked(item, depth + 1) for item in rest[0]]
            return items if kind == "list" else tuple(items)
        if self.call_back is not None:  # what only the grader sends
            if kind == "named":
                name, fields, items = rest
                made: Any = namedtuple(name, fields)  # type: ignore[misc]
                return made(*(self.unpacked(item, depth + 1) for item in items))
            if kind == "own cache":
                forward, place, arguments = rest
                return OwnCache(forward, self.unpacked(arguments, depth + 1), place)
            if kind == "generator":
                return _generator(rest[0])
            if kind == "function":
                return self.call_back(rest[0])
        raise ProtocolError("a message holds something unknown")

    def _array(self, dtype: str, shape: list[int]) -> np.ndarray:
        if dtype not in DTYPES:
            raise ProtocolError("an array has a dtype that is not allowed")
        if len(shape) > 16 or any(type(n) is not int or not 0 <= n <= MOST_BYTES for n in shape):
            raise ProtocolError("an array has no possible shape")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > len(self.blob) - self.start:
            raise ProtocolError("an array is longer than its bytes")
        piece = self.blob[self.start : self.start + size]
        self.start += size
        return np.frombuffer(piece, dtype).reshape(shape).copy()


def _generator(state: str) -> np.random.Generator:
    loaded = json.loads(state)
    bits = getattr(np.random, loaded["bit_generator"])()
    bits.state = loaded
    return np.random.Generator(bits)
