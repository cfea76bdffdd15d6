"""Gates by hand follow their formulas, and a learned gate keeps the schedule that is right."""

import numpy as np
import pytest

from lessons_lib.course.shared import gates
from lessons_lib.layers import LSTM


def test_an_rnn_step_is_tanh_of_weight_times_state_plus_input():
    hs = gates.iterate_rnn([0.2, -0.7], w=1.3, num_steps=2, inputs=[0.1, -0.4])
    first = np.tanh(1.3 * np.array([0.2, -0.7]) + 0.1)
    np.testing.assert_allclose(hs, [[0.2, -0.7], first, np.tanh(1.3 * first - 0.4)], rtol=1e-15)


@pytest.mark.parametrize("w", [0.5, 0.9, 1.0, 1.1, 1.5, 3.0])
def test_an_rnn_loses_what_was_stored(w):
    hs = gates.iterate_rnn([0.2, 0.8], w, 50)
    gap = hs[:, 1] - hs[:, 0]
    assert np.all(np.diff(gap) <= 0)
    assert gap[-1] < 0.1 * gap[0]


def test_a_constant_forget_gate_fades_as_a_power():
    trace = gates.run_by_hand(np.zeros(6), f=0.9, c0=2.0)
    np.testing.assert_allclose(trace.c, 2.0 * 0.9 ** np.arange(1, 7), rtol=1e-14)


def test_an_open_forget_gate_keeps_to_the_last_bit_whatever_is_offered():
    offers = np.random.default_rng(0).normal(size=(50, 3))
    c0 = np.array([0.2, 0.8, -1 / 3])
    trace = gates.run_by_hand(offers, i=0, f=1, c0=c0)
    np.testing.assert_array_equal(trace.c, np.tile(c0, (50, 1)))


def test_each_unit_has_gates_of_its_own():
    trace = gates.run_by_hand(
        np.ones((2, 3)), i=[1, 1, 0], f=[1, 0, 0.5], o=[1, 0.5, 0], c0=[4, 4, 4]
    )
    np.testing.assert_array_equal(trace.c, [[5, 1, 2], [6, 1, 1]])
    np.testing.assert_allclose(trace.h, trace.o * np.tanh(trace.c))
    assert trace.f.shape == trace.g.shape == (2, 3)


def test_gates_that_change_over_time_store_replace_and_show():
    store, ask = np.array([0, 1, 0, 0, 1, 0]), np.array([0, 0, 1, 0, 0, 1])
    trace = gates.run_by_hand([9, 0.5, 9, 9, -0.25, 9], i=store, f=1 - store, o=ask)
    np.testing.assert_array_equal(trace.c, [0, 0.5, 0.5, 0.5, -0.25, -0.25])
    np.testing.assert_allclose(trace.h, [0, 0, np.tanh(0.5), 0, 0, np.tanh(-0.25)])


def test_running_by_hand_leaves_its_arguments_alone():
    g, f = np.ones(4), np.full(4, 0.5)
    gates.run_by_hand(g, f=f)
    np.testing.assert_array_equal(g, np.ones(4))
    np.testing.assert_array_equal(f, np.full(4, 0.5))


@pytest.fixture
def lstm():
    layer = LSTM(3, 4, rng=np.random.default_rng(1), dtype=np.float64)
    layer.params["b"][...] = np.random.default_rng(2).normal(size=16)
    return layer


def test_a_traced_lstm_is_the_layer(lstm):
    x = np.random.default_rng(3).normal(size=(7, 2, 3))
    trace = gates.run_lstm(x, **lstm.params)
    hs, (h, c) = lstm.forward(x)
    np.testing.assert_allclose(trace.h, hs, rtol=1e-12)
    np.testing.assert_allclose(trace.h[-1], h, rtol=1e-12)
    np.testing.assert_allclose(trace.c[-1], c, rtol=1e-12)


@pytest.mark.parametrize("keep", [1.0, 0.9])
def test_a_trace_holds_together(lstm, keep):
    x = np.random.default_rng(4).normal(size=(6, 2, 3))
    i, f, g, o, c, h = gates.run_lstm(x, **lstm.params, keep=keep)
    np.testing.assert_allclose(c[1:], f[1:] * keep * c[:-1] + i[1:] * g[1:], rtol=1e-12)
    np.testing.assert_allclose(h, o * np.tanh(c), rtol=1e-12)
    a = x[2] @ lstm.params["Wx"] + h[1] @ lstm.params["Wh"] + lstm.params["b"]
    np.testing.assert_allclose(f[2], 1 / (1 + np.exp(-a[:, 4:8])), rtol=1e-12)


def test_the_task_asks_for_the_value_stored_last():
    task = gates.make_store_task(30, 5, np.random.default_rng(5))
    assert task.x.shape == (30, 5, 3) and task.y.shape == (30, 5, 1)
    for n in range(5):
        stored = 0.0
        for t in range(30):
            value, store, ask = task.x[t, n]
            assert not (store and ask)
            stored = value if store else stored
            assert task.y[t, n, 0] == (stored if ask else 0)


def test_the_kinds_of_steps_are_all_steps():
    task = gates.make_store_task(200, 50, np.random.default_rng(6), share=0.2)
    kinds = task.kinds
    np.testing.assert_array_equal(sum(where.astype(int) for where in kinds.values()), 1)
    for kind in ("store", "ask"):
        assert kinds[kind].mean() == pytest.approx(0.2, abs=0.02)


@pytest.fixture(scope="module")
def trained():
    return gates.train_on_store_task(np.random.default_rng(1))


def test_one_unit_learns_the_task_on_longer_streams_than_it_saw(trained):
    lstm, readout = trained
    task = gates.make_store_task(50, 200, np.random.default_rng(7))
    miss = readout.forward(gates.run_lstm(task.x, **lstm.params).h) - task.y
    asked = task.kinds["ask"]
    assert (miss[asked] ** 2).mean() < 0.01 * (task.y[asked] ** 2).mean()


def test_one_unit_learns_the_only_schedule_there_is(trained):
    task = gates.make_store_task(50, 200, np.random.default_rng(8))
    trace = gates.run_lstm(task.x, **trained[0].params)
    for kind, where in task.kinds.items():
        means = [gate[where].mean() for gate in (trace.i, trace.f, trace.o)]
        np.testing.assert_allclose(means, gates.RIGHT_SCHEDULE[kind], atol=0.25, err_msg=kind)


def test_an_untrained_unit_does_not_keep_the_schedule():
    lstm, _ = gates.train_on_store_task(np.random.default_rng(1), num_updates=1)
    task = gates.make_store_task(50, 20, np.random.default_rng(8))
    f = gates.run_lstm(task.x, **lstm.params).f
    assert f[task.kinds["store"]].mean() > 0.25


def test_training_is_repeatable():
    runs = [gates.train_on_store_task(np.random.default_rng(9), num_updates=3) for _ in range(2)]
    for one, two in zip(*runs, strict=True):
        for name in one.params:
            np.testing.assert_array_equal(one.params[name], two.params[name])
