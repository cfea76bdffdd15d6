"""The cell path is the product of the forget gates, and the rest of the gradient is the rest."""

import numpy as np
import pytest

from lessons_lib.cells import lstm_step, lstm_step_backward
from lessons_lib.course.language_model.writing import shipped
from lessons_lib.course.lstm_gradient import cell_path
from lessons_lib.course.shared.gradient_lag import over_lag
from lessons_lib.course.shared.names_asked import Recall, find_recalls
from lessons_lib.course.shared.traces import read
from lessons_lib.course.shared.weights import fresh_weights
from lessons_lib.functions import log_softmax
from lessons_lib.gradients import numerical_gradient
from lessons_lib.models import LanguageModel
from lessons_lib.text import load_corpus


def drawn(seed, T=6, N=2, D=3, H=4, **settings):
    rng = np.random.default_rng(seed)
    weights = fresh_weights("lstm", D, H, rng, **settings)
    return rng.normal(size=(T, N, D)), weights, rng.normal(size=(N, H))


def test_the_full_gradient_is_the_numerical_one():
    x, weights, dc = drawn(1)
    paths = cell_path.gradient_paths(x, weights, dc)
    caches = cell_path.lstm_caches(x, weights)
    for t in range(1, len(x)):

        def loss(c, t=t):
            h = caches[t].h_prev
            for x_t in x[t:]:
                h, c, _ = lstm_step(x_t, h, c, *weights)
            return float(np.sum(c * dc))

        expected = numerical_gradient(loss, caches[t].c_prev)
        np.testing.assert_allclose(paths.full[t], expected, atol=1e-8)


def test_the_cell_path_is_the_product_of_the_gates():
    x, weights, dc = drawn(2, T=7)
    paths = cell_path.gradient_paths(x, weights, dc)
    for t in range(8):
        np.testing.assert_allclose(paths.cell[t], dc * paths.f[t:].prod(axis=0), rtol=1e-13)


def test_both_agree_when_nothing_goes_through_h():
    x, weights, dc = drawn(3, recurrent_scale=0.0, gate_bias=1.0)
    paths = cell_path.gradient_paths(x, weights, dc)
    np.testing.assert_allclose(paths.full, paths.cell, rtol=1e-13)
    x, weights, dc = drawn(3, recurrent_scale=1.0, gate_bias=1.0)
    paths = cell_path.gradient_paths(x, weights, dc)
    assert not np.allclose(paths.full[0], paths.cell[0])


def test_cutting_h_on_the_way_back_leaves_the_cell_path():
    x, weights, dc = drawn(4)
    paths = cell_path.gradient_paths(x, weights, dc)
    for t, cache in reversed(list(enumerate(cell_path.lstm_caches(x, weights)))):
        _, _, dc, *_ = lstm_step_backward(np.zeros_like(dc), dc, cache)
        np.testing.assert_allclose(paths.cell[t], dc, rtol=1e-13)


@pytest.mark.parametrize("recurrent_scale", [0.0, 1.0, 4.0])
def test_open_forget_gates_keep_the_cell_gradient_at_exactly_1(recurrent_scale):
    x, weights, _ = drawn(5, T=200, H=8, gate_bias=1000.0, recurrent_scale=recurrent_scale)
    paths = cell_path.gradient_paths(x, weights, np.ones((2, 8)))
    np.testing.assert_array_equal(paths.f, 1)
    np.testing.assert_array_equal(paths.cell, 1)


def test_half_closed_gates_halve_it_at_each_step():
    x, weights, _ = drawn(6, T=30, D=3, H=4, recurrent_scale=0.0)
    weights.Wx[:, 4:8] = 0  # the forget gate sees nothing: sigmoid(0) = 0.5
    paths = cell_path.gradient_paths(x, weights, np.ones((2, 4)))
    np.testing.assert_array_equal(paths.full[0], 0.5**30)


def test_norms_over_lag_start_at_1_and_count_back():
    full, cell = cell_path.norms_over_lag(
        T=9, forget_bias=1.0, seeds=[3, 4], input_size=5, hidden_size=6
    )
    assert full.shape == cell.shape == (2, 10)
    np.testing.assert_allclose(full[:, 0], 1)
    np.testing.assert_allclose(full[:, 1], cell[:, 1])  # one step back there is no other way
    assert np.all(np.diff(cell) < 0)
    rng = np.random.default_rng(4)
    weights = fresh_weights("lstm", 5, 6, rng, gate_bias=1.0)
    x, dc = rng.normal(size=(9, 1, 5)), rng.normal(size=(1, 6))
    paths = cell_path.gradient_paths(x, weights, dc)
    np.testing.assert_allclose(full[1, 9], np.linalg.norm(paths.full[0]) / np.linalg.norm(dc))


