"""Lesson 09: right answers, the package's own among them."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.functions import cross_entropy
from lessons_lib.layers import LSTM
from lessons_lib.models import LanguageModel
from lessons_lib.training.schedules import ReduceOnPlateau


def test_dropout_keeps_the_mean_and_drops_the_share_p():
    """The judge takes other ways to draw for right too: the reference needs its own test."""
    x, rng = np.random.default_rng(0).normal(size=(300, 40, 5)), np.random.default_rng(1)
    out, mask = exercises.find("dropout_forward")(x, 0.3, rng, True)
    np.testing.assert_array_equal(out, x * mask)
    same = exercises.find("same_mask_dropout")(x, 0.3, rng) / x
    np.testing.assert_allclose(same, np.broadcast_to(same[0], same.shape))
    for found, abs_ in ((mask, 0.01), (same, 0.1)):
        assert (found == 0).mean() == pytest.approx(0.3, abs=abs_)
        np.testing.assert_allclose(np.unique(found.round(12)), [0, 1 / 0.7])


def test_the_tied_gradient_is_the_models():
    T, N, V, D = 4, 3, 6, 5
    rng = np.random.default_rng(4)
    model = LanguageModel(V, D, D, tie_weights=True, rng=rng, dtype=np.float64)
    ids, targets = rng.integers(V, size=(2, T, N))
    model.loss(ids, targets)
    model.backward()

    W, layer = model.params["embedding.W"], model.layers[0]
    hs, _ = layer.forward(W[ids])
    _, dlogits = cross_entropy(hs @ W.T + model.params["output.b"], targets)
    dx, _ = layer.backward(dlogits @ W)
    dW = exercises.find("tied_gradient")(ids, dx, hs, dlogits)
    np.testing.assert_allclose(dW, model.grads["embedding.W"], rtol=1e-10, atol=1e-14)


def stack_of_the_package(x, h0, c0, layers):
    hs, states = x, []
    for weights, h, c in zip(layers, h0, c0, strict=True):
        layer = LSTM(hs.shape[2], h.shape[1], dtype=x.dtype)
        layer.params.update(weights)
        hs, state = layer.forward(hs, (h, c))
        states.append(state)
    last_h, last_c = zip(*states, strict=True)
    return hs, np.stack(last_h), np.stack(last_c)


def stack_by_time_first(x, h0, c0, layers):
    h, c = list(h0), list(c0)
    top = []
    for x_t in x:
        below = x_t
        for k in range(len(layers)):
            h[k], c[k], _ = cells.lstm_step(below, h[k], c[k], **layers[k])
            below = h[k]
        top.append(below)
    return np.array(top), np.array(h), np.array(c)


def dropout_by_binomial(x, p, rng, train):
    if train:
        mask = rng.binomial(1, 1 - p, size=x.shape).astype(x.dtype) / (1 - p)
    else:
        mask = np.ones(x.shape, x.dtype)
    return x * mask, mask


def dropout_by_uniform(x, p, rng, train):
    u = rng.uniform(size=x.shape)
    mask = np.where(u > p, 1 / (1 - p), 0).astype(x.dtype)
    return (x * mask, mask) if train else (x.copy(), np.ones_like(x))


def same_mask_in_a_loop(x, p, rng):
    mask = rng.binomial(1, 1 - p, x.shape[1:]).astype(x.dtype) / (1 - p)
    out = np.empty_like(x)
    for t in range(len(x)):
        out[t] = x[t] * mask
    return out


def tied_by_one_hot(ids, dx, hs, dlogits):
    V = dlogits.shape[2]
    looked_up = np.eye(V, dtype=dx.dtype)[ids]
    return np.einsum("tnv,tnd->vd", looked_up, dx) + np.einsum("tnv,tnd->vd", dlogits, hs)


def plateau_of_the_package(lr, valid, factor):
    schedule, rates, best = ReduceOnPlateau(lr, 1), [], np.inf
    schedule.factor = factor
    for perplexity in valid:
        schedule.validated(perplexity < best)
        best = min(best, perplexity)
        rates.append(schedule.rate(0))
    return np.array(rates)


def plateau_without_a_loop(lr, valid, factor):
    before = np.concatenate([[np.inf], np.minimum.accumulate(valid)[:-1]])
    return lr / factor ** np.cumsum(np.array(valid) >= before)


RIGHT = [
    ("stacked_lstm", stack_of_the_package),
    ("stacked_lstm", stack_by_time_first),
    ("dropout_forward", dropout_by_binomial),
    ("dropout_forward", dropout_by_uniform),
    ("same_mask_dropout", same_mask_in_a_loop),
    ("tied_gradient", tied_by_one_hot),
    ("plateau_lr", plateau_of_the_package),
    ("plateau_lr", plateau_without_a_loop),
]
