"""Parameters from elsewhere: the model made of them scores text as the formula they are from."""

import itertools

import numpy as np
import pytest

from lessons_lib.interop import language_model_from_arrays, language_model_from_torch
from lessons_lib.training import perplexity
from tests.errors import check_error

V, D, H = 11, 5, 4


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def perplexity_of(embed, step, W, b, ids):
    """By a foreign model's own formula: one token after the other, from a state of zeros."""
    losses = []
    for token, target in itertools.pairwise(ids):
        scores = step(embed[token]) @ W + b
        losses.append(np.log(np.exp(scores).sum()) - scores[target])
    return np.exp(np.mean(losses))


def foreign_lstm(Wx, Wh, b):
    """The LSTM of Deep Learning from Scratch 2: blocks f, g, i, o."""
    h = c = np.zeros(H)

    def step(x):
        nonlocal h, c
        f, g, i, o = np.split(x @ Wx + h @ Wh + b, 4)
        c = sigmoid(f) * c + np.tanh(g) * sigmoid(i)
        h = sigmoid(o) * np.tanh(c)
        return h

    return step


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def ids():
    return np.random.default_rng(1).integers(0, V, 60)


def test_better_rnnlm_with_two_layers_tied_and_in_float16(rng, ids):
    """It is saved in half precision, and its output weights are the embedding's, transposed."""

    def draw(*shape):
        return rng.standard_normal(shape).astype(np.float16)

    E, c = draw(V, H), draw(V)
    layers = [[draw(H, 4 * H), draw(H, 4 * H), draw(4 * H)] for _ in range(2)]
    first, second = (foreign_lstm(*(p.astype(float) for p in layer)) for layer in layers)
    expected = perplexity_of(E.astype(float), lambda x: second(first(x)), E.T.astype(float), c, ids)
    params = [E, *layers[0], *layers[1], E.T, c]
    model = language_model_from_arrays(params, gates="fgio", num_layers=2)
    assert model.config["dtype"] == "float32" and "output.W" not in model.params
    assert perplexity(model, ids, batch_size=1) == pytest.approx(expected, rel=1e-5)
    wrong = language_model_from_arrays(params, gates="ifgo", num_layers=2)
    assert perplexity(wrong, ids, batch_size=1) != pytest.approx(expected, rel=1e-3)


def test_joined_weights_and_two_biases_and_turned_matrices_are_the_same_model(rng):
    E, W, c = (rng.standard_normal(shape) for shape in [(V, D), (H, V), (V,)])
    Wx, Wh, b = (rng.standard_normal(shape) for shape in [(D, 4 * H), (H, 4 * H), (4 * H,)])
    plain = language_model_from_arrays([E, Wx, Wh, b, W, c])
    part = rng.standard_normal(4 * H)
    others = [
        language_model_from_arrays([E, np.vstack([Wx, Wh]), b, W, c]),
        language_model_from_arrays([E, Wx, Wh, part, b - part, W, c]),
        language_model_from_arrays([E, Wx.T, Wh.T, b, W.T, c], transposed=True),
        language_model_from_arrays([E, np.hstack([Wx.T, Wh.T]), b, W.T, c], transposed=True),
    ]
    for other in others:
        for name, value in plain.params.items():
            np.testing.assert_allclose(other.params[name], value, atol=1e-14)


def test_a_gru_with_one_bias_and_blocks_z_r_n(rng, ids):
    E, W, c = (rng.standard_normal(shape) for shape in [(V, D), (H, V), (V,)])
    Wx, Wh, b = (rng.standard_normal(shape) for shape in [(D, 3 * H), (H, 3 * H), (3 * H,)])
    h = np.zeros(H)

    def step(x):
        nonlocal h
        (xz, xr, xn), (hz, hr, hn) = np.split(x @ Wx + b, 3), np.split(h @ Wh, 3)
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        h = (1 - z) * np.tanh(xn + r * hn) + z * h
        return h

    expected = perplexity_of(E, step, W, c, ids)
    model = language_model_from_arrays(
        [E, Wx, Wh, b, W, c], cell="gru", gates="zrn", reset_after=True
    )
    assert perplexity(model, ids, batch_size=1) == pytest.approx(expected, rel=1e-12)


