"""What layers, models and functions say about bad input."""

import numpy as np
import pytest

from lessons_lib.functions import cross_entropy, one_hot
from lessons_lib.gradients import clip_grads, clip_values
from lessons_lib.layers import GRU, LSTM, RNN, Dropout, Embedding, Linear
from lessons_lib.models import LanguageModel
from tests.errors import check_error, says
from tests.strategies import KINDS, each_kind

zeros, ids = np.zeros, np.zeros((4, 3), int)
pair = zeros((3, 5)), zeros((3, 5))


# --- functions ------------------------------------------------------------------------------------


@says(
    (lambda: cross_entropy(zeros((2, 3)), ids[0]), r"ValueError: targets: .* \(2,\), got \(3,\)"),
    (lambda: cross_entropy(zeros((2, 3)), zeros(2)), "TypeError: targets: .* integers, .*float64"),
    (lambda: cross_entropy(zeros((2, 3)), [0, 3]), "ValueError: targets: .* 0 to 2, .* 0 to 3"),
    (lambda: cross_entropy(zeros((2, 3)), [-1, 0]), "ValueError: targets: .* 0 to 2, .* -1 to 0"),
    (lambda: cross_entropy(zeros((2, 0)), [0, 0]), r"ValueError: logits: .* V .*, got \(2, 0\)"),
    (
        lambda: cross_entropy(np.float64(1), np.int64(0)),
        r"ValueError: logits: expected shape .*, got \(\)",
    ),
    (lambda: cross_entropy(zeros((0, 3)), ids[0, :0]), "ValueError: targets: .* at least one"),
    (
        lambda: cross_entropy(zeros((2, 3)), [1, 1], ignore_index=1),
        "ValueError: targets: expected at least one",
    ),
    (lambda: one_hot([0, 3], 3), "ValueError: ids: expected .* 0 to 2, got values from 0 to 3"),
    (lambda: one_hot([-1, 0], 3), "ValueError: ids: expected .* 0 to 2, got values from -1 to 0"),
    (lambda: one_hot([0.0, 1.0], 3), "TypeError: ids: expected integers, got dtype float64"),
    (lambda: one_hot([True], 3), "TypeError: ids: expected integers, got dtype bool"),
)
def test_functions(call, words):
    check_error(call, words)


@pytest.mark.parametrize("limit", [0, -1.0, np.nan])
def test_a_limit_is_above_zero(limit):
    for clip, name in ((clip_grads, "max_norm"), (clip_values, "limit")):
        check_error(
            lambda clip=clip: clip([np.ones(1)], limit),
            f"ValueError: {name}: .* above 0, got {limit}",
        )


# --- layers ---------------------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize(
    ("x", "words"),
    [
        (zeros((4, 3)), r"ValueError: x: expected shape \(T, N, D\) .*, got \(4, 3\)"),
        (zeros((4, 3, 3)), r"ValueError: x: expected shape .* 2\), got \(4, 3, 3\)"),
        (zeros((4, 3, 2), complex), "TypeError: x: expected real numbers, got .*complex128"),
        (np.full((4, 3, 2), "a"), "TypeError: x: expected real numbers, got"),
        (None, "TypeError: x: expected real numbers, got"),
        ([[[1.0, 2.0], [3.0]]], "ValueError: x: expected .* got ragged"),
    ],
)
def test_what_a_recurrent_layer_reads(kind, x, words):
    check_error(lambda: kind.layer(2, 5).forward(x), words)


@pytest.mark.parametrize(
    ("layer", "state", "error", "words"),
    [
        (RNN, zeros((5, 3)), "ValueError", r"state: expected .* = \(3, 5\), got \(5, 3\)"),
        (GRU, zeros(5), "ValueError", r"state: expected .*, got \(5,\)"),
        (GRU, pair, "ValueError", r"state: expected .*, got \(2, 3, 5\)"),
        (LSTM, zeros((3, 5)), "TypeError", r"state: expected the pair \(h, c\), got ndarray"),
        (LSTM, pair[:1], "TypeError", r"state: expected the pair \(h, c\), got"),
        (LSTM, (zeros((5, 3)), pair[0]), "ValueError", r"state h: expected .*, got \(5, 3\)"),
        (LSTM, (pair[0], zeros((1, 5))), "ValueError", r"state c: expected .*, got \(1, 5\)"),
    ],
)
def test_the_state_of_a_layer(layer, state, error, words):
    layer = layer(2, 5)
    check_error(lambda: layer.forward(zeros((4, 3, 2)), state), f"{error}: {words}")
    layer.forward(zeros((4, 3, 2)))
    check_error(lambda: layer.backward(zeros((4, 3, 5)), state), f"{error}: d{words}")


