"""Optimizers and schedules against their definitions."""

import math

import numpy as np
import pytest

from lessons_lib.training import SGD, Adam
from lessons_lib.training.schedules import Constant, Cosine, ReduceOnPlateau


def make(dtype=np.float64):
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((3, 4)).astype(dtype), "b": np.zeros(4, dtype)}
    steps = [
        {name: rng.standard_normal(p.shape).astype(dtype) for name, p in params.items()}
        for _ in range(5)
    ]
    return params, steps


def test_adam_by_its_definition():
    params, steps = make()
    p = params["W"].copy()
    m = v = np.zeros_like(p)
    optimizer = Adam(params)
    for t, grads in enumerate(steps, start=1):
        optimizer.step(params, grads, lr=0.01)
        m = 0.9 * m + 0.1 * grads["W"]
        v = 0.999 * v + 0.001 * grads["W"] ** 2
        p = p - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(params["W"], p, rtol=1e-13)


@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_keeps_dtype_and_leaves_gradients_alone(kind, dtype):
    params, (grads, *_) = make(dtype)
    before = {name: g.copy() for name, g in grads.items()}
    arrays = dict(params)
    kind(params).step(params, grads, lr=0.1, rate=0.5)
    for name in params:
        assert params[name] is arrays[name] and params[name].dtype == dtype
        np.testing.assert_array_equal(grads[name], before[name])


def test_constant_plateau_and_cosine():
    assert [Constant(2.0, 10).rate(step) for step in (0, 9)] == [2.0, 2.0]
    plateau = ReduceOnPlateau(2.0, 10)
    plateau.validated(improved=True)
    assert plateau.rate(0) == 2.0
    plateau.validated(improved=False)
    assert plateau.rate(0) == 0.5
    cosine = Cosine(2.0, 10)
    assert cosine.rate(0) == 2.0
    assert math.isclose(cosine.rate(5), 1.0)
    assert 0 < cosine.rate(9) < cosine.rate(8) < 0.2
