"""The stored trainings of the truncation test are what the tool makes, and are of an echo."""

import numpy as np
import pytest

from lessons_lib.course.backpropagation.truncation import load_echo_runs
from tools import make_truncation
from tools.make_truncation import echo, share_learned, train_on_echo


def rng(seed=0):
    return np.random.default_rng(seed)


def test_an_echo_comes_after_its_lag():
    x, y = echo(20, 3, 4, rng())
    assert x.shape == y.shape == (20, 3, 1)
    np.testing.assert_array_equal(y[4:], x[:-4])
    assert np.abs(x).max() <= 1


@pytest.mark.parametrize("carry", [True, False])
def test_a_reset_state_knows_what_comes_from_the_lag_on(carry):
    """A short lag, so that training is quick; the shipped runs have lag 8."""
    how = {"lag": 3, "length": 6, "carry": carry}
    net = train_on_echo(rng(), **how, num_steps=6000)
    learned = share_learned(net, **how)
    assert learned > 0.95 if carry else 0.4 < learned < 0.6
    if carry:  # and it needs the state
        assert share_learned(net, **how | {"carry": False}) < 0.6


def test_carrying_the_state_matters_from_the_second_chunk_on():
    for num_steps, same in ((4, True), (8, False)):
        one, two = (
            train_on_echo(rng(), lag=2, length=4, carry=carry, num_steps=num_steps)
            for carry in (True, False)
        )
        assert np.array_equal(one.layer.params["Wh"], two.layer.params["Wh"]) == same


def test_the_shipped_runs_are_those_of_the_tool():
    runs = load_echo_runs()
    assert (runs["lag"], tuple(runs["lengths"])) == (make_truncation.LAG, make_truncation.LENGTHS)
    for name in ("carried", "reset"):
        assert runs[name].shape == (len(make_truncation.SEEDS), len(make_truncation.LENGTHS))


def test_one_shipped_run_comes_out_again():
    runs = load_echo_runs()
    column = list(runs["lengths"]).index(16)
    net = train_on_echo(rng(), lag=runs["lag"], length=16, carry=True)
    again = share_learned(net, lag=runs["lag"], length=16, carry=True)
    assert again == pytest.approx(runs["carried"][0, column], abs=2e-3)


def test_measuring_takes_every_length_and_seed():
    runs = make_truncation.measure(lag=2, lengths=(4, 6), seeds=(0,), num_steps=60)
    assert (runs["lag"], runs["lengths"]) == (2, (4, 6))
    assert np.shape(runs["carried"]) == np.shape(runs["reset"]) == (1, 2)
    assert runs.keys() == load_echo_runs().keys()