def test_the_forget_bias_decides_how_far_the_gradient_gets():
    """What lesson 06 says in words."""
    rnn = np.median(over_lag("rnn", T=50, radius=1.0).h[:, 50])
    by_bias = [
        np.median(over_lag("lstm", T=50, gate_bias=bias).state[:, 50]) for bias in (0.0, 1.0, 2.0)
    ]
    assert rnn < by_bias[0] < 1e-8
    assert 1e3 * by_bias[0] < by_bias[1] < 1e-3
    assert 100 * by_bias[1] < by_bias[2] < 0.1


def test_large_recurrent_weights_make_the_gradient_explode():
    full, cell = cell_path.norms_over_lag(T=100, forget_bias=2.0, recurrent_scale=4.0)
    assert np.median(full[:, 100]) > 100
    assert np.all(cell <= 1 + 1e-12)


def test_half_lives_are_those_of_constant_gates():
    f = np.tile([0.5, 0.5**0.1, 1.0], (7, 1))
    np.testing.assert_allclose(cell_path.half_lives(f), [1, 10, np.inf], rtol=1e-12)
    f = np.array([[0.25], [1.0]])  # half of it each step, on the geometric mean
    np.testing.assert_allclose(cell_path.half_lives(f), [1])


def village_model(cell, seed=0):
    corpus = load_corpus("village")
    rng = np.random.default_rng(seed)
    model = LanguageModel(len(corpus.vocab), 3, 4, cell=cell, rng=rng, dtype=np.float64)
    return model, corpus.test[:400]


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_gap_gradients_are_those_of_the_log_probability(cell):
    model, ids = village_model(cell)
    place = Recall(start=0, asked=9, distance=5)
    got = cell_path.gap_gradients(model, ids, [place], num_lags=4)
    assert got.full.shape == (1, 5) and got.full[0, 0] == 1
    p = model.params

    def log_prob(state):
        """From the state after word 8 - lag to the gap after word 8."""
        states = (state,) if cell == "rnn" else np.split(state, 2, axis=1)
        after, _ = model_layer(model).forward(
            p["embedding.W"][ids[9 - lag : 9]][:, None], states if cell == "lstm" else states[0]
        )
        h = after[-1] if lag else states[0]
        return float(log_softmax(h @ p["output.W"] + p["output.b"])[0, ids[9]])

    norms = []
    for lag in range(5):
        _, state = model_layer(model).forward(p["embedding.W"][ids[: 9 - lag]][:, None])
        state = np.concatenate(state, axis=1) if cell == "lstm" else state
        norms.append(np.linalg.norm(numerical_gradient(log_prob, state)))
    np.testing.assert_allclose(got.full[0], np.array(norms) / norms[0], rtol=1e-6)
    assert (got.cell is None) == (cell == "rnn")


def model_layer(model):
    """The model's recurrent layer; it shares the parameters."""
    return model.layers[0]


def test_the_cell_part_of_a_gap_gradient_is_the_product_of_the_gates():
    model, ids = village_model("lstm", seed=1)
    place = Recall(start=0, asked=9, distance=5)
    got = cell_path.gap_gradients(model, ids, [place], num_lags=4)
    trace = read(model, ids)
    p = model.params
    dlogits = -np.exp(log_softmax(trace.h[8] @ p["output.W"] + p["output.b"]))
    dlogits[ids[9]] += 1
    dh = p["output.W"] @ dlogits
    dc = dh * trace.o[8] * (1 - np.tanh(trace.c[8]) ** 2)
    for lag in range(1, 5):
        product = trace.f[9 - lag : 9].prod(axis=0)
        expected = np.linalg.norm(dc * product) / np.linalg.norm(dh)
        assert got.cell[0, lag] == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
def test_the_trained_lstm_hands_more_back_than_the_rnn():
    """What lesson 06 says in words about the shipped models."""
    corpus = load_corpus("village")
    ids = corpus.test[:3000]
    far = find_recalls(ids, corpus.vocab.decode(ids), min_distance=20)
    median = {}
    for cell in ("rnn", "lstm"):
        model = shipped(cell)
        median[cell] = np.median(cell_path.gap_gradients(model, ids, far, 40).full, axis=0)
    assert median["rnn"][1] > median["lstm"][1]
    assert median["lstm"][40] > 20 * median["rnn"][40]
    f = read(model, ids).f
    half_lives = np.sort(cell_path.half_lives(f))
    assert half_lives[64] < 1 and half_lives[-1] > 20
