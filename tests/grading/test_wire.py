"""Messages come out as they went in, and what a stranger might send is refused."""

import contextlib
import functools
import io
import json
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lessons_lib.grading.exercise.cases import Case
from lessons_lib.grading.isolation.answers import checked_definitions, outcome_of, signature_of
from lessons_lib.grading.isolation.wire import (
    HEAD,
    MOST_BYTES,
    STRANGERS_JSON,
    STRANGERS_VALUES,
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
        (["array", "float64", [2**20, 2**20, 0]], b""),  # of no bytes, and of a giant's shape
        (["array", "bool", [4]], b"\0\1\2\1"),
        (["number", "float64", [4]], FOUR),
        (["array", "int8", [4]], FOUR),  # bytes that are no array's
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
        ({"": ["ab", "cd"]}, b""),
        ({"": [["a", 1], ["a", 2]]}, b""),
        ({"": [], "x": 1}, b""),
        (["float", "1" * 31], b""),
        (["float", 1], b""),
        (["foreign", 1], b""),
        ("x" * 20_001, b""),
        (["list", [0] * STRANGERS_VALUES], b""),
        (functools.reduce(lambda value, _: ["list", [value]], range(50), 0), b""),
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


@pytest.mark.parametrize(
    "lengths", [(STRANGERS_JSON + 1, 0), (2, MOST_BYTES + 1), (2**32 - 1, 2**32 - 1)]
)
def test_sizes_are_looked_at_before_anything_is_read(lengths):
    stream = io.BytesIO(HEAD.pack(*lengths))
    with pytest.raises(ProtocolError, match="too large"):
        receive(stream)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["", "x"]), inner)
        | st.tuples(
            st.sampled_from(["array", "number", "float", "list", "tuple", "foreign"]), inner
        )
        | st.tuples(st.just("array"), st.sampled_from(["int8", "bool", "object"]), inner)
    ),
    max_leaves=12,
)
FIELDS = ["value", "written_into", "raised", "attempted", "written", "written_at", "printed"]
FIELDS += [
    "warnings",
    "functions",
    "problems",
    "concerns",
    "parameters",
    "is_plain",
    "call",
    "left_out",
]


@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), JSON),
    blob=st.binary(max_size=9),
    case=st.just(Case({"x": np.zeros(2)}, {}, "float64")),
)
def test_drawn_frames_are_refused_or_are_what_the_protocol_allows(fields, blob, case):
    try:
        message = receive(raw({"": [list(pair) for pair in fields.items()]}, blob))
    except ProtocolError:
        return
    for read in (lambda: outcome_of(message, case), lambda: checked_definitions(message, ["f"])):
        with contextlib.suppress(ProtocolError):
            read()


@given(data=st.data())
def test_an_answer_with_one_field_that_is_drawn(data):
    """Everything else as it should be, so that each field is looked at."""
    case = Case({"x": np.zeros(2)}, {}, "float64")
    plain = {"value": 1, "written_into": {}, "raised": None, "attempted": True, "written": []}
    plain |= {"written_at": None, "printed": "", "warnings": []}
    outcome_of(plain, case)
    name = data.draw(st.sampled_from(sorted(plain)))
    drawn = data.draw(JSON | st.lists(st.text() | st.integers(), min_size=5, max_size=5))
    try:
        outcome = outcome_of(plain | {name: drawn}, case)
    except ProtocolError:
        return
    assert type(outcome.attempted) is bool and type(outcome.printed) is str
    assert set(outcome.written) <= {"x"} and all(type(w) is str for w in outcome.warnings)
    for raised in filter(None, (outcome.raised, outcome.written_at)):
        assert [type(part) for part in (raised.kind, raised.text, raised.line)] == [str, str, int]


@pytest.mark.parametrize(
    "change",
    [
        {"functions": {"g": {"parameters": None, "is_plain": True}}},
        {"functions": {"f": {"parameters": [["x" * 101, "VAR_KEYWORD", True]], "is_plain": True}}},
        {"functions": {"f": {"parameters": [["x", "NO_KIND", True]], "is_plain": True}}},
        {"functions": {"f": {"parameters": [["x", "VAR_KEYWORD", 1]], "is_plain": True}}},
        {"functions": {"f": {"parameters": [["x", [], True]], "is_plain": True}}},
        {"functions": {"f": {"parameters": None}}},
        {"problems": [["run", "cell 1", -1, ""]]},
        {"problems": [["run", "cell 1", 1, "x" * 1001]]},
        {"problems": None},
        {"concerns": {"f": [1]}},
        {"concerns": {"f": [True]}},
        {"left_out": 1},
        {"more": 1},
    ],
)
def test_definitions_that_are_none(change):
    described = {"parameters": [["x", "KEYWORD_ONLY", False]], "is_plain": True}
    plain = {
        "functions": {"f": described},
        "problems": [["run", "cell 1", 3, "failed"]],
        "concerns": {"f": [0]},
        "left_out": False,
    }
    assert checked_definitions(plain, ["f"]) is plain
    with pytest.raises(ProtocolError, match="not what was asked for"):
        checked_definitions(plain | change, ["f"])


@pytest.mark.parametrize("name", ["", "1", "for"])
def test_parameters_that_python_has_not_are_no_signature(name):
    parameters = [[name, "POSITIONAL_OR_KEYWORD", False]]
    assert signature_of({"parameters": parameters, "is_plain": True}) == (None, True)


@pytest.mark.parametrize("cut", [0, 3, 9])
def test_an_end_in_the_middle(cut):
    stream = io.BytesIO()
    send(stream, {"a": np.zeros(3)})
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:cut]))


def test_what_cannot_be_sent():
    with pytest.raises(TypeError, match="cannot send a set"):
        send(io.BytesIO(), {"a": {1, 2}})