def torch_entries(rng):
    """What `state_dict` of PyTorch's word_language_model holds, for an LSTM of one layer."""
    shapes = {
        "encoder.weight": (V, D),
        "rnn.weight_ih_l0": (4 * H, D),
        "rnn.weight_hh_l0": (4 * H, H),
        "rnn.bias_ih_l0": (4 * H,),
        "rnn.bias_hh_l0": (4 * H,),
        "decoder.weight": (V, H),
        "decoder.bias": (V,),
    }
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def test_a_state_dict_without_biases_and_with_other_names(rng):
    entries = torch_entries(rng)
    bare = {name: value for name, value in entries.items() if "bias" not in name}
    renamed = {
        name.replace("encoder", "embed").replace("rnn", "lstm").replace("decoder", "head"): value
        for name, value in bare.items()
    }
    model = language_model_from_torch(renamed, embedding="embed", rnn="lstm", output="head")
    zeros = {name: 0 * value for name, value in entries.items() if "bias" in name}
    expected = language_model_from_torch(entries | zeros)
    for name, value in expected.params.items():
        np.testing.assert_array_equal(model.params[name], value)


def arrays(**changed):
    shapes = {"E": (V, D), "Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,), "W": (H, V)}
    return [np.ones(shape) for shape in (shapes | {"c": (V,)} | changed).values()]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (arrays(), {"cell": "elman"}, "cell: expected one of rnn, gru, lstm"),
        (arrays(), {"gates": "fgi"}, "gates: expected the letters of 'ifgo', got 'fgi'"),
        (arrays(), {"gates": "zrn"}, "gates: expected the letters of 'ifgo', got 'zrn'"),
        (arrays(), {"num_layers": 2}, "arrays: .* for each of 2 layers, .* got 6 arrays"),
        (arrays(), {"num_layers": 0}, "num_layers: expected"),
        (arrays()[:2], {}, "arrays: .* got 2 arrays"),
        (arrays(Wh=(4 * H, H)), {}, r"Wh \(H, 4 \* H\) .* got .*\(16, 4\).*transposed=True"),
        (arrays(Wx=(4 * H, D)), {}, "transposed=True"),
        (arrays(), {"transposed": True}, "transposed=True"),
        (arrays(b=(4 * H + 1,)), {}, "arrays: expected a layer of LSTM to have"),
        (arrays(Wx=(D + 1, 4 * H)), {}, r"expected rnn.0.Wx of shape \(5, 16\), got \(6, 16\)"),
        (arrays(W=(V, H)), {}, r"expected output.W of shape \(4, 11\), got \(11, 4\)"),
        (arrays(E=(V,)), {}, r"arrays: expected an embedding \(V, D\), got shape \(11,\)"),
        ([*arrays()[:-1], np.ones(V, int)], {}, r"arrays\[5\]: expected floating-point numbers"),
    ],
)
def test_arrays_that_do_not_fit(given, options, message):
    check_error(
        lambda: language_model_from_arrays(given, **options), f"(Value|Type)Error: .*{message}"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rnn.weight_hh_l0": None}, "missing: rnn.weight_hh_l0"),
        ({"decoder.weight": None}, "missing: decoder.weight"),
        ({"norm.weight": np.ones(3)}, "also got norm.weight"),
        ({"rnn.weight_hh_l0": np.ones((10, H))}, r"rnn.weight_hh_l0: expected .* got \(10, 4\)"),
    ],
)
def test_a_state_dict_that_does_not_fit(rng, changes, message):
    entries = torch_entries(rng) | changes
    kept = {name: value for name, value in entries.items() if value is not None}
    check_error(lambda: language_model_from_torch(kept), f"ValueError: .*{message}")
    check_error(lambda: language_model_from_torch([1]), "TypeError: state_dict: .*, got list")


def test_two_output_rows_are_no_pair_of_biases(rng):
    """Of a GRU with two units: only what stands in a bias's place is Keras's pair."""
    E, Wx, Wh, b, W, c = (rng.standard_normal(s) for s in [(V, D), (D, 6), (2, 6), (6,), (2, V), V])
    given = language_model_from_arrays([E, Wx, Wh, b, W, c], cell="gru", reset_after=False)
    np.testing.assert_array_equal(given.params["rnn.0.Wx"], Wx)
    bare = language_model_from_arrays([E, Wx, Wh, W, c], cell="gru", reset_after=False)
    np.testing.assert_array_equal(bare.params["rnn.0.Wx"], Wx)
    assert not bare.params["rnn.0.bx"].any() and not bare.params["rnn.0.bh"].any()
