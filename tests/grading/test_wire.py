"""Messages come out as they went in, and what a stranger might send is refused."""

import io
import json
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lessons_lib.grading.isolation.wire import (
    HEAD,
    MOST_BYTES,
    MOST_JSON,
    Foreign,
    Function,
    ProtocolError,
    receive,
    send,
)


class Cache(NamedTuple):
    x: np.ndarray
    scale: float


def there_and_back(message, **options):
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    return receive(stream, **options)


def raw(text, blob=b""):
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return io.BytesIO(HEAD.pack(len(text), len(blob)) + text + blob)


@given(
    array=hnp.arrays(
        st.sampled_from(["float64", "float32", "int64", "int8", "uint16", "bool"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_arrays(array):
    found = there_and_back({"a": array, "twice": (array, [array])})
    for got in (found["a"], found["twice"][0], found["twice"][1][0]):
        assert (got.dtype, got.shape) == (array.dtype, array.shape)
        assert got.tobytes() == array.tobytes()
        assert type(got) is np.ndarray and got.flags.writeable


def test_other_values():
    message = {
        "numbers": [1, 2.5, float("inf"), True, None, np.float32(0.1), np.int64(3)],
        "words": "Γ",
        "nested": {"k": ({"": 1},)},
        "foreign": Foreign("a matrix"),
    }
    found = there_and_back(message)
    assert found == message
    assert [type(v) for v in found["numbers"]] == [type(v) for v in message["numbers"]]
    assert np.isnan(there_and_back({"x": float("nan")})["x"])


def test_what_only_the_grader_sends():
    rng = np.random.default_rng(5)
    rng.random()
    message = {"cache": Cache(np.ones(2), 0.5), "rng": rng, "f": Function(3)}
    found = there_and_back(message, call_back=lambda number: f"function {number}")
    assert found["cache"]._fields == ("x", "scale")
    np.testing.assert_array_equal(found["cache"].x, [1, 1])
    assert found["rng"].random() == rng.random()
    assert found["f"] == "function 3"
    for name in message:
        with pytest.raises(ProtocolError, match="something unknown"):
            there_and_back({name: message[name]})


FOUR = np.zeros(4).tobytes()


@pytest.mark.parametrize(
    ("value", "blob"),
    [
        (["array", "object", [4]], FOUR),
        (["array", "float128", [2]], FOUR),
        (["array", "float64", [5]], FOUR),
        (["array", "float64", [-1]], FOUR),
        (["array", "float64", [2**40, 2**40]], FOUR),
        (["array", "float64", [1] * 40], FOUR),
        (["array", "float64", ["4"]], FOUR),
        (["array", "float64", [True]], FOUR),
        (["array", "float64", 4], FOUR),
        (["array"], FOUR),
        (["array", ["float64"], [4]], FOUR),
        (["pickle", "gASVAA=="], b""),
        (["float", "one"], b""),
        ([], b""),
        ({"x": 1}, b""),
        ({"": [["a"]]}, b""),
        (1.5, b""),
    ],
)
def test_forged_values(value, blob):
    with pytest.raises(ProtocolError):
        receive(raw({"": [["value", value]]}, blob))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b"[1]",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b"9" * 5000,
        b'{"": [["a", NaN]]}',
    ],
)
def test_forged_json(text):
    with pytest.raises(ProtocolError):
        receive(raw(text))


@pytest.mark.parametrize("shape", [[5], [2**20, 2**20]])
def test_an_array_without_its_bytes(shape):
    with pytest.raises(ProtocolError, match="longer than its bytes"):
        receive(raw({"": [["value", ["array", "float64", shape]]]}, FOUR))


def test_deep_nesting():
    value = 0
    for _ in range(50):
        value = ["list", [value]]
    with pytest.raises(ProtocolError):
        receive(raw({"": [["value", value]]}))


@pytest.mark.parametrize(
    "lengths", [(MOST_JSON + 1, 0), (2, MOST_BYTES + 1), (2**32 - 1, 2**32 - 1)]
)
def test_sizes_are_looked_at_before_anything_is_read(lengths):
    stream = io.BytesIO(HEAD.pack(*lengths))
    with pytest.raises(ProtocolError, match="too large"):
        receive(stream)


@pytest.mark.parametrize("cut", [0, 3, 9])
def test_an_end_in_the_middle(cut):
    stream = io.BytesIO()
    send(stream, {"a": np.zeros(3)})
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:cut]))


def test_what_cannot_be_sent():
    with pytest.raises(TypeError, match="cannot send a set"):
        send(io.BytesIO(), {"a": {1, 2}})