@each_kind
def test_what_else_a_recurrent_layer_is_given(kind):
    layer = kind.layer(2, 5)
    layer.forward(zeros((4, 3, 2)))
    for shape in ((3, 5), (3, 3, 5), (4, 3, 4), (4, 1, 5)):
        check_error(
            lambda shape=shape: layer.backward(zeros(shape)),
            r"ValueError: dhs: expected .* \(4, 3, 5\), got \(",
        )
    layer.params["Wh"] = zeros((5, 4))
    words = r'ValueError: params\["Wh"\]: expected .*, got \(5, 4\)'
    check_error(lambda: layer.forward(zeros((4, 3, 2))), words)


@pytest.mark.parametrize(
    ("layer", "dout"),
    [
        *((kind.layer(2, 5), zeros((4, 3, 5))) for kind in KINDS.values()),
        (Linear(2, 5), zeros((3, 5))),
        (Embedding(2, 5), zeros((3, 5))),
        (Dropout(0.5), zeros(3)),
    ],
)
def test_backward_needs_a_forward(layer, dout):
    words = f"RuntimeError: {type(layer).__name__}.backward needs a forward"
    check_error(lambda: layer.backward(dout), words)


@pytest.mark.parametrize("make", [RNN, LSTM, GRU, Linear, Embedding])
def test_how_a_layer_is_made(make):
    for size, error in ((0, "Value"), (-1, "Value"), (2.0, "Type"), (True, "Type")):
        for sizes in ((size, 3), (3, size)):
            words = rf"{error}Error: (\w*size|num_embeddings): expected .*, got"
            check_error(lambda sizes=sizes: make(*sizes), words)
    for rng in (0, np.random, np.random.RandomState(0)):
        words = r"TypeError: rng: expected a numpy.random.Generator, got"
        check_error(lambda rng=rng: make(2, 3, rng=rng), words)
    of_a_file = {"names": ["a"], "formats": ["m8[D/0]"]}
    for dtype in (
        np.int64,
        np.float16,
        complex,
        "no",
        "(,)f4",
        "M8[us/0]",
        of_a_file,
        [["a", "f4"]],
    ):
        words = "TypeError: dtype: expected float32 or float64, got"
        check_error(lambda dtype=dtype: make(2, 3, dtype=dtype), words)


@says(
    (lambda: Embedding(3, 2).forward([0, 3]), "ValueError: ids: expected .* 0 to 2, .* 0 to 3"),
    (lambda: Embedding(3, 2).forward([-1]), "ValueError: ids: expected .* 0 to 2, got .* -1"),
    (lambda: Embedding(3, 2).forward([1.0]), "TypeError: ids: expected integers, got .*float64"),
    (lambda: Linear(3, 2).forward(zeros((4, 2))), r"ValueError: x: expected .*, got \(4, 2\)"),
    (lambda: Linear(3, 2).forward(1.0), r"ValueError: x: expected shape .*, got \(\)"),
    (lambda: Linear(3, 2).forward([[1.0], [1.0, 2.0]]), "ValueError: x: expected .*, got ragged"),
    (lambda: Dropout(0.5).forward(np.arange(3)), "TypeError: x: expected floating-point .*int"),
    *(
        (lambda p=p: Dropout(p), f"ValueError: p: expected a probability .*, got {p}")
        for p in (-0.1, 1, 1.5, np.nan)
    ),
)
def test_the_other_layers(call, words):
    check_error(call, words)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("layer", "argument", "wrong", "words"),
    [
        (Embedding(3, 2), [0, 1], zeros((3, 2)), r"ValueError: dout: expected .*, got \(3, 2\)"),
        (Linear(3, 2), zeros((4, 3)), zeros((4, 3)), r"ValueError: dy: expected .*, got \(4, 3\)"),
        (Dropout(0.5), zeros((4, 3)), zeros((2, 3)), r"ValueError: dy: expected .*, got \(2, 3\)"),
        (Dropout(0.5), zeros((4, 3)), zeros(3), r"ValueError: dy: expected .*, got \(3,\)"),
    ],
)
def test_a_gradient_on_another_layer(layer, argument, wrong, words, training):
    layer.training = training  # only Dropout heeds it
    layer.forward(argument)
    check_error(lambda: layer.backward(wrong), words)


