"""Traces are what layers and models compute, and gates set by hand follow their formulas."""

import numpy as np
import pytest

from lessons_lib.course.shared.traces import (
    TRACERS,
    lstm_by_hand,
    next_word_probs,
    read,
    trace_lstm,
)
from lessons_lib.functions import softmax
from lessons_lib.layers import LSTM
from lessons_lib.models import CELLS, LanguageModel


def test_each_unit_has_gates_of_its_own():
    trace = lstm_by_hand(np.ones((2, 3)), i=[1, 1, 0], f=[1, 0, 0.5], o=[1, 0.5, 0], c0=[4, 4, 4])
    np.testing.assert_array_equal(trace.c, [[5, 1, 2], [6, 1, 1]])
    np.testing.assert_allclose(trace.h, trace.o * np.tanh(trace.c))
    assert trace.f.shape == trace.g.shape == (2, 3)


def test_gates_that_change_over_time_store_replace_and_show():
    store, ask = np.array([0, 1, 0, 0, 1, 0]), np.array([0, 0, 1, 0, 0, 1])
    trace = lstm_by_hand([9, 0.5, 9, 9, -0.25, 9], i=store, f=1 - store, o=ask)
    np.testing.assert_array_equal(trace.c, [0, 0.5, 0.5, 0.5, -0.25, -0.25])
    np.testing.assert_allclose(trace.h, [0, 0, np.tanh(0.5), 0, 0, np.tanh(-0.25)])


@pytest.mark.parametrize("cell", TRACERS)
def test_a_trace_is_what_the_layer_computes(cell):
    rng = np.random.default_rng(1)
    layer = CELLS[cell](3, 4, rng=rng, dtype=np.float64)
    for name, p in layer.params.items():
        layer.params[name] = p + rng.normal(size=p.shape)
    x = rng.normal(size=(7, 2, 3))
    trace = TRACERS[cell](x, **layer.params)
    hs, state = layer.forward(x)
    np.testing.assert_allclose(trace.h, hs, rtol=1e-12)
    if cell == "lstm":
        np.testing.assert_allclose(trace.c[-1], state[1], rtol=1e-12)


def test_a_trace_of_an_lstm_that_leaks_holds_together():
    rng, keep = np.random.default_rng(4), 0.9
    lstm = LSTM(3, 4, rng=rng, dtype=np.float64)
    lstm.params["b"][...] = rng.normal(size=16)
    x = rng.normal(size=(6, 2, 3))
    i, f, g, o, c, h = trace_lstm(x, **lstm.params, keep=keep)
    np.testing.assert_allclose(c[1:], f[1:] * keep * c[:-1] + i[1:] * g[1:], rtol=1e-12)
    np.testing.assert_allclose(h, o * np.tanh(c), rtol=1e-12)


@pytest.mark.parametrize("cell", TRACERS)
def test_reading_gives_the_models_own_predictions(cell):
    rng = np.random.default_rng(0)
    model = LanguageModel(11, 3, 4, cell=cell, rng=rng, dtype=np.float64)
    model.params["rnn.0.Wh"] *= 3
    ids = rng.integers(0, 11, 9)
    trace = read(model, ids)
    logits, _ = model.forward(ids[:, None])
    assert trace.h.shape == (9, 4)
    np.testing.assert_allclose(next_word_probs(model, trace.h), softmax(logits[:, 0]), rtol=1e-10)
    option = {"lstm": {"keep": 0.5}, "gru": {"reset_after": False}, "rnn": {}}[cell]
    other = read(model, ids, **option)
    np.testing.assert_array_equal(other.h[0], trace.h[0])
    assert np.allclose(other.h[1], trace.h[1]) == (cell == "rnn")
