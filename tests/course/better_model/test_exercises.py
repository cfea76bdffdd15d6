"""Lesson 09: its references agree with the package; other right answers are accepted."""

import numpy as np
import pytest

from lessons_lib import cells
from lessons_lib.course import exercises
from lessons_lib.functions import cross_entropy
from lessons_lib.layers import LSTM, Dropout
from lessons_lib.models import LanguageModel
from lessons_lib.training.schedules import ReduceOnPlateau
from tests.course.judged import result


def arguments(name, seed, number=0):
    case = exercises.find(name).cases(np.random.default_rng(seed))[number]
    return case.copied_arguments()


def test_the_stack_is_what_the_layers_do():
    for number in range(4):
        given = arguments("stacked_lstm", 1, number)
        hs, h, c = exercises.find("stacked_lstm")(**given)
        inputs = given["x"]
        for k, weights in enumerate(given["layers"]):
            layer = LSTM(inputs.shape[2], h.shape[2], dtype=np.float64)
            layer.params.update(weights)
            inputs, (last_h, last_c) = layer.forward(inputs, (given["h0"][k], given["c0"][k]))
            np.testing.assert_allclose(h[k], last_h, rtol=1e-12)
            np.testing.assert_allclose(c[k], last_c, rtol=1e-12)
        np.testing.assert_allclose(hs, inputs, rtol=1e-12)


def test_dropout_keeps_the_mean_and_drops_the_share_p():
    x = np.random.default_rng(0).normal(size=(300, 40, 5))
    out, mask = exercises.find("dropout_forward")(x, 0.3, np.random.default_rng(1), True)
    assert (mask == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert mask.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(out, x * mask)
    layer = Dropout(0.3)
    np.testing.assert_allclose(np.unique(layer.forward(np.ones((50, 50)))), np.unique(mask))


def test_the_same_mask_is_the_same_at_every_step():
    given = arguments("same_mask_dropout", 3)
    out = exercises.find("same_mask_dropout")(**given)
    mask = out / given["x"]
    np.testing.assert_allclose(mask, np.broadcast_to(mask[0], mask.shape))
    assert len({tuple(row) for row in mask[0]}) > 1


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


@pytest.mark.parametrize("number", range(3))
def test_the_rate_on_a_plateau_is_the_schedules(number):
    given = arguments("plateau_lr", 5, number)
    schedule, rates, best = ReduceOnPlateau(given["lr"], 1), [], np.inf
    schedule.factor = given["factor"]
    for perplexity in given["valid"]:
        schedule.validated(perplexity < best)
        best = min(best, perplexity)
        rates.append(schedule.rate(0))
    np.testing.assert_allclose(exercises.find("plateau_lr")(**given), rates)


# Right answers that do it in another way.


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


def dropout_the_other_side(x, p, rng, train):
    mask = (rng.random(x.shape) < 1 - p) / (1 - p) if train else np.ones(x.shape)
    mask = mask.astype(x.dtype)
    return x * mask, mask


def same_mask_kept_axis(x, p, rng):
    mask = rng.random((1, *x.shape[1:])) > p
    return (x * mask / (1 - p)).astype(x.dtype)


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


def tied_in_a_loop(ids, dx, hs, dlogits):
    dW = np.zeros((dlogits.shape[2], hs.shape[2]), hs.dtype)
    for place in np.ndindex(ids.shape):
        dW[ids[place]] += dx[place]
        dW += np.outer(dlogits[place], hs[place])
    return dW


def plateau_by_minimum(lr, valid, factor):
    lrs = np.zeros(len(valid))
    for k in range(len(valid)):
        if k and valid[k] >= np.min(valid[:k]):
            lr /= factor
        lrs[k] = lr
    return lrs


def plateau_without_a_loop(lr, valid, factor):
    before = np.concatenate([[np.inf], np.minimum.accumulate(valid)[:-1]])
    return lr / factor ** np.cumsum(np.array(valid) >= before)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("stacked_lstm", stack_by_time_first),
        ("dropout_forward", dropout_by_binomial),
        ("dropout_forward", dropout_by_uniform),
        ("dropout_forward", dropout_the_other_side),
        ("same_mask_dropout", same_mask_kept_axis),
        ("same_mask_dropout", same_mask_in_a_loop),
        ("tied_gradient", tied_by_one_hot),
        ("tied_gradient", tied_in_a_loop),
        ("plateau_lr", plateau_by_minimum),
        ("plateau_lr", plateau_without_a_loop),
    ],
)
def test_right_variants_are_accepted(name, function, seed):
    found = result(name, function, seed)
    assert (found.status, found.hint) == ("passed", None), found.message
