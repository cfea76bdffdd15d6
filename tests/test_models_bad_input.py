"""What the language model says about bad input: the argument, what was expected, what came."""

import numpy as np
import pytest

from lessons_lib.models import LanguageModel

ids = np.zeros((4, 3), int)


def make_model(cell="lstm"):
    return LanguageModel(6, 4, 4, cell=cell)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"cell": "elman"}, ValueError, "cell: expected one of rnn, lstm, gru, got 'elman'"),
        ({"cell": None}, ValueError, "cell: expected one of rnn, lstm, gru, got None"),
        ({"cell": ["rnn"]}, (ValueError, TypeError), "cell: expected one of rnn, lstm, gru"),
        ({"num_layers": 0}, ValueError, "num_layers: expected at least 1, got 0"),
        ({"num_layers": 1.5}, TypeError, "num_layers: expected a whole number, got 1.5"),
        ({"vocab_size": 0}, ValueError, "vocab_size: expected at least 1, got 0"),
        ({"embed_size": -1}, ValueError, "embed_size: expected at least 1, got -1"),
        ({"hidden_size": 2.0}, TypeError, "hidden_size: expected a whole number, got 2.0"),
        ({"dropout": 1.0}, ValueError, "(p|dropout): expected a probability .*, got 1.0"),
        ({"tie_weights": True}, ValueError, "tie_weights: expected .*, got 3 and 4"),
        ({"rng": 0}, TypeError, "rng: expected a numpy.random.Generator, got int"),
        ({"dtype": np.float16}, TypeError, "dtype: expected float32 or float64, got float16"),
    ],
)
def test_a_model_says_what_is_wrong_with_its_arguments(options, error, message):
    arguments = {"vocab_size": 7, "embed_size": 3, "hidden_size": 4} | options
    with pytest.raises(error, match=message):
        LanguageModel(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.zeros(4, int), ids), ValueError, r"ids: expected shape \(T, N\), got \(4,\)"),
        ((ids + 6, ids), ValueError, "ids: expected values from 0 to 5, got .* 6 to 6"),
        ((ids - 1, ids), ValueError, "ids: expected values from 0 to 5, got .* -1 to -1"),
        ((ids + 0.5, ids), TypeError, "ids: expected integers, got dtype float64"),
        (([[0, 1], [0]], ids), ValueError, "ids: expected"),
        ((ids, ids[:2]), ValueError, r"targets: expected .*\(4, 3\), got \(2, 3\)"),
        ((ids, ids + 6), ValueError, "targets: expected values from 0 to 5, got .* 6 to 6"),
        ((ids, ids - 1), ValueError, "targets: expected values from 0 to 5, got .* -1 to -1"),
        ((ids, ids + 0.5), TypeError, "targets: expected integers, got dtype float64"),
    ],
)
def test_loss_says_what_is_wrong(arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make_model().loss(*arguments)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("rnn", ()),
        ("rnn", np.zeros((3, 4))),
        ("rnn", (np.zeros((3, 4)), np.zeros((3, 4)))),
        ("rnn", (np.zeros((2, 4)),)),
        ("gru", ((np.zeros((3, 4)), np.zeros((3, 4))),)),
        ("lstm", (np.zeros((3, 4)),)),
        ("lstm", ((np.zeros((3, 4)), np.zeros((3, 5))),)),
        ("lstm", 7),
    ],
)
def test_a_model_says_what_is_wrong_with_a_state(cell, state):
    with pytest.raises((ValueError, TypeError), match=r"state.*: expected"):
        make_model(cell=cell).forward(ids, state)


def test_backward_needs_a_loss_just_before_it():
    model = make_model()
    with pytest.raises(RuntimeError, match=r"LanguageModel.backward needs a loss"):
        model.backward()
    model.loss(ids, ids)
    model.forward(ids)  # writes over what backward would read
    with pytest.raises(RuntimeError, match=r"LanguageModel.backward needs a loss"):
        model.backward()


@pytest.mark.parametrize("name", ["embedding.W", "rnn.0.Wx", "output.W", "output.b"])
def test_assigned_parameters_are_checked(name):
    model = make_model()
    model.params[name] = np.zeros((2, 2))
    with pytest.raises(ValueError, match=rf'params\["{name}"\]: expected .*, got \(2, 2\)'):
        model.forward(ids)
