"""The stored results of the recall task are what the tool's networks reach."""

import re

import numpy as np
import pytest

from lessons_lib.course.shared.recall import (
    HIDDEN_SIZES,
    RecallNetwork,
    load_network,
    load_results,
    make_task,
)
from lessons_lib.course.shared.recall import NUM_SYMBOLS as S
from lessons_lib.files import data_path
from tools import make_recall


def test_training_learns_and_is_repeatable():
    long, *short = (
        make_recall.train(make_recall.Setup("lstm", 2.0, num_updates=n), 4e-3, seed=5)
        for n in (200, 3, 3)
    )
    assert long.accuracy(make_task(10, 500, np.random.default_rng(6))) > 3 / S
    for name, p in short[0].params.items():
        np.testing.assert_array_equal(p, short[1].params[name])


@pytest.fixture(scope="module")
def stored():
    return load_results()


def test_the_stored_results_are_of_these_setups(stored):
    assert set(stored.rows) == set(make_recall.SETUPS)
    assert set(stored.long_lags_only) == set(make_recall.LONG_LAGS_ONLY)
    assert (stored.num_symbols, stored.max_trained_lag) == (S, make_recall.MAX_TRAINED_LAG)
    assert tuple(stored.lags) == make_recall.LAGS and tuple(stored.seeds) == make_recall.SEEDS
    setups = [*make_recall.SETUPS.items(), *make_recall.LONG_LAGS_ONLY.items()]
    rows = [*stored.rows.values(), *stored.long_lags_only.values()]
    for (name, setup), row in zip(setups, rows, strict=True):
        assert row.name == name
        assert (row.cell, row.forget_bias, row.num_updates, row.min_lag) == setup
        assert row.hidden_size == HIDDEN_SIZES[row.cell]
        network = RecallNetwork(row.cell, np.random.default_rng(0))
        assert row.num_params == sum(p.size for p in network.params.values())
        assert row.accuracy.shape == (len(stored.seeds), len(stored.lags))
        deciding = {float(lr): value for lr, value in row.by_learning_rate.items()}
        assert tuple(deciding) == make_recall.LEARNING_RATES
        assert row.learning_rate == max(deciding, key=deciding.__getitem__)


@pytest.mark.parametrize("name", make_recall.SHIPPED)
def test_the_shipped_weights_reach_the_stored_accuracy(stored, name):
    row = stored.rows[name]
    network = load_network(row.cell)
    got = make_recall.accuracies(network, 2000)
    np.testing.assert_allclose(got, row.accuracy[0], atol=0.005)  # float16: ties may turn


def test_training_sees_no_lag_shorter_than_the_shortest(monkeypatch):
    seen = []
    monkeypatch.setattr(
        make_recall,
        "make_task",
        lambda lag, *rest, make=make_recall.make_task: seen.append(lag) or make(1, *rest),
    )
    make_recall.train(make_recall.Setup("gru", num_updates=200, min_lag=58), 1e-3, seed=0)
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
