"""The cell path is the product of the forget gates, and the rest of the gradient is the rest."""

import numpy as np
import pytest

from lessons_lib.cells import lstm_step, lstm_step_backward
from lessons_lib.course.lstm_gradient import cell_path
from lessons_lib.course.shared.names_asked import Recall
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


def test_cutting_h_on_the_way_back_leaves_the_cell_path():
    x, weights, dc = drawn(4)
    paths = cell_path.gradient_paths(x, weights, dc)
    for t, cache in reversed(list(enumerate(cell_path.lstm_caches(x, weights)))):
        _, _, dc, *_ = lstm_step_backward(np.zeros_like(dc), dc, cache)
        np.testing.assert_allclose(paths.cell[t], dc, rtol=1e-13)
        np.testing.assert_allclose(paths.cell[-1] * paths.f[t:].prod(axis=0), dc, rtol=1e-13)


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
