"""Recurrent layers compute what the cells compute, forward and backward; gradients of the others.

The cells' gradients are held to numerical ones in `test_cells.py`, and everything to PyTorch's in
`test_parity.py`.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib.layers import Dropout, Embedding, Linear, lstm, recurrent
from tests.measured import record
from tests.strategies import (
    KINDS,
    Sizes,
    check_gradients,
    each_kind,
    make_case,
    make_layer,
    relative_error,
    run_cells,
    run_layer,
    seeds,
    sizes,
)


@pytest.mark.parametrize("shape", [(), (3,), (6, 2), (2, 1, 2)])
@given(seed=seeds)
@settings(max_examples=5)
def test_numerical_gradients_of_linear(shape, seed):
    rng = np.random.default_rng(seed)
    layer = Linear(3, 4, dtype=np.float64)
    layer.params["W"], layer.params["b"] = rng.standard_normal((3, 4)), rng.standard_normal(4)
    x, dy = rng.standard_normal((*shape, 3)), rng.standard_normal((*shape, 4))

    def loss(point):
        layer.params["W"], layer.params["b"] = point["W"], point["b"]
        return float((layer.forward(point["x"]) * dy).sum())

    point = {"x": x, **layer.params}
    loss(point)
    dx = layer.backward(dy)
    check_gradients(loss, point, {"x": dx, **{name: g.copy() for name, g in layer.grads.items()}})


@given(seed=seeds, T=st.integers(1, 6), N=st.integers(1, 4), V=st.integers(1, 5))
@settings(max_examples=20)
def test_numerical_gradients_of_embedding(seed, T, N, V):
    rng = np.random.default_rng(seed)
    layer = Embedding(V, 3, dtype=np.float64)
    W, dout = rng.standard_normal((V, 3)), rng.standard_normal((T, N, 3))
    ids = rng.integers(0, V, (T, N))  # more ids than rows: some come twice

    def loss(point):
        layer.params["W"] = point["W"]
        return float((layer.forward(ids) * dout).sum())

    loss({"W": W})
    assert layer.backward(dout) is None
    check_gradients(loss, {"W": W}, {"W": layer.grads["W"].copy()})
    untouched = np.setdiff1d(np.arange(V), ids)
    assert not layer.grads["W"][untouched].any()


def test_a_gradient_is_added_to_zeros_where_the_dtype_has_changed():
    layer = Embedding(3, 2)
    layer.params["W"] = layer.params["W"].astype(np.float64)
    layer.forward([1])
    layer.add_gradient([[2, 3]])
    np.testing.assert_array_equal(layer.grads["W"], [[0, 0], [2, 3], [0, 0]])


@pytest.mark.parametrize("training", [True, False])
@given(seed=seeds, p=st.floats(0, 0.9))
@settings(max_examples=10)
def test_numerical_gradients_of_dropout_with_one_mask(training, seed, p):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((4, 2, 3)), rng.standard_normal((4, 2, 3))
    layer = Dropout(p, rng=rng)
    layer.training = training
    mask_state = rng.bit_generator.state

    def loss(point):
        rng.bit_generator.state = mask_state
        return float((layer.forward(point["x"]) * dy).sum())

    loss({"x": x})
    check_gradients(loss, {"x": x}, {"x": layer.backward(dy)})


def compare(kind, case):
    cells, layer = run_cells(kind, case), run_layer(make_layer(kind, case), case)
    assert layer.keys() == cells.keys()
    for name, value in layer.items():
        error = relative_error(value, cells[name])
        record("relative error of layers against cells", error)
        assert error <= 1e-12, f"{name}: relative error {error:.1e}"


@each_kind
@given(size=sizes(largest=6))
def test_layers_equal_cells(kind, size):
    compare(kind, make_case(kind, size))


def test_an_lstm_goes_back_block_by_block(monkeypatch):
    monkeypatch.setattr(lstm, "_BLOCK", 3 * 2 * 20)  # three steps of (N, 4H), and one is left
    compare(KINDS["lstm"], make_case(KINDS["lstm"], Sizes(T=7, N=2, D=4, H=5, seed=3)))


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_a_recurrent_product_made_of_small_ones_is_the_same(name, monkeypatch):
    case = make_case(KINDS[name], Sizes(T=4, N=3, D=4, H=48, seed=4), np.float32)
    monkeypatch.setattr(recurrent, "SMALL", 3 * 48 * 17)  # blocks of 16 columns: 17 divide none
    widths = []
    was = recurrent._multiply_by_block

    def spy(by_block, *given, **named):
        widths.append(by_block.shape[2])
        return was(by_block, *given, **named)

    monkeypatch.setattr(recurrent, "_multiply_by_block", spy)
    expected = run_layer(make_layer(KINDS[name], case), case)
    assert widths == []
    layer = make_layer(KINDS[name], case)
    layer.narrow = True
    found = run_layer(layer, case)
    assert widths == [16] * 4
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-4, atol=1e-5, err_msg=key)


def test_a_row_that_is_read_no_more_has_no_gradient():
    layer = Embedding(3, 2)
    for ids in ([0, 1], [2]):
        layer.forward(ids)
        layer.backward(np.ones((len(ids), 2)))
    np.testing.assert_array_equal(layer.grads["W"], [[0, 0], [0, 0], [1, 1]])


@pytest.mark.parametrize("make", [*(kind.layer for kind in KINDS.values()), Linear, Embedding])
def test_the_generator_decides_the_weights(make):
    def weights(seed):
        return make(3, 4, rng=np.random.default_rng(seed)).params

    for name, value in weights(0).items():
        np.testing.assert_array_equal(value, make(3, 4).params[name])  # seed 0 unless told
        assert value.dtype == np.float32
        if name.startswith("b"):
            assert not value.any()
        else:
            assert (value != weights(1)[name]).all()


@pytest.mark.parametrize("make", [kind.layer for kind in KINDS.values()])
def test_weights_start_at_the_scale_of_their_fan_in(make):
    layer = make(400, 100)
    assert layer.params["Wx"].std() == pytest.approx(1 / 20, rel=0.03)
    assert layer.params["Wh"].std() == pytest.approx(1 / 10, rel=0.03)


@pytest.mark.parametrize(("make", "scale"), [(Linear, 1 / 20), (Embedding, 1 / 100)])
def test_the_scale_of_the_other_weights(make, scale):
    assert make(400, 100).params["W"].std() == pytest.approx(scale, rel=0.03)


def test_dropout_takes_numpys_numbers():
    for p in (np.float16(0.5), np.float32(0.5), np.float64(0.5), np.int64(0)):
        layer = Dropout(p)
        assert type(layer.p) is float and layer.p == p


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_dropout_drops_at_its_rate_and_keeps_the_mean(p):
    x = np.ones(100_000, np.float32)
    layer = Dropout(p, rng=np.random.default_rng(0))
    y = layer.forward(x)
    assert (layer.forward(x) != y).any()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / (1 - p))}
    # Five standard deviations of a binomial share.
    assert abs((y == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / x.size)


@pytest.mark.parametrize(("p", "training"), [(0.5, False), (0.0, True)])
def test_dropout_off_changes_nothing_and_draws_nothing(p, training):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    layer = Dropout(p, rng=rng)
    layer.training = training
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(layer.forward(x.tolist()), x)
    np.testing.assert_array_equal(layer.backward(x), x)
    assert rng.bit_generator.state == before
