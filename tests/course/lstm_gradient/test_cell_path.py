"""The cell path is the product of the forget gates, and the whole gradient is the numerical one."""

import numpy as np
import pytest

from lessons_lib.cells import lstm_step
from lessons_lib.course.lstm_gradient.cell_path import norms_over_lag
from lessons_lib.course.shared.weights import fresh_weights
from lessons_lib.gradients import numerical_gradient


@pytest.mark.parametrize("run", [0, 1])
def test_norms_are_those_of_the_gradient_and_of_the_product_of_gates(run):
    T, seeds = 6, [3, 4]
    full, cell = norms_over_lag(
        T=T, forget_bias=1.0, recurrent_scale=3.0, seeds=seeds, input_size=5, hidden_size=4
    )
    rng = np.random.default_rng(seeds[run])
    weights = fresh_weights("lstm", 5, 4, rng, gate_bias=1.0, recurrent_scale=3.0)
    x, dc = rng.normal(size=(T, 1, 5)), rng.normal(size=(1, 4))
    dc /= np.linalg.norm(dc)

    def last_memory(h, c, start):
        gates = []
        for x_t in x[start:]:
            h, c, cache = lstm_step(x_t, h, c, *weights)
            gates.append(cache.f)
        return c, gates

    h = c = np.zeros((1, 4))
    for t in range(T):
        gradient = numerical_gradient(lambda v, h=h, t=t: np.sum(dc * last_memory(h, v, t)[0]), c)
        assert full[run, T - t] == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
        product = np.prod(last_memory(h, c, t)[1], axis=0)
        assert cell[run, T - t] == pytest.approx(np.linalg.norm(dc * product), rel=1e-12)
        h, c, _ = lstm_step(x[t], h, c, *weights)
    assert full[run, 0] == cell[run, 0] == 1 and full.shape == (2, T + 1)
