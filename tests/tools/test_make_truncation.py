"""The stored trainings of the truncation test are what the tool makes."""

import numpy as np
import pytest

from lessons_lib.course.backpropagation.truncation import (
    load_echo_runs,
    share_learned,
    train_on_echo,
)
from tools import make_truncation


def test_the_shipped_runs_are_those_of_the_tool():
    runs = load_echo_runs()
    assert (runs["lag"], tuple(runs["lengths"])) == (make_truncation.LAG, make_truncation.LENGTHS)
    for name in ("carried", "reset"):
        assert runs[name].shape == (len(make_truncation.SEEDS), len(make_truncation.LENGTHS))


def test_one_shipped_run_comes_out_again():
    runs = load_echo_runs()
    column = list(runs["lengths"]).index(16)
    net = train_on_echo(np.random.default_rng(0), lag=runs["lag"], length=16, carry=True)
    again = share_learned(net, lag=runs["lag"], length=16, carry=True)
    assert again == pytest.approx(runs["carried"][0, column], abs=2e-3)


def test_measuring_takes_every_length_and_seed():
    runs = make_truncation.measure(lag=2, lengths=(4, 6), seeds=(0,), num_steps=60)
    assert (runs["lag"], runs["lengths"]) == (2, (4, 6))
    assert np.shape(runs["carried"]) == np.shape(runs["reset"]) == (1, 2)
    assert runs.keys() == load_echo_runs().keys()
