"""Truncation cuts what it says, the full gradient is the true one, and the echo task is an echo."""

import numpy as np
import pytest

from lessons_lib.cells import rnn_step
from lessons_lib.course.backpropagation import truncation
from lessons_lib.course.backpropagation.gradient_check import relative_error
from lessons_lib.course.shared.traces import unroll
from lessons_lib.gradients import numerical_gradient


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("T", "N", "D", "H"), [(1, 1, 1, 1), (7, 3, 2, 5)])
def test_every_input_and_state_is_kept_once(T, N, D, H):
    weights = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    _, caches = unroll(rnn_step, np.ones((T, N, D)), [np.zeros((N, H))], *weights)
    assert truncation.numbers_kept(caches) == T * N * (D + H) + N * H


def test_chunks_reach_triangles_and_windows_reach_a_band():
    full = truncation.reached_steps(10, 10, rng=rng())
    np.testing.assert_array_equal(full, np.tri(10))
    chunks = truncation.reached_steps(10, 4, rng=rng())
    t, s = np.indices((10, 10))
    np.testing.assert_array_equal(chunks, (s <= t) & (s // 4 == t // 4))
    window = truncation.reached_steps(10, 4, sliding=True, rng=rng())
    np.testing.assert_array_equal(window, (s <= t) & (t - s < 4))


@pytest.mark.parametrize("name", ["Wx", "Wh", "b"])
def test_the_full_gradient_is_the_numerical_one(name):
    net = truncation.make_net(rng(), hidden_size=4, radius=0.9)
    x, y = truncation.fading_sum(5, 3, rng(1))

    def loss(value):
        before, net.layer.params[name] = net.layer.params[name], value
        try:
            return truncation.gradient(net, x, y)[0]
        finally:
            net.layer.params[name] = before

    expected = numerical_gradient(loss, net.layer.params[name])
    assert relative_error(truncation.gradient(net, x, y)[1][name], expected) < 1e-7


@pytest.mark.parametrize("length", [1, 3, 4, 7])
def test_truncation_changes_the_gradient_and_not_the_loss(length):
    net = truncation.make_net(rng(), hidden_size=4, radius=0.9)
    x, y = truncation.fading_sum(7, 3, rng(1))
    loss, full = truncation.gradient(net, x, y)
    loss_cut, cut = truncation.gradient(net, x, y, length)
    assert loss_cut == pytest.approx(loss, rel=1e-12)  # the state is carried
    assert (truncation.distance(cut, full) < 1e-12) == (length == 7)


def test_the_fading_sum_keeps_its_share():
    x, y = truncation.fading_sum(4, 2, rng(), keep=0.5)
    np.testing.assert_allclose(y[0], x[0])
    np.testing.assert_allclose(y[3], x[3] + x[2] / 2 + x[1] / 4 + x[0] / 8)


def test_distance_is_in_units_of_the_second():
    one, two = {"a": np.array([3.0, 4.0])}, {"a": np.array([0.0, 4.0])}
    assert truncation.distance(one, two) == pytest.approx(3 / 4)
    assert truncation.distance(one, one) == 0


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