# --- the language model ---------------------------------------------------------------------------


def make_model(**options):
    return LanguageModel(**{"vocab_size": 6, "embed_size": 3, "hidden_size": 4} | options)


BELOW_1 = ": expected a probability from 0 up to but not 1, got 1.0"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell": "elman"}, "ValueError: cell: expected one of rnn, lstm, gru, got 'elman'"),
        ({"cell": ["rnn"]}, r"(Value|Type)Error: cell: expected one of rnn, lstm, gru"),
        ({"num_layers": 0}, "ValueError: num_layers: expected at least 1, got 0"),
        ({"num_layers": 1.5}, "TypeError: num_layers: expected a whole number, got 1.5"),
        ({"vocab_size": 0}, "ValueError: vocab_size: expected at least 1, got 0"),
        ({"embed_size": -1}, "ValueError: embed_size: expected at least 1, got -1"),
        ({"hidden_size": 2.0}, "TypeError: hidden_size: expected a whole number, got 2.0"),
        *(
            ({f"{name}dropout": 1.0}, f"ValueError: {name}dropout{BELOW_1}")
            for name in ("", "word_", "weight_")
        ),
        ({"tie_weights": True}, "ValueError: tie_weights: expected .*, got 3 and 4"),
        ({"rng": 0}, "TypeError: rng: expected a numpy.random.Generator, got int"),
        ({"dtype": np.float16}, "TypeError: dtype: expected float32 or float64, got float16"),
    ],
)
def test_how_a_model_is_made(options, words):
    check_error(lambda: make_model(**options), words)


@pytest.mark.parametrize(
    ("read", "targets", "words"),
    [
        (zeros(4, int), ids, r"ValueError: ids: expected shape \(T, N\), got \(4,\)"),
        (ids + 6, ids, "ValueError: ids: expected values from 0 to 5, got .* 6 to 6"),
        (ids - 1, ids, "ValueError: ids: expected values from 0 to 5, got .* -1 to -1"),
        (ids + 0.5, ids, "TypeError: ids: expected integers, got dtype float64"),
        ([[0, 1], [0]], ids, "ValueError: ids: expected"),
        (ids, ids[:2], r"ValueError: targets: expected .*\(4, 3\), got \(2, 3\)"),
        (ids, ids + 6, "ValueError: targets: expected values from 0 to 5, got .* 6 to 6"),
        (ids, ids - 1, "ValueError: targets: expected values from 0 to 5, got .* -1 to -1"),
        (ids, ids + 0.5, "TypeError: targets: expected integers, got dtype float64"),
    ],
)
def test_what_a_model_reads(read, targets, words):
    check_error(lambda: make_model().loss(read, targets), words)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("rnn", ()),
        ("rnn", zeros((3, 4))),
        ("rnn", (zeros((3, 4)), zeros((3, 4)))),
        ("rnn", (zeros((2, 4)),)),
        ("gru", ((zeros((3, 4)), zeros((3, 4))),)),
        ("lstm", (zeros((3, 4)),)),
        ("lstm", ((zeros((3, 4)), zeros((3, 5))),)),
        ("lstm", 7),
    ],
)
def test_the_state_of_a_model(cell, state):
    check_error(lambda: make_model(cell=cell).forward(ids, state), r"\w+Error: state.*: expected")


def test_backward_needs_a_loss_just_before_it():
    model = make_model()
    check_error(model.backward, "RuntimeError: LanguageModel.backward needs a loss")
    model.loss(ids, ids)
    model.forward(ids)  # writes over what backward would read
    check_error(model.backward, "RuntimeError: LanguageModel.backward needs a loss")


@pytest.mark.parametrize("name", ["embedding.W", "rnn.0.Wx", "output.W", "output.b"])
def test_assigned_parameters(name):
    model = make_model()
    model.params[name] = zeros((2, 2))
    words = rf'ValueError: params\["{name}"\]: expected .*, got \(2, 2\)'
    check_error(lambda: model.forward(ids), words)


@pytest.mark.parametrize("change", [dict.popitem, lambda params: params.update(b=zeros(2))])
def test_parameters_of_other_names(change):
    model = make_model()
    change(model.params)
    check_error(lambda: model.forward(ids), "ValueError: params: expected the names embedding.W, ")
