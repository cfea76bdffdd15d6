"""What the layers say about bad input: the argument, what was expected, what came."""

import numpy as np
import pytest

from lessons_lib.layers import GRU, LSTM, RNN, Dropout, Embedding, Linear
from tests.strategies import KINDS

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
zeros = np.zeros


@each_kind
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (zeros((4, 3)), ValueError, r"x: expected shape \(T, N, D\) .*, got \(4, 3\)"),
        (zeros((4, 3, 3)), ValueError, r"x: expected shape .* 2\), got \(4, 3, 3\)"),
        (zeros((4, 3, 2), complex), TypeError, "x: expected real numbers, got .*complex128"),
        (np.full((4, 3, 2), "a"), TypeError, "x: expected real numbers, got"),
        (None, TypeError, "x: expected real numbers, got"),
        ([[[1.0, 2.0], [3.0]]], ValueError, "x: expected .* got ragged"),
    ],
)
def test_recurrent_layers_say_what_is_wrong_with_x(kind, x, error, message):
    with pytest.raises(error, match=message):
        kind.layer(2, 5).forward(x)


@pytest.mark.parametrize(
    ("layer", "state", "error", "message"),
    [
        (RNN, zeros((5, 3)), ValueError, r"state: expected .* = \(3, 5\), got \(5, 3\)"),
        (GRU, zeros(5), ValueError, r"state: expected .*, got \(5,\)"),
        (GRU, (zeros((3, 5)), zeros((3, 5))), ValueError, r"state: expected .*, got \(2, 3, 5\)"),
        (LSTM, zeros((3, 5)), TypeError, r"state: expected the pair \(h, c\), got ndarray"),
        (LSTM, (zeros((3, 5)),), TypeError, r"state: expected the pair \(h, c\), got"),
        (LSTM, (zeros((5, 3)), zeros((3, 5))), ValueError, r"state h: expected .*, got \(5, 3\)"),
        (LSTM, (zeros((3, 5)), zeros((1, 5))), ValueError, r"state c: expected .*, got \(1, 5\)"),
    ],
)
def test_recurrent_layers_say_what_is_wrong_with_a_state(layer, state, error, message):
    layer = layer(2, 5)
    with pytest.raises(error, match=f"^{message}"):
        layer.forward(zeros((4, 3, 2)), state)
    layer.forward(zeros((4, 3, 2)))
    with pytest.raises(error, match=f"^d{message}"):
        layer.backward(zeros((4, 3, 5)), state)


@each_kind
@pytest.mark.parametrize("shape", [(3, 5), (3, 3, 5), (4, 3, 4), (4, 1, 5)])
def test_recurrent_layers_say_what_is_wrong_with_dhs(kind, shape):
    layer = kind.layer(2, 5)
    layer.forward(zeros((4, 3, 2)))
    with pytest.raises(ValueError, match=r"dhs: expected .* \(4, 3, 5\), got \("):
        layer.backward(zeros(shape))


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        *((kind.layer(2, 5), (zeros((4, 3, 5)),)) for kind in KINDS.values()),
        (Linear(2, 5), (zeros((3, 5)),)),
        (Embedding(2, 5), (zeros((3, 5)),)),
        (Dropout(0.5), (zeros(3),)),
    ],
)
def test_backward_needs_a_forward(layer, arguments):
    with pytest.raises(RuntimeError, match=f"{type(layer).__name__}.backward needs a forward"):
        layer.backward(*arguments)


@pytest.mark.parametrize("make", [RNN, LSTM, GRU, Linear, Embedding])
@pytest.mark.parametrize(
    ("size", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)]
)
def test_sizes_are_whole_numbers_from_one(make, size, error):
    for arguments in ((size, 3), (3, size)):
        with pytest.raises(error, match=r"(size|num_embeddings): expected .*, got"):
            make(*arguments)


@pytest.mark.parametrize("make", [RNN, LSTM, GRU, Linear, Embedding])
def test_rng_and_dtype_are_checked(make):
    for rng in (0, np.random, np.random.RandomState(0)):
        with pytest.raises(TypeError, match=r"rng: expected a numpy.random.Generator, got"):
            make(2, 3, rng=rng)
    for dtype in (np.int64, np.float16, complex, "no such dtype"):
        with pytest.raises(TypeError, match="dtype: expected float32 or float64, got"):
            make(2, 3, dtype=dtype)


@each_kind
def test_assigned_parameters_are_checked(kind):
    layer = kind.layer(2, 5)
    layer.params["Wh"] = zeros((5, 4))
    with pytest.raises(ValueError, match=r'params\["Wh"\]: expected .*, got \(5, 4\)'):
        layer.forward(zeros((4, 3, 2)))


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, np.nan])
def test_dropout_needs_a_probability_below_one(p):
    with pytest.raises(ValueError, match=f"p: expected a probability .*, got {p}"):
        Dropout(p)


@pytest.mark.parametrize(
    ("layer", "argument", "error", "message"),
    [
        (Embedding(3, 2), [0, 3], ValueError, "ids: expected values from 0 to 2, got .* 0 to 3"),
        (Embedding(3, 2), [-1], ValueError, "ids: expected values from 0 to 2, got .* -1"),
        (Embedding(3, 2), [1.0], TypeError, "ids: expected integers, got dtype float64"),
        (Linear(3, 2), zeros((4, 2)), ValueError, r"x: expected shape .*, got \(4, 2\)"),
        (Linear(3, 2), 1.0, ValueError, r"x: expected shape .*, got \(\)"),
        (Linear(3, 2), [[1.0], [1.0, 2.0]], ValueError, "x: expected .*, got ragged"),
        (Dropout(0.5), np.arange(3), TypeError, "x: expected floating-point numbers, got .*int"),
    ],
)
def test_the_other_layers_say_what_is_wrong(layer, argument, error, message):
    with pytest.raises(error, match=message):
        layer.forward(argument)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("layer", "argument", "wrong", "message"),
    [
        (Embedding(3, 2), [0, 1], zeros((3, 2)), r"dout: expected .*, got \(3, 2\)"),
        (Linear(3, 2), zeros((4, 3)), zeros((4, 3)), r"dy: expected .*, got \(4, 3\)"),
        (Dropout(0.5), zeros((4, 3)), zeros((2, 3)), r"dy: expected .*, got \(2, 3\)"),
        (Dropout(0.5), zeros((4, 3)), zeros(3), r"dy: expected .*, got \(3,\)"),
    ],
)
def test_the_other_layers_say_what_is_wrong_with_a_gradient(
    layer, argument, wrong, message, training
):
    layer.training = training  # only Dropout heeds it
    layer.forward(argument)
    with pytest.raises(ValueError, match=message):
        layer.backward(wrong)
