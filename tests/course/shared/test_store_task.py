"""The store task asks for what was stored, and a network learns it."""

import numpy as np
import pytest

from lessons_lib.course.shared.store_task import make_store_task, train_on_store_task


def test_the_task_asks_for_the_value_stored_last():
    task = make_store_task(30, 200, np.random.default_rng(5), share=0.2)
    assert task.x.shape == (30, 200, 3) and task.y.shape == (30, 200, 1)
    for n in range(200):
        stored = 0.0
        for t in range(30):
            value, store, ask = task.x[t, n]
            assert not (store and ask)
            stored = value if store else stored
            assert task.y[t, n, 0] == (stored if ask else 0)
    np.testing.assert_array_equal(sum(where.astype(int) for where in task.kinds.values()), 1)
    for kind in ("store", "ask"):
        assert task.kinds[kind].mean() == pytest.approx(0.2, abs=0.02)


def test_training_learns_and_is_repeatable():
    def error(network):
        task = make_store_task(20, 200, np.random.default_rng(7))
        return ((network.forward(task.x) - task.y) ** 2).mean()

    networks = [
        train_on_store_task("gru", np.random.default_rng(9), hidden_size=3, num_updates=number)
        for number in (1, 150, 150)
    ]
    assert error(networks[1]) < 0.5 * error(networks[0])
    for name, p in networks[1].params.items():
        np.testing.assert_array_equal(p, networks[2].params[name])
