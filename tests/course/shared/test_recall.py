"""The recall task asks for what was shown, and the stored results are what the networks reach."""

import re

import numpy as np
import pytest

from lessons_lib.course.shared import recall
from lessons_lib.files import data_path
from lessons_lib.gradients import numerical_gradient

S = recall.NUM_SYMBOLS


def test_a_sequence_shows_a_symbol_then_distractors_then_asks():
    task = recall.make_task(5, 200, np.random.default_rng(0))
    assert task.x.shape == (7, 200, S + 2)
    symbols, remember, asked = task.x[..., :S], task.x[..., S], task.x[..., S + 1]
    np.testing.assert_array_equal(symbols[0].argmax(axis=1), task.answers)
    np.testing.assert_array_equal(symbols[:-1].sum(axis=2), 1)
    np.testing.assert_array_equal(symbols[-1], 0)
    np.testing.assert_array_equal(remember, np.eye(7)[0][:, None] * np.ones(200))
    np.testing.assert_array_equal(asked, np.eye(7)[-1][:, None] * np.ones(200))


def test_distractors_say_nothing_about_the_answer():
    task = recall.make_task(4, 4000, np.random.default_rng(1))
    distractors = task.x[1:-1, :, :S].argmax(axis=2)
    assert set(distractors.ravel()) == set(range(S))
    for row in distractors:
        assert (row == task.answers).mean() == pytest.approx(1 / S, abs=0.02)


@pytest.mark.parametrize("cell", recall.LAYERS)
def test_parameters_are_counted_right_and_sizes_are_equal(cell):
    network = recall.Network(cell, np.random.default_rng(0))
    assert sum(p.size for p in network.params.values()) == recall.count_params(
        cell, network.layer.hidden_size
    )
    wanted = recall.count_params("lstm", recall.LSTM_SIZE)
    assert recall.count_params(cell, recall.equal_size(cell)) == pytest.approx(wanted, rel=0.02)


def test_the_forget_bias_is_where_the_forget_gate_is():
    network = recall.Network("lstm", np.random.default_rng(0), forget_bias=2.0)
    blocks = network.params["layer.b"].reshape(4, -1)
    np.testing.assert_array_equal(blocks, [[b] * recall.LSTM_SIZE for b in (0, 2, 0, 0)])


@pytest.mark.parametrize("cell", recall.LAYERS)
def test_the_gradient_is_that_of_the_loss(cell):
    network = recall.Network(cell, np.random.default_rng(2))
    task = recall.make_task(2, 3, np.random.default_rng(3))
    network.loss_and_backward(task)
    grads = {name: g.copy() for name, g in network.grads.items()}
    for name in ("readout.b", "layer.b" if cell != "gru" else "layer.bh"):
        p, start = network.params[name], network.params[name].copy()

        def loss(values, p=p):
            p[...] = values
            return network.loss_and_backward(task)

        np.testing.assert_allclose(grads[name], numerical_gradient(loss, start), atol=1e-8)
        p[...] = start


def test_training_is_repeatable():
    setup = recall.Setup("gru", num_updates=3)
    one, two = (recall.train(setup, 4e-3, seed=5) for _ in range(2))
    for name, p in one.params.items():
        np.testing.assert_array_equal(p, two.params[name])


def test_training_learns():
    network = recall.train(recall.Setup("lstm", 2.0, num_updates=300), 4e-3, seed=5)
    assert network.accuracy(recall.make_task(10, 500, np.random.default_rng(6))) > 3 / S


@pytest.fixture(scope="module")
def stored():
    return recall.load_results()


def test_the_stored_results_are_of_these_setups(stored):
    assert set(stored.rows) == set(recall.SETUPS)
    assert set(stored.long_lags_only) == set(recall.LONG_LAGS_ONLY)
    assert (stored.num_symbols, stored.max_trained_lag) == (S, recall.MAX_TRAINED_LAG)
    assert tuple(stored.lags) == recall.LAGS and tuple(stored.seeds) == recall.SEEDS
    setups = [*recall.SETUPS.items(), *recall.LONG_LAGS_ONLY.items()]
    rows = [*stored.rows.values(), *stored.long_lags_only.values()]
    for (name, setup), row in zip(setups, rows, strict=True):
        assert row.name == name
        assert (row.cell, row.forget_bias, row.num_updates, row.min_lag) == setup
        assert row.hidden_size == recall.equal_size(row.cell)
        assert row.num_params == recall.count_params(row.cell, row.hidden_size)
        assert row.accuracy.shape == (len(stored.seeds), len(stored.lags))
        deciding = {float(lr): value for lr, value in row.by_learning_rate.items()}
        assert tuple(deciding) == recall.LEARNING_RATES
        assert row.learning_rate == max(deciding, key=deciding.__getitem__)


@pytest.mark.parametrize("name", recall.SHIPPED)
def test_the_shipped_weights_reach_the_stored_accuracy(stored, name):
    row = stored.rows[name]
    network = recall.load_network(row.cell)
    got = network.accuracies(np.random.default_rng(2000))
    np.testing.assert_allclose(got, row.accuracy[0], atol=0.005)  # float32: ties may turn


def test_the_story_that_the_results_tell(stored):
    """The RNN loses accuracy with lag, the gated cells do not; with time the RNN learns it too."""
    mean = {name: row.accuracy.mean(axis=0) for name, row in stored.rows.items()}
    near, far = stored.lags.index(1), slice(stored.lags.index(20), None)
    assert mean["rnn"][far].max() < mean["rnn"][near] - 0.15
    for name in ("gru", "lstm, forget bias 1", "lstm, forget bias 2"):
        assert mean[name].min() > 0.99
    assert 0.9 < mean["lstm, forget bias 0"].min() < mean["lstm, forget bias 1"].min()
    assert mean["rnn, 3 times as long"].min() > 0.99


def test_without_the_short_lags_only_open_gates_learn(stored):
    mean = {name: row.accuracy.mean() for name, row in stored.long_lags_only.items()}
    assert mean["rnn"] < 2 / S and mean["lstm, forget bias 0"] < 2 / S
    assert mean["lstm, forget bias 2"] > 4 / S


def test_training_sees_no_lag_shorter_than_the_shortest(monkeypatch):
    seen = []
    monkeypatch.setattr(
        recall,
        "make_task",
        lambda lag, *rest, make=recall.make_task: seen.append(lag) or make(1, *rest),
    )
    recall.train(recall.Setup("gru", num_updates=200, min_lag=58), 1e-3, seed=0)
    assert set(seen) == {58, 59, 60}


def test_the_table_in_the_readme(stored):
    readme = data_path("recall", "README.md").read_text(encoding="utf-8")
    shown = {
        cells[0]: cells[1:]
        for cells in (re.split(r" *\| *", line.strip("| ")) for line in readme.splitlines())
        if cells[0] in stored.rows
    }
    assert set(shown) == set(stored.rows)
    for name, row in stored.rows.items():
        mean = dict(zip(stored.lags, row.accuracy.mean(axis=0), strict=True))
        assert shown[name] == [
            f"{row.hidden_size}",
            f"{row.num_params:,}",
            f"{row.num_updates:,}",
            *(f"{mean[lag]:.2f}" for lag in (1, 8, 30, 60, 100)),
        ]
