"""The echo task is an echo, and what is learned of it depends on the state."""

import numpy as np
import pytest

from lessons_lib.course.backpropagation import truncation


def rng(seed=0):
    return np.random.default_rng(seed)


def test_an_echo_comes_after_its_lag():
    x, y = truncation.echo(20, 3, 4, rng())
    assert x.shape == y.shape == (20, 3, 1)
    np.testing.assert_array_equal(y[4:], x[:-4])
    assert np.abs(x).max() <= 1


@pytest.mark.parametrize("carry", [True, False])
def test_a_carried_state_answers_everywhere_and_a_reset_one_only_from_the_lag_on(carry):
    """A short lag, so that training is quick; the lesson's runs have lag 8."""
    how = {"lag": 3, "length": 6, "carry": carry}
    net = truncation.train_on_echo(rng(), **how, num_steps=6000)
    errors = truncation.error_by_position(net, **how)
    assert errors.shape == (6,)
    assert errors[:3].max() < 0.05 if carry else errors[:3].min() > 0.9
    assert errors[3:].max() < 0.1
    learned = truncation.share_learned(net, **how)
    assert learned > 0.95 if carry else learned < 0.6
    if carry:  # and it needs the state
        assert truncation.share_learned(net, **how | {"carry": False}) < 0.6


def test_carrying_the_state_matters_from_the_second_chunk_on():
    for num_steps, same in ((4, True), (8, False)):
        one, two = (
            truncation.train_on_echo(rng(), lag=2, length=4, carry=carry, num_steps=num_steps)
            for carry in (True, False)
        )
        assert np.array_equal(one.layer.params["Wh"], two.layer.params["Wh"]) == same
